"""What an operation does to memory, read off its schema once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import flop_registry

# The factor of a loss scale depends on every gradient: it is not a reading.
HIDDEN = ("_amp_", "_fused_")
OVERWRITES = frozenset(
    ("zero_", "fill_", "copy_", "normal_", "uniform_", "random_", "bernoulli_")
)
# They take a shape from their argument, and no value.
SHAPES = frozenset(
    "empty_like zeros_like ones_like full_like rand_like randn_like randint_like "
    "new_empty new_zeros new_ones new_full new_empty_strided".split()
)
VALUES = ("Tensor", "number", "float")  # in the types of what can have a trail
ALIASES = frozenset(("_unsafe_view", "lift_fresh", "_reshape_alias"))
COPIES = frozenset(("_to_copy", "clone"))
SUMS = frozenset(("add", "sub", "lerp", "rsub", "addcmul"))
NORMS = frozenset(
    "native_batch_norm _native_batch_norm_legit _batch_norm_with_update "
    "cudnn_batch_norm miopen_batch_norm _native_batch_norm_legit_functional".split()
)
SIZES = frozenset(("linalg_vector_norm", "norm", "_foreach_norm"))
CLIPS = frozenset(("clamp_", "clamp_min_", "clamp_max_", "_foreach_clamp_max_"))


class Plan:
    """How one overload of an operation reads and writes.

    Parameters
    ----------
    call : torch._ops.OpOverload
        The operation.
    """

    __slots__ = (
        "adds",
        "copies",
        "cuts",
        "first",
        "flops",
        "idle",
        "joins",
        "listwise",
        "measures",
        "name",
        "norms",
        "out",
        "overwrites",
        "run",
        "weighs",
        "writes",
    )

    def __init__(self, call: Any):
        schema = call._schema
        self.name: str = schema.name.split("::")[-1]
        self.overwrites = self.name in OVERWRITES or self.name == "_foreach_zero_"
        self.overwrites |= self.name == "_foreach_copy_"
        self.out = any(a.is_out for a in schema.arguments)
        self.overwrites |= self.out
        self.listwise = self.name.startswith("_foreach_")
        self.writes = tuple(
            (place, argument.name, argument.kwarg_only)
            for place, argument in enumerate(schema.arguments)
            if argument.alias_info is not None and argument.alias_info.is_write
        )
        aliased = any(argument.alias_info is not None for argument in schema.arguments)
        taken = " ".join(str(argument.type) for argument in schema.arguments)
        bare = not any(kind in taken for kind in VALUES)
        # A view shares its block, and so its trail; a shape is no value.
        self.idle = self.name.startswith(HIDDEN) or (
            not self.writes and (aliased or bare or self.name in ALIASES | SHAPES)
        )
        self.cuts = self.name == "detach"
        self.copies = self.name in COPIES
        self.joins = self.name in ("cat", "stack")
        self.weighs = self.name in ("mul", "div")
        self.adds = self.name in SUMS or self.name == "add_"
        self.norms = self.name in NORMS
        self.measures = self.name in SIZES or self.name in CLIPS
        # What an overload does when it is called, without the call around it.
        self.run = call._op if type(call) is torch._ops.OpOverload else call
        self.first = {"mm": 0, "addmm": 1}.get(self.name)
        formula = flop_registry.get(call._overloadpacket)
        # Without its wrapper, which walks every argument as a tree.
        self.flops: Callable | None = getattr(formula, "__wrapped__", None)

    def count(self, args: tuple, kwargs: dict, made: Any) -> int:
        """The floating-point operations of a product; a product and a sum are two."""
        if self.flops is None:
            return 0
        if self.first is not None:
            (rows, inner), wide = args[self.first].shape, args[self.first + 1].shape[1]
            return 2 * rows * inner * wide
        shapes = tuple([_shape(one) for one in args])
        key = (self.name, *shapes)
        known = _counts.get(key)
        if known is None:
            named = {name: _shape(one) for name, one in kwargs.items()}
            out = [_shape(one) for one in made] if type(made) is tuple else _shape(made)
            known = self.flops(*map(_listed, shapes), **named, out_shape=out)
            if len(_counts) > 4096:
                _counts.clear()
            _counts[key] = known
        return known

    def written(self, args: tuple, kwargs: dict) -> list[Tensor]:
        """The tensors that a call overwrites."""
        found: list[Tensor] = []
        for place, name, keyword in self.writes:
            value = kwargs.get(name) if keyword or place >= len(args) else args[place]
            found.extend(tensors(value))
        return found

    def read(self, args: tuple, kwargs: dict) -> list[Tensor]:
        """The tensors that a call is given; what comes as `out=` is only written."""
        found = tensors_of(args)
        if self.out:
            names = {name for _, name, _ in self.writes}
            kwargs = {name: one for name, one in kwargs.items() if name not in names}
        if kwargs:
            found += tensors_of(tuple(kwargs.values()))
        return found


def _shape(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.shape
    return tuple(value) if type(value) is list else value


def _listed(value: Any) -> Any:
    return list(value) if type(value) is tuple else value


def tensors(value: Any) -> Iterator[Tensor]:
    """Every tensor in a value of an operation: itself, or in lists."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for one in value:
            if isinstance(one, Tensor):
                yield one
            elif isinstance(one, (list, tuple)):
                yield from tensors(one)


def tensors_of(values: tuple) -> list[Tensor]:
    """The tensors among an operation's values, and in lists among them."""
    found = []
    for one in values:
        if isinstance(one, Tensor):
            found.append(one)
        elif isinstance(one, (list, tuple)):
            found.extend(tensors(one))
    return found


_plans: dict[int, Plan] = {}
_counts: dict[tuple, int] = {}


def plan_of(call: Any) -> Plan:
    """The plan of an overload, made once."""
    plan = _plans.get(id(call))  # torch keeps its overloads for good
    if plan is None:
        plan = _plans[id(call)] = Plan(call)
    return plan


CONVOLUTION_BACKWARD = torch.ops.aten.convolution_backward
