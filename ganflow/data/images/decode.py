"""From the bytes of one image file to its pixels."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from ganflow.data.images.options import Options

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")


def decode(data: bytes, options: Options) -> np.ndarray:
    """Decode, turn upright, convert, scale and cut one image.

    The first frame counts. A photo is turned as its EXIF orientation says; what is
    transparent stands on white; of 16 bits the upper 8 count; CMYK goes to RGB by
    Pillow's formula, and no colour profile is applied.

    Parameters
    ----------
    data : bytes of a BMP, GIF, JPEG, PNG, PPM, TIFF or WebP file
    options : Options. channels=None means 3.

    Returns
    -------
    array (channels, size, size), uint8

    Raises
    ------
    ValueError : an image that is smaller than asked, or in no known kind of pixels.
    Whatever Pillow raises on damaged bytes.
    """
    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        sixteen_bits = image.format in ("PNG", "PPM") or image.mode.startswith("I;16")
        upright = ImageOps.exif_transpose(image)
        image = _eight_bits(upright, sixteen_bits)
    if min(image.size) < options.size and not options.enlarge:
        width, height = image.size
        raise ValueError(
            f"{width} x {height} pixels, {options.size} only with enlarge=True"
        )
    image = _on_white(image).convert("L" if options.channels == 1 else "RGB")
    pixels = np.asarray(_scale(image, options))
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


def _scale(image: Image.Image, options: Options) -> Image.Image:
    """Scale with the bicubic filter of Pillow, which averages when it shrinks.

    Source: Parmar, Zhang and Zhu 2022 (On Aliased Resizing and Surprising Subtleties in
    GAN Evaluation), who find that most other resizers leave aliases.
    """
    from PIL import Image, ImageOps

    if options.fit == "stretch":
        return image.resize(options.square, Image.Resampling.BICUBIC)
    return ImageOps.fit(image, options.square, Image.Resampling.BICUBIC)


def _eight_bits(image: Image.Image, sixteen_bits: bool) -> Image.Image:
    from PIL import Image

    if image.mode[0] not in "IF":
        return image
    if image.mode == "F" or not sixteen_bits:
        raise ValueError(f"pixels of mode {image.mode}, whose range is not known")
    return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))


def _on_white(image: Image.Image) -> Image.Image:
    from PIL import Image

    if not image.has_transparency_data:
        return image
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image.convert("RGBA"))
