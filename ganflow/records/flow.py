"""The book's table: rows are losses, columns are players."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import hypot

from ganflow.records.derivative_trace import DerivativeTrace

NO_PATH = "no path"
NOT_SEEN = "not seen"
CAPTION = "Which loss reaches whose parameters"


@dataclass(frozen=True)
class FlowCell:
    """What one loss sends to one player.

    Parameters
    ----------
    norm : float, >= 0, or None
        Euclidean norm of the derivative over the player's parameters; None when no
        derivative arrives at any of them.
    reached : int
        Parameters (tensors) that receive a derivative.
    total : int
        All parameters of the player.
    stepped : int, or None
        Of the parameters that receive a derivative, those that the step after this loss
        holds; None where nobody showed which step follows.
    why : str
        When norm is None, one of three: what was seen to cut the path ("detach", …);
        "not seen", and after a colon what hides whether there is one ("numpy()", made
        outside the watch, …); else "no path": nothing that was seen leads there. If
        nobody watched, that is all that autograd's graph tells.

    Raises
    ------
    ValueError
        More parameters are reached than there are, or more stepped than are reached; or
        there is a norm where none is reached, or none where some are.
    """

    norm: float | None
    reached: int
    total: int
    stepped: int | None = None
    why: str = ""

    def __post_init__(self):
        if not 0 <= self.reached <= self.total:
            raise ValueError(f"{self.reached} of {self.total} parameters reached")
        if (self.norm is None) != (self.reached == 0):
            raise ValueError(
                f"a norm belongs to a derivative that arrives: norm is {self.norm}, "
                f"{self.reached} parameters reached"
            )
        if self.stepped is not None and not 0 <= self.stepped <= self.reached:
            raise ValueError(
                f"{self.stepped} of {self.reached} reached parameters stepped"
            )

    @classmethod
    def of_norms(
        cls,
        norms: Sequence[float | None],
        *,
        held: Sequence[bool] | None = None,
        why: str = "",
    ) -> FlowCell:
        """Make a cell from one norm for each parameter.

        Parameters
        ----------
        norms : sequence of float or None
            For each parameter the norm of what arrives, None where nothing does.
        held : sequence of bool, or None
            For each parameter whether the step after the loss holds it; None where
            nobody showed which step follows.
        why : str
            As in `FlowCell`; left out where something arrives.
        """
        arrived = [norm for norm in norms if norm is not None]
        stepped = None
        if held is not None:
            pairs = zip(norms, held, strict=True)
            stepped = sum(norm is not None and its for norm, its in pairs)
        return cls(
            norm=hypot(*arrived) if arrived else None,
            reached=len(arrived),
            total=len(norms),
            stepped=stepped,
            why="" if arrived else why,
        )

    @property
    def state(self) -> str:
        """One word for what becomes of the derivative.

        "cut" (by what was seen), "not seen" and "no path": nothing arrives. "zero":
        zeros arrive. "stepped", "partly stepped" and "left behind": the step after the
        loss holds all, some or none of what arrives. "arrives": nobody showed which
        step follows.
        """
        if self.norm is None:
            why = self.why or NO_PATH
            return next((w for w in (NO_PATH, NOT_SEEN) if why.startswith(w)), "cut")
        return "zero" if self.norm == 0.0 else self._fate

    @property
    def _fate(self) -> str:
        if self.stepped is None:
            return "arrives"
        if self.stepped == self.reached:
            return "stepped"
        return "partly stepped" if self.stepped else "left behind"

    def words(self, digits: int = 4) -> str:
        """The cell as a reader sees it: "0.4213, left behind (3 of 6)" reaches 3."""
        if self.norm is None:
            return f"cut: {self.why}" if self.state == "cut" else self.why or NO_PATH
        size = "exactly 0" if self.norm == 0.0 else significant(self.norm, digits)
        fate = {
            "arrives": " arrives",
            "partly stepped": (
                f", {self.stepped} stepped, "
                f"{self.reached - (self.stepped or 0)} left behind"
            ),
        }.get(self._fate, f", {self._fate}")
        part = (
            "" if self.reached == self.total else f" ({self.reached} of {self.total})"
        )
        return f"{size}{fate}{part}"


@dataclass(frozen=True, repr=False)
class Flow:
    """Which loss reaches whose parameters: `table["loss_G", "D"]` is a `FlowCell`.

    `print(table)` gives a text table with four significant digits, for checked cells;
    a notebook shows the same words as an HTML table.

    Parameters
    ----------
    losses : tuple of str
        The rows.
    players : tuple of str
        The columns.
    cells : dict of (loss, player) -> FlowCell
        One for each row and column.

    Raises
    ------
    ValueError
        The cells are not those of the rows and columns.
    """

    losses: tuple[str, ...]
    players: tuple[str, ...]
    cells: Mapping[tuple[str, str], FlowCell]

    def __post_init__(self):
        wanted = {(loss, player) for loss in self.losses for player in self.players}
        if wanted != set(self.cells):
            raise ValueError(f"cells are {sorted(self.cells)}, not {sorted(wanted)}")

    @classmethod
    def fill(
        cls,
        held: Mapping[str, Collection[int] | None],
        players: Mapping[str, Sequence[int]],
        norms_of: Callable[[str], Mapping[str, Sequence[float | None]]],
        why_of: Callable[[str, str], str],
    ) -> Flow:
        """Make the table, loss by loss.

        Parameters
        ----------
        held : dict of loss -> ids, or None
            Which parameters the step after each loss holds, as `held_after` gives it.
        players : dict of player -> ids
            The columns: each player's parameters.
        norms_of : callable, loss -> dict of player -> norms
            One norm for each parameter, in the order of `players`, None where no
            derivative arrives. Asked once for each loss.
        why_of : callable, (loss, player) -> str
            Why no derivative arrives at the player; asked only where none does.
        """
        cells = {}
        for loss, its in held.items():
            for player, norms in norms_of(loss).items():
                cut = all(norm is None for norm in norms)
                cells[loss, player] = FlowCell.of_norms(
                    norms,
                    held=None if its is None else [p in its for p in players[player]],
                    why=why_of(loss, player) if cut else "",
                )
        return cls(tuple(held), tuple(players), cells)

    def __getitem__(self, where: tuple[str, str]) -> FlowCell:
        if where not in self.cells:
            raise KeyError(
                f"{where!r} is no cell: ask for (loss, player) with a loss of "
                f"{', '.join(self.losses)} and a player of {', '.join(self.players)}"
            )
        return self.cells[where]

    def text(self, digits: int = 4) -> str:
        """The table in plain ASCII, each number rounded to `digits` digits."""
        rows = [["loss", *self.players]]
        for loss in self.losses:
            cells = (self[loss, player] for player in self.players)
            rows.append([loss, *(cell.words(digits) for cell in cells)])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [" | ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        lines.insert(1, "-+-".join("-" * width for width in widths))
        return "\n".join(lines)

    __str__ = __repr__ = text

    def _repr_html_(self) -> str:
        heads = "".join(_head(player) for player in self.players)
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left">{escape(loss)}</th>'
            + "".join(_data(player, self[loss, player]) for player in self.players)
            + "</tr>"
            for loss in self.losses
        )
        return (
            f'<table class="gf-flow"><caption>{CAPTION}</caption>'
            f'<thead><tr><th scope="col" style="text-align:left">loss</th>{heads}</tr>'
            f"</thead><tbody>{rows}</tbody></table>"
        )


def why_nothing_arrives(
    trace: DerivativeTrace | None, player: str, *, frozen: bool, whole: bool = True
) -> str:
    """Say why nothing arrives at a player: the watch's word first, if there is one.

    Parameters
    ----------
    trace : DerivativeTrace or None
        Of the loss; None when nobody watched.
    player : str
        One at whom no derivative of the loss arrives.
    frozen : bool
        No parameter of the player wants a derivative.
    whole : bool
        The watch was on while all of the loss was made.

    Returns
    -------
    str
        What `FlowCell.why` holds.
    """
    if trace is not None and player in trace.networks:
        if player in trace.called and (reasons := trace.why_not(player)):
            return ", ".join(reasons)
        if hidden := trace.not_seen(player):
            return f"{NOT_SEEN}: {', '.join(hidden)}"
        if whole:
            called = player in trace.called
            return NO_PATH if called else f"{NO_PATH}: never called"
    if frozen:
        return "frozen parameter"
    return NO_PATH if whole else f"{NOT_SEEN}: made outside the watch"


def significant(value: float, digits: int) -> str:
    """`value` rounded to `digits` significant digits, trailing zeros kept."""
    mantissa, *exponent = f"{value:#.{digits}g}".split("e")
    return "e".join([mantissa.rstrip("."), *exponent])


def _mark(player: str) -> tuple[str, str]:
    """The class and the coloured edge of a player's column; only G and D have one."""
    fallback = {"G": "#0072B2", "D": "#D55E00"}.get(player)
    if fallback is None:
        return "gf-player", "text-align:left"
    edge = f"border-left:.25em solid var(--gf-{player},{fallback})"
    return f"gf-{player}", f"text-align:left;padding-left:.6em;{edge}"


def _head(player: str) -> str:
    css, style = _mark(player)
    return f'<th scope="col" class="{css}" style="{style}">{escape(player)}</th>'


def _data(player: str, cell: FlowCell) -> str:
    css, style = _mark(player)
    state = cell.state.replace(" ", "-")
    words = escape(cell.words())
    sign = {"cut": "✕ ", "stepped": "→ ", "partly-stepped": "→ "}.get(state, "")
    return f'<td class="{css} gf-{state}" style="{style}">{sign}{words}</td>'
