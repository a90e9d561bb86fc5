"""Several traces in one figure: each whole, all in one size, under its own title."""

import numpy as np
import pytest
from drawn_shapes import extent, pieces
from small_step import small_networks, small_step

from ganflow.plotting import draw_traces
from ganflow.plotting.card import PX


@pytest.fixture(scope="module")
def traces():
    """Of different heights and widths, under titles of which one is wide."""
    step = small_step(**small_networks())
    cut, frozen = step(True, False), step(False, True)
    return {
        "cut": cut[0].trace(cut[1]["loss_D"]),
        "D takes no derivative, and passes one on to G": frozen[0].trace(
            frozen[1]["loss_G"]
        ),
        "again": cut[0].trace(cut[1]["loss_G"]),
    }


def on_figure(ax, patch):
    """A shape's bounds in px of the figure, y up."""
    corners = ax.transData.transform(extent(patch).get_points())
    return corners * PX / ax.figure.dpi


def test_one_px_of_each_card_is_one_px_of_the_figure(traces):
    drawn = draw_traces(traces)
    drawn[0].figure.draw_without_rendering()
    assert len(drawn) == len(traces)
    for ax in drawn:
        words = dict(pieces(ax, "box"))
        for box in words.values():
            (x0, y0), (x1, y1) = on_figure(ax, box)
            shape = extent(box)
            np.testing.assert_allclose(x1 - x0, shape.width, rtol=1e-6)
            np.testing.assert_allclose(abs(y1 - y0), shape.height, rtol=1e-6)


def test_each_title_stands_whole_above_its_trace(traces):
    drawn = draw_traces(traces, name="the loss")
    for ax, title in zip(drawn, traces, strict=True):
        words = extent(dict(pieces(ax, "words"))[title])
        (left, right), (below, above) = ax.get_xlim(), ax.get_ylim()
        assert left < words.x0 < words.x1 < right and above < words.y0
        assert all(words.y1 < extent(box).y0 < below for _, box in pieces(ax, "box"))
        assert "the loss" in dict(pieces(ax, "words"))


@pytest.mark.parametrize(("columns", "rows"), [(1, 3), (2, 2), (5, 1)])
def test_traces_stand_in_the_order_of_reading(traces, columns, rows):
    drawn = draw_traces(traces, columns=columns)
    drawn[0].figure.draw_without_rendering()
    corners = [ax.get_position() for ax in drawn]
    order = sorted(corners, key=lambda box: (-round(box.y1, 6), box.x0))
    assert corners == order
    assert len({round(box.y1, 6) for box in corners}) == rows


def test_nothing_to_draw_is_said(traces):
    for given, columns in (({}, 2), (traces, 0)):
        with pytest.raises(ValueError, match="expected at least one of each"):
            draw_traces(given, columns=columns)
