"""Panels hold what was measured, seed by seed and point by point, to one scale."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from ganflow.plotting import draw_clouds, draw_comparison, draw_runs

TICKS = np.array([0, 100, 200])
RUNS = {
    "baseline": np.array([[0, 2, 1], [3, 8, 4], [1, 0, 8]]),
    "beta1 0": np.array([[0, 8, 8], [1, 7, 8]]),
}
CLOUDS = {"real": np.array([[0.0, 1.0], [1.0, 0.0]]), "fake\ntwo lines": np.eye(2) / 2}


def test_each_seed_has_a_line_and_the_median_a_thicker_one():
    panels = draw_runs(RUNS, TICKS, "modes")
    for ax, (name, values) in zip(panels, RUNS.items(), strict=True):
        *seeds, median = ax.get_lines()
        assert ax.get_title() == name and len(seeds) == len(values)
        for line, drawn in zip(values, seeds, strict=True):
            np.testing.assert_array_equal(drawn.get_xydata(), np.c_[TICKS, line])
        expected = np.c_[TICKS, np.median(values, axis=0)]
        np.testing.assert_array_equal(median.get_xydata(), expected)
        assert median.get_linewidth() > 2 * seeds[0].get_linewidth()
        assert median.get_color() != seeds[0].get_color()


def test_the_axes_say_what_was_measured_and_when():
    figure = draw_runs(RUNS, TICKS, "modes captured")[0].figure
    assert (figure.get_supxlabel(), figure.get_supylabel()) == (
        "ticks",
        "modes captured",
    )


MEASURED = {
    "modes": {"baseline": [1, 8, 4], "beta1 0": [8, 8, 8]},
    "quality": {"baseline": [0.1, 0.2, 0.3], "beta1 0": [0.6, 0.7, 0.8]},
}


def test_each_seed_of_each_setting_has_a_dot_in_the_panel_of_what_was_measured():
    panels = draw_comparison(MEASURED)
    assert [ax.get_xlabel() for ax in panels] == list(MEASURED)
    for ax, rows in zip(panels, MEASURED.values(), strict=True):
        dots = [line for line in ax.get_lines() if line.get_marker() == "o"]
        assert [list(line.get_xdata()) for line in dots] == list(rows.values())
        assert [round(line.get_ydata().mean(), 9) for line in dots] == [0, 1]


def test_amounts_are_shown_from_0_on():
    far = {"modes": {"one": [7.0, 8.0], "two": [8.0, 8.0]}}
    below = {"gain": {"one": [-2.0, 1.0]}}
    assert draw_comparison(far)[0].get_xlim()[0] == 0
    left, right = draw_comparison(below)[0].get_xlim()
    assert left < -2 and right > 1
    whole = draw_comparison({"modes": {"one": [0.0, 8.0]}})[0]
    assert whole.get_xlim()[0] < 0  # a dot at 0 is no half one


def test_a_note_stands_beside_its_row_and_names_stand_once():
    panels = draw_comparison(MEASURED, {"quality": {"beta1 0": "p 0.001"}})
    notes = [
        [(t.get_text(), t.xy[1]) for t in ax.texts if t.get_text()] for ax in panels
    ]
    assert notes == [[], [("p 0.001", 1)]]
    panels[0].figure.canvas.draw()
    shown = [
        [t.get_text() for t in ax.get_yticklabels() if t.get_visible()] for ax in panels
    ]
    assert shown == [["baseline", "beta1 0"], []]


def test_each_point_is_drawn_and_the_first_cloud_is_told_apart():
    real, fake = draw_clouds(CLOUDS, reach=2.5)
    for ax, (name, points) in zip((real, fake), CLOUDS.items(), strict=True):
        np.testing.assert_array_equal(ax.get_lines()[0].get_xydata(), points)
        assert ax.get_title() == name
        assert ax.get_xlim() == ax.get_ylim() == (-2.5, 2.5)
        assert list(ax.get_xticks()) == list(ax.get_yticks()) == [-2, 0, 2]
    assert real.get_lines()[0].get_color() != fake.get_lines()[0].get_color()


@pytest.mark.parametrize(
    ("number", "columns", "rows"), [(1, 3, 1), (3, 3, 1), (4, 3, 2), (6, 2, 3)]
)
def test_panels_share_a_scale_and_go_on_in_a_new_row(number, columns, rows):
    runs = {str(i): (i + 1) * RUNS["baseline"] for i in range(number)}
    panels = draw_runs(runs, TICKS, "modes", columns=columns)
    assert len({ax.get_ylim() for ax in panels}) == 1
    panels[0].figure.canvas.draw()
    assert len({round(ax.get_position().y0, 3) for ax in panels}) == rows
    assert len(panels[0].figure.axes) == number


def test_titles_do_not_run_into_each_other():
    names = ("5 critic steps", "rates D:G 4", "5 critic steps,\nrates D:G 4")
    with plt.rc_context({"figure.constrained_layout.use": True}):
        panels = draw_runs(dict.fromkeys(names, RUNS["baseline"]), TICKS, "modes")
        panels[0].figure.canvas.draw()
    boxes = [ax.title.get_window_extent() for ax in panels]
    assert all(a.x1 < b.x0 for a, b in zip(boxes, boxes[1:], strict=False))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: draw_runs({}, TICKS, "modes"), "nothing to draw"),
        (
            lambda: draw_runs({"one": [1, 2, 3]}, TICKS, "modes"),
            r"the runs of 'one' have the shape \(3,\); expected a row for each seed",
        ),
        (
            lambda: draw_runs({"one": [[1, 2]]}, TICKS, "modes"),
            r"\(1, 2\); expected a row for each seed, with 3 ticks",
        ),
        (lambda: draw_runs(RUNS, TICKS, "modes", columns=0), "columns is 0"),
        (lambda: draw_comparison({}), "expected the same settings for each"),
        (
            lambda: draw_comparison({"modes": {"one": [1]}, "quality": {"two": [1]}}),
            "expected the same settings for each",
        ),
        (lambda: draw_clouds({}, reach=1), "nothing to draw"),
        (
            lambda: draw_clouds({"real": [[1, 2, 3]]}, reach=1),
            r"the cloud 'real' has the shape \(1, 3\); expected \(samples, 2\)",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
