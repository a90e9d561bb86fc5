"""A schedule is named by what each step read: play one, and get its name back."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganflow.loop_report import Move, Place
from ganflow.loop_report.naming import (
    LONE,
    LONGEST_CYCLE,
    _period,
    _runs,
    _uneven,
    main_pair,
    name_of,
)
from ganflow.schedule import (
    ALTERNATING,
    ALTERNATING_G_FIRST,
    SIMULTANEOUS,
    Schedule,
    critic_steps,
    generator_steps,
)

OTHER = {"D": "G", "G": "D"}


def play(
    turns, ticks, *, skip=0, order="DG", also=(), lags=(), fresh=True, joint=False
):
    """The moves of a loop that runs `turns` so often.

    The players of a turn read the versions at its start; `order` says who steps first
    where both do. The first `skip` moves were not watched. `also` has (turn, player,
    what the move reads): steps after a turn that are no part of the game; `lags` moves
    that D reads back by turns, as from a pool; beside the newest if `fresh`.
    """
    now, found = Counter(), []

    def move(player, reads, **more):
        version = now[player] + 1
        newest = {who: now[who] for who in {*now, *reads}}
        place, number = Place("loop.py", "DGQ".index(player)), len(found)
        one = (number, player, version, place, reads, newest, 4, 4)
        found.append(Move(*one, **more))
        now[player] = version

    for _ in range(ticks):
        for at, turn in enumerate(turns):
            start = dict(now)
            for player in sorted(turn, key=order.index):
                other = start.get(OTHER[player], 0)
                read = {other}
                if player == "D" and lags:
                    back = lags[now["D"] % len(lags)]
                    old = {max(0, other - lag) for lag in back}
                    read = read | old if fresh else old or read
                reads = {OTHER[player]: tuple(sorted(read)), player: (now[player],)}
                move(player, reads, joint=joint and player != sorted(turn)[0])
            for when, player, own in also:
                if when == at:
                    move(player, {who: (now[who],) for who in own})
    seen = found[skip:]
    first = dict(seen[0].newest) if seen else {}
    return [since(one, i, first) for i, one in enumerate(seen)]


def since(move, number, first):
    """A move as one sees it who has come in when the versions were `first`."""

    def less(who, version):
        return max(0, version - first.get(who, 0))

    return Move(
        number,
        move.player,
        less(move.player, move.version),
        move.place,
        {w: tuple(sorted({less(w, v) for v in vs})) for w, vs in move.reads.items()},
        {w: less(w, v) for w, v in move.newest.items()},
        move.tensors,
        move.of,
        joint=move.joint,
    )


def rotations(turns):
    """All cyclic rotations of turns, each with its players sorted."""
    turns = tuple("".join(sorted(turn)) for turn in turns)
    return {turns[i:] + turns[:i] for i in range(len(turns))}


def shortest(turns):
    """The pattern that turns repeat."""
    turns = ["".join(sorted(turn)) for turn in turns]
    for n in range(1, len(turns) + 1):
        if len(turns) % n == 0 and turns[:n] * (len(turns) // n) == turns:
            return turns[:n]
    raise AssertionError


SCHEDULES = st.lists(st.sampled_from(["D", "G", "DG"]), min_size=1, max_size=6).filter(
    lambda turns: {"D", "G"} <= set("".join(turns))
)


@given(SCHEDULES, st.sampled_from(["DG", "GD"]), st.integers(3, 6))
def test_every_schedule_is_given_back(turns, order, ticks):
    """Up to where its tick begins, whoever steps first in a turn of both."""
    naming = name_of(play(turns, ticks, order=order), "D", "G")
    assert naming.settled and naming.schedule is not None, naming.words
    assert naming.schedule.turns and rotations(naming.schedule.turns) == rotations(
        shortest(turns)
    )


@given(SCHEDULES, st.integers(0, 8))
def test_it_is_given_back_to_one_who_comes_late(turns, skip):
    """The watch began in the middle of a tick, perhaps in the middle of a turn."""
    naming = name_of(play(turns, 5 + skip, skip=skip), "D", "G")
    assert naming.settled and naming.schedule is not None, naming.words
    assert rotations(naming.schedule.turns) == rotations(shortest(turns))


@given(SCHEDULES)
def test_the_cycle_is_one_tick_of_the_shortest_pattern(turns):
    pattern = shortest(turns)
    naming = name_of(play(turns, 6), "D", "G")
    assert naming.cycle == sum(map(len, pattern))
    assert naming.settled_after >= 2 * naming.cycle


@given(st.permutations(["D", "G", "DG"]), st.integers(4, 7))
def test_it_is_not_settled_before_a_tick_has_repeated(turns, shown):
    assert not name_of(play(turns, 2)[:shown], "D", "G").settled


@pytest.mark.parametrize(
    ("turns", "order", "schedule", "words"),
    [
        (["D", "G"], "DG", ALTERNATING, "alternating, D first"),
        (["G", "D"], "DG", ALTERNATING_G_FIRST, "alternating, G first"),
        (["DG"], "DG", SIMULTANEOUS, "simultaneous"),
        (["DG"], "GD", SIMULTANEOUS, "simultaneous"),
        (["D"] * 5 + ["G"], "DG", critic_steps(5), "5 critic steps"),
        (["D", "G", "G", "G"], "DG", generator_steps(3), "3 generator steps"),
    ],
)
def test_the_schedules_of_the_book_have_their_names(turns, order, schedule, words):
    naming = name_of(play(turns, 4, order=order), "D", "G")
    assert (naming.schedule, naming.words) == (schedule, words)
    assert naming.disguised == (schedule == SIMULTANEOUS)


@pytest.mark.parametrize("k", [2, 3, 5, 8])
def test_five_steps_of_the_critic_alone_are_no_pattern(k):
    """Shown before G has moved a second time, the name is not settled."""
    moves = play(["D"] * k + ["G"], 2)[: 2 * k + 1]
    assert not name_of(moves, "D", "G").settled


def test_one_step_for_both_is_told_as_such():
    naming = name_of(play(["DG"], 4, joint=True), "D", "G")
    assert naming.words == "simultaneous, one step for both"
    assert naming.schedule == SIMULTANEOUS and not naming.disguised


@given(
    st.sampled_from([(["D", "G"], ALTERNATING), (["DG"], SIMULTANEOUS)]),
    st.lists(st.sets(st.integers(1, 4), max_size=2), min_size=3, max_size=7),
)
def test_a_pool_of_old_fakes_does_not_hide_the_schedule(game, lags):
    """What is new in a batch says the schedule, what is old that there is a pool."""
    turns, schedule = game
    naming = name_of(play(turns, 12, lags=lags, order="GD"), "D", "G")
    assert naming.schedule == schedule
    assert any(lags) == ("pool" in naming.words)


@given(st.lists(st.integers(1, 4), min_size=2, max_size=7))
def test_a_batch_of_old_fakes_alone_now_and_then_does_not_hide_it_either(lags):
    pool = [set(), *({lag} for lag in lags)]
    naming = name_of(play(["D", "G"], 24, lags=pool, fresh=False), "D", "G")
    assert naming.schedule in (ALTERNATING, None) or set(lags) == {1}, naming.words


@given(SCHEDULES.filter(lambda turns: len(turns) < 4), st.sampled_from(["D", "G"]))
def test_steps_on_one_player_alone_are_told_apart(turns, player):
    """As of R1 and of path length: they read nothing of the other."""
    also = [(0, player, player)]
    naming = name_of(play(turns, 4, also=also), "D", "G")
    assert rotations(naming.schedule.turns) == rotations(shortest(turns))
    assert f"4 of {player}'s steps read {player} alone" in naming.words


@given(SCHEDULES.filter(lambda turns: len(turns) < 4))
def test_a_third_player_does_not_change_the_name(turns):
    also = [(0, "Q", "QG")]
    naming = name_of(play(turns, 4, also=also), "D", "G")
    assert rotations(naming.schedule.turns) == rotations(shortest(turns))
    assert "Q steps, too" in naming.words


def test_a_step_that_a_scaler_left_out_leaves_the_name():
    moves = play(["D", "G"], 8)
    kept = [move for move in moves if move.number != 6]
    naming = name_of(kept, "D", "G")
    assert naming.schedule == ALTERNATING and naming.settled


def test_a_lag_that_no_turn_explains_is_no_schedule_of_the_book():
    late = [
        Move(i, p, i // 2 + 1, Place("loop.py", 1), {o: (max(0, n - 3),)}, {o: n}, 4, 4)
        for i in range(20)
        for p, o in [("DG"[i % 2], "GD"[i % 2])]
        for n in [(i + 1) // 2]
    ]
    naming = name_of(late, "D", "G")
    assert naming.schedule is None
    assert naming.words.startswith("no schedule of the book: ")


@pytest.mark.parametrize(
    ("moves", "words"),
    [
        ([], "no step was seen"),
        (play(["D", "G"], 3)[::2], "only D moves"),
    ],
)
def test_a_loop_without_a_game_is_told(moves, words):
    naming = name_of(moves, "D", "G")
    assert (naming.words, naming.schedule, naming.settled) == (words, None, False)


def test_the_pair_is_the_critic_and_who_made_what_it_scores():
    assert main_pair({"G", "D", "Q"}, [("G", "Q")]) == ("D", "G")
    assert main_pair({"enc", "dec", "disc"}, [("dec", "disc")]) == ("disc", "dec")
    fed = [("enc", "disc"), ("enc", "dec"), ("dec", "disc")]
    assert main_pair({"enc", "dec", "disc"}, fed) == ("disc", "dec")
    assert main_pair({"A", "B"}, [("A", "B"), ("B", "A")]) == ("B", "A")
    assert main_pair({"A"}, []) == (None, None)


def test_a_text_names_the_schedule_that_was_played():
    naming = name_of(play(["D", "D", "G", "D", "G", "G"], 3), "D", "G")
    assert naming.schedule == Schedule.from_text("D D G D G G")


def test_it_is_settled_once_its_pattern_has_repeated_twice():
    """Counted from the first move of all, kept or not."""
    moves = play(["D", "D", "G"], 4)
    assert name_of(moves, "D", "G").settled_after == 6
    assert name_of(moves, "D", "G", earlier=10).settled_after == 16
    late = play(["D", "D", "G"], 5, skip=2)  # G alone, then whole ticks
    assert name_of(late, "D", "G").settled_after == 6


def test_turns_of_several_moves_of_each_are_counted():
    for text in ("D D G G", "D D G D G G"):
        naming = name_of(play(text.split(), 4), "D", "G")
        n = text.count("D")
        assert naming.words.startswith(f"by turns {n} of D and {n} of G")


def test_a_first_and_a_last_turn_that_may_be_cut_short_are_no_runs():
    assert _runs(["DG", "D"]) == [("DG", 1)]
    assert _runs(["D", "DG", "G"]) == [("DG", 1)]
    assert _runs(["D"]) == [("D", 1)]
    assert _runs(["D", "D", "G"]) == [("D", 2), ("G", 1)]


def test_turns_are_uneven_unless_more_than_half_are_alike():
    def runs(lengths):
        pairs = [one for n in lengths for one in (("D", n), ("G", 1))]
        return [("G", 1), *pairs, ("D", 1)]

    assert _uneven(runs([2, 2, 3, 1])) == {"D": (1, 3), "G": (1, 1)}
    assert _uneven(runs([2, 2, 2, 1])) == {}
    assert _uneven(runs([2, 3])) == {}  # too few to tell


@pytest.mark.parametrize(("lags", "pool"), [([1, 2, 3], True), ([1, 2], False)])
def test_one_old_batch_at_a_time_is_a_pool_from_three_ages_on(lags, pool):
    moves = play(["D", "G"], 18, lags=[{n} for n in lags], fresh=False)[12:]
    words = name_of(moves, "D", "G").words
    assert ("D reads a pool, 1 to 3 moves back" in words) == pool, words


def test_who_never_reads_the_newest_is_named_with_how_old_it_is():
    moves = play(["D", "G"], 18, lags=[{2}, {3}], fresh=False)[12:]
    naming = name_of(moves, "D", "G")
    assert naming.words.startswith("no schedule of the book: D reads 2 moves back")
    assert naming.schedule is None


def test_where_some_steps_move_both_players_no_schedule_is_named():
    moves = play(["DG", "D"], 6, joint=True)
    naming = name_of(moves, "D", "G")
    assert naming.words.startswith("no schedule of the book: some steps move both")
    assert naming.schedule is None and not naming.disguised


@pytest.mark.parametrize(
    ("before", "found"), [("", (5, 0)), ("x", (5, 1)), ("xy", (2, 8)), ("xyz", (2, 9))]
)
def test_a_pattern_of_all_moves_but_the_first_comes_before_a_shorter_one(before, found):
    """The last four of these moves are two times AB, and all are two times CABAB."""
    assert _period(before + 2 * "CABAB") == found


@pytest.mark.parametrize(
    ("tokens", "found"),
    [
        ("ABCABC", (3, 0)),  # two times is enough
        ("ABCAB", (None, 0)),
        ([*range(LONGEST_CYCLE)] * 2, (LONGEST_CYCLE, 0)),
        ([*range(LONGEST_CYCLE + 1)] * 2, (None, 0)),
        ("G" + LONE * "D", (1, 1)),
        ("G" + (LONE - 1) * "D", (None, 0)),  # critic steps, as far as one can tell
    ],
)
def test_a_pattern_is_what_came_twice_and_one_player_alone_what_came_often(
    tokens, found
):
    assert _period(tokens) == found


@pytest.mark.parametrize(("ticks", "settled"), [(LONE - 1, False), (LONE, True)])
def test_that_one_player_moves_alone_is_settled_once_it_has_moved_often(ticks, settled):
    naming = name_of(play(["D"], ticks), "D", "G")
    assert (naming.words, naming.settled) == ("only D moves", settled)
