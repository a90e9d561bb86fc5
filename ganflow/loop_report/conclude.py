"""From what was written down to the report: the name, the findings, the cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

from ganflow.loop_report.directions import floats
from ganflow.loop_report.findings import finding
from ganflow.loop_report.log import Log, Note
from ganflow.loop_report.naming import Naming, main_pair, name_of
from ganflow.loop_report.optimizers import idle_steps, stuck, unheard, wrong_optimizers
from ganflow.loop_report.pulls import wrong_pulls
from ganflow.loop_report.record import (
    LEVELS,
    UNKNOWN,
    Finding,
    LoopCost,
    Move,
    Place,
)
from ganflow.loop_report.report import LoopReport
from ganflow.loop_report.tables import arrivals, cost_of_cycle

FLAT = 1e-2  # a smaller derivative by a score, of both players' losses, is flat
TINY = 1e-6  # a smaller gradient than that share of the other's is flat, too
# What was cleared behind one of these has its cause there.
TELLING = ("cut-in-own-turn", "dead-penalty", "step-moves-nobody", "wrong-weights")
# One cause in a player shows at every line that meets it: one finding names them all.
GATHERED = ("autocast-cache", "frozen-critic-moves", "left-in-eval", "never-cleared")
WORTH = 1e-3  # a smaller share of a cycle's FLOPs is not worth a note


def conclude(log: Log, feeds: Collection[tuple[str, str]]) -> LoopReport:
    """Say what a loop did.

    Parameters
    ----------
    log : Log
        What an observer wrote down.
    feeds : pairs of (maker, user)
        Whose values entered whose network.

    Returns
    -------
    LoopReport
    """
    moves = tuple(log.moves)
    critic, maker = main_pair(log.players, feeds, moves)
    found = [*_noted(log, critic), *wrong_pulls(log, feeds)]
    found += [*idle_steps(log), *unheard(log)]
    polluted = {f.id for f in found} & {"never-cleared", "other-loss-leftovers"}
    naming = name_of(
        _with_skipped(log),
        critic,
        maker,
        earlier=log.move_count - len(moves),
        polluted=bool(polluted),
    )
    cost = cost_of_cycle(log, naming.cycle)
    found += [
        *wrong_optimizers(log),
        *_disguise(log, naming),
        *_flat(log, critic, maker),
        *_averages(log),
        *_waste(log, cost, feeds, critic),
    ]
    found += stuck(log, found)
    found = _explained(log, found)
    found.sort(key=lambda f: (LEVELS.index(f.level), f.place, f.id))
    return LoopReport(
        players=dict(log.players),
        name=naming.words,
        schedule=naming.schedule,
        settled=naming.settled,
        settled_after=naming.settled_after,
        cycle=naming.cycle,
        moves=moves,
        move_count=log.move_count,
        arrivals=arrivals(log),
        findings=tuple(found),
        cost=cost,
        unseen=tuple(log.unseen),
        roles={who: role for who, role in ((critic, "D"), (maker, "G")) if who},
    )


def _with_skipped(log: Log) -> list[Move]:
    """The moves, and in the place of each step that a scaler left out one like it."""
    moves = list(log.moves)
    for at, player in reversed(log.skips):
        like = [move for move in moves if move.player == player]
        place = at - (log.move_count - len(log.moves))
        if like and 0 <= place <= len(moves):
            nearest = min(like, key=lambda move: abs(move.number - at))
            moves.insert(place, nearest)
    return moves


def _noted(log: Log, critic: str | None) -> Iterator[Finding]:
    gathered: dict[tuple[str, Any], list[tuple[Place, Note]]] = {}
    for (what, place), note in log.notes.items():
        if what == "dead-score" and note.facts["player"] != critic:
            continue  # no score of the game's: features, taken as constants
        key = note.facts.get("player") if what in GATHERED else place
        if what == "autocast-cache":
            key = ""  # one block is the cause for all players
        gathered.setdefault((what, key), []).append((place, note))
    for (what, _), notes in gathered.items():
        (place, first), *more = sorted(notes, key=lambda one: one[0])
        also = [*first.also, *(where for where, _ in more)]
        times = sum(note.times for _, note in notes)
        yield finding(what, place, also, times, **first.facts)
    for (back, wipe, players), times in log.orphans.items():
        if times == log.rehearsed[back, wipe, players] and all(
            log.versions[who] > 1 for who in players
        ):
            continue  # before the loop began: to find shapes, or to warm up
        names = " and ".join(players)
        where = wipe if wipe != UNKNOWN else back
        at_times = times == log.outlived[back, wipe, players] and any(
            log.arrivals[back, who]["stepped"] for who in players
        )  # the loop leaves out a whole turn, such as that of a critic who wins
        yield finding(
            "wiped-before-step",
            where,
            [back],
            times,
            "note" if at_times else None,
            player=names,
            line=str(back),
        )


def _explained(log: Log, found: list[Finding]) -> list[Finding]:
    """Leave out what another finding is the cause of."""
    ids = {f.id for f in found}
    causes = {"never-moved", "wrong-weights", "earlier-weights", "cut-in-own-turn"}
    stuck = [who for who in log.trainable if not log.versions[who]]
    told = {
        place for one in found if one.id in TELLING for place in (one.place, *one.also)
    }
    kept: list[Finding] = []
    for one in found:
        if any(one.id == other.id and one.place == other.place for other in kept):
            continue
        if one.id == "wiped-before-step":
            whose = any(who in one.sentence for who in stuck)
            if told & {one.place, *one.also} or (whose and causes & ids):
                continue
        if one.id == "other-loss-leftovers" and any(
            other.id == "never-cleared" and other.place == one.place for other in found
        ):
            continue  # what is never cleared holds all losses
        if one.id == "simultaneous-in-disguise" and (
            {"autocast-cache", "stale-weight-copy"} & ids
        ):
            continue
        kept.append(one)
    return kept


def _disguise(log: Log, naming: Naming) -> Iterator[Finding]:
    if not naming.disguised:
        return
    moves = list(log.moves)
    for move, last in zip(moves[:0:-1], moves[-2::-1], strict=True):
        behind = move.lags.get(last.player, ())
        if behind and min(behind) and move.place != last.place:
            yield finding(
                "simultaneous-in-disguise",
                move.place,
                [*move.fed_by[:1], last.place],
                player=move.player,
                other=last.player,
            )
            return


def _flat(log: Log, critic: str | None, maker: str | None) -> Iterator[Finding]:
    """A maker that gets next to nothing to learn from."""
    if critic is None or maker is None:
        return
    moves = [m for m in log.moves if m.player == maker]
    small = [float(size) for size in log.sizes.get(maker, ())]
    large = [float(size) for size in log.sizes.get(critic, ())]
    if len(small) < 2 or not large or len(moves) < 2:
        return
    steepest = [
        max(
            (abs(d) * one.pull.count for one in pulls for d in floats(one.pull.slopes)),
            default=1.0,
        )
        for turn in (maker, critic)
        for pulls in [log.pulled.get((critic, maker, turn), ())]
    ]
    flat = max(steepest) < FLAT and not log.scaled  # and the critic has no doubt
    ratio = max(small) / max(min(large), 1e-300)
    if flat or ratio < TINY:
        place = moves[-1].fed_by[0] if moves[-1].fed_by else moves[-1].place
        own = f"a derivative of {steepest[0]:.1e} by a score"
        size = own if flat else f"{ratio:.1e} of what reaches {critic}"
        yield finding(
            "saturated",
            place,
            [moves[-1].place],
            len(small),
            player=maker,
            other=critic,
            size=size,
        )


def _averages(log: Log) -> Iterator[Finding]:
    for player, blocks in log.averaged.items():
        whole = len(blocks) >= log.players.get(player, 0) > 0
        if whole and player in log.normed and player not in log.buffers_copied:
            yield finding(
                "average-without-buffers", log.average_places[player], player=player
            )


def _waste(log: Log, cost: LoopCost, feeds, critic) -> Iterator[Finding]:
    wasted: Any = Counter()
    for row in cost.rows:
        if row.kind != "forward":
            wasted[row.place] += row.wasted
    for place, flops in wasted.items():
        share = flops / cost.flops if cost.flops else 0.0
        if share < WORTH:
            continue
        behind = {
            who
            for (where, _, _), players in log.wasted_for.items()
            if where == place
            for who in players
        }
        fed = {
            who
            for (where, who), fates in log.arrivals.items()
            if where == place and fates["stepped"]
        }
        if not fed:
            continue  # all of it is wiped: told as an error
        into = [who for who in behind if any((who, other) in feeds for other in fed)]
        into = [who for who in into if who != critic]  # it may feed G its features
        what = "walks-into-generator" if into else "wasted-weight-gradients"
        names = " and ".join(sorted(into or behind))
        yield finding(what, place, player=names, share=share)
