"""A module under construction: memory, programs and what a page chooses from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from ganflow.dynamics.players import Players
from ganflow.dynamics.rules import RULES
from ganflow.live.arithmetic import arithmetic
from ganflow.live.encoding import Code, Function, Module
from ganflow.live.expressions import (
    Part,
    call,
    call_chosen,
    codes,
    constant,
    function,
    variable,
    variables,
)
from ganflow.live.functions import Kernels
from ganflow.live.graph import Trace
from ganflow.live.inputs import (
    changed,
    memory_of,
    named,
    numbers_of,
    rates_of,
    read_by,
    stacked,
)
from ganflow.live.loops import Call, Product
from ganflow.live.memory import Memory, placed
from ganflow.live.products import product_code, product_functions
from ganflow.live.tracing import (
    PROJECTED,
    trace_derivative,
    trace_move,
    trace_projection,
)
from ganflow.live.translation import loops_of
from ganflow.sweeps.settings import LIMITS, Setting

PAGE = 65536  # bytes
SEEDS = {"whole": True, "least": 0, "below": 2**32}  # of the weights' Mersenne twister


class Assembly:
    """All functions of a module: fill `memory`, `add` programs, then take `module`.

    Parameters
    ----------
    base : GameSetting or GanSetting
        Its sizes and its epsilon count.
    losses : sequence of str
        Names of LOSSES.
    penalties : sequence of str
        Names of the players' PENALTIES.
    rules : sequence of str
        Names of RULES.
    batch : int
        Samples that a derivative has drawn before it is called; 0 for none.

    Raises
    ------
    ValueError
        A name that is not known, or none at all.
    """

    def __init__(
        self,
        base: Setting,
        losses: Sequence[str],
        penalties: Sequence[str],
        rules: Sequence[str],
        *,
        batch: int = 0,
    ):
        self._base, self._batch = base, batch
        self._names = {"losses": losses, "penalties": penalties, "rules": rules}
        for name, known in self._names.items():
            if not known:
                raise ValueError(f"{name} is {known!r}; expected at least one name")
        for loss, penalty, rule in product(losses, penalties, rules):
            replace(base, loss=loss, penalty=penalty, rule=rule)  # refuses other names
        self.players = stacked(base)
        self.memory, self._kernels = Memory(), Kernels()
        self._functions = list[Function]()
        self._choices: dict[tuple[Code, ...], Function] = {}
        self._table: dict[str, int] = {}
        self._spans: dict[str, dict[str, tuple[int, int]]] = {}
        # Where temporaries begin and end; the bytes of the largest right factor.
        self._start, self._end, self._pack = 0, 0, 16
        self._add_state()

    def _add_state(self) -> None:
        """Parameters, what rules keep of them, what derivatives read, and numbers."""
        values, names = self.players.start(), self._names
        rules = {rule: replace(self._base, rule=rule) for rule in names["rules"]}
        held = {rule: memory_of(setting) for rule, setting in rules.items()}
        for prefix in ("state", "next"):
            self._spans[prefix] = {}
            lead = "next " * (prefix == "next")
            for player in "GD":
                own = {player: values[player]}
                start, _ = self.memory.add_all(named(lead.strip(), own))
                groups = []
                for rule in rules:
                    kept = held[rule][player].items()
                    each = (named(f"{lead}{rule} {n}", {player: t}) for n, t in kept)
                    groups.append(
                        {name: t for some in each for name, t in some.items()}
                    )
                self.memory.add_one_of(groups)
                self._spans[prefix][player] = start, self.memory.end
        self._counts = {
            rule: {player: f"{rule} moves {player}0" for player in "GD"}
            for rule, kept in held.items()
            if "moves" in kept["G"]
        }
        for prefix in ("seen", "slope"):
            self.memory.add_all(named(prefix, values))
        for prefix in ("proposed", "projected"):
            self.memory.add_all(named(prefix, {p: values[p] for p in PROJECTED}))
        numbers = numbers_of(self.players)
        for setting in rules.values():
            numbers |= rates_of(setting)
        self.memory.add_all(numbers)

    def players_of(self, loss: str, penalty: str = "none") -> Players:
        """The players under a loss and a penalty."""
        return changed(self.players, {"loss": loss, "penalty": penalty})

    def add(self, name: str, trace: Trace) -> None:
        """Add a program that the page calls by its name."""
        self._functions.append(
            Function(name, (), None, (), self._body(trace), export=True)
        )

    def add_choices(self) -> None:
        """Add every derivative and projection to the table; equal ones are one.

        Raises
        ------
        ValueError
            What cannot be translated; a penalty that moves G's parameters.
        """
        losses, penalties = self._names["losses"], self._names["penalties"]
        for loss, penalty, player in product(losses, penalties, "GD"):
            found = trace_derivative(self.players_of(loss, penalty), player)
            self._choose(f"derive {player} {loss} {penalty}", found)
        for penalty, player in product(penalties, "GD"):
            found = trace_projection(self.players_of(losses[0], penalty), player)
            if player in PROJECTED:
                self._choose(f"project {player} {penalty}", found)
            elif found.nodes[-1].args[0] != list(found.nodes[: len(found.outputs)]):
                raise ValueError(
                    f"the penalty {penalty} puts parameters of {player} back; a page "
                    f"does that for {', '.join(PROJECTED)} only"
                )

    def _choose(self, name: str, trace: Trace) -> None:
        place = len(self._choices)
        made = Function(f"choice {place}", (), None, (), self._body(trace))
        found = self._choices.setdefault(made.body, made)
        self._table[name] = list(self._choices.values()).index(found)

    def add_moves(self) -> None:
        """Add the move of each player under each rule, after all that a move calls.

        Raises
        ------
        ValueError
            What cannot be translated.
        """
        self._start = self._end  # a derivative must not write over what a move keeps
        choices = variables("i32", "derive_G derive_D project_D")
        params = [variable("i64", "number"), *choices]
        for rule, player in product(self._names["rules"], "GD"):
            body = self._body(trace_move(replace(self._base, rule=rule), player))
            name = f"move {player} {rule}"
            self._functions.append(function(name, params, body, export=True))

    def _body(self, trace: Trace) -> tuple[Code, ...]:
        """The loops of a trace as instructions, its temporaries behind all names."""
        loops = loops_of(trace, self.memory.named)
        start = max(self.memory.end, self._start)
        at, end = placed(loops, self.memory.at, start)
        self._end = max(self._end, end)
        code, drawn = list[Part](), set[str]()
        for loop in loops:
            if isinstance(loop, Call):
                if loop.kind == "derive" and self._batch and loop.player not in drawn:
                    drawn.add(loop.player)
                    code.append(self._draw(loop.player))
                code.append(call_chosen(variable("i32", f"{loop.kind}_{loop.player}")))
            elif isinstance(loop, Product):
                self._pack = max(self._pack, 4 * math.prod(loop.b.shape))
                code.append(product_code(loop, at))
            else:
                code.append(self._kernels.code(loop, at))
        return tuple(_joined_copies(codes(code)))

    def _draw(self, player: str) -> Part:
        """The batch of a player's move, for its first derivative in it."""
        numbers = constant("i32", "GD".index(player)), variable("i64", "number")
        return call("", "draw", *numbers, constant("i32", self._batch))

    def module(
        self,
        others: Sequence[Function] = (),
        variables: tuple[tuple[str, str, float], ...] = (),
        data: tuple[tuple[int, bytes], ...] = (),
    ) -> Module:
        """All together.

        Parameters
        ----------
        others : sequence of Function
            Such as those that draw.
        variables : tuple of (name, type, number)
            Their global variables.
        data : tuple of (int, bytes)
            What the memory holds at the start.

        Returns
        -------
        Module
        """
        index = variable("i32", "index")
        functions = (
            *map(self._commit, "GD"),
            function("derive", [index], [call_chosen(index)], export=True),
            *self._functions,
            *self._choices.values(),
            *others,
            *self._kernels.functions,
            *product_functions(self._end),
            *arithmetic(),
        )
        table = tuple(choice.name for choice in self._choices.values())
        pages = -(-(self._end + self._pack) // PAGE)
        return Module(functions, variables, pages, table, data)

    def _commit(self, player: str) -> Function:
        (to, _), (start, end) = (self._spans[of][player] for of in ("state", "next"))
        code = _copy(to, start, end - start)
        return Function(f"commit {player}", (), None, (), (code,), export=True)

    def layout(self, kind: str) -> dict[str, Any]:
        """What GANs ("gan") and games ("game") share of a layout, of JSON types."""
        at = self.memory.described()
        spans = {
            of: {player: list(span) for player, span in own.items()}
            for of, own in self._spans.items()
        }
        return {
            "kind": kind,
            "at": {name: at[name] for name in at if not name.startswith("next ")},
            "table": self._table,
            **spans,
            "counts": self._counts,
            "reads": {rule: read_by(RULES[rule]) for rule in self._names["rules"]},
            "limits": LIMITS | {"seed": SEEDS},
            "epsilon": self._base.epsilon,
            **{name: list(known) for name, known in self._names.items()},
        }


def _copy(to: int, start: int, size: int) -> Code:
    return ("memory.copy", *(("i32.const", number) for number in (to, start, size)))


def _joined_copies(code: Sequence[Code]) -> list[Code]:
    """Copies of memory that follow one another, and each the last, as one."""
    found: list[Code] = []
    for one in code:
        if found and one[0] == found[-1][0] == "memory.copy":
            to, start, size = (operand[1] for operand in found[-1][1:])
            next_to, next_start, next_size = (operand[1] for operand in one[1:])
            gap = next_to - to
            if gap == next_start - start and size <= gap < size + 16:
                found[-1] = _copy(to, start, gap + next_size)
                continue
        found.append(one)
    return found
