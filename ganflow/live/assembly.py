"""A module under construction: memory, programs and what a page chooses from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from ganflow.dynamics.players import Players
from ganflow.dynamics.scalars import Values
from ganflow.live.arithmetic import arithmetic
from ganflow.live.encoding import Code, Function, Module
from ganflow.live.functions import Kernels
from ganflow.live.graph import Trace
from ganflow.live.inputs import (
    choose,
    memory_of,
    named,
    numbers_of,
    rates_of,
    stacked,
)
from ganflow.live.instructions import get, whole
from ganflow.live.kinds import Call, Product, placed
from ganflow.live.loops import loops_of
from ganflow.live.memory import Memory
from ganflow.live.products import product_code, product_functions
from ganflow.live.tracing import (
    PROJECTED,
    trace_derivative,
    trace_move,
    trace_projection,
)
from ganflow.sweeps.settings import Setting

PAGE = 65536  # bytes
CHOICES = ("derive_G", "derive_D", "project_D")


class Assembly:
    """All functions of a module; first `memory` is filled, then programs are added.

    Parameters
    ----------
    base : GameSetting or GanSetting
        Its sizes and its epsilon count.
    rules : sequence of str
        Names of RULES.
    batch : int
        Samples that a derivative has drawn before it is called; 0 for none.
    """

    def __init__(self, base: Setting, rules: Sequence[str], *, batch: int = 0):
        self.memory = Memory()
        self._base, self._rules, self._batch = base, rules, batch
        self._kernels, self._functions = Kernels(), list[Function]()
        self._choices: dict[tuple[Code, ...], Function] = {}
        self.table: dict[str, int] = {}
        self._own, self._end, self._pack = 0, 0, 16
        values = stacked(base).start()
        held = {rule: memory_of(replace(base, rule=rule)) for rule in rules}
        self.spans = {
            prefix: {p: self._add_state(prefix, p, values, held) for p in "GD"}
            for prefix in ("", "next")
        }
        self.counts = {
            rule: {p: f"{rule} moves {p}0" for p in "GD"}
            for rule, own in held.items()
            if "moves" in own["G"]
        }
        for prefix in ("seen", "slope"):
            self.memory.add_all(named(prefix, values))
        for prefix in ("proposed", "projected"):
            self.memory.add_all(named(prefix, {p: values[p] for p in PROJECTED}))
        numbers = numbers_of(stacked(base))
        for rule in rules:
            numbers |= rates_of(replace(base, rule=rule))
        self.memory.add_all(numbers)

    def _add_state(
        self, prefix: str, player: str, values: Values, held: dict[str, Any]
    ) -> tuple[int, int]:
        """The bytes of one player: its parameters, then what a rule keeps."""
        start, _ = self.memory.add_all(named(prefix, {player: values[player]}))
        self.memory.add_one_of(
            {
                name: tensor
                for kept, tensors in own[player].items()
                for name, tensor in named(
                    f"{prefix} {rule} {kept}".strip(), {player: tensors}
                ).items()
            }
            for rule, own in held.items()
        )
        return start, self.memory.end

    def add_choices(
        self, players: Players, losses: Sequence[str], penalties: Sequence[str]
    ) -> None:
        """Add every derivative and projection to the table; equal ones are one.

        Parameters
        ----------
        players : Scalars or Networks
            As `stacked` makes them.
        losses : sequence of str
            Names of LOSSES.
        penalties : sequence of str
            Names of the players' PENALTIES.

        Raises
        ------
        ValueError
            What cannot be translated; a penalty that moves G's parameters.
        """
        for loss, penalty in product(losses, penalties):
            replace(self._base, loss=loss, penalty=penalty)  # it refuses other names
        for loss, penalty, player in product(losses, penalties, "GD"):
            found = trace_derivative(choose(players, loss, penalty), player)
            self._choose(f"derive {player} {loss} {penalty}", found)
        for penalty, player in product(penalties, "GD"):
            found = trace_projection(choose(players, losses[0], penalty), player)
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
        self.table[name] = list(self._choices.values()).index(found)

    def add(self, name: str, trace: Trace) -> None:
        """Add a program that the page calls by its name.

        Parameters
        ----------
        name : str
            A new one.
        trace : Trace
            What it does.

        Raises
        ------
        ValueError
            What cannot be translated.
        """
        body = self._body(trace)
        self._functions.append(Function(name, (), None, (), body, export=True))

    def add_moves(self) -> None:
        """Add the move of each player under each rule, after all that a move calls.

        Raises
        ------
        ValueError
            What cannot be translated.
        """
        self._own = self._end  # a derivative must not write over a move's temporaries
        params = (("number", "i64"), *((name, "i32") for name in CHOICES))
        for rule, player in product(self._rules, "GD"):
            body = self._body(trace_move(replace(self._base, rule=rule), player))
            name = f"move {player} {rule}"
            self._functions.append(Function(name, params, None, (), body, export=True))

    def _body(self, trace: Trace) -> tuple[Code, ...]:
        """The loops of a trace as instructions, its temporaries behind all names."""
        loops = loops_of(trace, self.memory.named)
        start = max(self.memory.end, self._own)
        at, end = placed(loops, self.memory.at, start)
        self._end = max(self._end, end)
        code, drawn = list[Code](), set[str]()
        for loop in loops:
            if isinstance(loop, Call):
                code += self._called(loop, drawn)
            elif isinstance(loop, Product):
                self._pack = max(self._pack, 4 * math.prod(loop.b.shape))
                code.append(product_code(loop, at))
            else:
                code.append(self._kernels.code(loop, at))
        return tuple(_joined_copies(code))

    def _called(self, call: Call, drawn: set[str]) -> list[Code]:
        """What the page chose; a player's first derivative has a batch drawn."""
        chosen = get(f"{call.kind}_{call.player}")
        code: list[Code] = [("call_indirect", ((), None), chosen)]
        if call.kind == "derive" and self._batch and call.player not in drawn:
            drawn.add(call.player)
            player = whole("GD".index(call.player))
            code.insert(0, ("call", "draw", player, get("number"), whole(self._batch)))
        return code

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
        commits = [
            Function(f"commit {p}", (), None, (), (self._commit(p),), export=True)
            for p in "GD"
        ]
        derive = ("call_indirect", ((), None), get("index"))
        index = (("index", "i32"),)
        functions = (
            *commits,
            Function("derive", index, None, (), (derive,), export=True),
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

    def _commit(self, player: str) -> Code:
        (to, _), (start, end) = (self.spans[prefix][player] for prefix in ("", "next"))
        return ("memory.copy", whole(to), whole(start), whole(end - start))


def _joined_copies(code: Sequence[Code]) -> list[Code]:
    """Copies of memory that follow one another, and each the last, as one."""
    found: list[Code] = []
    for one in code:
        before = found[-1] if found else ("",)
        if one[0] == before[0] == "memory.copy":
            (to, start, size), (_, *new) = (_constants(before), one)
            gap = new[0][1] - to
            if gap == new[1][1] - start and size <= gap < size + 16:
                numbers = (to, start, gap + new[2][1])
                found[-1] = ("memory.copy", *map(whole, numbers))
                continue
        found.append(one)
    return found


def _constants(code: Code) -> list[int]:
    return [operand[1] for operand in code[1:]]
