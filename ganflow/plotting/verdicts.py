"""Draw what comes of each row in each column: right, told by a message, or silent."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from matplotlib.axes import Axes

from ganflow.plotting.card import COLORS, TINTS, block, card, write

EDGE, ROW, HEAD, GAP, PAD = 20.0, 34.0, 32.0, 4.0, 24.0  # px
TEXT, LETTER, CODE = 12.0, 7.2, 7.3  # px: height of words, width of a letter
KEY, LEGEND = 16.0, 460.0  # px: side of a box of the legend; all of it
SAYS = {
    "right": "as it should be",
    "told": "a message",
    "silent": "wrong, and no message",
}
LOOKS = {
    "right": {"facecolor": TINTS["other"], "edgecolor": COLORS["other"]},
    "told": {"facecolor": COLORS["paper"], "edgecolor": COLORS["ink"]},
    "silent": {"facecolor": COLORS["ink"], "edgecolor": COLORS["ink"]},
}
DASHES = {"right": "-", "told": (0, (4, 2)), "silent": "-"}
WORDS = {"right": COLORS["ink"], "told": COLORS["ink"], "silent": COLORS["paper"]}


def draw_verdicts(
    table: Mapping[str, Mapping[str, str]],
    right: Collection[str] = (),
    silent: Collection[str] = (),
    ax: Axes | None = None,
) -> Axes:
    """Draw a row for each line or call, and in each column what comes of it.

    What is right is pale, what a message tells of is dashed, what is wrong without a
    message is dark. A legend names those that are there.

    Parameters
    ----------
    table : dict of dict of str
        For each row, from top to bottom, its words in each column; a column that a row
        has not, or "", is left empty. Columns keep the order in which they first come.
    right : collection of str, default ()
        Words of what is as it should be.
    silent : collection of str, default ()
        Words of what is wrong and not told. All other words are a message.
    ax : Axes, optional
        Where to draw; a new figure, at its natural size, if None.

    Returns
    -------
    Axes
        Its data are px, y down.

    Raises
    ------
    ValueError
        No row, no words in any, or words that are called right and silent.

    Gradient: none; reads words.
    """
    columns = list(dict.fromkeys(name for row in table.values() for name in row))
    words = {word for row in table.values() for word in row.values() if word}
    _check(words, right, silent)
    tones = {word: _tone(word, right, silent) for word in words}
    shown = [tone for tone in SAYS if tone in tones.values()]
    wide = _widths(table, columns)
    left = 2 * EDGE + CODE * max(map(len, table))
    width = max(left + sum(wide.values()) + EDGE, LEGEND)
    below = EDGE + HEAD + ROW * len(table)
    ax = card(width, below + EDGE + KEY + EDGE, ax)
    for row, name in enumerate(table):
        y = EDGE + HEAD + ROW * (row + 0.5)
        write(ax, EDGE, y, name, TEXT, ha="left", family="DejaVu Sans Mono")
    for name in columns:
        write(ax, left + wide[name] / 2, EDGE + HEAD / 2, name, TEXT, weight="bold")
        for row, said in enumerate(table.values()):
            if said.get(name):
                box = (left + GAP / 2, EDGE + HEAD + ROW * row, wide[name] - GAP)
                _draw_cell(ax, box, said[name], tones[said[name]])
        left += wide[name]
    _draw_legend(ax, shown, below + EDGE * 0.8 + KEY / 2)
    return ax


def _check(
    words: Collection[str], right: Collection[str], silent: Collection[str]
) -> None:
    """Refuse what says nothing, or two things."""
    if not words:
        raise ValueError("the table has no words; expected a row with some at least")
    if both := set(right) & set(silent):
        raise ValueError(f"{sorted(both)} are called right and silent; choose one")


def _widths(
    table: Mapping[str, Mapping[str, str]], columns: Collection[str]
) -> dict[str, float]:
    """Px that each column needs."""
    longest = {
        name: max(len(name), *(len(row.get(name, "")) for row in table.values()))
        for name in columns
    }
    return {name: PAD + LETTER * letters for name, letters in longest.items()}


def _tone(word: str, right: Collection[str], silent: Collection[str]) -> str:
    """Which of the three looks these words have."""
    return "right" if word in right else "silent" if word in silent else "told"


def _draw_cell(
    ax: Axes, box: tuple[float, float, float], words: str, tone: str
) -> None:
    """What comes of one row in one column."""
    left, top, wide = box
    look = {"linewidth": 1.2, "linestyle": DASHES[tone], **LOOKS[tone]}
    block(ax, left, top + GAP / 2, wide, ROW - GAP, corner=4, **look)
    write(ax, left + wide / 2, top + ROW / 2, words, TEXT, color=WORDS[tone])


def _draw_legend(ax: Axes, tones: Collection[str], y: float) -> None:
    """A small box for each look that is drawn, and what it says."""
    left = EDGE
    for tone in tones:
        look = {"linewidth": 1.2, "linestyle": DASHES[tone], **LOOKS[tone]}
        block(ax, left, y - KEY / 2, KEY, KEY, corner=3, **look)
        said = write(
            ax, left + 1.4 * KEY, y, SAYS[tone], TEXT, ha="left", color=COLORS["soft"]
        )
        left = said.get_path().get_extents().x1 + EDGE
