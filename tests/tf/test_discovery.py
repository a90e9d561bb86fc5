"""Who plays in a running script: what is kept of earlier finds, and what is not."""

from types import SimpleNamespace

import pytest

from ganflow.tf.audit_parts.discover import ROUNDS, Discovery
from ganflow.tf.load import keras

A, B, C, E = (keras.layers.Dense(1, name=name) for name in "abce")


def discovery(given=(), **players):
    """One that knows these players; no hook is on."""
    found = Discovery(dict.fromkeys(given, ()), lambda _: None)
    for name, members in players.items():
        found._add(name, members)
    return found


def player(name, members, note=""):
    return SimpleNamespace(name=name, members=members, note=note)


@pytest.mark.parametrize(
    ("members", "fits", "idle"),
    [
        ([[A, E], [B]], True, False),
        ([[A], [E], [B]], False, False),  # one player would be two
        ([[A, E, B]], False, False),  # two players would be one
        ([[A, C], [B]], True, False),  # more of a player that is known
        ([[A], [B], [C]], True, False),  # one more player
        ([[A]], True, True),  # who is missing may rest for now
    ],
)
def test_earlier_players_stay_if_each_is_found_again_as_one(members, fits, idle):
    found = discovery(G=[A, E], D=[B])
    assert found._fits(members, drop=False) is fits and found._idle is idle


def test_who_is_missing_for_good_is_dropped_unless_the_user_gave_him():
    assert not discovery(G=[A], D=[B])._fits([[A]], drop=True)
    kept = discovery(["D"], G=[A], D=[B])
    assert kept._fits([[A]], drop=True) and not kept._idle


def test_a_name_that_is_taken_gets_the_next_number():
    found = discovery()
    for one in (A, B, C):
        found._tell(player("net", [one], note="why"))
    assert found.players == {"net": [A], "net_2": [B], "net_3": [C]}
    found._tell(player("another", [B, E]))
    assert found.players["net_2"] == [B, E] and len(found.players) == 3


def test_notes_are_told_line_by_line_but_of_who_was_given_and_of_what_went_unseen():
    found = discovery(["D"], D=[B])
    found._tell(player("G", [A], note="plays without an optimizer"))
    found._tell(player("Q", [C]))
    found._tell(player("D", [B], note="nobody has asked"))
    assert found.notes == ("G: plays without an optimizer",)
    assert found.hidden == ""
    found.blind_moves = 1
    assert found.notes == () and "inside of a tf.function" in found.hidden


def test_a_network_is_new_at_its_first_call_if_it_plays_for_nobody():
    found = discovery()
    assert [found._is_new(A), found._is_new(A), found._is_new(B)] == [True, False, True]
    found.observer.state.players.of_layer[id(C)] = "G"
    assert not found._is_new(C)


def test_the_watch_begins_anew_where_the_loop_comes_round_or_after_some_steps():
    found, began = discovery(), []
    found._begin = lambda: not began.append(True)
    assert not found._opens()  # nobody has stepped: this line is noted
    found._steppers = {"an optimizer": []}
    for anew in (False, True):
        found._anew = anew
        assert not found._opens() and not began  # not that line
    found._steps["an optimizer"] = ROUNDS
    assert not found._opens()
    found._steps["an optimizer"] = ROUNDS + 1
    assert found._opens() and began == [True]


def test_a_line_that_led_to_the_first_step_opens_the_loop():
    found, opened = discovery(), []
    found._begin = lambda: True
    for steps in (0, 1):
        if steps:
            found._anew, found._steppers = True, {"an optimizer": []}
        opened.append(found._opens())
    assert opened == [False, True]


def test_a_watch_that_begins_anew_ends_the_earlier_one():
    told = []
    found = Discovery({}, told.append)
    plain = keras.Layer.__call__
    with found:
        found._add("G", [A])
        found._anew = True
        assert found._begin()
        first = found.observer
        first.after_move()
        assert told == [found]
        found._anew = True
        first.after_move()
        assert told == [found]  # between two watches nothing is told
        assert found._begin() and not found._anew
        assert found._before is first and found.observer is not first
    assert keras.Layer.__call__ is plain
