"""What is written down of a loop: the fate of each pass, parts of a step, bounds."""

import pytest

from ganflow.loop_report import Move, Place
from ganflow.loop_report.log import Backward, Log, Pull

BACK, WIPE, STEP = (Place("loop.py", line) for line in (1, 2, 3))


def move(player, version, *, number=0, reads=None, newest=None, **more):
    given = (number, player, version, STEP, reads or {}, newest or {}, 4, 8)
    return Move(*given, **more)


def arrived(log, player="D", tensors=2):
    back = log.backward(BACK, {player})
    log.arrive(back, player, tensors)
    return back


def test_a_pass_is_open_until_the_fate_of_all_that_it_sent_is_known():
    log = Log()
    back = arrived(log)
    for left in (1, 0):
        log.close()
        assert back.number in log.open and not log.arrivals
        log.use(back, "D", again=False)
        assert back.lying["D"] == left
    log.close()
    assert not log.open and log.arrivals[BACK, "D"] == {"stepped": 1}
    assert log.tensors[BACK, "D"] == 2 and not log.orphans


def test_what_a_step_takes_again_is_told_as_such():
    log = Log()
    back = arrived(log)
    log.use(back, "D", again=False)
    log.use(back, "D", again=True)
    assert back.fate("D") == "stepped again" and back.lying["D"] == 1
    assert back.users == {"D": 0}


@pytest.mark.parametrize("moves", [0, 1])
def test_what_is_wiped_unused_is_an_orphan_or_a_rehearsal_before_the_first_move(moves):
    log = Log()
    if moves:
        log.moved(move("G", 1))
    back = arrived(log)
    log.wipe(back, "D", WIPE, fresh=True)
    assert back.fate("D") is None and not back.orphan  # one of two still lies there
    log.wipe(back, "D", STEP, fresh=False)
    log.wipe(back, "D", STEP, fresh=True)
    assert back.fate("D") == "wiped" and back.orphan
    log.close()
    where = (BACK, WIPE, ("D",))  # by the line that wiped first
    assert log.orphans == {where: 1} and log.outlived[where] == 0
    assert log.rehearsed[where] == (not moves)


def test_an_orphan_that_outlives_another_s_move_is_counted_as_that():
    log = Log()
    back = arrived(log, tensors=1)
    log.moved(move("G", 1))
    log.wipe(back, "D", WIPE, fresh=True)
    log.close()
    assert log.outlived == {(BACK, WIPE, ("D",)): 1}


def test_no_orphan_is_what_a_scaler_left_out_nor_what_a_step_took_in_part():
    for skipped, used in ((True, False), (False, True), (False, False)):
        back = Backward(0, BACK, skipped=skipped)
        back.wiped["D"] = 1
        if used:
            back.used["D"] = 1
        assert back.orphan == (not skipped and not used)
    assert not Backward(0, BACK).orphan  # nothing of it was wiped


def test_what_is_dropped_at_once_is_thrown_unless_a_step_took_some():
    log = Log()
    lost, taken = arrived(log), arrived(log)
    log.use(taken, "D", again=False)
    for back in (lost, taken):
        log.throw(back, "D")
        assert back.lying["D"] == 0
    assert lost.thrown == {"D"} and not taken.thrown


def test_a_pass_in_a_closure_is_held_and_what_was_wiped_in_it_was_used():
    log = Log()
    back = arrived(log, tensors=1)
    assert not back.held
    back.held = True
    log.wipe(back, "D", WIPE, fresh=True)
    log.close()
    assert log.open
    log.moved(move("D", 1))
    log.used_inside(back, ["D", "G"])
    log.close()
    assert not log.open and back.fate("D") == "stepped" and back.users == {"D": 1}


@pytest.mark.parametrize(("behind", "wasted"), [("D", 10), ("DG", 0), ("", 0)])
def test_work_is_wasted_where_all_that_it_was_for_is_wiped(behind, wasted):
    """Here D's is wiped and G's is stepped."""
    log = Log()
    back = arrived(log, "D", 1)
    log.arrive(back, "G", 1)
    log.wipe(back, "D", WIPE, fresh=True)
    log.use(back, "G", again=False)
    back.flops["D", "weights", frozenset(behind)] = 10
    log.close()
    key = (BACK, "D", "weights")
    assert log.flops[key] == 10 and log.wasted[key] == wasted
    assert log.wasted_for.get(key, set()) == (set(behind) if wasted else set())


def test_parts_of_one_step_are_one_move_and_a_weight_twice_is_two():
    log = Log()
    first = move(
        "D", 1, reads={"D": (0,), "G": (2,)}, newest={"D": 0, "G": 2}, fed_by=(BACK,)
    )
    second = move("D", 2, reads={"D": (1,), "G": (1,)}, newest={"D": 1, "G": 3})
    log.step(first, {1, 2}, parts=True)
    log.step(second, {3}, parts=True)
    (joined,) = log.moves
    assert joined.version == 1 and log.move_count == 1 and joined.tensors == 8
    assert joined.reads == {"D": (0,), "G": (1, 2)}  # this part of D was still D0
    assert joined.newest == {"D": 0, "G": 2}
    assert joined.fed_by == (BACK,)
    log.step(move("D", 2), {3}, parts=True)
    assert log.move_count == 2 and log.versions["D"] == 2


@pytest.mark.parametrize(("player", "parts"), [("G", True), ("D", False)])
def test_another_s_step_and_one_of_several_players_are_moves_of_their_own(
    player, parts
):
    log = Log()
    log.step(move("D", 1), {1}, parts=True)
    log.step(move(player, 2), {2}, parts=parts)
    assert log.move_count == len(log.moves) == 2


def test_moves_are_undone_back_to_the_version_that_came_again():
    log = Log()
    for version in (1, 2, 3):
        log.moved(move("D", version))
        log.moved(move("G", version))
    log.undo("D", 1)
    undone = {(m.player, m.version) for m in log.moves if m.undone}
    assert undone == {("D", 2), ("D", 3)}
    log.moved(move("D", 2))
    log.undo("D", 1)  # and no further than to what is undone already
    assert [m.undone for m in log.moves if m.player == "D"] == [0, 1, 1, 1]


def test_a_note_counts_and_keeps_its_first_four_lines():
    log = Log()
    for line in range(10, 16):
        log.note("stale", STEP, [Place("loop.py", line)], player="D")
    (note,) = log.notes.values()
    assert note.times == 6 and [place.line for place in note.also] == [10, 11, 12, 13]


def test_one_use_is_counted_once():
    log = Log()
    back = arrived(log, tensors=3)
    log.use(back, "D", again=False)
    log.use(back, "D", again=True)
    log.wipe(back, "D", WIPE, fresh=True)
    assert (back.used["D"], back.again["D"], back.wiped["D"]) == (1, 1, 1)
    log.arrive(back, "G")
    assert back.arrived == {"D": 3, "G": 1}


@pytest.mark.parametrize(
    ("user", "told"), [("G", True), ("D", False)], ids=["another's", "its own"]
)
def test_what_another_s_step_used_up_before_the_newest_pass_began_is_left_over(
    user, told
):
    log = Log()
    old = arrived(log, "G", 1)
    log.use(old, user, again=False)
    log.moved(move(user, 1))
    own = arrived(log, "D", 1)
    log.leftovers("D", STEP, [old, own])
    found = [note.also for (what, _), note in log.notes.items()]
    assert found == ([(BACK,)] if told else [])


def test_what_another_s_step_used_up_since_is_no_leftover():
    """Nor is anything where the step has no pass of its own."""
    log = Log()
    own = arrived(log, "D", 1)
    shared = arrived(log, "G", 1)
    log.use(shared, "G", again=False)
    log.leftovers("D", STEP, [shared, own])
    log.leftovers("D", STEP, [shared])
    assert not log.notes


@pytest.mark.parametrize(
    ("cut", "maker", "kept"),
    [(False, "G", 1), (True, "G", 0), (True, None, 1), (False, None, 1)],
)
def test_a_pull_is_kept_with_its_move_but_for_one_that_was_cut_from_who_moved(
    cut, maker, kept
):
    log = Log()
    back = arrived(log, "G", 1)
    back.pulls.append(Pull("D", maker, [0.0], [1.0], BACK, cut=cut))
    log.moved(move("D", 1))
    log.moved(move("G", 1))
    log.pull("G", [back])
    assert [one.move for one in log.pulled["D", maker, "G"]] == [1] * kept


def test_a_step_of_parts_is_blind_if_one_of_them_is():
    log = Log()
    log.step(move("D", 1), {1}, parts=True)
    log.step(move("D", 2, blind=True), {2}, parts=True)
    assert log.moves[-1].blind


def test_a_loop_s_first_move_may_be_undone():
    log = Log()
    log.moved(move("D", 1))
    log.undo("D", 0)
    assert [one.undone for one in log.moves] == [True]


@pytest.mark.parametrize(
    ("first", "said"), [(STEP, "more than once"), (BACK, f"and at {BACK}")]
)
def test_a_second_score_of_one_batch_is_told_with_the_line_of_the_first(first, said):
    log = Log()
    log.twice("D", first, STEP)
    assert log.notes["scored-twice", STEP].facts == {"player": "D", "again": said}


def test_a_log_is_bounded_however_long_the_loop_runs():
    log = Log()
    for version in range(1, 1001):
        log.moved(move("D", version))
        log.skip("D")
        log.sizes["D"].append(1.0)
    kept = len(log.moves), len(log.skips), len(log.sizes["D"])
    assert all(0 < n < 1000 for n in kept) and log.move_count == 1000
    assert log.moves[-1].version == 1000
