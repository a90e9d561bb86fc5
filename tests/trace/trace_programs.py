"""Random torch programs for the trace: made by hypothesis, run with or without cuts."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass

import torch
from hypothesis import strategies as st
from torch import nn
from torch.utils.checkpoint import checkpoint

WIDTH = 3
MAPS = ("tanh", "relu", "clone", "view", "row", "half", "custom", "checkpoint")
JOINS = ("add", "mul", "matmul", "cat", "where", "maximum", "einsum")
IN_PLACE = ("mul_", "add_", "relu_", "zero_", "row_copy_", "setitem")
CUTS = ("detach", ".data", "detach_", "leaf", "detach_write", "data_write", "freeze")
STOPS = ("argmax", "max_index", "grad")
OPS = ("net",) * 6 + MAPS + JOINS + 2 * IN_PLACE + 2 * CUTS + STOPS
WHERE = ("plain",) * 6 + ("no_grad", "inference_mode")


@dataclass(frozen=True)
class Step:
    """One line of a program: `op` on values number `a` and `b`, in what surrounding."""

    op: str
    a: int
    b: int
    where: str = "plain"


@dataclass(frozen=True)
class Program:
    """Which weights start frozen, what is done, which values the loss is made of."""

    frozen: frozenset[int]
    steps: tuple[Step, ...]
    ends: tuple[int, ...]


NUMBER = st.integers(0, 6)
STEPS = st.builds(Step, st.sampled_from(OPS), NUMBER, NUMBER, st.sampled_from(WHERE))
PROGRAMS = st.builds(
    Program,
    st.frozensets(st.integers(0, 8), max_size=6),
    st.lists(STEPS, min_size=5, max_size=14).map(tuple),
    st.lists(NUMBER, min_size=1, max_size=3).map(tuple),
)


class Cube(torch.autograd.Function):
    """An operation that torch does not know: x ** 3."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, slope):
        (x,) = ctx.saved_tensors
        return slope * 3 * x**2


class World:
    """Two networks, a player tensor, an unnamed weight, two inputs; always the same."""

    def __init__(self, frozen=frozenset()):
        rng = torch.Generator().manual_seed(0)

        def draw():
            return torch.rand(WIDTH, WIDTH, generator=rng) / 2 + 0.25

        self.G, self.D = (
            nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.Tanh(), nn.Linear(WIDTH, WIDTH))
            for _ in range(2)
        )
        for weight in [*self.G.parameters(), *self.D.parameters()]:
            weight.data.copy_(
                draw()[: weight.dim()].reshape(-1)[: weight.numel()]
                if weight.dim() == 1
                else draw()
            )
        self.theta = draw().requires_grad_()
        self.unnamed = draw().requires_grad_()
        self.x, self.z = draw(), draw()
        weights = [*self.G.parameters(), *self.D.parameters()]
        for number in frozen:
            if number < len(weights):
                weights[number].requires_grad_(False)
        self.named = {"G": self.G, "D": self.D, "theta": self.theta}
        self.named |= {"x": self.x, "z": self.z}
        self.weights = {("theta", "theta"): self.theta}
        for name in "GD":
            for own, weight in self.named[name].named_parameters():
                self.weights[name, own] = weight


class Run:
    """Runs a program; `cuts=False` leaves out every cut that can be left out."""

    def __init__(self, world: World, program: Program, *, cuts: bool = True):
        self.world, self.program, self.cuts = world, program, cuts
        self.values = [world.x, world.z, world.theta, world.unnamed]
        self.skipped = []  # lines that torch itself refuses, such as a write to a leaf

    def loss(self) -> torch.Tensor:
        for number, step in enumerate(self.program.steps):
            try:
                self._step(step)
            except RuntimeError:
                self.skipped.append(number)
        loss = torch.zeros(())
        for end in self.program.ends:
            try:
                loss = loss + self._at(end).sum()
            except RuntimeError:
                self.skipped.append(end)
        return loss

    def _at(self, number: int) -> torch.Tensor:
        return self.values[-1 - number % len(self.values)]

    def _step(self, step: Step) -> None:
        surrounding = nullcontext()
        if self.cuts and step.where != "plain":
            surrounding = getattr(torch, step.where)()
        with surrounding:
            made = self._do(step, self._at(step.a), self._at(step.b))
        if made is not None:
            outside = step.where == "inference_mode" and made.is_inference()
            self.values.append(made.clone() if outside else made)

    def _do(self, step: Step, a: torch.Tensor, b: torch.Tensor):
        op = step.op
        for table in (MAP, JOIN):
            if op in table:
                return table[op](*(a, b)[: 1 if table is MAP else 2])
        if op == "net":
            return (self.world.G if step.b % 2 else self.world.D)(a)
        if op == "checkpoint":
            return checkpoint(self.world.G, a, use_reentrant=False)
        if op == "grad":
            (slope,) = torch.autograd.grad(a.sum(), b, create_graph=True)
            return slope
        if op in CUTS:
            return self._cut(step, a, b)
        return WRITE[op](a, b)

    def _cut(self, step: Step, a: torch.Tensor, b: torch.Tensor):
        op = step.op
        if op == "detach_":
            return a.detach_() if self.cuts and not a.is_leaf else a
        if op == "freeze":
            weights = [*self.world.G.parameters(), *self.world.D.parameters()]
            weights[step.b].requires_grad_(not self.cuts)
            return None
        alias = a
        if self.cuts:
            alias = a.data if op.startswith((".data", "data")) else a.detach()
        if op == "leaf":
            return alias.requires_grad_() if self.cuts else alias
        if op.endswith("write"):
            alias.mul_(b)
            return None
        return alias


MAP = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "clone": torch.clone,
    "view": lambda a: a.view(-1).view(WIDTH, WIDTH),
    "row": lambda a: a[1].expand(WIDTH, WIDTH),
    "half": lambda a: a.chunk(2, dim=1)[0][:, :1].expand(WIDTH, WIDTH),
    "custom": Cube.apply,
    "argmax": lambda a: a.argmax(1, keepdim=True).expand(WIDTH, WIDTH) * 0.5,
    "max_index": lambda a: a.max(1, keepdim=True)[1] * a.max(1, keepdim=True)[0] + a,
}
JOIN = {
    "add": torch.add,
    "mul": lambda a, b: a * b,
    "matmul": lambda a, b: a @ b.T,
    "cat": lambda a, b: torch.cat([a[:1], b[1:]]),
    "where": lambda a, b: torch.where(a > b, a, b),
    "maximum": torch.maximum,
    "einsum": lambda a, b: torch.einsum("ij,jk->ik", a, b),
}


def _set_row(a: torch.Tensor, b: torch.Tensor) -> None:
    a[0] = b[1]


WRITE = {
    "mul_": lambda a, b: a.mul_(b),
    "add_": lambda a, b: a.add_(b),
    "relu_": lambda a, b: a.relu_(),
    "zero_": lambda a, b: a.zero_(),
    "row_copy_": lambda a, b: a[2].copy_(b[0]).expand(WIDTH, WIDTH),
    "setitem": _set_row,
}
