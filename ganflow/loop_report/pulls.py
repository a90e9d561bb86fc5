"""What is wrong with the ways in which the scores are pulled."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ganflow.loop_report.directions import direction_of
from ganflow.loop_report.findings import finding
from ganflow.loop_report.log import Log, Pulled
from ganflow.loop_report.record import (
    UNKNOWN,
    Finding,
    Place,
)


def wrong_pulls(log: Log, feeds) -> Iterator[Finding]:
    """Find players that pull the same scores the same way, or both ways.

    Parameters
    ----------
    log : Log
        What an observer wrote down.
    feeds : pairs of (maker, user)
        Whose values entered whose network.

    Yields
    ------
    Finding
    """
    for maker, critic in feeds:
        own = list(log.pulled.get((critic, maker, critic), ()))
        others = list(log.pulled.get((critic, maker, maker), ()))
        mixed = list(_contradictions(log, critic, own, maker))
        mixed = mixed or list(_contradictions(log, maker, others, maker, own))
        yield from mixed
        if mixed:
            continue
        samples = direction_of(one.pull for one in own)
        data = direction_of(
            one.pull for one in log.pulled.get((critic, None, critic), ())
        )
        makers = direction_of(one.pull for one in others)
        if samples is None or data is None or makers is None:
            continue
        joint = {one.back for one in own} & {one.back for one in others}
        moves = {one.move for one in own}, {one.move for one in others}
        enough = all(len(numbers) > 1 for numbers in moves)
        if joint or not enough or samples.same_as(data) is not False:
            continue
        if makers.same_as(samples):
            yield finding(
                "same-pull",
                others[-1].back.place,
                [own[-1].back.place],
                len(others),
                critic=critic,
                maker=maker,
            )


def _contradictions(
    log: Log,
    player: str,
    pulled: Collection[Pulled],
    maker: str,
    critics: Collection[Pulled] = (),
) -> Iterator[Finding]:
    """Passes that pull the samples' scores both ways, and both move one player.

    That is the critic, or the maker and `critics` what has moved the critic.
    """
    towards: dict[Place, list[Pulled]] = {}
    for one in pulled:
        towards.setdefault(one.back.place, []).append(one)
    ways = {
        place: direction_of(one.pull for one in found)
        for place, found in towards.items()
    }
    for place, way in ways.items():
        for other, against in ways.items():
            if place >= other or way is None or against is None:
                continue
            if way.same_as(against) is not False:
                continue
            wrong, right = _whose(towards[place], towards[other], maker)
            if player == maker:
                backs = {one.back for one in critics}
                wrong, right = sorted(
                    (wrong, right), key=lambda found: found[-1].back not in backs
                )
                if wrong[-1].back not in backs or right[-1].back in backs:
                    continue
            moves = {one.move for one in right}
            number, back = wrong[-1].move, wrong[-1].back.place
            step = _step_of(log, number)
            if any(one.move in moves for one in wrong):
                if _is_noted(log, back):
                    return
                yield finding(
                    "other-loss-leftovers",
                    step,
                    [back, right[-1].back.place],
                    len(wrong),
                    player=player,
                    line=str(back),
                )
            else:
                made = [g.made for g in log.groups.values() if g.stepped == step]
                where = next((place for place in made if place), step)
                yield finding(
                    "wrong-weights", where, [step, back], len(wrong), player=player
                )
            return


def _is_noted(log: Log, back: Place) -> bool:
    """Whether a step was seen to take what this pass had left for another player."""
    return any(
        what == "other-loss-leftovers" and back in note.also
        for (what, _), note in log.notes.items()
    )


def _whose(
    one: list[Pulled], other: list[Pulled], maker: str
) -> tuple[list[Pulled], list[Pulled]]:
    """The pulls that were meant for the maker, and the critic's own."""
    meant = [
        sum(p.back.arrived[maker] > 0 or maker in p.back.thrown for p in found)
        for found in (one, other)
    ]
    if meant[0] == meant[1]:  # both reach the maker: the later one is taken for its own
        second = one[0].back.number > other[0].back.number
    else:
        second = meant[0] > meant[1]
    return (one, other) if second else (other, one)


def _step_of(log: Log, number: int) -> Place:
    return next((m.place for m in log.moves if m.number == number), UNKNOWN)
