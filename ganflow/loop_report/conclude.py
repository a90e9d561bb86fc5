"""From what was written down to the report: the name, the findings, the cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from ganflow.loop_report.catalogue import CATALOGUE
from ganflow.loop_report.directions import direction_of, floats
from ganflow.loop_report.log import Group, Log, Note, Pulled
from ganflow.loop_report.naming import LONE, Naming, main_pair, name_of
from ganflow.loop_report.record import (
    LEVELS,
    UNKNOWN,
    Arrival,
    CostRow,
    Finding,
    LoopCost,
    Move,
    Place,
)
from ganflow.loop_report.report import LoopReport

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
    found = [*_noted(log, critic), *_wrong_pulls(log, feeds)]
    found += [*_idle(log), *_unheard(log)]
    polluted = {f.id for f in found} & {"never-cleared", "other-loss-leftovers"}
    naming = name_of(
        _with_skipped(log),
        critic,
        maker,
        earlier=log.move_count - len(moves),
        polluted=bool(polluted),
    )
    cost = _cost(log, naming.cycle)
    found += [
        *_wrong_optimizers(log),
        *_disguise(log, naming),
        *_flat(log, critic, maker),
        *_averages(log),
        *_waste(log, cost, feeds, critic),
    ]
    found += _stuck(log, found)
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
        arrivals=_arrivals(log),
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


def finding(
    what: str,
    place: Place,
    also: Collection[Place] = (),
    times: int = 1,
    level: str | None = None,
    **facts: object,
) -> Finding:
    """Make a finding of the catalogue, its facts filled in.

    Parameters
    ----------
    what : str
        Its id.
    place : Place
        The line.
    also : collection of Place
        Other lines that belong to it.
    times : int
        How often it was seen.
    level : str or None
        Another level than the catalogue's.
    **facts : object
        What its sentence and its cure name.

    Returns
    -------
    Finding
    """
    entry = CATALOGUE[what]
    return Finding(
        id=what,
        level=level or entry.level,
        place=place,
        sentence=entry.sentence.format(**facts),
        cure=entry.cure.format(**facts),
        link=entry.link,
        times=times,
        also=tuple(one for one in also if one != place),
        facts=facts,
    )


def _noted(log: Log, critic: str | None) -> Iterator[Finding]:
    gathered: dict[object, list[tuple[Place, Note]]] = {}
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


def _idle(log: Log) -> Iterator[Finding]:
    """Steps that moved nobody, and why."""
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


def _unheard(log: Log) -> Iterator[Finding]:
    """Makers that hear none of a critic's scores in the losses that move them."""
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


# -- which way the scores are pulled


def _wrong_pulls(log: Log, feeds) -> Iterator[Finding]:
    for maker, critic in feeds:
        own = log.pulled.get((critic, maker, critic), ())
        others = log.pulled.get((critic, maker, maker), ())
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


# -- optimizers


def _wrong_optimizers(log: Log) -> Iterator[Finding]:
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


def _stuck(log: Log, found: list[Finding]) -> list[Finding]:
    """Players that could learn and that no step has moved."""
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


# -- the rest


def _disguise(log: Log, naming: Naming) -> Iterator[Finding]:
    if not naming.disguised:
        return
    moves = list(log.moves)
    for move, last in zip(moves[:0:-1], moves[-2::-1], strict=False):
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
    wasted: Counter = Counter()
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


def _arrivals(log: Log) -> tuple[Arrival, ...]:
    table = {key: Counter(fates) for key, fates in log.arrivals.items()}
    tensors = Counter(log.tensors)
    for back in log.open.values():
        for player, n in back.arrived.items():
            key = (back.place, player)
            table.setdefault(key, Counter())[back.fate(player) or "left behind"] += 1
            tensors[key] = max(tensors[key], n)
    return tuple(
        Arrival(
            place=place,
            player=player,
            tensors=tensors[place, player],
            of=log.players.get(player, tensors[place, player]),
            times=sum(fates.values()),
            fates=dict(fates),
        )
        for (place, player), fates in sorted(table.items())
    )


def _cost(log: Log, cycle: int | None) -> LoopCost:
    flops, wasted = Counter(log.flops), Counter(log.wasted)
    for back in log.open.values():  # their fate is taken to be that of those before
        for (owner, kind, _), n in back.flops.items():
            key = (back.place, owner, kind)
            share = log.wasted[key] / log.flops[key] if log.flops[key] else 0.0
            flops[key] += n
            wasted[key] += n * share
    cycles = log.move_count / cycle if cycle else 1.0
    return LoopCost(
        tuple(
            CostRow(place, owner, kind, n / cycles, wasted[place, owner, kind] / cycles)
            for (place, owner, kind), n in sorted(flops.items())
        )
    )
