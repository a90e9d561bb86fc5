"""What is concluded from a log: which line is named, and what explains what."""

import pytest

from ganflow.loop_report import Move, Place
from ganflow.loop_report.conclude import FLAT, TINY, _disguise, _explained, _flat
from ganflow.loop_report.findings import finding
from ganflow.loop_report.log import Log, Pull
from ganflow.loop_report.naming import Naming
from ganflow.loop_report.optimizers import _wants
from ganflow.loop_report.pulls import wrong_pulls

LINES = [Place("loop.py", line) for line in range(9)]
DISGUISED = Naming("alternating in its lines", disguised=True)


def log_of(*moves):
    """A log of moves, each (player, its line, lines of its passes, moves it lags)."""
    log = Log()
    log.trainable = {"D", "G"}
    for player, line, fed_by, lag in moves:
        other = {"D": "G", "G": "D"}[player]
        newest = {other: log.versions[other], player: log.versions[player]}
        reads = {other: (newest[other] - lag,)}
        given = log.move_count, player, newest[player] + 1, LINES[line]
        passes = tuple(LINES[back] for back in fed_by)
        log.moved(Move(*given, reads, newest, 4, 4, fed_by=passes))
    return log


def place_and_also(found):
    return [(one.place, one.also) for one in found]


def test_the_newest_move_on_what_was_made_before_the_other_moved_is_named():
    """By its own line, that of its first pass and that of the move in between."""
    log = log_of(("D", 1, [5], 0), ("G", 2, [6, 7], 1))
    (found,) = _disguise(log, DISGUISED)
    assert (found.place, found.also) == (LINES[2], (LINES[6], LINES[1]))
    assert found.facts == {"player": "G", "other": "D"}
    log = log_of(("D", 1, [5], 0), ("G", 2, [6], 1), ("D", 3, [7], 0), ("G", 4, [8], 1))
    assert place_and_also(_disguise(log, DISGUISED)) == [
        (LINES[4], (LINES[8], LINES[3]))
    ]
    log = log_of(("D", 1, [5], 0), ("G", 2, [6], 1), ("D", 3, [7], 0))
    assert [one.place for one in _disguise(log, DISGUISED)] == [LINES[2]]


@pytest.mark.parametrize(
    ("second", "naming"),
    [
        (("G", 2, [6], 0), DISGUISED),  # it read the newest
        (("G", 1, [6], 1), DISGUISED),  # one line moves both, and says so
        (("G", 2, [6], 1), Naming("simultaneous")),
    ],
)
def test_no_disguise_is_told_of_newest_reads_one_line_or_an_open_schedule(
    second, naming
):
    log = log_of(("D", 1, [5], 0), second)
    assert [*_disguise(log, naming)] == []


def flat_log(small, large, slopes=None, *, turns=2, fed_by=(6, 7), count=4):
    """Turns of both, how large G's and D's gradients were, and what pulled scores."""
    earlier = (turns - 1) * [("D", 1, [5], 0), ("G", 8, [8], 0)]
    log = log_of(*earlier, ("D", 1, [5], 0), ("G", 2, fed_by, 0))
    log.sizes["G"].extend(small)
    log.sizes["D"].extend(large)
    for player, slope in (slopes or {}).items():
        back = log.backward(LINES[5], {"D"})
        back.pulls.append(Pull("D", "G", [0.0], [slope / count], LINES[4], count))
        log.pull(player, [back])
    return log


def test_a_gradient_of_a_millionth_of_the_others_is_told_with_its_share():
    (found,) = _flat(flat_log([1e-7, 2e-7], [0.5, 9.0], turns=3), "D", "G")
    assert (found.place, found.also, found.times) == (LINES[6], (LINES[2],), 2)
    assert "at most 4.0e-07 of what reaches D" in found.sentence
    (found,) = _flat(flat_log([1e-7, 2e-7], [0.5], turns=3, fed_by=()), "D", "G")
    assert (found.place, found.also) == (LINES[2], ())


def test_scores_that_pull_next_to_nothing_are_told_with_their_slope():
    """Both players' losses are flat there, whatever the networks make of it."""
    slopes = {"G": -3e-3, "D": FLAT / 2}  # after two turns, the fewest that tell
    (found,) = _flat(flat_log([1.0, 1.0], [1.0], slopes), "D", "G")
    assert "at most a derivative of 3.0e-03 by a score" in found.sentence
    for scaled, steep in ((True, FLAT / 2), (False, FLAT), (False, -2 * FLAT)):
        log = flat_log([1.0, 1.0], [1.0], slopes | {"D": steep})
        log.scaled = scaled
        assert [*_flat(log, "D", "G")] == []


@pytest.mark.parametrize(
    ("log", "critic", "maker"),
    [
        (flat_log([TINY, TINY], [1.0]), "D", "G"),  # just as large as it may be
        (flat_log([1e-7, 1e-3], [1.0]), "D", "G"),  # only one of two is tiny
        (flat_log([1e-7, 1e-7], [1e-3]), "D", "G"),  # D's own is small, too
        (flat_log([1e-9], [1.0]), "D", "G"),
        (flat_log([1e-9, 1e-9], []), "D", "G"),
        (flat_log([1e-9, 1e-9], [1.0], turns=1), "D", "G"),
        (flat_log([1e-9, 1e-9], [1.0]), None, "G"),
        (flat_log([1e-9, 1e-9], [1.0]), "D", None),
    ],
)
def test_nothing_is_called_flat_on_one_look_or_beside_a_critic_as_small(
    log, critic, maker
):
    assert [*_flat(log, critic, maker)] == []


def wiped(player="G", place=1, also=()):
    facts = {"player": player, "line": "loop.py:1"}
    return finding("wiped-before-step", LINES[place], [LINES[k] for k in also], **facts)


def cut(place, also=()):
    """One of the findings that cause others."""
    facts = {"player": "G", "how": "cut", "cure": "Leave it", "line": "loop.py:1"}
    return finding("dead-penalty", LINES[place], [LINES[k] for k in also], **facts)


def ids(log, *found):
    return [one.id for one in _explained(log, [*found])]


def test_a_finding_is_told_once_for_each_line():
    log = log_of(("D", 1, [5], 0), ("G", 2, [6], 0))
    assert [
        one.place for one in _explained(log, [wiped(), wiped(), wiped(place=2)])
    ] == [
        LINES[1],
        LINES[2],
    ]
    assert len(ids(log, cut(1), never_cleared(1))) == 2


def never_cleared(place):
    return finding("never-cleared", LINES[place], player="D")


@pytest.mark.parametrize(("place", "also"), [(3, ()), (4, (3,)), (4, (2,))])
def test_what_is_cleared_on_the_line_of_a_cause_is_told_by_the_cause(place, also):
    log = log_of(("D", 1, [5], 0), ("G", 2, [6], 0))
    both = cut(3, [2]), wiped(place=place, also=also)
    assert ids(log, *both) == ["dead-penalty"]
    elsewhere = cut(3, [2]), wiped(place=4, also=[5])
    assert ids(log, *elsewhere) == ["dead-penalty", "wiped-before-step"]


def test_what_is_cleared_of_a_player_that_never_moved_is_told_by_that():
    stuck = finding("never-moved", LINES[7], player="G", others=9)
    resting, moving = log_of(("D", 1, [5], 0)), log_of(("D", 1, [], 0), ("G", 2, [], 0))
    assert ids(resting, stuck, wiped()) == ["never-moved"]
    assert ids(resting, stuck, wiped("D")) == ["never-moved", "wiped-before-step"]
    assert ids(moving, stuck, wiped()) == ["never-moved", "wiped-before-step"]
    assert ids(resting, never_cleared(7), wiped()) == [
        "never-cleared",
        "wiped-before-step",
    ]


def test_what_is_never_cleared_holds_the_leftovers_of_all_losses():
    log = log_of(("D", 1, [5], 0), ("G", 2, [6], 0))
    facts = {"player": "D", "line": "loop.py:6"}
    left = finding("other-loss-leftovers", LINES[1], **facts)
    assert ids(log, left, never_cleared(1)) == ["never-cleared"]
    assert ids(log, left, never_cleared(2)) == [left.id, "never-cleared"]
    assert ids(log, left, cut(1)) == [left.id, "dead-penalty"]


def test_stale_casts_are_the_cause_of_a_disguise_and_of_nothing_else():
    log = log_of(("D", 1, [5], 0), ("G", 2, [6], 0))
    (hidden,) = _disguise(log_of(("D", 1, [5], 0), ("G", 2, [6], 1)), DISGUISED)
    facts = {"player": "D", "late": 1}
    stale = finding("autocast-cache", LINES[3], **facts)
    assert ids(log, stale, hidden, wiped()) == ["autocast-cache", "wiped-before-step"]
    assert ids(log, hidden, wiped()) == [hidden.id, "wiped-before-step"]


def test_a_pass_that_serves_nobody_else_is_the_one_that_a_stuck_player_wants():
    log = log_of(("D", 1, [5], 0))
    assert _wants(log, "G") is None
    log.arrivals[LINES[5], "D"].update(stepped=3)
    log.arrivals[LINES[5], "G"].update(wiped=3)  # D's turn, which walks on into G
    log.arrivals[LINES[6], "D"].update(wiped=3)
    log.arrivals[LINES[6], "G"]  # nothing came
    log.players = {"D": 8, "G": 8}
    assert _wants(log, "G") is None
    log.arrivals[LINES[7], "D"].update(wiped=3)
    log.arrivals[LINES[7], "G"].update(wiped=3)
    assert _wants(log, "G") == LINES[7]
    log.orphans[LINES[3], LINES[4], ("D",)] += 1
    assert _wants(log, "G") == LINES[7]
    log.orphans[LINES[8], LINES[4], ("D", "G")] += 1
    assert _wants(log, "G") == LINES[8]


def test_a_pass_whose_gradient_still_lies_there_is_wanted_after_one_move_more():
    """And before one of which a step of another player took its part."""
    log = Log()
    log.trainable = {"D", "G"}
    taken, lying, none = (log.backward(LINES[k], {"D"}) for k in (5, 6, 7))
    log.arrive(taken, "D")
    log.arrive(taken, "G")
    log.use(taken, "D", again=False)
    log.arrive(none, "D")
    for _ in (1, 2):
        assert _wants(log, "G") is None  # the step that takes it may still come
        log.moved(log_of(("D", 1, [5], 0)).moves[0])
    assert _wants(log, "G") == LINES[5]
    log.arrive(lying, "G")
    assert _wants(log, "G") == LINES[6]
    late = log.backward(LINES[8], {"D"})
    log.arrive(late, "G")
    del log.open[lying.number], log.open[taken.number]
    assert _wants(log, "G") is None


def pulled_log(by_G, *, turns=2, data=True):
    """Turns in which D lifts data and pushes samples down, and G pulls them `by_G`."""
    log = Log()
    for _ in range(turns):
        back = log.backward(LINES[1], {"D"})
        back.pulls.append(pull_of("G", 1.0))
        if data:
            back.pulls.append(pull_of(None, -1.0))
        log.moved(log_of(("D", 1, [1], 0)).moves[0])
        log.pull("D", [back])
        back = log.backward(LINES[2], {"D"})
        back.pulls.append(pull_of("G", by_G))
        log.moved(log_of(("G", 2, [2], 0)).moves[0])
        log.pull("G", [back])
    return log


def pull_of(maker, slope):
    return Pull("D", maker, [0.0, 1.0, 3.0], 3 * [slope], LINES[5], 3)


def test_a_maker_that_pulls_its_samples_as_the_critic_does_is_told():
    (found,) = wrong_pulls(pulled_log(1.0), [("G", "D")])
    assert (found.id, found.place, found.times) == ("same-pull", LINES[2], 2)
    assert found.also == (LINES[1],)
    assert found.facts == {"critic": "D", "maker": "G"}


@pytest.mark.parametrize(
    "log",
    [pulled_log(-1.0), pulled_log(1.0, turns=1), Log()],
    ids=["game", "one", "no"],
)
def test_no_pull_is_wrong_in_a_game_nor_after_one_turn(log):
    assert [*wrong_pulls(log, [("G", "D")])] == []
