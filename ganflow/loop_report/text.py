"""The report of a watched loop for a terminal: plain ASCII, 98 columns at most."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap

from ganflow.loop_report import words
from ganflow.loop_report.record import PASSES, Finding, LoopRecord

COLUMNS = 98


def as_text(record: LoopRecord, *, book: str = "") -> str:
    """The report for people.

    Parameters
    ----------
    record : LoopRecord
        Of a watched loop.
    book : str
        The book's address; "" shows sections by their paths.

    Returns
    -------
    str
        Plain ASCII, in lines of at most 98 characters.
    """
    parts = (
        _head(record, book),
        _moves(record),
        _arrivals(record),
        _cost(record),
        _findings(record, book),
        _unseen(record),
    )
    text = "\n\n".join("\n".join(part) for part in parts)
    return text.encode("ascii", "backslashreplace").decode()


def _folded(text: str, indent: int, hang: int = 0) -> list[str]:
    """Lines of at most 98 columns; those after the first are further in by `hang`."""
    first, rest = " " * indent, " " * (indent + hang)
    return wrap(
        text,
        COLUMNS,
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
    )


def _book(link: str, book: str, indent: int) -> list[str]:
    """The section of the book, on a line of its own if it is long."""
    first, address = " " * indent + "The book on it:", words.address(link, book)
    fits = len(first) + 1 + len(address) <= COLUMNS
    return [f"{first} {address}"] if fits else [first, " " * (indent + 2) + address]


def _table(rows: list[list[str]], right: Iterable[int] = ()) -> list[str]:
    """Rows in columns, two spaces apart and two in; those in `right` end alike."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = (
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        line = "  ".join(cells).rstrip()
        lines += wrap(line, COLUMNS, initial_indent="  ", subsequent_indent="      ")
    return lines


def _head(record: LoopRecord, book: str) -> Iterator[str]:
    sizes = [f"{p} ({words.counted(n, 'tensor')})" for p, n in record.players.items()]
    of = f" of {words.listed(sizes)}" if sizes else ""
    seen = f"{words.counted(record.move_count, 'move')}{of} seen"
    yield from _folded(f"LOOP REPORT: {seen}.", 0, 2)
    for note in record.notes:
        yield from _folded(f"Player {note}.", 2, 2)
    yield ""
    yield from _folded(f"Schedule: {record.name}", 0, 2)
    yield from _folded(words.settling(record), 2)
    yield from _book(words.section(record), book, 2)


def _moves(record: LoopRecord) -> Iterator[str]:
    moves = words.one_cycle(record)
    if not moves:
        yield "Moves: not there. No step of any player was seen."
        return
    if record.cycle:
        title = f"One cycle of {words.counted(len(moves), 'move')}"
    else:
        title = f"The last {words.counted(len(moves), 'move')}"
    yield from _folded(f"{title}, in this order: {words.order(moves)}", 0, 2)
    for move, n in words.alike(moves):
        name = words.version(move.player, move.version)
        more = f", the first of {n} alike" if n > 1 else ""
        yield from _folded(f"{name}{more}: {words.stepping(move)}", 2, 4)
        yield from _folded(words.reading(move, record.players), 6)


def _arrivals(record: LoopRecord) -> Iterator[str]:
    if not record.arrivals:
        yield "What arrived in whom: not there. No backward pass reached a player."
        return
    yield "What arrived in whom, and what became of it"
    rows = [["backward at", "player", "tensors", "times", "fate"]]
    for one in record.arrivals:
        tensors = f"{one.tensors} of {one.of}"
        row = [str(one.place), one.player, tensors, str(one.times)]
        rows.append([*row, words.fate(one)])
    yield from _table(rows, right=(2, 3))


def _cost(record: LoopRecord) -> Iterator[str]:
    if not record.cost.flops:
        yield "Cost of a cycle: unknown. No operations were counted."
        return
    waste = words.wasted(record)
    share = words.percent(record.cost.wasted) if waste else "none"
    all_ = words.operations(record.cost.flops)
    yield f"Cost of a cycle: {all_}; {share} of it was seen to lead to nothing."
    rows = [["player", *(words.KINDS[kind] for kind in PASSES)]]
    for player, kinds in words.spent(record).items():
        shares = [words.percent(kinds[k]) if k in kinds else "-" for k in PASSES]
        rows.append([player or "nobody", *shares])
    yield from _table(rows, right=(1, 2, 3))
    for place, player, kind, share in waste:
        whose = f"{words.KINDS[kind]} of {player or 'nobody'}"
        yield from _folded(f"Wasted at {place}: {words.percent(share)}, {whose}.", 2, 4)


def _findings(record: LoopRecord, book: str) -> Iterator[str]:
    if not record.findings:
        yield "Findings: nothing wrong, doubtful or wasted was seen."
        return
    yield f"Findings: {words.tally(record.findings)}"
    for finding in record.findings:
        yield from _finding(finding, book)


def _finding(finding: Finding, book: str) -> Iterator[str]:
    times = f", seen {finding.times} times" if finding.times > 1 else ""
    yield f"  {finding.level.upper()} {finding.id}: {finding.place}{times}"
    if source := finding.place.source:
        line = f"      | {source}"
        yield line if len(line) <= COLUMNS else f"{line[: COLUMNS - 3]}..."
    yield from _folded(finding.sentence, 6)
    if finding.also:
        yield from _folded(f"See also {words.listed(finding.also)}.", 6)
    yield from _folded(f"Cure: {finding.cure}", 6)
    yield from _book(finding.link, book, 6)


def _unseen(record: LoopRecord) -> Iterator[str]:
    unknown = words.unknown(record)
    if not unknown:
        yield "Unknown: nothing. All that the moves read could be seen."
        return
    yield "Unknown: this could not be seen"
    for sentence in unknown:
        yield from _folded(f"- {sentence}", 2, 2)
