"""The report of a watched loop as one HTML file, which asks nobody for anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

from ganflow.loop_report import words
from ganflow.loop_report.picture import SCRIPT, marks, picture
from ganflow.loop_report.record import PASSES, Finding, LoopRecord
from ganflow.loop_report.text import as_text

STYLE = Path(__file__).with_name("page.css")
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<main>
{body}
</main>
<script type="module">
{script}
enliven(document.body);
</script>
</body>
</html>
"""


def as_html(record: LoopRecord, *, book: str = "") -> str:
    """The report as a whole page: light and dark, on a phone, on paper.

    Parameters
    ----------
    record : LoopRecord
        Of a watched loop.
    book : str
        The book's address; "" shows sections by their paths, without a link.

    Returns
    -------
    str
        Holds its style, picture and script. The same for the same record.
    """
    parts = (
        _head(record, book),
        _timeline(record),
        _arrivals(record),
        _cost(record),
        _findings(record, book),
        _unseen(record),
    )
    return PAGE.format(
        title=escape(f"What the loop did: {record.name}"),
        style=STYLE.read_text(encoding="utf-8"),
        body="\n".join(line for part in parts for line in part),
        script=SCRIPT.read_text(encoding="utf-8"),
    )


def as_fragment(record: LoopRecord) -> str:
    """What a notebook shows: the picture, and the report for people folded below it.

    Parameters
    ----------
    record : LoopRecord
        Of a watched loop.

    Returns
    -------
    str
        HTML without a script.
    """
    told = f"{record.name}. {words.settling(record)}"
    found = f"Findings: {words.tally(record.findings)}."
    return (
        f"<div><p><strong>Schedule: {escape(told)}</strong> {found}</p>"
        f"{picture(record)}<details><summary>The whole report</summary>"
        f"<pre>{escape(as_text(record))}</pre></details></div>"
    )


def _section(name: str, title: str) -> str:
    return f'<section aria-labelledby="{name}"><h2 id="{name}">{title}</h2>'


def _table(
    caption: str, heads: Iterable[str], rows: Iterable[Iterable[str]], numbers: str = ""
) -> Iterator[str]:
    """Rows of HTML, the first cell of each its head; `numbers`: columns set right."""
    right = {int(column) for column in numbers.split()}

    def cell(i: int, tag: str, scope: str, content: str) -> str:
        long = len(content) > 30 and "<" not in content
        kind = "number" if i in right else "words" if long else ""
        align = f' class="{kind}"' if kind else ""
        return f"<{tag}{scope}{align}>{content}</{tag}>"

    yield f'<div class="table" role="region" aria-label="{caption}" tabindex="0">'
    yield f"<table><caption>{caption}</caption><thead><tr>"
    yield from (cell(i, "th", ' scope="col"', head) for i, head in enumerate(heads))
    yield "</tr></thead><tbody>"
    for first, *others in rows:
        yield "<tr>" + cell(0, "th", ' scope="row"', first)
        yield from (cell(i, "td", "", one) for i, one in enumerate(others, 1))
        yield "</tr>"
    yield "</tbody></table></div>"


def _code(place: object) -> str:
    return f"<code>{escape(str(place))}</code>"


def _link(link: str, book: str) -> str:
    shown = escape(words.address(link, book))
    return f'<a href="{shown}">{shown}</a>' if book else f"<code>{shown}</code>"


class _Players:
    """A player's name in its colour and form, as in the picture."""

    def __init__(self, record: LoopRecord):
        self.marks = marks(record.players, record.roles)

    def __call__(self, player: str, name: str = "") -> str:
        mark = self.marks.get(player, "nobody")
        shown = escape(name or player or "nobody")
        return f'<span class="player {mark}">{shown}</span>'


def _head(record: LoopRecord, book: str) -> Iterator[str]:
    player = _Players(record)
    yield '<header><p class="what">What the loop did</p>'
    yield f"<h1>{escape(record.name)}</h1>"
    state = "settled" if record.settled else "open"
    yield f'<p class="{state}">{escape(words.settling(record))}</p>'
    sizes = [
        f"{player(p)} {words.counted(n, 'tensor')}" for p, n in record.players.items()
    ]
    moves = words.counted(record.move_count, "move")
    yield f"<p>Seen: {moves}. {', '.join(sizes)}.</p>"
    yield from (f"<p>Player {escape(note)}.</p>" for note in record.notes)
    found = "nothing wrong, doubtful or wasted was seen"
    if record.findings:
        found = f'<a href="#findings">{words.tally(record.findings)}</a>'
    yield f"<p>Findings: {found}. The book on the schedule: "
    yield f"{_link(words.section(record), book)}</p></header>"


def _timeline(record: LoopRecord) -> Iterator[str]:
    player = _Players(record)
    moves = words.one_cycle(record)
    yield _section("timeline", "Timeline of versions")
    yield (
        "<p>Each step makes the next version of its player, and points at the versions "
        "of the others that its gradient was made from.</p>"
    )
    yield picture(record)
    if moves:
        title = "One cycle" if record.cycle else f"The last {len(moves)} moves"
        yield f"<p>{title} in words. The order: {escape(words.order(moves))}.</p>"
        rows = (
            [
                player(move.player, words.version(move.player, move.version)),
                _code(move.place if move.place.file else "unknown"),
                escape(words.reading(move, record.players)),
                escape(words.feeding(move)),
                f"{move.tensors}\u00a0of\u00a0{move.of}",
                str(n),
            ]
            for move, n in words.alike(moves)
        )
        heads = ("makes", "step at", "what it read", "what fed it", "tensors", "alike")
        yield from _table("The moves of a cycle, one of each kind", heads, rows, "5")
    yield "</section>"


def _arrivals(record: LoopRecord) -> Iterator[str]:
    yield _section("arrivals", "What arrived in whom")
    if record.arrivals:
        player = _Players(record)
        rows = (
            [
                _code(one.place),
                player(one.player),
                f"{one.tensors}\u00a0of\u00a0{one.of}",
                str(one.times),
                escape(words.fate(one)),
            ]
            for one in record.arrivals
        )
        heads = (
            "backward at",
            "in the .grad of",
            "tensors",
            "times",
            "what became of it",
        )
        yield from _table("Line by line and player by player", heads, rows, "3")
    else:
        yield "<p>Not there: no backward pass reached a player.</p>"
    yield "</section>"


def _cost(record: LoopRecord) -> Iterator[str]:
    yield _section("cost", "Cost of a cycle")
    if not record.cost.flops:
        yield "<p>Unknown: no operations were counted.</p></section>"
        return
    waste = words.wasted(record)
    share = words.percent(record.cost.wasted) if waste else "none"
    yield f"<p>{words.operations(record.cost.flops)}; <strong>{share}</strong> of it "
    yield "was seen to lead to nothing.</p>"
    player = _Players(record)
    rows = (
        [player(name), *(_bar(kinds.get(kind)) for kind in PASSES)]
        for name, kinds in words.spent(record).items()
    )
    heads = ("player", *(words.KINDS[kind] for kind in PASSES))
    yield from _table("Shares of all operations, by player and pass", heads, rows)
    if waste:
        yield "<ul>"
        for place, name, kind, part in waste:
            whose = f"{words.KINDS[kind]} of {player(name)}"
            yield f"<li>Wasted at {_code(place)}: {words.percent(part)}, {whose}</li>"
        yield "</ul>"
    yield "</section>"


def _bar(share: float | None) -> str:
    if share is None:
        return "-"
    bar = f'<span class="bar" style="width:{max(2, round(140 * share))}px"></span>'
    return f"{bar} {words.percent(share)}"


def _findings(record: LoopRecord, book: str) -> Iterator[str]:
    yield _section("findings", "Findings")
    if not record.findings:
        yield "<p>Nothing wrong, doubtful or wasted was seen.</p>"
    for finding in record.findings:
        yield from _finding(finding, book)
    yield "</section>"


def _finding(finding: Finding, book: str) -> Iterator[str]:
    times = f", seen {finding.times} times" if finding.times > 1 else ""
    yield f'<article class="{finding.level}"><h3><span class="level">{finding.level}'
    yield f"</span> {escape(finding.id)}</h3>"
    yield f'<p class="where">{_code(finding.place)}{times}</p>'
    if finding.place.source:
        yield f'<pre tabindex="0">{escape(finding.place.source)}</pre>'
    also = words.listed(_code(place) for place in finding.also)
    yield f"<p>{escape(finding.sentence)}{f' See also {also}.' if also else ''}</p>"
    yield f"<p><strong>Cure:</strong> {escape(finding.cure)}</p>"
    yield f'<p class="where">The book on it: {_link(finding.link, book)}</p></article>'


def _unseen(record: LoopRecord) -> Iterator[str]:
    yield _section("unknown", "What could not be seen")
    unknown = words.unknown(record)
    if unknown:
        yield f"<ul>{''.join(f'<li>{escape(one)}</li>' for one in unknown)}</ul>"
    else:
        yield "<p>Nothing: all that the moves read could be seen.</p>"
    yield "</section>"
