"""How images are to be prepared."""

from __future__ import annotations

from dataclasses import dataclass

FITS = ("crop", "stretch")
LARGEST = 1024  # pixels of a side: beyond it, a set fills the memory of any machine


@dataclass(frozen=True)
class Options:
    """What `load_images` was asked for; it checks itself."""

    size: int
    channels: int | None = None
    fit: str = "crop"
    enlarge: bool = False

    def __post_init__(self):
        whole = isinstance(self.size, int) and not isinstance(self.size, bool)
        if not whole or not 1 <= self.size <= LARGEST:
            raise ValueError(
                f"got size={self.size!r}: expected a whole number of pixels from 1 to "
                f"{LARGEST}, such as 32"
            )
        if self.channels not in (None, 1, 3) or isinstance(self.channels, bool):
            raise ValueError(
                f"got channels={self.channels!r}: expected 1 (grey), 3 (colour), or "
                "None for what the images have"
            )
        if self.fit not in FITS:
            raise ValueError(
                f"got fit={self.fit!r}: expected 'crop' (keep the shape, lose the "
                "edges) or 'stretch' (keep all, lose the shape)"
            )

    @property
    def square(self) -> tuple[int, int]:
        return self.size, self.size
