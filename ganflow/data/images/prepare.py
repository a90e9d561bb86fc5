"""Prepare the arrays of one set: digits, Fashion-MNIST, or any folder or archive."""

from __future__ import annotations

import gzip
import warnings
from collections.abc import Iterable
from hashlib import sha256
from math import prod
from pathlib import Path, PurePosixPath

import numpy as np
from tqdm.auto import tqdm

from ganflow.data.images.decode import decode
from ganflow.data.images.members import CREDITS, SUFFIXES, Member, members
from ganflow.data.images.options import Options

SHOWN = 5  # names of unusable images in an error message


def digit_pixels(options: Options) -> np.ndarray:
    """Scale the 1,797 digits of 8 x 8 pixels and 17 grey levels.

    At 8 pixels they are the originals. Elsewhere Pillow's bicubic filter works on
    floats, and what it overshoots at an edge is clipped.

    Returns
    -------
    array (1797, channels, size, size), float32 in [-1, 1]

    Source: scikit-learn `load_digits` (UCI Optical Recognition of Handwritten Digits).
    """
    from sklearn.datasets import load_digits

    grey = load_digits().images.astype(np.float32) / 8 - 1
    return np.clip(_resize_all(grey, options, name="digits", progress=False), -1, 1)


def _resize_all(
    grey: np.ndarray, options: Options, *, name: str, progress: bool
) -> np.ndarray:
    """From (n, height, width) to (n, channels, size, size), by the bicubic filter."""
    from PIL import Image

    if grey.shape[1:] != options.square:
        how = options.square, Image.Resampling.BICUBIC
        bar = tqdm(grey, disable=not progress, unit="image", desc=name)
        grey = np.stack([np.asarray(Image.fromarray(one).resize(*how)) for one in bar])
    return grey[:, None].repeat(options.channels or 1, axis=1)


def fashion_arrays(images: Path, labels: Path, classes, options: Options, progress):
    """Scale the images of Fashion-MNIST, which are grey and 28 x 28.

    Returns
    -------
    dict of arrays, as `pack` makes it
    """
    grey, labels = read_idx(images, 3), read_idx(labels, 1)
    if len(grey) != len(labels) or grey.shape[1:] != (28, 28):
        raise ValueError(
            f"{images}: expected images of 28 x 28 pixels and a label for each, got "
            f"shape {grey.shape} and {len(labels)} labels: delete both files, and "
            "fetch or copy them again"
        )
    pixels = _resize_all(grey, options, name=images.name, progress=progress)
    return pack(pixels, labels.astype(np.int64), classes, [])


def read_idx(path: Path, dimensions: int) -> np.ndarray:
    """Read bytes in the format of MNIST: two zeros, 8, dimensions, sizes, bytes.

    Raises
    ------
    ValueError : another format, or more or fewer bytes than the sizes say.
    """
    try:
        data = gzip.decompress(path.read_bytes())
    except (EOFError, gzip.BadGzipFile) as error:
        raise ValueError(
            f"{path} is damaged ({error}): delete it, and fetch or copy it again"
        ) from error
    header, shape = 4 + 4 * dimensions, ()
    if data[:4] == bytes([0, 0, 8, dimensions]) and len(data) >= header:
        shape = tuple(np.frombuffer(data[4:header], ">u4").tolist())
    if not shape or len(data) - header != prod(shape):
        raise ValueError(
            f"{path}: expected an idx file of {dimensions} dimensions, got one that "
            f"begins with {data[:4].hex() or 'nothing'}, of shape {shape} and "
            f"{len(data):,} bytes: delete it, and fetch or copy it again"
        )
    return np.frombuffer(data, np.uint8, offset=header).reshape(shape)


def photo_arrays(path: Path, options: Options, progress: bool):
    """Decode every image of a folder or an archive, in the order of their names.

    Returns
    -------
    dict of arrays, as `pack` makes it. The class of an image is the folder it lies in.

    Raises
    ------
    ValueError : no image, or images that cannot be used: all are counted, some named.
    """
    bar = tqdm(members(path), disable=not progress, unit="image", desc=path.name)
    images, credits = decode_all(path, bar, options)
    if not images:
        raise ValueError(
            f"{path} holds no image: expected files such as a.jpg or b.png in it or in "
            f"its sub-folders ({' '.join(sorted(SUFFIXES))})"
        )
    names = sorted(images)
    parents = [PurePosixPath(name).parent.name for name in names]
    classes = sorted(set(parents))
    labels = [classes.index(parent) for parent in parents] if len(classes) > 1 else []
    lines = [credits.get("/".join(name.split("/")[-2:]), "") for name in names]
    pixels = np.stack([images[name] for name in names])
    return pack(pixels, labels, classes if labels else (), lines if any(lines) else [])


def decode_all(path: Path, found: Iterable[Member], options: Options):
    """Decode all, and say of all that cannot be used which they are."""
    from PIL import Image

    images, credits, unusable, first = {}, {}, [], None
    with warnings.catch_warnings():  # an image too large to be honest: no mere warning
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        for member in found:
            try:
                if PurePosixPath(member.name).name == CREDITS:
                    credits |= credit_lines(member.read())
                else:
                    images[member.name] = decode(member.read(), options)
            except Exception as error:  # damaged bytes make Pillow raise almost any
                first = first or error
                reason = str(error).split("\n")[0] or type(error).__name__
                unusable.append(f"{member.name} ({reason})")
    if unusable:
        more = len(unusable) - SHOWN
        raise ValueError(
            f"{path}: {len(unusable)} of {len(images) + len(unusable)} images cannot "
            f"be used: {', '.join(unusable[:SHOWN])}"
            f"{f', and {more} more' if more > 0 else ''}; replace or remove them"
        ) from first
    return images, credits


def credit_lines(text: bytes) -> dict[str, str]:
    """Read `folder/photo.jpg CC-BY by somebody - address`, line after line."""
    lines = (line.partition(" ") for line in text.decode("utf-8").splitlines())
    return {name: credit for name, _, credit in lines if credit and "/" in name}


def pack(pixels: np.ndarray, labels, classes, credits) -> dict[str, np.ndarray]:
    """Put what belongs to a set into arrays that one file can hold."""
    pixels = np.ascontiguousarray(pixels)
    return {
        "pixels": pixels,
        "digest": np.array(sha256(pixels).hexdigest()),
        "labels": np.array(labels, dtype=np.int64),
        "classes": np.array(classes, dtype=str),
        "credits": np.array(credits, dtype=str),
    }
