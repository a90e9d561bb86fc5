"""The photos of a folder, a zip or a tar file, decoded to squares of one size."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image, ImageOps
from tqdm.auto import tqdm

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
# A file that is named like an image but cannot be read is refused, not passed over.
SUFFIXES = frozenset(
    ".avif .bmp .gif .heic .heif .jfif .jpe .jpeg .jpg .pgm .png .pnm .ppm .svg .tif "
    ".tiff .webp".split()
)
CREDITS = "LICENSE.txt"
# Refuses links and names that lead outside; missing before Python 3.11.4.
check_member = getattr(tarfile, "data_filter", lambda member, path: member)


def read_photos(
    path: Path, *, size: int, channels: int, enlarge: bool, progress: bool
) -> dict[str, np.ndarray]:
    """Decode every image of a folder or an archive, in the order of their names.

    Parameters
    ----------
    path : Path
        A folder (searched to any depth, links followed), zip or tar. Names that begin
        with a dot are left out, and so are files of other kinds. Lines of a LICENSE.txt
        such as `folder/photo.jpg CC-BY by somebody` are credits.
    size : int, pixels
        As for `square_pixels`.
    channels : int
        As for `square_pixels`.
    enlarge : bool
        As for `square_pixels`.
    progress : bool
        Show a bar.

    Returns
    -------
    dict of arrays
        `pixels` (n, channels, size, size), uint8; `credits` (n,), str, or (0,) where
        nobody is named.

    Raises
    ------
    ValueError
        A damaged archive, no image, or images that cannot be used: they are counted,
        and the first is named.
    OSError
        A folder that cannot be read.
    """
    images, credits, unusable = {}, {}, {}
    found = tqdm(_members(path), disable=not progress, unit="image", desc=path.name)
    for name, read in found:
        try:
            if PurePosixPath(name).name == CREDITS:
                credits |= _credit_lines(read())
            else:
                images[name] = square_pixels(read(), size, channels, enlarge=enlarge)
        except Exception as error:  # damaged bytes make Pillow raise almost any
            unusable[name] = error
    if unusable:
        count, (name, error) = len(unusable), next(iter(unusable.items()))
        raise ValueError(
            f"{path}: {count} of {count + len(images)} images cannot be used, first "
            f"{name} ({_reason(error)}): replace or remove them"
        ) from error
    if not images:
        raise ValueError(
            f"{path} holds no image: expected files such as a.jpg or b.png in it or in "
            f"its sub-folders ({' '.join(sorted(SUFFIXES))})"
        )
    names = sorted(images)
    lines = [credits.get("/".join(name.split("/")[-2:]), "") for name in names]
    return {
        "pixels": np.stack([images[name] for name in names]),
        "credits": np.array(lines if any(lines) else [], dtype=str),
    }


def square_pixels(
    data: bytes, size: int, channels: int, *, enlarge: bool = False
) -> np.ndarray:
    """Decode one image, scale its shorter side to `size` and cut the middle out.

    The first frame counts. A photo is turned as its EXIF orientation says; what is
    transparent stands on white; of 16 bits the upper 8 count; no colour profile is
    applied. Of a smaller image than `size` only `enlarge` makes a larger one.

    Parameters
    ----------
    data : bytes
        Of a file in one of FORMATS.
    size : int, pixels
        Of a side.
    channels : 1 or 3
        Grey, or red, green and blue.
    enlarge : bool
        Let a smaller image be enlarged.

    Returns
    -------
    array (channels, size, size), uint8

    Raises
    ------
    ValueError
        An image that is too small, or pixels whose range is not known. On damaged bytes
        Pillow raises almost any error.

    Source: Parmar, Zhang and Zhu 2022 (On Aliased Resizing and Surprising Subtleties in
    GAN Evaluation), who find that most resizers but Pillow's leave aliases.
    """
    with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
        image = ImageOps.exif_transpose(opened)
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("I", "F"):
        raise ValueError(f"pixels of mode {image.mode}, whose range is not known")
    if min(image.size) < size and not enlarge:
        width, height = image.size
        raise ValueError(f"{width} x {height} pixels, {size} only with enlarge=True")
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    image = image.convert("L" if channels == 1 else "RGB")
    image = ImageOps.fit(image, (size, size), Image.Resampling.BICUBIC)
    return np.atleast_3d(np.asarray(image)).transpose(2, 0, 1)


def photo_files(folder: Path) -> list[Path]:
    """List the images of a folder, and what credits them, in the order of their names.

    Parameters
    ----------
    folder : Path
        Searched to any depth; links are followed.

    Returns
    -------
    list of Path

    Raises
    ------
    ValueError
        A link to nothing, or what is no file, under the name of an image.
    OSError
        A folder that cannot be read.
    """
    files, seen = [], set()
    for here, folders, names in os.walk(folder, onerror=_raise, followlinks=True):
        if (real := os.path.realpath(here)) in seen:  # a link back up
            folders.clear()
            continue
        seen.add(real)
        files += [Path(here, name) for name in names]
    files = sorted(file for file in files if _wanted(str(file.relative_to(folder))))
    for file in files:
        if not file.is_file():  # a pipe would never end
            raise ValueError(f"{file} is a broken link or no plain file: remove it")
    return files


def _raise(error: OSError):
    raise error


def _wanted(name: str) -> bool:
    path = PurePosixPath(name)
    hidden = any(part.startswith(".") for part in path.parts)
    known = path.suffix.lower() in SUFFIXES or path.name == CREDITS
    return known and not hidden and not name.endswith("/")


def _members(path: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Give the name of every image, and what reads it. Nothing is ever unpacked."""
    if path.is_dir():
        for file in photo_files(path):
            yield file.relative_to(path).as_posix(), file.read_bytes
        return
    try:
        yield from _zip(path) if zipfile.is_zipfile(path) else _tar(path)
    except Exception as error:  # damaged bytes make the libraries raise almost any
        raise ValueError(
            f"{path} is no zip or tar file, damaged or unsafe ({_reason(error)}): take "
            "it again from a source you trust"
        ) from error


def _zip(path: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    with zipfile.ZipFile(path) as archive:
        for name in filter(_wanted, archive.namelist()):
            yield name, partial(archive.read, name)


def _tar(path: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    with tarfile.open(path) as archive:
        for member in archive:
            check_member(member, str(path.parent))
            if _wanted(member.name) and not member.isdir():
                yield member.name, partial(_content, archive, member)
        # A damaged header looks like the end to tarfile, and the checksum of a
        # compressed file stands behind its last byte: read on.
        if archive.fileobj and archive.fileobj.read(-1).strip(b"\0"):
            raise tarfile.ReadError("bytes that belong to no member")


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    if file is None:
        raise tarfile.ReadError(f"{member.name} is no plain file")
    return file.read()


def _credit_lines(text: bytes) -> dict[str, str]:
    """Read `folder/photo.jpg CC-BY by somebody - address`, line after line."""
    lines = (line.partition(" ") for line in text.decode("utf-8").splitlines())
    return {name: credit for name, _, credit in lines if credit and "/" in name}


def _reason(error: Exception) -> str:
    return str(error).split("\n")[0].rstrip(":") or type(error).__name__
