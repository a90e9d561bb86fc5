"""Read the images of a folder, a zip or a tar one by one; nothing is ever unpacked."""

from __future__ import annotations

import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

# What is not readable among these is refused, not passed over.
SUFFIXES = frozenset(
    ".avif .bmp .gif .heic .heif .jfif .jpe .jpeg .jpg .pgm .png .pnm .ppm .svg .tif "
    ".tiff .webp".split()
)
CREDITS = "LICENSE.txt"
LARGEST_MEMBER = 256 * 2**20  # bytes, as the archive declares them
LARGEST_TOTAL = 16 * 2**30
DAMAGE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    EOFError,
    OSError,
    lzma.LZMAError,
    zlib.error,
)


@dataclass(frozen=True)
class Member:
    """One image, or the list of credits. `read` may raise, and is called at once."""

    name: str
    bytes: int
    read: Callable[[], bytes]


def members(path: Path) -> Iterator[Member]:
    """Give every image, and every LICENSE.txt, of a folder or an archive.

    Parameters
    ----------
    path : folder (searched to any depth, links followed), zip or tar
        Names that begin with a dot are left out, and so are files of other kinds.

    Raises
    ------
    ValueError : a damaged archive; a member that would leave the folder or is no plain
        file, or more bytes than an honest archive declares.
    OSError : a folder that cannot be read.
    """
    total = 0
    for member in _folder(path) if path.is_dir() else _archive(path):
        total += member.bytes
        if member.bytes > LARGEST_MEMBER or total > LARGEST_TOTAL:
            raise ValueError(
                f"{path}: with {member.name} it unpacks to {total:,} bytes, expected "
                f"at most {LARGEST_MEMBER:,} a file and {LARGEST_TOTAL:,} in all: "
                "take it from a source you trust"
            )
        if wanted(member.name):
            yield member


def wanted(name: str) -> bool:
    pure = PurePosixPath(name)
    hidden = any(part.startswith(".") for part in pure.parts)
    return not hidden and (pure.suffix.lower() in SUFFIXES or pure.name == CREDITS)


def _folder(folder: Path) -> Iterator[Member]:
    seen = set()
    for here, folders, files in os.walk(folder, onerror=_raise, followlinks=True):
        if (real := os.path.realpath(here)) in seen:  # a link back up
            folders.clear()
            continue
        seen.add(real)
        for name in files:
            path = Path(here, name)
            inside = path.relative_to(folder).as_posix()
            size = path.stat().st_size if path.is_file() else 0
            yield Member(inside, size, lambda path=path: _read_file(path))


def _raise(error: OSError):
    raise error


def _read_file(path: Path) -> bytes:
    if not path.is_file():  # a pipe would never end
        raise ValueError("a broken link, or no plain file")
    return path.read_bytes()


def _archive(path: Path) -> Iterator[Member]:
    try:
        yield from _zip(path) if zipfile.is_zipfile(path) else _tar(path)
    except DAMAGE as error:
        reason = str(error).split("\n")[0].rstrip(":") or type(error).__name__
        raise ValueError(
            f"{path} is no zip or tar archive, or damaged ({reason}): delete it, and "
            "fetch or copy it again"
        ) from error


def _zip(path: Path) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            kind = info.external_attr >> 28  # of the Unix mode; 0 where none is given
            _check_member(path, info.filename, plain=kind in (0, 0o4, 0o10))
            if not info.is_dir():
                read = lambda info=info: archive.read(info)  # noqa: E731
                yield Member(info.filename, info.file_size, read)


def _tar(path: Path) -> Iterator[Member]:
    with tarfile.open(path, "r:*") as archive:
        for info in archive:
            _check_member(path, info.name, plain=info.isfile() or info.isdir())
            if info.isfile():
                read = lambda info=info: archive.extractfile(info).read()  # noqa: E731
                yield Member(info.name, info.size, read)
        # A damaged header looks like the end to tarfile, and the checksum of a
        # compressed file stands behind its last byte: read on.
        while rest := archive.fileobj.read(2**20):
            if rest.strip(b"\0"):
                raise tarfile.ReadError("bytes that belong to no member")


def _check_member(archive: Path, name: str, *, plain: bool) -> None:
    pure = PureWindowsPath(name)  # knows drives, and both kinds of slashes
    leaves = bool(pure.drive or pure.root or ".." in pure.parts)
    if leaves or not plain:
        what = "would leave its folder" if leaves else "is a link or a device"
        raise ValueError(
            f"{archive}: the member {name!r} {what}, expected plain files inside one "
            "folder: take the archive from a source you trust"
        )
