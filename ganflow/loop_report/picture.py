"""The timeline of versions as SVG: it needs no script; timeline.js answers a tap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from math import copysign
from pathlib import Path

from ganflow.loop_report.record import LoopRecord
from ganflow.loop_report.timeline import BOX, HEAD, Arrow, Box, Timeline, lay_out_moves
from ganflow.loop_report.words import reading, stepping

HERE = Path(__file__).parent
STYLE, SCRIPT = HERE / "timeline.css", HERE / "timeline.js"
ROUND = {"G": BOX / 2, "D": 0}  # as in the book's other pictures: G is round, D square
KEY = (
    '<svg width="30" height="9" aria-hidden="true"><path class="{}" d="M1 5h28"/></svg>'
)
LONG = 1400  # px: on paper a wider picture is cut, as its words would be too small
OTHERS = 4  # further colours; a fifth player has the first of them again


def marks(
    players: Iterable[str], roles: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The class that gives each player its colour, the same in picture and tables.

    Parameters
    ----------
    players : iterable of str
        All players of the loop.
    roles : dict of player -> str, or None
        "D" or "G" for those of other names that play them.

    Returns
    -------
    dict
        player -> "G", "D" or "other1" to "other4".
    """
    found: dict[str, str] = {}
    for player in players:
        others = sum(mark.startswith("other") for mark in found.values())
        other = f"other{others % OTHERS + 1}"
        role = (roles or {}).get(player, player)
        found[player] = role if role in ROUND else other
    return found


def picture(record: LoopRecord) -> str:
    """Two cycles of a loop as a piece of HTML: its style, and a picture that scrolls.

    Parameters
    ----------
    record : LoopRecord
        Of a watched loop.

    Returns
    -------
    str
        Each step is an image with its sentence; what it reads lies in `data-reads`, for
        timeline.js.
    """
    places = lay_out_moves(record)
    if not any(box.move for box in places.boxes):
        body = "<p>No step was seen: there is no version to draw.</p>"
    else:
        kind = "scroll long" if places.width > LONG else "scroll"
        body = (
            f'<div class="{kind}" role="group" aria-label="Timeline of versions">'
            f"{_svg(record, places)}</div>"
            f'<p class="key">{KEY.format("line")} reads the newest version '
            f"{KEY.format('line stale')} reads an older one{_blind(places)}</p>"
        )
    style = STYLE.read_text(encoding="utf-8")
    return f'<div class="gf-timeline"><style>{style}</style>{body}</div>'


def _blind(places: Timeline) -> str:
    blind = any(box.move and box.move.blind for box in places.boxes)
    return " &nbsp; <b>?</b> reads something that is unknown, too" if blind else ""


def _svg(record: LoopRecord, places: Timeline) -> str:
    mark = marks(record.players, record.roles)
    width, height = f"{places.width:.0f}", f"{places.height:.0f}"
    parts = [f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}">']
    parts += ["<g aria-hidden='true'>", *_ground(places, mark)]
    parts += [_box(box, mark) for box in places.boxes if not box.move]
    parts.append("</g>")
    first = True
    for box in places.boxes:
        if box.move:
            own = [arrow for arrow in places.arrows if arrow.start is box]
            said = f"{stepping(box.move)} {reading(box.move, record.players)}"
            parts.append(_step(box, own, mark, f"{box.title}: {said}", first))
            first = False
    return "".join([*parts, "</svg>"])


def _ground(places: Timeline, mark: dict[str, str]) -> Iterable[str]:
    """What lies below the boxes: cycles, lanes and their names, ties."""
    for i, (x0, x1, name) in enumerate(places.spans):
        yield (
            f'<rect class="cycle{i}" x="{x0 - 9:.1f}" y="4" '
            f'width="{x1 - x0 + 18:.1f}" height="{places.height - 8:.1f}" rx="8"/>'
            f'<text class="span" x="{x0:.1f}" y="{HEAD - 11:.0f}">{name}</text>'
        )
    for player, y in places.lanes.items():
        own = [box for box in places.boxes if box.player == player]
        x0, x1 = min(box.x for box in own), max(box.x for box in own)
        yield (
            f'<g class="{mark[player]}"><path class="life" '
            f'd="M{x0:.1f} {y:.1f}H{x1:.1f}"/><text class="lane" x="12" '
            f'y="{y + 5:.1f}">{escape(player)}</text></g>'
        )
    for x, y0, y1 in places.ties:
        yield f'<path class="tie" d="M{x:.1f} {y0:.1f}V{y1:.1f}"/>'


def _step(
    box: Box, arrows: list[Arrow], mark: dict[str, str], said: str, first: bool
) -> str:
    reads = escape(" ".join(_key(arrow.end) for arrow in arrows))
    said = escape(said)
    return (
        f'<g class="step" role="img" tabindex="{0 if first else -1}" '
        f'aria-label="{said}" data-reads="{reads}"><title>{said}</title>'
        f"{''.join(_arrow(arrow, mark) for arrow in arrows)}{_box(box, mark)}</g>"
    )


def _key(box: Box) -> str:
    return f"{box.player.replace(' ', '_')}-{box.version}"


def _box(box: Box, mark: dict[str, str]) -> str:
    middle = box.x + box.width / 2
    blind = box.move is not None and box.move.blind
    kind = " ".join(["box", mark[box.player], *(["first"] * (not box.move))])
    title = f"{escape(box.title)}{' ?' if blind else ''}"
    up = 17 if box.note else 25
    note = f'<text class="note" x="{middle:.1f}" y="{box.y + 31:.1f}">{box.note}</text>'
    return (
        f'<g class="{kind}" data-box="{escape(_key(box))}"><rect x="{box.x:.1f}" '
        f'y="{box.y:.1f}" width="{box.width:.1f}" height="{BOX:.0f}" '
        f'rx="{ROUND.get(box.player, 8)}"/><text x="{middle:.1f}" '
        f'y="{box.y + up:.1f}">{title}</text>{note if box.note else ""}</g>'
    )


def _arrow(arrow: Arrow, mark: dict[str, str]) -> str:
    (x, y), path = arrow.pieces[0][0], []
    path.append(f"M{x:.1f} {y:.1f}")
    for _, *rest in arrow.pieces:
        path.append("C" + " ".join(f"{px:.1f} {py:.1f}" for px, py in rest))
    (_, before), (x, y) = arrow.pieces[-1][2:]
    back = int(copysign(9, before - y))
    tip = f"M{x:.1f} {y:.1f}l-5 {back}h10z"
    stale = " stale" if arrow.lag else ""
    lx, ly = arrow.label_at
    label = f'<text class="back" x="{lx:.1f}" y="{ly + 4:.1f}">{arrow.label}</text>'
    return (
        f'<g class="read {mark[arrow.start.player]}"><path class="line{stale}" '
        f'd="{"".join(path)}"/><path class="tip" d="{tip}"/>'
        f"{label if arrow.label else ''}</g>"
    )
