"""What the forms of a report say alike: versions, reads, shares, sections of the book.

Three words are never mixed: what was *seen*, what is *not there* (it was looked for,
and nothing came), and what is *unknown* (it could not be seen).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ganflow.loop_report.record import Arrival, Finding, LoopRecord, Move, Place

SHOWN = 8  # moves that are told of a loop whose pattern has not repeated
KINDS = {
    "forward": "forward passes",
    "weights": "gradients by weights",
    "through": "gradients handed on",
}
TURNS = "notebooks/04_turns/take_turns.html"
SECTIONS = {
    "simultaneous": f"{TURNS}#a-tick-is-a-matrix",
    "alternating": f"{TURNS}#g-first-or-d-first",
    "alternating, G first": f"{TURNS}#g-first-or-d-first",
}
CRITIC_STEPS = f"{TURNS}#five-critic-steps"
NO_SCHEDULE = "notebooks/04_turns/find_the_schedule.html"


def listed(words: Iterable[object], last: str = "and") -> str:
    """Words with commas, and "and" before the last: "G, D and Q".

    Parameters
    ----------
    words : iterable
        Whatever has a text.
    last : str
        What stands before the last one.

    Returns
    -------
    str
        Empty for no words.
    """
    *first, end = [str(word) for word in words] or [""]
    return f"{', '.join(first)} {last} {end}" if first else end


def counted(n: int, noun: str) -> str:
    """A number and its noun: "1 move", "3 moves", "2 passes".

    Parameters
    ----------
    n : int
        How many.
    noun : str
        In the singular.

    Returns
    -------
    str
    """
    ending = "" if n == 1 else "es" if noun.endswith("s") else "s"
    return f"{n:,} {noun}{ending}"


def version(player: str, number: int) -> str:
    """The name of a player's weights after so many moves: "G3"; "encoder 3".

    Parameters
    ----------
    player : str
        Its name.
    number : int
        >= 0, of its moves.

    Returns
    -------
    str
    """
    return f"{player}{number}" if len(player) == 1 else f"{player} {number}"


def behind(lag: int) -> str:
    """How old a version is: "newest", "1 move back", "2 moves back".

    Parameters
    ----------
    lag : int
        >= 0, moves between it and the newest.

    Returns
    -------
    str
    """
    return f"{counted(lag, 'move')} back" if lag else "newest"


def lags_of(move: Move) -> dict[str, tuple[tuple[int, int], ...]]:
    """What a move read: for each player the versions, and how far each lies back.

    Parameters
    ----------
    move : Move
        One update. Its own player counts as behind only if the version that it read is
        not the one that it moved.

    Returns
    -------
    dict
        player -> pairs of version and lag, in the order of the versions.
    """
    newest = {**move.newest, move.player: move.version - 1}
    return {
        player: tuple((v, newest[player] - v) for v in versions)
        for player, versions in move.reads.items()
        if versions
    }


def reading(move: Move, players: Iterable[str]) -> str:
    """A sentence that says what a move read of the others, and what it did not.

    Parameters
    ----------
    move : Move
        One update.
    players : iterable of str
        All players of the loop.

    Returns
    -------
    str
        "It reads G3 (newest); of Q nothing is there."
    """
    read = lags_of(move)
    seen = {player: read[player] for player in players if player in read}
    if all(lag == 0 for _, lag in seen.get(move.player, ())):
        seen.pop(move.player, None)
    parts = [
        listed(f"{version(player, v)} ({behind(lag)})" for v, lag in pairs)
        + (", neither wholly" if player in move.torn else "")
        for player, pairs in seen.items()
    ]
    if move.blind:
        said = f"It reads {listed(parts)}; what else" if parts else "What"
        return f"{said} it reads is unknown."
    said = f"It reads {listed(parts)}" if parts else "It reads its own weights only"
    absent = listed((p for p in players if p not in {*seen, move.player}), "or")
    return f"{said}; a read of {absent} is not there." if absent else f"{said}."


def stepping(move: Move) -> str:
    """A sentence that says where a move was made, by what, and what fed it.

    Parameters
    ----------
    move : Move
        One update.

    Returns
    -------
    str
        "D moves at train.py:48 (Adam, 8 of 8 tensors), fed by the backward pass at …."
    """
    by = {"": "", "hand": "by hand, "}.get(move.by, f"{move.by}, ")
    joint = ", in the same step as the move before" if move.joint else ""
    line = move.place if move.place.file else "a line that is unknown"
    return (
        f"{move.player} moves at {line} ({by}{move.tensors} of "
        f"{counted(move.of, 'tensor')}){joint}; {feeding(move)}."
    )


def feeding(move: Move) -> str:
    """Which backward passes fed a move: "fed by 2 backward passes at train.py:47".

    Parameters
    ----------
    move : Move
        One update.

    Returns
    -------
    str
    """
    lines = Counter(str(place) for place in move.fed_by if place.file)
    if not lines:
        return "the line of the backward pass that fed it is unknown"
    if len(lines) > 1:
        times = (
            line if n == 1 else f"{line} ({n} of them)" for line, n in lines.items()
        )
        return f"fed by the backward passes at {listed(times)}"
    ((line, n),) = lines.items()
    passes = f"{n} backward passes" if n > 1 else "the backward pass"
    return f"fed by {passes} at {line}"


def one_cycle(record: LoopRecord, repeats: int = 1) -> tuple[Move, ...]:
    """The last whole cycles among the moves that are kept.

    Parameters
    ----------
    record : LoopRecord
        Of a watched loop.
    repeats : int
        >= 1, how many cycles.

    Returns
    -------
    tuple of Move
        Counted from the first move of the loop; fewer cycles where fewer are kept. The
        last few moves where no cycle is known.
    """
    moves, cycle = record.moves, record.cycle
    if not cycle:
        return moves[-SHOWN * repeats :]
    ends = [i + 1 for i, move in enumerate(moves) if (move.number + 1) % cycle == 0]
    whole = [end for end in ends if end >= cycle]
    if not whole:
        return moves[-cycle * repeats :]
    end = whole[-1]
    fits = min(repeats, end // cycle)
    return moves[end - fits * cycle : end]


def alike(moves: Iterable[Move]) -> list[tuple[Move, int]]:
    """Moves that differ by nothing but the numbers of their versions, told once.

    Parameters
    ----------
    moves : iterable of Move
        Of one cycle.

    Returns
    -------
    list
        The first of each kind, and how many there are, by the first's place.
    """
    kinds: dict[tuple, list[Move]] = {}
    for move in moves:
        lags = {p: tuple(lag for _, lag in v) for p, v in lags_of(move).items()}
        key = (move.player, move.place, tuple(sorted(lags.items())), move.fed_by)
        key += (move.tensors, move.joint, move.blind, move.torn)
        kinds.setdefault(key, []).append(move)
    return [(same[0], len(same)) for same in kinds.values()]


def order(moves: Sequence[Move]) -> str:
    """Who moves after whom, runs of one player in one word: "5 x D, G".

    Parameters
    ----------
    moves : sequence of Move
        Of one cycle.

    Returns
    -------
    str
    """
    turns: list[list[str]] = []
    for move in moves:
        if move.joint and turns:
            turns[-1].append(move.player)
        else:
            turns.append([move.player])
    runs: list[tuple[str, int]] = []
    for turn in turns:
        word = " with ".join(turn)
        n = runs.pop()[1] if runs and runs[-1][0] == word else 0
        runs.append((word, n + 1))
    return ", ".join(word if n == 1 else f"{n} x {word}" for word, n in runs)


def settling(record: LoopRecord) -> str:
    """A sentence that says whether the name of the schedule is settled.

    Parameters
    ----------
    record : LoopRecord
        Of a watched loop.

    Returns
    -------
    str
    """
    if not record.move_count:
        return "It is not settled: no move was seen."
    if not record.settled:
        return (
            f"It is not settled: in {counted(record.move_count, 'move')} the pattern "
            "has not repeated twice. Watch more of the loop."
        )
    pattern = f"the pattern of {counted(record.cycle or 0, 'move')}"
    after = f"after {counted(record.settled_after or 0, 'move')}"
    return f"It is settled: {after} {pattern} had repeated twice."


def section(record: LoopRecord) -> str:
    """The section of the book on the schedule of a loop.

    Parameters
    ----------
    record : LoopRecord
        Of a watched loop.

    Returns
    -------
    str
        A path in the book.
    """
    if record.schedule is None:
        return NO_SCHEDULE
    name = record.schedule.name
    return SECTIONS.get(name, CRITIC_STEPS if "critic" in name else TURNS)


def address(link: str, book: str = "") -> str:
    """Where a section is: its path in the book, after its address if known.

    Parameters
    ----------
    link : str
        A path in the book.
    book : str
        Its address, such as "https://example.org/book"; "" for the path alone.

    Returns
    -------
    str
    """
    return f"{book.rstrip('/')}/{link}" if book else link


def fate(arrival: Arrival) -> str:
    """What became of what arrived: "stepped 12", "wiped 3, left behind 1", "unknown".

    Parameters
    ----------
    arrival : Arrival
        Of one line in one player.

    Returns
    -------
    str
    """
    told = [f"{what} {n}" for what, n in arrival.fates.items() if n]
    missing = arrival.times - sum(arrival.fates.values())
    return ", ".join(told + ([f"unknown {missing}"] if missing > 0 else []))


def percent(share: float) -> str:
    """A share in words: "12 %", "0.4 %", "below 0.1 %".

    Parameters
    ----------
    share : float
        0 to 1.

    Returns
    -------
    str
    """
    if 0 < share < 0.001:
        return "below 0.1 %"
    return f"{100 * share:.1f} %" if 0 < share < 0.1 else f"{100 * share:.0f} %"


def operations(flops: float) -> str:
    """Floating-point operations with their unit: "1.23 GFLOP".

    Parameters
    ----------
    flops : float
        >= 0.

    Returns
    -------
    str
    """
    units = [(1e12, "TFLOP"), (1e9, "GFLOP"), (1e6, "MFLOP"), (1e3, "kFLOP")]
    for size, unit in units:
        if flops >= size:
            return f"{flops / size:.3g} {unit}"
    return f"{flops:.3g} FLOP"


def spent(record: LoopRecord) -> dict[str, dict[str, float]]:
    """The share of each player and kind of pass in the cost of a cycle.

    Parameters
    ----------
    record : LoopRecord
        Of a watched loop.

    Returns
    -------
    dict
        player ("" for nobody) -> kind -> share, 0 to 1; players in their order.
    """
    total = record.cost.flops
    shares: dict[str, dict[str, float]] = {player: {} for player in record.players}
    for row in record.cost.rows:
        kinds = shares.setdefault(row.player, {})
        kinds[row.kind] = kinds.get(row.kind, 0.0) + (row.flops / total if total else 0)
    return {player: kinds for player, kinds in shares.items() if kinds}


def wasted(record: LoopRecord) -> list[tuple[Place, str, str, float]]:
    """The lines that spent operations on nothing, the most wasteful first.

    Parameters
    ----------
    record : LoopRecord
        Of a watched loop.

    Returns
    -------
    list
        Line, player, kind of pass, share of the cycle.
    """
    total = record.cost.flops
    rows = [row for row in record.cost.rows if row.wasted > 0 and total]
    rows.sort(key=lambda row: -row.wasted)
    return [(row.place, row.player, row.kind, row.wasted / total) for row in rows]


def unknown(record: LoopRecord) -> tuple[str, ...]:
    """What could not be seen, a sentence each.

    Parameters
    ----------
    record : LoopRecord
        Of a watched loop.

    Returns
    -------
    tuple of str
    """
    if record.unseen or not any(move.blind for move in record.moves):
        return record.unseen
    return ("Something that a move read came in from where nothing is seen.",)


def tally(findings: Iterable[Finding]) -> str:
    """How many findings there are of each level: "2 errors, 1 warning and 1 note".

    Parameters
    ----------
    findings : iterable of Finding
        Of a report.

    Returns
    -------
    str
        "nothing" for none.
    """
    levels = Counter(finding.level for finding in findings)
    words = (counted(levels[n], n) for n in ("error", "warning", "note") if levels[n])
    return listed(words) or "nothing"
