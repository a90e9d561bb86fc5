"""Paths of a game are drawn where they ran, in the colour of whoever moved."""

import numpy as np
import pytest

from ganflow.dynamics import GradientDescent, Scalars, play
from ganflow.games import bilinear, dirac
from ganflow.plotting import COLORS, draw_paths, draw_radii
from ganflow.schedule import ALTERNATING, SIMULTANEOUS, critic_steps


def run(schedule, ticks=12, *, each_turn=True, step_size=0.5):
    players = Scalars(bilinear(0.5), 1.0, -1.0)
    rule = GradientDescent(step_size)
    return play(players, schedule, rule=rule, ticks=ticks, each_turn=each_turn)


def steps_of(ax, who):
    """The steps that are drawn as one mover's, (n, 2 ends, 2 coordinates)."""
    (line,) = (line for line in ax.lines if line.get_gid() == f"steps of {who}")
    return line.get_xydata().reshape(-1, 3, 2)[:, :2]


@pytest.mark.parametrize("n", [1, 3])
def test_steps_of_g_are_level_and_steps_of_d_upright(n):
    (ax,) = draw_paths({"": run(critic_steps(n), 7)})
    of_G, of_D = steps_of(ax, "G"), steps_of(ax, "D")
    assert len(of_G) == 7 and len(of_D) == 7 * n and not len(steps_of(ax, "both"))
    assert (np.ptp(of_G[..., 1], axis=1) == 0).all() and np.ptp(
        of_G[..., 0], axis=1
    ).all()
    assert (np.ptp(of_D[..., 0], axis=1) == 0).all() and np.ptp(
        of_D[..., 1], axis=1
    ).all()


def test_a_path_is_drawn_whole_and_in_its_place():
    path = run(ALTERNATING)
    (ax,) = draw_paths({"": path})
    drawn = np.concatenate([steps_of(ax, who) for who in "GD"])
    states = np.stack([path.theta, path.psi], axis=1)
    pairs = np.stack([states[:-1], states[1:]], axis=1)
    order = [np.lexsort(each.reshape(-1, 4).T) for each in (drawn, pairs)]
    np.testing.assert_array_equal(drawn[order[0]], pairs[order[1]])


def test_a_step_in_which_both_have_moved_belongs_to_neither():
    path = run(SIMULTANEOUS)
    (ax,) = draw_paths({"": path})
    assert len(steps_of(ax, "both")) == 12
    assert not len(steps_of(ax, "G")) and not len(steps_of(ax, "D"))


def test_the_legend_names_who_moved_and_no_one_else():
    def named(**paths):
        (legend,) = draw_paths(paths)[0].figure.legends
        return {
            words.get_text(): key.get_color()
            for words, key in zip(legend.texts, legend.legend_handles, strict=True)
        }

    turns = {"G moves": COLORS["G"], "D moves": COLORS["D"]}
    assert named(a=run(ALTERNATING)) == turns
    once = {"both at once": COLORS["ink"]}
    assert named(a=run(SIMULTANEOUS)) == once
    assert named(a=run(SIMULTANEOUS), b=run(ALTERNATING)) == turns | once


def test_all_panels_have_one_reach_and_hold_every_path():
    paths = {s.name: run(s, 20) for s in (SIMULTANEOUS, ALTERNATING, critic_steps(5))}
    axes = draw_paths(paths)
    assert [ax.get_title() for ax in axes] == [*paths]
    reach = {(*ax.get_xlim(), *ax.get_ylim()) for ax in axes}
    ((least, most, *upright),) = reach
    assert [least, most] == upright and -least == most
    ends = [abs(each).max() for p in paths.values() for each in (p.theta, p.psi)]
    assert max(ends) < most < 1.5 * max(ends)


def test_the_field_points_as_the_game_pulls_wherever_it_pulls():
    (ax,) = draw_paths({"": run(ALTERNATING)}, dirac().field)
    (arrows,) = ax.collections
    v_theta, v_psi = dirac().field(*arrows.XY.T)
    assert len(arrows.U) == 81
    np.testing.assert_allclose(arrows.U * v_psi, arrows.V * v_theta, atol=1e-9, rtol=0)
    lengths = np.hypot(arrows.U, arrows.V)
    pulled = np.hypot(v_theta, v_psi) > 1e-9
    np.testing.assert_allclose(lengths[pulled], 1, rtol=1e-12)
    assert (arrows.U * v_theta + arrows.V * v_psi)[pulled].min() > 0


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        ({}, "paths is empty; expected one run"),
        ({"a": run(SIMULTANEOUS, 900, step_size=9.0)}, "'a' is not finite from tick"),
    ],
)
def test_what_is_no_path_is_refused(paths, message):
    with pytest.raises(ValueError, match=message):
        draw_paths(paths)


def test_radii_are_drawn_as_they_were_and_a_name_has_one_look():
    runs = {s.name: run(s, 30, each_turn=False) for s in (SIMULTANEOUS, ALTERNATING)}
    one, other = draw_radii(
        {"both": runs, "alone": {"alternating": runs["alternating"]}}
    )
    assert [ax.get_title() for ax in (one, other)] == ["both", "alone"]
    for line, path in zip(one.lines, runs.values(), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), path.tick)
        np.testing.assert_array_equal(line.get_ydata(), path.radius)
    looks = [(line.get_color(), line.get_linestyle()) for line in one.lines]
    (alone,) = other.lines
    assert (alone.get_color(), alone.get_linestyle()) == looks[1] != looks[0]
    assert one.get_yscale() == "log"


def test_a_scale_of_radii_may_be_linear_and_cut_off_below():
    (ax,) = draw_radii({"": {"a": run(ALTERNATING)}}, log=False, least=0)
    assert ax.get_yscale() == "linear" and ax.get_ylim()[0] == 0


def test_more_runs_than_there_are_looks_are_refused():
    path = run(ALTERNATING)
    with pytest.raises(ValueError, match="expected 1 to 6 of them"):
        draw_radii({"": {str(i): path for i in range(7)}})
    with pytest.raises(ValueError, match="expected 1 to 6 of them"):
        draw_radii({})
