"""Real images: digits, flowers, or a folder of your own."""

from __future__ import annotations

import os
import warnings
import zipfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from PIL import Image

from ganflow.data.photos import photo_files, read_photos

LARGEST = 1024  # pixels of a side: beyond it, a set fills the memory of any machine
RECIPE = "2"  # counts up when the same source and options come to mean other pixels
DIGITS = "Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak, UCI"
FLOWERS = "flower photos (CC BY 2.0), each by its photographer (see credits)"
FLOWERS_URL = (
    "https://storage.googleapis.com/download.tensorflow.org/example_images/"
    "flower_photos.tgz"
)
FLOWERS_SHA256 = "4c54ace7911aaffe13a365c34f650e71dd5bf1be0a58b464e5a7183e3e595d9c"
# Taken, in this order, where they lie in the cache folder; the first can be fetched.
FLOWERS_FILES = ("flower_photos.tgz", "flower_photos_64px_derived.zip", "flower_photos")
TIMEOUT = 30  # seconds without a byte of a download


@dataclass(frozen=True, eq=False)
class Images:
    """Square images of one size, and whom to thank.

    Parameters
    ----------
    name : str
        What the set is called.
    pixels : array (n, channels, size, size), float32 in [-1, 1], n >= 1
        -1 is black, 1 is white. Held as given, so changing it changes the record.
    credit : str
        One line that thanks the makers.
    credits : tuple of n str
        One line for each image; () where `credit` thanks for all.

    Raises
    ------
    ValueError
        Pixels of another shape, type or range; credits for another number.

    Gradient: none, numpy arrays carry no trace.
    """

    name: str
    pixels: np.ndarray
    credit: str
    credits: tuple[str, ...] = ()

    def __post_init__(self):
        shape, dtype = self.pixels.shape, self.pixels.dtype
        square = len(shape) == 4 and shape[2] == shape[3] and min(shape) > 0
        if not square or dtype != np.float32:
            raise ValueError(
                f"{self.name}: expected float32 pixels (n, channels, size, size), at "
                f"least one image, got {dtype} {shape}"
            )
        if not (self.pixels.min() >= -1 and self.pixels.max() <= 1):  # NaN fails too
            raise ValueError(f"{self.name}: scale the pixels to [-1, 1], without NaN")
        if len(self.credits) not in (0, len(self)):
            raise ValueError(
                f"{self.name}: {len(self)} images need as many credits, "
                f"got {len(self.credits)}"
            )

    def __len__(self) -> int:
        return len(self.pixels)

    def __repr__(self) -> str:
        """One line: the arrays would fill a page."""
        shape = " x ".join(map(str, self.pixels.shape[1:]))
        return f"<{self.name}: {len(self):,} images {shape}, {self.credit}>"

    def credit_of(self, index: int) -> str:
        """The line that has to stand beside a picture of this image."""
        return self.credits[index] if self.credits else self.credit


def load_images(
    data: str | Path = "digits",
    *,
    size: int,
    channels: int | None = None,
    enlarge: bool = False,
    progress: bool = True,
) -> Images:
    """Load square images of one size: a named set, or every image of a folder.

    What takes long is done once: the flowers are fetched into the folder that
    GANFLOW_DATA names, or else ~/.cache/ganflow, and prepared pixels are kept there. A
    machine without network takes the same file laid there by hand.

    Parameters
    ----------
    data : str or Path, default "digits"
        "digits", 1,797 grey digits of scikit-learn (8 x 8), needs no download.
        "flowers", 3,670 colour photos of five kinds (229 MB). Photo 15922772266 is
        among the roses and the tulips. A folder flower_photos, or the 64-pixel zip
        flower_photos_64px_derived.zip, laid into the cache folder, is taken instead.
        Anything else is a folder, or a zip or tar file, of images. Names that begin
        with a dot and other files are left out.
    size : int, pixels, 1 to 1024
        Of a side. The shorter side of a photo is scaled to it by Pillow's bicubic
        filter, and the middle cut out.
    channels : 1 (grey), 3 (colour), or None
        None is 1 for the digits, 3 for photos.
    enlarge : bool, default False
        Let photos smaller than `size` be enlarged. Digits always are.
    progress : bool, default True
        Show a bar while fetching and decoding.

    Returns
    -------
    Images
        In the order of the names of their files.

    Raises
    ------
    ValueError
        No such set or folder, an unknown option, or images that cannot be used. None
        is passed over, since the message counts them and names the first.
    OSError
        The flowers could not be fetched, or a folder cannot be read.
    ModuleNotFoundError
        The flowers have to be fetched, and pooch is not installed.

    Gradient: none, numpy arrays carry no trace.
    """
    if type(size) is not int or not 1 <= size <= LARGEST:
        raise ValueError(
            f"got size={size!r}: expected a whole number of pixels from 1 to "
            f"{LARGEST}, such as 32"
        )
    if channels not in (None, 1, 3):
        raise ValueError(
            f"got channels={channels!r}: expected 1 (grey), 3 (colour), or None for "
            "what the images have"
        )
    if data == "digits":
        return _digits(size, channels or 1)
    how = {"size": size, "channels": channels or 3, "enlarge": enlarge}
    if data == "flowers":
        return _photos("flowers", _flowers(progress), FLOWERS, how, progress)
    path = Path(data).expanduser()
    if data == "" or not path.exists():
        raise ValueError(
            f"no set of images and no folder is called {str(data)!r}: expected digits, "
            "flowers, or a folder of images"
        )
    return _photos(path.name or "images", path, "images of your own", how, progress)


def cache_folder() -> Path:
    """The folder that GANFLOW_DATA names, or ~/.cache/ganflow. It need not exist."""
    return Path(os.environ.get("GANFLOW_DATA") or "~/.cache/ganflow").expanduser()


def _digits(size: int, channels: int) -> Images:
    """At 8 pixels the originals; elsewhere floats, clipped where they overshoot."""
    from sklearn.datasets import load_digits

    found: Any = load_digits()  # a Bunch; its return type is not annotated
    grey = found.images.astype(np.float32) / 8 - 1  # of 17 levels
    if size != 8:
        how = (size, size), Image.Resampling.BICUBIC
        grey = np.stack([np.asarray(Image.fromarray(one).resize(*how)) for one in grey])
    pixels = np.clip(grey, -1, 1)[:, None].repeat(channels, axis=1)
    return Images("digits", pixels, DIGITS)


def _photos(name: str, path: Path, credit: str, how: dict, progress: bool) -> Images:
    """Prepare photos, unless the cache folder has them of these very files."""
    files = photo_files(path) if path.is_dir() else [path]
    known = [(str(file.resolve()), file.stat()) for file in files]
    known = [(file, stat.st_size, stat.st_mtime_ns) for file, stat in known]
    key = sha256(f"{RECIPE} {known} {how}".encode()).hexdigest()[:16]
    kept = cache_folder() / "prepared" / f"{name}-{how['size']}px-{key}.npz"
    if kept.exists():
        arrays = _read(kept)
    else:
        arrays = read_photos(path, **how, progress=progress)
        _write(kept, arrays)
    pixels = np.divide(arrays["pixels"], np.float32(127.5), dtype=np.float32)
    pixels -= 1
    return Images(name, pixels, credit, tuple(arrays["credits"].tolist()))


def _read(path: Path) -> dict[str, np.ndarray]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
            return {name: held[name] for name in ("pixels", "credits")}
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"{path} is damaged ({error}): delete it, it is made again from its source"
        ) from error


def _write(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write a file that is there whole or not at all, whoever else writes it.

    Where the folder takes no file, a warning says so: next time they are made again.
    """
    part = path.with_name(f".{path.stem}-{uuid4().hex}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("wb") as out:
                np.savez(out, pixels=arrays["pixels"], credits=arrays["credits"])
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        warnings.warn(
            f"the prepared images cannot be kept ({error}), so they are prepared again "
            "next time: free some space, or let GANFLOW_DATA name another folder",
            stacklevel=5,
        )


def _flowers(progress: bool) -> Path:
    """Find the flowers in the cache folder, or fetch them: whole, or not at all.

    Of several processes one downloads, the others wait.
    """
    folder = cache_folder()
    for name in FLOWERS_FILES:
        if (folder / name).exists():
            return folder / name
    path = folder / FLOWERS_FILES[0]
    by_hand = f"copy {FLOWERS_URL} to {path} by hand"
    try:
        import pooch
        from filelock import FileLock
    except ImportError as error:
        raise ModuleNotFoundError(
            f"{path.name} has to be fetched, which needs pooch: pip install pooch, or "
            f"{by_hand}"
        ) from error
    keeper = pooch.create(
        path=folder,
        base_url="",
        registry={path.name: f"sha256:{FLOWERS_SHA256}"},
        urls={path.name: FLOWERS_URL},
        retry_if_failed=2,
    )
    # The protocol of pooch's stubs is not what its own class fits.
    downloader: Any = pooch.HTTPDownloader(progressbar=progress, timeout=TIMEOUT)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock"):
            keeper.fetch(path.name, downloader=downloader)
    except (OSError, ValueError) as error:  # of the network or the disk; another file
        raise OSError(
            f"{path.name} was not fetched ({error}): check the network, and that "
            f"{folder} takes 229 MB (GANFLOW_DATA may name another folder), and run it "
            f"again, or {by_hand}"
        ) from error
    return path
