"""Name the schedule of a loop by what each step read, not by the order of its lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from ganflow.loop_report.record import Move
from ganflow.schedule import (
    ALTERNATING,
    ALTERNATING_G_FIRST,
    SIMULTANEOUS,
    Schedule,
    critic_steps,
    generator_steps,
)

LONGEST_CYCLE = 120
UNEVEN = 6  # runs of one player before their lengths are called uneven
LONE = 12  # moves of one player before "the other does not move" is a pattern


@dataclass(frozen=True)
class Naming:
    """The name of a schedule, and how sure it is.

    Parameters
    ----------
    words : str
        Such as "alternating, D first; fakes shared".
    schedule : Schedule or None
        The schedule of the book, if it is one.
    settled : bool
        The pattern has repeated twice.
    settled_after : int or None
        After how many of the moves it had.
    cycle : int or None
        Moves in a repetition.
    disguised : bool
        The lines stand in turns, and the reads are those of one turn.
    """

    words: str
    schedule: Schedule | None = None
    settled: bool = False
    settled_after: int | None = None
    cycle: int | None = None
    disguised: bool = False


def name_of(
    moves: Sequence[Move],
    critic: str | None,
    maker: str | None,
    *,
    earlier: int = 0,
    polluted: bool = False,
) -> Naming:
    """Name the schedule of some moves.

    Parameters
    ----------
    moves : sequence of Move
        In the order of the loop.
    critic : str or None
        Who scores; "D" in the words of the book.
    maker : str or None
        Whose samples it scores; "G".
    earlier : int, >= 0
        Moves before these that are not kept.
    polluted : bool
        Steps take old gradients along: old reads are then no pool.

    Returns
    -------
    Naming
    """
    if not moves:
        return Naming("no step was seen")
    pair = {who for who in (critic, maker) if who is not None}
    owns = [_is_own(move, moves) for move in moves]
    game = [
        move
        for move, own in zip(moves, owns, strict=True)
        if move.player in pair and not own and not move.undone
    ]
    turns = _turns(game, [_lag(move, pair) for move in game])
    cycle_text = _cycle(turns, {critic: "D", maker: "G"}) if turns else None
    late: set[int] = set()  # moves that share the turn of the one before
    if turns and (cycle_text or len(moves) <= LONE):
        late = {turn[1].number for turn in turns if len(turn) > 1}
    tokens = [
        (move.player, own, move.joint, move.number in late, move.undone)
        for move, own in zip(moves, owns, strict=True)
    ]
    cycle, start = _period(tokens)
    movers = list(dict.fromkeys(move.player for move in moves))
    settled = cycle is not None and (len(movers) > 1 or len(moves) >= LONE)
    told = {
        "settled": settled,
        "settled_after": start + 2 * cycle + earlier if settled and cycle else None,
        "cycle": cycle if settled else None,
    }
    if critic is None or maker is None or not pair <= set(movers):
        if len(movers) == 1:
            return Naming(f"only {movers[0]} moves", **told)
        names = " and ".join(movers)
        words = f"unknown: {names} move, and none was seen to take in what another made"
        return Naming(words, **told)
    if blind := [m for m in game if m.blind and not _others(m, pair)]:
        who = blind[0].player
        return Naming(
            f"unknown: what {who} read came in from where nothing is seen", **told
        )
    if torn := _torn(game, pair):
        return Naming(f"no schedule of the book: {torn}", **told)
    base, schedule, disguised = _base(game, critic, maker, cycle_text)
    words = [base, *_deaf(game, pair), *_fakes(game)]
    words += [] if polluted else _pool(game, critic, maker)
    words += _rest(moves, tokens, pair)
    return Naming("; ".join(words), schedule, disguised=disguised, **told)


def main_pair(
    players: Collection[str],
    feeds: Collection[tuple[str, str]],
    moves: Sequence[Move] = (),
) -> tuple[str | None, str | None]:
    """Find who scores and whose samples, among the players of a loop.

    Parameters
    ----------
    players : names
        All of them.
    feeds : pairs of (maker, user)
        Whose values were seen to enter whose network.
    moves : sequence of Move
        What was seen of the loop.

    Returns
    -------
    critic, maker : str or None
        "D" and "G" where they have these names; else the last user of another's values
        and the one who fed it. A user who learns from the maker's own backward pass
        helps it; one who has a pass of its own is rather the critic.
    """
    if {"D", "G"} <= set(players):
        return "D", "G"
    makers = {maker for maker, _ in feeds}
    last = [(maker, user) for maker, user in feeds if user not in makers]
    for _, user in sorted(last, key=lambda pair: not _opposed(*pair, moves)):
        own = sorted(
            maker
            for maker, other in last
            if other == user and _opposed(maker, user, moves)
        ) or sorted(maker for maker, other in last if other == user)
        late = [maker for maker in own if any((one, maker) in feeds for one in own)]
        return user, (late or own)[0]  # of an encoder and its decoder the decoder
    for maker, user in feeds:  # each feeds the other, as in a cycle
        return user, maker
    return (None, None)


def _opposed(maker: str, user: str, moves: Sequence[Move]) -> bool:
    """Whether a user learns from what a maker made, in passes of its own."""
    its = [move for move in moves if move.player == user]
    passes = {back for move in moves if move.player == maker for back in move.fed_by}
    reads = any(maker in move.reads for move in its)
    return reads and not any(passes.intersection(move.fed_by) for move in its)


def _is_own(move: Move, moves: Sequence[Move]) -> bool:
    """Whether a step used its own player alone, while others of it used the rest."""
    if move.lags:
        return False
    return any(m.lags for m in moves if m.player == move.player)


def _period(tokens: Sequence[object]) -> tuple[int | None, int]:
    """The shortest pattern that the last moves repeat twice, and where it began.

    One that holds for all moves, but for the first, comes before a shorter one.
    """
    found = None, 0
    for length in range(1, min(LONGEST_CYCLE, len(tokens) // 2) + 1):
        if tokens[-length:] != tokens[-2 * length : -length]:
            continue
        alone = len(set(tokens[-length:])) == 1 < len(set(tokens))
        if alone and _run(tokens) < LONE:
            continue  # five critic steps are no pattern of their own
        start = len(tokens) - 2 * length
        while start and tokens[start - 1] == tokens[start - 1 + length]:
            start -= 1
        if start < 2:
            return length, start
        if found[0] is None:
            found = length, start
    return found


def _run(tokens: Sequence[object]) -> int:
    run = 0
    while run < len(tokens) and tokens[-1 - run] == tokens[-1]:
        run += 1
    return run


def _others(move: Move, pair: Collection[str]) -> dict[str, tuple[int, ...]]:
    return {who: lags for who, lags in move.lags.items() if who in pair}


def _lag(move: Move, pair: Collection[str]) -> int | None:
    """How many moves of the opponent lie between the newest and what was read."""
    found = _others(move, pair)
    return min(min(lags) for lags in found.values()) if found else None


def _base(
    game: Sequence[Move], critic: str, maker: str, text: str | None
) -> tuple[str, Schedule | None, bool]:
    pair = {critic, maker}
    least = {}
    for who in pair:
        lags = [_lag(m, pair) for m in game[1:] if m.player == who] or [
            _lag(m, pair) for m in game if m.player == who
        ]
        known = [lag for lag in lags if lag is not None]
        least[who] = min(known) if known else None
    order = [move.player for move in game]
    if any(move.joint for move in game):
        if 2 * sum(move.joint for move in game) == len(game):
            return "simultaneous, one step for both", SIMULTANEOUS, False
        return "no schedule of the book: some steps move both", None, False
    names = {critic: "D", maker: "G"}
    if not text:  # by the newest that each player ever reads: the rest is a pool
        turns = _turns(game, [least[m.player] for m in game])
        if turns is None:
            late = {w: lag for w, lag in least.items() if lag}
            told = ", ".join(f"{w} reads {lag} moves back" for w, lag in late.items())
            return f"no schedule of the book: {told}", None, False
        runs = _runs("".join(sorted(names[m.player] for m in t)) for t in turns)
        if uneven := _uneven(runs):
            told = " and ".join(
                f"{low} of {who}" if low == high else f"{low} to {high} of {who}"
                for who, name in names.items()
                for low, high in [uneven[name]]
            )
            return f"turns of uneven length: {told}", None, False
        text = _cycle_text(runs)
    if text is None:
        first = order[0]
        count = {who: order.count(who) for who in pair}
        told = " and ".join(f"{n} of {who}" for who, n in sorted(count.items()))
        return f"no pattern yet: {told}, {first} first", None, False
    schedule = _known(text, names[order[0]])
    words = schedule.name
    turns_of = dict.fromkeys(text.split())
    if list(turns_of) == ["D", "G"] and min(map(text.split().count, turns_of)) > 1:
        counts = [f"{text.split().count(names[who])} of {who}" for who in names]
        words = f"by turns {' and '.join(counts)}"
    if schedule == ALTERNATING:
        words = f"alternating, {critic} first"
    elif schedule == ALTERNATING_G_FIRST:
        words = f"alternating, {maker} first"
    disguised = schedule == SIMULTANEOUS
    return words, schedule, disguised


def _turns(game: Sequence[Move], lags: Sequence[int | None]) -> list[list[Move]] | None:
    """Put moves that read the start of the same turn together; None if none fits."""
    turns: list[list[Move]] = []
    for move, lag in zip(game, lags, strict=True):
        behind = lag or 0
        last = turns[-1] if turns else []
        if behind > 1:
            return None
        if behind == 1 and [one.player != move.player for one in last] == [True]:
            last.append(move)
        elif behind == 1 and turns:
            return None  # it misses a move that is not the one just before
        else:
            turns.append([move])
    return turns


def _cycle(turns: list[list[Move]], names: Mapping[str | None, str]) -> str | None:
    """What the turns repeat twice from the first or the second on; None if nothing.

    The last turn may be cut short, and the first is, where the watch began in it.
    """
    words = ["".join(sorted(names[m.player] for m in turn)) for turn in turns]
    for seen in (words, words[:-1]):
        length, start = _period(seen)
        if length is None or start > 1:
            continue
        cycle = seen[start : start + length]
        if set("".join(cycle)) != {"D", "G"}:
            continue
        rotations = [cycle[i:] + cycle[:i] for i in range(length)]
        runs = [r for r in rotations if r == sorted(r, key=("D", "DG", "G").index)]
        return " ".join((runs or rotations)[0])
    return None


def _runs(turns: Iterable[str]) -> list[tuple[str, int]]:
    """How often each kind of turn is taken in a row."""
    words = list(turns)
    if len(words) > 1 and words[-1] != words[0] and "DG" in words:
        words = [w for i, w in enumerate(words) if 0 < i < len(words) - 1 or w == "DG"]
    return [(word, len(list(same))) for word, same in groupby(words)]


def _uneven(runs: list[tuple[str, int]]) -> dict[str, tuple[int, int]]:
    """The shortest and the longest run of each player, if most runs are not alike."""
    whole = runs[1:-1]  # the ends may be cut short
    lengths = {name: [n for one, n in whole if one == name] for name in ("D", "G")}
    if len(runs) != sum(map(len, lengths.values())) + 2 or not all(lengths.values()):
        return {}
    alike = [2 * Counter(n).most_common(1)[0][1] > len(n) for n in lengths.values()]
    if all(alike) or len(whole) < UNEVEN:
        return {}
    return {name: (min(found), max(found)) for name, found in lengths.items()}


def _cycle_text(runs: list[tuple[str, int]]) -> str | None:
    """The repeating part of the turns, as `Schedule.from_text` reads it."""
    whole = runs[1:-1] if len(runs) > 3 else runs  # the ends may be cut short
    if len(runs) == 2 and min(n for _, n in runs) > 1:
        return None  # each has had one turn, and neither may be over
    most = {}
    for word in {word for word, _ in runs}:
        lengths = [n for one, n in reversed(whole) if one == word]
        most[word] = Counter(lengths).most_common(1)[0][0] if lengths else 0
    if set(most) == {"DG"}:
        return "DG"
    if not all(most.values()):
        return None
    if set(most) == {"D", "G"}:
        return " ".join(["D"] * most["D"] + ["G"] * most["G"])
    if set(most) == {"D", "DG"}:
        return " ".join(["D"] * most["D"] + ["DG"])
    if set(most) == {"G", "DG"}:
        return " ".join(["DG"] + ["G"] * most["G"])
    return None


def _known(text: str, first: str) -> Schedule:
    """The schedule by its own name, where it has one."""
    words = text.split()
    if text == "DG":
        return SIMULTANEOUS
    if text == "D G":
        return ALTERNATING if first == "D" else ALTERNATING_G_FIRST
    if words.count("G") == 1 and "DG" not in words:
        return critic_steps(words.count("D"))
    if words.count("D") == 1 and "DG" not in words:
        return generator_steps(words.count("G"))
    return Schedule.from_text(text)


def _deaf(game: Sequence[Move], pair: Collection[str]) -> list[str]:
    """Who of the two does not hear the other: there is no game yet, or no more."""
    deaf = [
        who
        for who in sorted(pair)
        if not any(_others(move, pair) for move in game if move.player == who)
    ]
    return [
        f"no step of {who} reads {other}"
        for who in deaf
        for other in pair
        if other != who
    ]


def _fakes(game: Sequence[Move]) -> list[str]:
    pairs = [
        (a, b)
        for a, b in zip(game, game[1:], strict=False)
        if a.player != b.player and a.calls and b.calls
    ]
    if not pairs:
        return []
    shared = any(a.calls & b.calls for a, b in pairs)
    return ["fakes shared" if shared else "fakes made afresh"]


def _torn(game: Sequence[Move], pair: Collection[str]) -> str:
    """Whose steps take a derivative that belongs to no version of a player."""
    found = {
        (m.player, other): None
        for m in game
        for other in sorted(m.torn)
        if other in pair
    }
    return ", and ".join(
        f"{who} reads neither the old {other} nor the new one wholly"
        for who, other in found
    )


def _pool(game: Sequence[Move], critic: str, maker: str) -> list[str]:
    lags = {lag for m in game if m.player == critic for lag in m.lags.get(maker, ())}
    several = any(len(m.lags.get(maker, ())) > 1 for m in game if m.player == critic)
    if not several and len(lags) < 3:
        return []
    return [f"{critic} reads a pool, {min(lags)} to {max(lags)} moves back"]


def _rest(
    moves: Sequence[Move], tokens: Sequence[tuple], pair: Collection[str]
) -> list[str]:
    """Steps on one player alone, and players beyond the two."""
    told = []
    own = {who: 0 for who in dict.fromkeys(t[0] for t in tokens if t[1])}
    for who, is_own, *_ in tokens:
        if is_own:
            own[who] += 1
    for who, n in own.items():
        told.append(f"{n} of {who}'s steps read {who} alone")
    for who, n in Counter(move.player for move in moves if move.undone).items():
        told.append(f"{n} of {who}'s steps are undone later")
    for who in dict.fromkeys(m.player for m in moves if m.player not in pair):
        with_ = {
            other.player
            for m, other in zip(moves, moves[1:], strict=False)
            if other.joint and who in (m.player, other.player)
            for other in (m, other)
        } - {who}
        partner = f" with {' and '.join(sorted(with_))}" if with_ else ""
        told.append(f"{who} steps, too{partner}")
    return told
