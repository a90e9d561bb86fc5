"""Who moves when, which version each move reads, and how many passes a tick needs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganflow.schedule import (
    ALTERNATING,
    ALTERNATING_G_FIRST,
    SIMULTANEOUS,
    Passes,
    Schedule,
    critic_steps,
    generator_steps,
)

TURNS = st.lists(st.sampled_from(["D", "G", "DG", "GD"]), min_size=1, max_size=8)
LEGAL = TURNS.filter(lambda turns: {"D", "G"} <= set("".join(turns)))


def readings(schedule):
    return [str(move) for move in schedule.moves]


def test_players_of_one_turn_read_its_start():
    assert readings(SIMULTANEOUS) == ["D reads G0", "G reads D0"]


def test_the_second_turn_of_alternating_play_reads_the_moved_opponent():
    assert readings(ALTERNATING) == ["D reads G0", "G reads D1"]
    assert readings(ALTERNATING_G_FIRST) == ["G reads D0", "D reads G1"]


def test_critic_steps_all_read_the_same_generator():
    assert readings(critic_steps(3)) == ["D reads G0"] * 3 + ["G reads D3"]
    assert readings(generator_steps(2)) == ["D reads G0"] + ["G reads D1"] * 2


@given(LEGAL)
def test_versions_are_what_a_count_of_moves_says(turns):
    """An independent count: one version number a player, read before each turn."""
    version, wanted = {"D": 0, "G": 0}, []
    for number, turn in enumerate(turns):
        before = dict(version)
        for player in turn:
            opponent = "DG".replace(player, "")
            wanted.append((player, number, before[player], opponent, before[opponent]))
            version[player] += 1
    moves = Schedule("any", tuple(map(tuple, turns))).moves
    assert [(m.player, m.turn, m.own, m.opponent, m.reads) for m in moves] == wanted


@given(LEGAL)
def test_text_and_turns_are_the_same_thing(turns):
    schedule = Schedule.from_text(" ".join(turns))
    assert schedule.turns == tuple(map(tuple, turns))
    assert Schedule.from_text(schedule.text) == schedule


def test_text_may_be_in_small_letters():
    assert Schedule.from_text(" d  dg ").turns == (("D",), ("D", "G"))


def test_a_schedule_says_what_it_means():
    assert str(ALTERNATING) == "alternating: D reads G0, G reads D1"
    assert critic_steps(5).name == "5 critic steps"
    assert critic_steps(1).name == "1 critic step"
    assert generator_steps(2).name == "2 generator steps"


@pytest.mark.parametrize(
    ("schedule", "passes"),
    [
        (SIMULTANEOUS, (1, 2, 2, 1, 1)),
        (ALTERNATING, (2, 3, 2, 1, 1)),
        (critic_steps(5), (6, 11, 10, 1, 1)),
        (generator_steps(2), (3, 4, 2, 2, 2)),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_passes_are_those_of_the_table(schedule, passes):
    """G forward, D forward, D backward to its weights, to its input, G backward."""
    assert schedule.passes == Passes(*passes)


@pytest.mark.parametrize(
    ("turns", "message"),
    [
        ((("D",),), "D and G must both move in a tick"),
        ((), "D and G must both move in a tick"),
        ((("D", "D"), ("G",)), r"a turn is .* got \('D', 'D'\)"),
        ((("D",), ()), r"a turn is .* got \(\)"),
        ((("D", "X"), ("G",)), r"a turn is .* got \('D', 'X'\)"),
    ],
)
def test_an_illegal_tick_is_refused(turns, message):
    with pytest.raises(ValueError, match=message):
        Schedule("mine", turns)


@pytest.mark.parametrize("text", ["", "D D", "D, G", "critic"])
def test_text_that_is_no_schedule_is_refused(text):
    with pytest.raises(ValueError, match="must both move|a turn is"):
        Schedule.from_text(text)


@pytest.mark.parametrize("steps", [critic_steps, generator_steps])
def test_no_steps_are_refused(steps):
    with pytest.raises(ValueError, match="n is 0; expected a whole number, at"):
        steps(0)


def test_a_schedule_cannot_be_changed():
    with pytest.raises(AttributeError):
        ALTERNATING.turns = (("D", "G"),)
