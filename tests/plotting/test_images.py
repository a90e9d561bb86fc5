"""Each image stands whole, at its place, in its own grey."""

import numpy as np
import pytest

from ganflow.plotting import draw_images

DRAWN = np.random.default_rng(0).uniform(-1, 1, (7, 4, 4))


def shown(ax):
    (image,) = ax.get_images()
    return np.asarray(image.get_array())


def test_the_second_row_begins_with_the_fourth_image_of_three_in_a_row():
    (ax,) = draw_images({"fakes": DRAWN}, columns=3)
    picture = shown(ax)
    assert picture.shape == (9, 14)  # lines between; the seventh fills no row
    np.testing.assert_allclose(picture[5:, :4], DRAWN[3], rtol=1e-12)
    np.testing.assert_allclose(picture[:4, 5:9], DRAWN[1], rtol=1e-12)
    assert np.all(picture[4] == 1) and np.all(picture[:, [4, 9]] == 1)


def test_a_single_channel_is_drawn_as_none():
    with_channel, without = draw_images({"a": DRAWN[..., None], "b": DRAWN})
    assert np.array_equal(shown(with_channel), shown(without))
    assert with_channel.get_images()[0].get_clim() == (-1, 1)


def test_colours_are_scaled_to_what_matplotlib_reads():
    colours = np.stack([DRAWN, -DRAWN, 0 * DRAWN], axis=-1)
    (ax,) = draw_images({"photos": colours}, columns=7)
    picture = shown(ax)
    assert picture.min() >= 0 and picture.max() <= 1
    np.testing.assert_allclose(picture[:, :4, 0], (DRAWN[0] + 1) / 2, rtol=1e-12)


@pytest.mark.parametrize(
    "held", [DRAWN[0], DRAWN[:2], DRAWN[:, :3], np.zeros((5, 4, 4, 2))]
)
def test_what_is_no_row_of_images_is_refused(held):
    with pytest.raises(ValueError, match="expected 5 images or more"):
        draw_images({"fakes": held})


def test_nothing_to_draw_is_refused():
    with pytest.raises(ValueError, match="nothing to draw"):
        draw_images({})
