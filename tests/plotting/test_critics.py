"""A map shows the critic's own scores, and a chart counts each slope once."""

import numpy as np
import pytest
import torch

from ganflow.plotting import draw_critics

X = torch.tensor([[2.0, 0.0], [0.0, 1.0], [-1.0, -1.0]])


def plane(x):
    """A slope of 5 everywhere, along (3, 4)."""
    return x @ torch.tensor([[3.0], [4.0]])


def flat(x):
    return 0.01 * x[:, 0]


def test_lines_of_equal_score_are_where_the_critic_has_that_score():
    one, two, _ = draw_critics({"a": plane, "b": flat}, {"a": [5.0]}, X, X / 2)
    for ax, critic in ((one, plane), (two, flat)):
        (lines,) = ax.collections
        levels = zip(lines.levels, lines.get_paths(), strict=True)
        drawn = [(level, path.vertices) for level, path in levels if len(path)]
        assert len(drawn) > 5
        for level, points in drawn:
            score = critic(torch.tensor(points, dtype=torch.float32))
            np.testing.assert_allclose(score.flatten(), level, rtol=0, atol=1e-4)


def test_real_points_and_fakes_lie_within_each_map():
    ax, _ = draw_critics({"a": plane}, {"a": [5.0]}, X, 3 * X)
    (real, fake), reach = ax.lines, ax.get_xlim()[1]
    np.testing.assert_array_equal(np.stack(real.get_data()).T, X)
    np.testing.assert_array_equal(np.stack(fake.get_data()).T, 3 * X)
    assert reach > 6


@pytest.mark.parametrize("slopes", [[1e-3, 0.5, 0.5, 90.0], [1.0], [0.0, 2.0, 3.0]])
def test_the_chart_counts_each_slope_above_0_once(slopes):
    *_, ax = draw_critics({"a": plane}, {"a": torch.tensor(slopes)}, X, X)
    (outline,) = ax.patches
    corners = outline.get_xy()
    highs = corners[2::2, 1]  # each bin's height, once
    assert ax.get_xscale() == "log"
    assert sum(highs) == sum(slope > 0 for slope in slopes)


def test_the_maps_record_nothing():
    weight = torch.tensor([[3.0], [4.0]], requires_grad=True)
    seen = []

    def critic(x):
        seen.append(x @ weight)
        return seen[-1]

    draw_critics({"a": critic}, {"a": [5.0]}, X, X)
    assert not seen[0].requires_grad


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (({}, {"a": [1.0]}, X, X), "expected a critic"),
        (({"a": plane}, {}, X, X), "expected a critic"),
        (({"a": plane}, {"a": [1.0]}, X[:, :1], X), "points of the plane"),
        (({"a": plane}, {"a": [1.0]}, X, X[0]), "x_fake has the shape"),
        (({"a": plane}, {"a": [0.0]}, X, X), "none is above 0"),
        (({"a": plane}, {"a": [np.nan, 1.0]}, X, X), "not finite"),
    ],
)
def test_what_cannot_be_drawn_is_refused(given, said):
    with pytest.raises(ValueError, match=said):
        draw_critics(*given)
