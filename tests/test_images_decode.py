"""Every kind of image file comes to the pixels that a viewer shows."""

import io

import numpy as np
import pytest
from image_makers import encoded, plain
from PIL import Image

from ganflow.data.images.decode import decode
from ganflow.data.images.options import Options

LEVELS = np.array([[0, 32768], [65535, 257]])  # of 16 bits
CORNERS = np.array([[10, 60], [110, 160], [210, 250]], np.uint8)  # tells turns apart


def pixels(data, size=8, **options):
    return decode(data, Options(size, **options))


def colour(data, **options):
    """The colour in the middle."""
    found = pixels(data, **options)
    return found[:, 4, 4].tolist()


def palette():
    image = Image.new("P", (8, 8), 1)
    image.putpalette([9, 9, 9, 200, 100, 50])
    return image


KINDS = {
    "grey": (encoded(Image.new("L", (8, 8), 77)), [77, 77, 77]),
    "1 bit": (encoded(Image.new("1", (8, 8), 1)), [255, 255, 255]),
    "palette": (encoded(palette()), [200, 100, 50]),
    "bmp": (encoded(Image.new("RGB", (8, 8), (1, 2, 3)), "BMP"), [1, 2, 3]),
    "ppm": (encoded(Image.new("RGB", (8, 8), (1, 2, 3)), "PPM"), [1, 2, 3]),
    "gif": (encoded(Image.new("L", (8, 8), 5), "GIF"), [5, 5, 5]),
    "cmyk": (encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "TIFF"), [255, 0, 0]),
    "cmyk dark": (
        encoded(Image.new("CMYK", (8, 8), (255, 0, 0, 128)), "TIFF"),
        [0, 127, 127],
    ),
    "half": (encoded(Image.new("RGBA", (8, 8), (0, 0, 0, 128))), [127, 127, 127]),
    "clear": (encoded(Image.new("RGBA", (8, 8), (9, 0, 0, 0))), [255, 255, 255]),
    "opaque": (encoded(Image.new("RGBA", (8, 8), (9, 8, 7, 255))), [9, 8, 7]),
    "grey alpha": (encoded(Image.new("LA", (8, 8), (0, 51))), [204, 204, 204]),
    "palette clear": (encoded(palette(), transparency=1), [255, 255, 255]),
    "palette opaque": (encoded(palette(), transparency=0), [200, 100, 50]),
    "palette alpha": (
        encoded(palette(), transparency=bytes([255, 51])),
        [244, 224, 214],
    ),
    "one colour clear": (
        encoded(Image.new("RGB", (8, 8), (1, 2, 3)), transparency=(1, 2, 3)),
        [255, 255, 255],
    ),
    "another clear": (
        encoded(Image.new("RGB", (8, 8), (1, 2, 3)), transparency=(3, 2, 1)),
        [1, 2, 3],
    ),
}


@pytest.mark.parametrize(("data", "expected"), KINDS.values(), ids=KINDS)
def test_every_kind_of_pixel_has_its_colour(data, expected):
    assert colour(data) == expected


@pytest.mark.parametrize(
    ("mode", "given", "expected"),
    [
        ("RGB", (200, 40, 90), [200, 40, 90]),
        ("L", 90, [90, 90, 90]),
        ("CMYK", (0, 255, 255, 0), [255, 0, 0]),
        ("CMYK", (0, 0, 0, 255), [0, 0, 0]),
    ],
)
def test_a_jpeg_has_its_colour_up_to_rounding(mode, given, expected):
    data = encoded(Image.new(mode, (8, 8), given), "JPEG", quality=100)
    np.testing.assert_allclose(colour(data), expected, atol=2)


def test_grey_of_a_colour_is_its_luma():
    """0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601)."""
    found = [colour(plain(name), channels=1)[0] for name in ("red", "lime", "blue")]
    assert found == [76, 150, 29]


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
def test_of_16_bits_the_upper_8_count(kind):
    data = encoded(Image.fromarray(LEVELS.astype(np.uint16)), kind)
    assert pixels(data, size=2)[0].tolist() == [[0, 128], [255, 1]]


def test_a_16_bit_tiff_may_have_its_bytes_in_the_other_order():
    image = Image.frombytes("I;16B", (2, 2), LEVELS.astype(">u2").tobytes())
    assert pixels(encoded(image, "TIFF"), size=2)[0].tolist() == [[0, 128], [255, 1]]


@pytest.mark.parametrize(
    ("mode", "kind", "message"),
    [
        ("F", "TIFF", "mode F, whose range is not known"),
        ("I", "TIFF", "mode I, whose range is not known"),
    ],
)
def test_pixels_of_no_known_range_are_refused(mode, kind, message):
    with pytest.raises(ValueError, match=message):
        pixels(encoded(Image.new(mode, (8, 8)), kind))


TURNS = {
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: np.transpose,
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).T,
    8: np.rot90,
}


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "JPEG"])
@pytest.mark.parametrize("turn", TURNS)
def test_a_turned_photo_stands_upright(turn, kind):
    """Each EXIF orientation against the turn that its definition names."""
    block = np.kron(CORNERS, np.ones((16, 16), np.uint8))
    exif = Image.Exif()
    exif[0x0112] = turn
    how = {"JPEG": {"quality": 100}, "WEBP": {"lossless": True}}.get(kind, {})
    data = encoded(Image.fromarray(block), kind, exif=exif, **how)
    found = pixels(data, size=32, channels=1, fit="stretch")[0]
    upright = Image.fromarray(np.ascontiguousarray(TURNS[turn](block)))
    expected = np.asarray(upright.resize((32, 32), Image.Resampling.BICUBIC))
    np.testing.assert_allclose(found.astype(int), expected.astype(int), atol=3)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_of_moving_pictures_the_first_frame_counts(kind):
    frames = [Image.new("RGB", (8, 8), name) for name in ("red", "blue")]
    how = {"WEBP": {"lossless": True}}.get(kind, {})
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **how)
    assert Image.open(io.BytesIO(data)).n_frames == 2
    assert colour(data) == [255, 0, 0]


def thirds():
    """Red, green and blue from left to right, 24 x 8 pixels."""
    image = Image.new("RGB", (24, 8), "red")
    image.paste((0, 255, 0), (8, 0, 16, 8))
    image.paste((0, 0, 255), (16, 0, 24, 8))
    return image


def test_crop_cuts_the_middle_out_and_stretch_keeps_all():
    wide, tall = (
        encoded(thirds()),
        encoded(thirds().transpose(Image.Transpose.ROTATE_90)),
    )
    for data in (wide, tall):
        found = pixels(data)
        assert (found == np.array([0, 255, 0])[:, None, None]).all()
    ends = pixels(wide, fit="stretch")[:, 4, [0, -1]].T.tolist()
    assert ends == [[255, 0, 0], [0, 0, 255]]


def test_at_its_own_size_an_image_is_untouched():
    noise = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    for fit in ("crop", "stretch"):
        found = pixels(encoded(Image.fromarray(noise)), fit=fit)
        np.testing.assert_array_equal(found, noise.transpose(2, 0, 1))


def test_shrinking_averages_and_does_not_pick():
    """Of a fine chessboard every second pixel is all black, or all white."""
    board = np.indices((64, 64)).sum(axis=0) % 2 * np.uint8(255)
    found = pixels(encoded(Image.fromarray(board.astype(np.uint8))), size=16)
    np.testing.assert_allclose(found[:, 1:-1, 1:-1], 127.5, atol=4)


def test_a_small_image_is_enlarged_only_when_asked():
    data = plain("red", size=(9, 6))
    with pytest.raises(ValueError, match="9 x 6 pixels, 8 only with enlarge=True"):
        pixels(data)
    assert colour(data, enlarge=True) == [255, 0, 0]
    assert pixels(data, size=6).shape == (3, 6, 6)


def test_a_small_side_counts_after_the_photo_is_turned():
    assert pixels(plain("red", size=(8, 9))).shape == (3, 8, 8)


@pytest.mark.parametrize("kind", ["EPS", "PCX", "ICO", "PDF"])
def test_other_formats_are_no_images_here(kind):
    """EPS would start another program, and the suffix does not decide."""
    with pytest.raises(OSError, match="cannot identify"):
        pixels(encoded(Image.new("RGB", (16, 16)), kind))
