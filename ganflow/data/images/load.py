"""Load images by the name of their set, or from a folder of your own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path

import numpy as np

from ganflow.data.images import sources
from ganflow.data.images.cache import (
    cache_folder,
    prepared_path,
    read_prepared,
    write_prepared,
)
from ganflow.data.images.download import local_file
from ganflow.data.images.members import members
from ganflow.data.images.options import Options
from ganflow.data.images.prepare import digit_pixels, fashion_arrays, photo_arrays
from ganflow.data.images.record import Images

NAMES = ("digits", *sources.FASHION_FILES, "flowers")


def load_images(
    data: str | Path = "digits",
    *,
    size: int,
    channels: int | None = None,
    fit: str = "crop",
    enlarge: bool = False,
    progress: bool = True,
) -> Images:
    """Load square images of one size: a named set, or every image of a folder.

    What takes long is done once: files are fetched into the folder that GANFLOW_DATA
    names, or else ~/.cache/ganflow, and the prepared pixels are kept there. A machine
    without network takes the same files laid there by hand.

    Parameters
    ----------
    data : "digits", 1,797 grey digits of scikit-learn (8 x 8), no download
        "fashion", "fashion-test", 60,000 and 10,000 grey pictures (28 x 28) of clothes
        "flowers", 3,670 colour photos of five kinds (229 MB). Photo 15922772266 is
        among the roses and the tulips. An own folder flower_photos, or the 64-pixel zip
        flower_photos_64px_derived.zip, laid into the cache folder, is taken instead.
        Anything else: a folder, or a zip or tar file. The class of an image is the
        folder it lies in; names that begin with a dot and other files are left out.
    size : pixels of a side, 1 to 1024
    channels : 1 (grey), 3 (colour), or None for what the set has; a folder has 3
    fit : "crop" scales the shorter side to `size` and cuts the middle out; "stretch"
        scales both
    enlarge : let photos smaller than `size` be enlarged. Digits and Fashion always are.
    progress : show a bar while fetching and decoding

    Returns
    -------
    Images of pixels (n, channels, size, size), float32 in [-1, 1], scaled by Pillow's
    bicubic filter

    Raises
    ------
    ValueError : no such set or folder, an unknown option, or images that cannot be
        used. None is passed over: the message counts them and names the first.
    OSError : nothing could be fetched, or the cache folder takes no file.
    ModuleNotFoundError : a file has to be fetched, and pooch is not installed.

    Gradient: none, numpy arrays carry no trace.
    """
    options = Options(size, channels, fit, enlarge)
    if not isinstance(data, str | Path) or data == "":
        raise ValueError(
            f"got data={data!r}: expected one of {', '.join(NAMES)}, or a folder"
        )
    if data == "digits":
        return _digits(options)
    if data in sources.FASHION_FILES:
        return _fashion(data, options, progress)
    if data == "flowers":
        return _flowers(options, progress)
    path = Path(data).expanduser()
    if not path.exists():
        raise ValueError(
            f"no set of images and no folder is called {str(data)!r}: expected one of "
            f"{', '.join(NAMES)}, or a folder of images"
        )
    return _photos(path.name or "images", path, sources.UNKNOWN, options, progress)


def _digits(options: Options) -> Images:
    from sklearn.datasets import load_digits

    pixels = digit_pixels(options)
    return Images(
        name="digits",
        pixels=pixels,
        licence=sources.DIGITS.licence,
        credit=sources.DIGITS.credit,
        source="scikit-learn load_digits",
        digest=sha256(pixels).hexdigest(),
        labels=load_digits().target,
        classes=tuple("0123456789"),
    )


def _fashion(name: str, options: Options, progress: bool) -> Images:
    files = sources.FASHION_FILES[name]

    def prepare():
        images, labels = (
            local_file(file, cache_folder(), progress=progress) for file in files
        )
        classes = sources.FASHION_CLASSES
        return fashion_arrays(images, labels, classes, options, progress)

    print_ = " ".join(file.sha256 for file in files)
    return _kept(name, files[0].path, print_, prepare, sources.FASHION, options)


def _flowers(options: Options, progress: bool) -> Images:
    file, terms = sources.FLOWERS_FILE, sources.FLOWERS
    by_hand = [cache_folder() / path for path in sources.FLOWERS_BY_HAND]
    by_hand = [path for path in by_hand if path.exists()]
    whole = prepared_path("flowers", file.sha256, options).exists()
    if by_hand and not whole and not (cache_folder() / file.path).exists():
        return _photos("flowers", by_hand[0], terms, options, progress)

    def prepare():
        path = local_file(file, cache_folder(), progress=progress)
        return photo_arrays(path, options, progress)

    return _kept("flowers", file.path, file.sha256, prepare, terms, options)


def _photos(name, path: Path, terms, options: Options, progress: bool) -> Images:
    prepare = partial(photo_arrays, path, options, progress)
    return _kept(name, path.name, _fingerprint(path), prepare, terms, options)


def _fingerprint(path: Path) -> str:
    """What changes when somebody changes a file in there: paths, sizes, times."""
    files = [path] if path.is_file() else [path / m.name for m in members(path)]
    stats = sorted((str(f.resolve()), *_size_and_time(f)) for f in files)
    return sha256(repr(stats).encode()).hexdigest()


def _size_and_time(path: Path) -> tuple[int, int]:
    if not path.exists():  # a broken link: reading it will say so
        return 0, 0
    return path.stat().st_size, path.stat().st_mtime_ns


def _kept(
    name: str, source: str, fingerprint: str, prepare: Callable, terms, options: Options
) -> Images:
    """Take the prepared arrays from the cache folder, or prepare and keep them."""
    path = prepared_path(name, fingerprint, options)
    if path.exists():
        held = read_prepared(path)
    else:
        held = prepare()
        write_prepared(path, held)
    pixels = np.divide(held["pixels"], np.float32(127.5), dtype=np.float32)
    pixels -= 1
    return Images(
        name=name,
        pixels=pixels,
        licence=terms.licence,
        credit=terms.credit,
        source=source,
        digest=str(held["digest"]),
        labels=held["labels"] if len(held["labels"]) else None,
        classes=tuple(held["classes"].tolist()),
        credits=tuple(held["credits"].tolist()),
    )
