"""Bars of stages are cut in proportion, say what they show, and stay on their paper."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from contrast import contrast
from drawn_shapes import (
    assert_on_paper,
    boxes_of,
    extent,
    middle,
    pieces,
    words_of,
)
from matplotlib.patches import Polygon

from ganflow.plotting import COLORS, draw_stages
from ganflow.plotting.stages import BAR, FILLS, TEXT

STAGES = {
    "operations": {"views": 60, "maps": 30, "products": 10},
    "loops": {"maps": 15, "products": 10},
    "bytes": {"maps": 1800, "products": 1200},
}


def parts(ax):
    """The pieces of all bars, (top, left, width), from the top and the left."""
    return sorted((p.get_y(), p.get_x(), p.get_width()) for p in boxes_of(ax))


def test_a_bar_is_cut_in_proportion_and_all_bars_are_equally_wide():
    drawn = parts(draw_stages(STAGES))
    for row, name in enumerate(STAGES):
        tops = sorted({top for top, *_ in drawn})
        bar = [(left, width) for top, left, width in drawn if top == tops[row]]
        amounts = np.array(list(STAGES[name].values()))
        widths = np.array([width for _, width in bar])
        shares = amounts / amounts.sum()
        np.testing.assert_allclose(widths / widths.sum(), shares, rtol=1e-12)
        ends = [left + width for left, width in bar]
        np.testing.assert_allclose([left for left, _ in bar][1:], ends[:-1], rtol=1e-12)
        whole = drawn[0][1], 660
        np.testing.assert_allclose((bar[0][0], ends[-1]), whole, rtol=1e-12)


def test_a_kind_of_which_nothing_is_left_ends_in_a_point():
    bands = [p for p in draw_stages(STAGES).patches if isinstance(p, Polygon)]
    first, *others = (p.get_xy() for p in bands)
    assert len(bands) == 6  # three kinds, twice; views are gone the second time
    assert np.ptp(first[2:4, 0]) == 0 < np.ptp(first[:2, 0])
    for band in others[:2]:
        assert np.ptp(band[2:4, 0]) > 0 and np.ptp(band[:2, 1]) == 0


def test_above_the_first_bar_and_below_the_last_is_the_same_margin():
    ax = draw_stages(STAGES)
    tops = sorted({top for top, *_ in parts(ax)})
    (below, _), (_, wide) = ax.get_ylim(), ax.get_xlim()
    assert tops[0] == below - (tops[-1] + BAR) > 0
    rights = {round(left + width, 9) for _, left, width in parts(ax)}
    assert max(rights) == wide - tops[0]


def test_a_band_leads_from_the_foot_of_a_bar_to_the_head_of_the_next():
    ax = draw_stages(STAGES)
    bands = [p.get_xy() for p in ax.patches if isinstance(p, Polygon)]
    tops = sorted({top for top, *_ in parts(ax)})
    for i, band in enumerate(bands):
        above, below = tops[i // 3], tops[i // 3 + 1]
        assert band[:4, 1].tolist() == [above + BAR, above + BAR, below, below]
    for row, top in enumerate(tops[:2]):
        bar = [(left, left + width) for y, left, width in parts(ax) if y == top]
        drawn = [tuple(b[:2, 0]) for b in bands[3 * row : 3 * row + 3]]
        wide = [(a, b) for a, b in drawn if b > a]
        np.testing.assert_allclose(wide, bar, rtol=1e-12)


def test_words_stand_in_the_middle_of_their_part_and_totals_beside_their_bar():
    """The total over the name, as far over the middle of the bar as the name under."""
    stages = STAGES | {"loops": {"maps": 15, "products": 12}}  # each word once
    ax = draw_stages(stages)
    words = dict(pieces(ax, "words"))
    tops = sorted({top for top, *_ in parts(ax)})
    for top, (name, amounts) in zip(tops, stages.items(), strict=True):
        total = middle(words[f"{sum(amounts.values()):,g}"])
        below = middle(words[name])
        assert total[1] < top + BAR / 2 < below[1]
        assert abs((total[1] + below[1]) / 2 - (top + BAR / 2)) < 1.5
        assert below[1] - total[1] > TEXT
        assert extent(words[name]).x1 < min(left for _, left, _ in parts(ax))
        bar = [(left, width) for y, left, width in parts(ax) if y == top]
        for (left, width), (kind, amount) in zip(bar, amounts.items(), strict=True):
            told = words.get(f"{amount:,g} {kind}") or words[f"{amount:,g}"]
            np.testing.assert_allclose(
                middle(told), (left + width / 2, top + BAR / 2), rtol=0, atol=1.7
            )
            assert left + 2 < extent(told).x0 and extent(told).x1 < left + width - 2


def test_a_share_of_one_and_nothing_of_a_kind_are_amounts():
    widths = [width for *_, width in parts(draw_stages({"all": {"x": 0, "y": 0.5}}))]
    assert len(widths) == 1


def test_totals_and_amounts_are_written_and_nothing_runs_over():
    words = words_of(draw_stages(STAGES))
    assert {"100", "25", "3,000", *STAGES} <= set(words)
    amounts = {"60 views", "30 maps", "15 maps", "1,800 maps", "1,200 products"}
    assert amounts <= set(words)
    narrow = words_of(draw_stages({"all": {"most": 95, "products": 5}}))
    assert "5 products" not in narrow and "5" in narrow  # the number alone has room


def test_words_are_written_only_where_their_part_has_room_for_them():
    """The name where it has, else the amount alone, else nothing."""
    kinds = set()
    for share in np.arange(0.5, 30, 0.5):
        ax = draw_stages({"all": {"most": 100 - share, "maps": share}})
        (_, left, width) = parts(ax)[1]
        told = [(w, extent(a)) for w, a in pieces(ax, "words")]
        inside = [(w, at) for w, at in told if (at.x0 + at.x1) / 2 > left]
        kinds.add(" ".join(w.split(" ")[-1][:4] for w, _ in inside))
        assert all(left < at.x0 and at.x1 < left + width for _, at in inside), share
        plt.close("all")
    assert "maps" in kinds and "" in kinds and len(kinds) > 2


def test_what_is_drawn_stays_on_its_paper():
    ax = draw_stages(STAGES)
    assert_on_paper(ax)


def test_words_stand_out_on_every_fill():
    assert min(contrast(COLORS["ink"], fill) for fill in FILLS) > 7
    assert BAR > 30


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        ({}, "stages have the kinds .*; expected 1 to 5"),
        ({"a": {k: 1 for k in "abcdef"}}, "expected 1 to 5"),
        (
            {"a": {"x": 1}, "b": {}},
            "the stage 'b' has {}; expected amounts of at least",
        ),
        ({"a": {"x": 0}}, "the stage 'a' has {'x': 0}; expected amounts of at least 0"),
        ({"a": {"x": 2, "y": -1}}, "expected amounts of at least 0, and one above"),
    ],
)
def test_what_cannot_be_drawn_is_refused(stages, message):
    with pytest.raises(ValueError, match=message):
        draw_stages(stages)
