"""What is wrong with who steps whom: idle, swapped, earlier or stray weights."""

from __future__ import annotations

from collections.abc import Iterator

from ganflow.loop_report.findings import finding
from ganflow.loop_report.log import Group, Log
from ganflow.loop_report.naming import LONE
from ganflow.loop_report.record import (
    UNKNOWN,
    Finding,
    Place,
)


def idle_steps(log: Log) -> Iterator[Finding]:
    """Find steps that moved nobody, and say why.

    Parameters
    ----------
    log : Log
        What an observer wrote down.

    Yields
    ------
    Finding
    """
    swapped, earlier = list(_swapped(log)), list(_earlier(log))
    for group, player in earlier:
        yield finding(
            "earlier-weights",
            group.stepped or UNKNOWN,
            [group.made or UNKNOWN],
            len(group.idle),
            player=player,
            tensors=sum(group.holds.values()),
        )
    for first, second in swapped:
        player = next(iter(second.holds))
        places = [first.stepped or UNKNOWN, first.made or UNKNOWN]
        places += {one.back.place for one in first.idle if one.back}
        yield finding("wrong-weights", second.stepped or UNKNOWN, places, player=player)
    doubled = list(_doubled(log))
    for group, player, _ in doubled:
        backs = {one.back.place for one in group.idle if one.back}
        where = group.stepped or UNKNOWN
        also = [where, *sorted(backs)]
        yield finding("wrong-weights", group.made or where, also, player=player)
    for group in log.groups.values():
        if any(group is one for told in (*swapped, *earlier, *doubled) for one in told):
            continue
        names = " and ".join(sorted(group.holds))
        for place in dict.fromkeys(idle.place for idle in group.idle):
            same = [one for one in group.idle if one.place == place]
            if any(one.wiped for one in same):
                continue  # told as such, and the first step came before any pass
            last = same[-1]
            lost = {who for _, _, players in log.orphans for who in players}
            lost -= set(last.back.arrived) if last.back else set()
            if last.cut is None and lost & set(group.holds):
                continue  # it was cleared earlier: told as such
            if last.cut is not None:
                also = [last.back.place, place] if last.back else [place]
                which = f"The loss that {names} is to learn from"
                yield finding(
                    "cut-in-own-turn",
                    last.cut,
                    also,
                    len(same),
                    player=names,
                    which=which,
                )
            else:
                moved = any(log.versions[who] for who in group.holds)
                level = "note" if moved else None  # at times it moves
                also = [last.back.place] if last.back else []
                yield finding(
                    "step-moves-nobody", place, also, len(same), level, player=names
                )


def unheard(log: Log) -> Iterator[Finding]:
    """Find makers that hear none of a critic's scores in the losses that move them.

    Parameters
    ----------
    log : Log
        What an observer wrote down.

    Yields
    ------
    Finding
    """
    for (maker, critic), (place, back) in log.unheard.items():
        joint = set(back.used) - {maker}  # the pass is a loss of the critic, too
        if (maker, critic) in log.heard or joint or log.versions[maker] < 2:
            continue
        which = f"The score of {critic} in a loss of {maker}"
        yield finding("cut-in-own-turn", place, [back.place], player=maker, which=which)


def _earlier(log: Log) -> Iterator[tuple[Group, str]]:
    """Optimizers of networks that never run, and whom they are copies of."""
    for group in log.groups.values():
        if group.moves or len(group.holds) != 1 or not group.idle:
            continue
        (held,) = group.holds
        if held in log.called:
            continue
        shapes = log.shapes.get(held)
        twins = [who for who in log.called if log.shapes.get(who) == shapes]
        stuck = [who for who in twins if not log.versions[who]]
        if stuck:
            yield group, stuck[0]
        elif len(shapes or ()) in log.strays.values():
            yield group, "the network that runs"


def _swapped(log: Log) -> Iterator[tuple[Group, Group]]:
    """Two optimizers that hold each other's weights."""
    for idle in log.groups.values():
        if idle.moves or len(idle.holds) != 1 or not idle.idle:
            continue
        (stuck,) = idle.holds
        meant = {who for one in idle.idle if one.back for who in one.back.arrived}
        for other in log.groups.values():
            if set(other.holds) != meant or stuck in meant or not other.moves:
                continue
            fed = [m.fed_by for m in log.moves if m.place == other.stepped]
            reached = {place for place, who in log.arrivals if who == stuck} | {
                back.place for back in log.open.values() if back.arrived[stuck]
            }
            if fed and all(reached & set(places) for places in fed):
                yield idle, other


def _doubled(log: Log) -> Iterator[tuple[Group, str, str]]:
    """Optimizers of weights that another moves: which, whose, and whom none holds."""
    groups = list(log.groups.values())
    free = [who for who in log.trainable if not any(g.holds[who] for g in groups)]
    for group in groups:
        if group.moves or len(group.holds) != 1 or not group.idle:
            continue
        (held,) = group.holds
        reached = {who for one in group.idle if one.back for who in one.back.arrived}
        if any(other.moves[held] for other in groups):
            yield from ((group, held, who) for who in free if who in reached)


def wrong_optimizers(log: Log) -> Iterator[Finding]:
    """Find optimizers that hold weights of nobody, or of an earlier network.

    Parameters
    ----------
    log : Log
        What an observer wrote down.

    Yields
    ------
    Finding
    """
    moved = {who for who, n in log.versions.items() if n}
    for group in log.groups.values():
        if group.stepped is None or not group.foreign:
            continue
        where, also = group.stepped, [group.made or group.stepped]
        if group.twin_of and group.twin_of not in moved:
            yield finding(
                "earlier-weights",
                where,
                also,
                player=group.twin_of,
                tensors=group.foreign,
            )
        elif group.holds:
            yield finding(
                "nobodys-weights",
                group.made or where,
                [where],
                holder="This optimizer also holds",
                tensors=group.foreign,
            )
        else:
            log.cannot_see(
                f"an optimizer steps {group.foreign} tensors of no player at "
                f"{where}: name them as a player to see what they do"
            )
    copies = {sum(group.holds.values()) for group, _ in _earlier(log)}
    for place, tensors in log.strays.items():
        if tensors in copies:
            continue
        steps = {m.place for m in log.moves if place in m.fed_by}
        made = [g.made for g in log.groups.values() if g.stepped in steps and g.made]
        yield finding(
            "nobodys-weights",
            made[0] if made else place,
            [place, *made[1:]],
            holder="No optimizer holds what this loop's gradients also reach:",
            tensors=tensors,
        )


def stuck(log: Log, found: list[Finding]) -> list[Finding]:
    """Find players that could learn and that no step has moved.

    Parameters
    ----------
    log : Log
        What an observer wrote down.
    found : list of Finding
        What is known already: some of it is the cause.

    Returns
    -------
    list of Finding
    """
    told = [
        finding(
            "never-moved",
            *_holder(log, who),
            level="warning",
            player=f"{still} of the {log.players[who]} weights of {who}",
            others=log.move_count,
        )
        for who, still in log.still.items()
        if log.versions[who] > 1
        if not any(who in players for _, _, players in log.orphans)
    ]
    for who in sorted(log.trainable):
        others = log.move_count
        if log.versions[who] or not others:
            continue
        if any(f.id == "earlier-weights" and who in f.sentence for f in found):
            continue
        if any(g.idle and g.holds[who] for g in log.groups.values()):
            continue  # its steps moved nobody: told as such
        if any(who == lost for _, _, lost in _doubled(log)):
            continue
        lone = _wants(log, who)
        double = [g for g in log.groups.values() if g.moves and g.stepped]
        if lone is not None and len(double) > 1 and _share_weights(double):
            group = _second(log, double, lone)
            victim = next(iter(group.moves))
            told.append(
                finding(
                    "wrong-weights",
                    group.made or group.stepped or UNKNOWN,
                    [group.stepped or UNKNOWN, lone],
                    player=victim,
                )
            )
        elif lone is not None or (others >= LONE and _plays(log, who)):
            told.append(
                finding("never-moved", lone or UNKNOWN, player=who, others=others)
            )
    return told


def _plays(log: Log, who: str) -> bool:
    """Whether a player's networks run on a graph, or steps were made from its weights.

    An average of another's weights does neither.
    """
    return who in log.taught or any(who in move.reads for move in log.moves)


def _holder(log: Log, who: str) -> tuple[Place, list[Place]]:
    """Where the optimizer of a player was made, and where it steps."""
    for group in log.groups.values():
        if group.moves[who] and group.stepped:
            return group.made or group.stepped, [group.stepped]
    return UNKNOWN, []


def _wants(log: Log, who: str) -> Place | None:
    """A backward pass that sends something to a player and moves nobody at all."""
    for back, _, players in log.orphans:
        if who in players:
            return back
    for (place, player), fates in log.arrivals.items():
        alone = not any(
            log.arrivals[place, other]["stepped"]
            for other in log.players
            if (place, other) in log.arrivals
        )
        if player == who and alone and sum(fates.values()):
            return place
    for back in log.open.values():
        if back.arrived[who] and not back.used and back.started < log.move_count - 1:
            return back.place
    for back in log.open.values():  # it lies there, and a step of another took its part
        if back.arrived[who] and back.used and back.started < log.move_count - 1:
            return back.place
    return None


def _share_weights(groups) -> bool:
    held = [frozenset(group.holds) for group in groups]
    return len(set(held)) < len(held)


def _second(log: Log, groups, lone: Place):
    """The optimizer that steps right after the pass that was meant for another."""
    fed = [m.place for m in log.moves if lone in m.fed_by]
    for group in groups:
        if group.stepped in fed:
            return group
    return groups[-1]
