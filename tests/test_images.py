"""The record of a set of images, the digits, and what may be asked for."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from ganflow.data import Images, digit_pairs, load_images


def images(pixels, **more):
    given = {"licence": "", "credit": "us", "source": "here", "digest": "0"} | more
    return Images(name="ours", pixels=pixels, **given)


def test_digits_at_8_pixels_are_the_originals():
    digits = load_images("digits", size=8)
    np.testing.assert_array_equal(digits.pixels, digit_pairs().sharp)
    np.testing.assert_array_equal(digits.labels, load_digits().target)
    assert digits.classes[digits.labels[3]] == "3"


@pytest.mark.parametrize("size", [4, 16, 28, 32])
def test_digits_of_any_size_keep_their_grey(size):
    """Scaling keeps the mean of an image, but for what is clipped at its edges."""
    digits = load_images(size=size)
    assert digits.pixels.shape == (1797, 1, size, size)
    assert digits.pixels.dtype == np.float32 and digits.pixels.flags.c_contiguous
    assert digits.pixels.min() == -1 and 0.8 < digits.pixels.max() <= 1
    small = load_images(size=8).pixels.mean(axis=(1, 2, 3))
    np.testing.assert_allclose(digits.pixels.mean(axis=(1, 2, 3)), small, atol=0.06)


def test_digits_keep_their_place_when_they_grow():
    """The 2 x 2 mean of a digit at 16 pixels follows the digit at 8 pixels."""
    large, small = load_images(size=16).pixels, load_images(size=8).pixels
    mean = large.reshape(-1, 1, 8, 2, 8, 2).mean(axis=(3, 5))
    assert np.corrcoef(mean.ravel(), small.ravel())[0, 1] > 0.99


def test_colour_digits_are_the_grey_ones_three_times():
    grey, colour = (load_images(size=16, channels=c).pixels for c in (1, 3))
    np.testing.assert_array_equal(colour, grey.repeat(3, axis=1))


def test_the_digest_tells_pixels_apart():
    assert load_images(size=8).digest == load_images(size=8).digest
    assert load_images(size=8).digest != load_images(size=16).digest
    assert load_images(size=8).digest != load_images(size=8, channels=3).digest


def test_a_record_says_in_one_line_what_it_holds():
    digits = load_images(size=16)
    assert len(digits) == 1797 and (digits.channels, digits.size) == (1, 16)
    assert repr(digits).startswith("<digits: 1,797 images 1 x 16 x 16, Optical")
    assert digits.credit_of(5) == digits.credit and "scikit-learn" in digits.licence


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: load_images("flwers", size=8), "called 'flwers'.*flowers"),
        (lambda: load_images("", size=8), "data=''.*digits"),
        (lambda: load_images(3, size=8), "data=3.*a folder"),
        (lambda: load_images(["digits"], size=8), "data=.'digits'.*a folder"),
        (lambda: load_images(size=0), "size=0: expected .* 1 to 1024"),
        (lambda: load_images(size=-8), "size=-8"),
        (lambda: load_images(size=1025), "size=1025"),
        (lambda: load_images(size=8.0), "size=8.0"),
        (lambda: load_images(size="8"), "size='8'"),
        (lambda: load_images(size=True), "size=True"),
        (lambda: load_images(size=8, channels=2), r"channels=2: expected 1 \(grey\)"),
        (lambda: load_images(size=8, channels=True), "channels=True"),
        (lambda: load_images(size=8, channels="3"), "channels='3'"),
        (lambda: load_images(size=8, fit="pad"), "fit='pad': expected 'crop'"),
        (lambda: images(np.zeros((2, 3, 4, 5), np.float32)), r"\(2, 3, 4, 5\)"),
        (lambda: images(np.zeros((0, 3, 4, 4), np.float32)), "at least one image"),
        (lambda: images(np.zeros((2, 3, 4, 4))), "float32.*got float64"),
        (lambda: images(np.full((1, 1, 4, 4), 1.5, np.float32)), r"to \[-1, 1\]"),
        (lambda: images(np.full((1, 1, 4, 4), -1.5, np.float32)), r"to \[-1, 1\]"),
        (lambda: images(np.full((1, 1, 4, 4), np.nan, np.float32)), "without NaN"),
        (
            lambda: images(np.zeros((2, 1, 4, 4), np.float32), labels=np.zeros(3)),
            "2 images need as many labels, got 3",
        ),
        (
            lambda: images(np.zeros((2, 1, 4, 4), np.float32), credits=("a",)),
            "2 images need as many credits, got 1",
        ),
    ],
)
def test_a_bad_argument_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
