"""What a function of tensors did: the ATen operators that it called, in order.

The operators are recorded where torch hands them to a device, so derivatives by
autograd and maps by `vmap` are operators like all others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

Named = dict[str, Tensor]
DTYPES = {torch.float32: "f32", torch.float64: "f64", torch.bool: "mask"}


@dataclass(frozen=True, eq=False)
class Node:
    """One operator that was called, or an input.

    Parameters
    ----------
    name : str
        Such as "aten.add.Tensor", an operator in place by the name of the other;
        "input", "constant", "output", or "getitem" for one of several results.
    args : tuple
        Nodes, numbers, and lists of them.
    kwargs : dict
        Those by name.
    shape : tuple of int
        Of the result.
    dtype : str
        "f32", "f64", "mask" for conditions, or torch's name.
    """

    name: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    shape: tuple[int, ...] = ()
    dtype: str = ""

    @property
    def reads(self) -> list[Node]:
        """The nodes among its arguments."""
        return _nodes_in([*self.args, *self.kwargs.values()])


@dataclass(frozen=True)
class Trace:
    """What one function of named tensors did.

    Parameters
    ----------
    nodes : tuple of Node
        In order: the inputs, what was called, the output.
    inputs : tuple of str
        The names of the inputs.
    outputs : tuple of str
        The names of what the output lists.
    """

    nodes: tuple[Node, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def trace(function: Callable[[Named], Named], example: Named) -> Trace:
    """Record the operators that a function calls.

    Parameters
    ----------
    function : callable
        Named tensors to named tensors.
    example : dict of Tensor
        What it is called with; only shapes and dtypes matter.

    Returns
    -------
    Trace

    Raises
    ------
    ValueError
        A tensor that is none of the inputs, a number that is taken out of a tensor, a
        value that is read after it was written over: a program could not follow it.

    Gradient: derivatives that the function takes are recorded, not taken again.
    """
    with _Recorder(example) as recorder:
        results = function(dict(example))
        kept = [recorder.node(tensor) for tensor in results.values()]
    nodes = (*recorder.nodes, Node("output", (kept,)))
    return Trace(nodes, tuple(example), tuple(results))


class _Recorder(TorchDispatchMode):
    """Notes which node each tensor comes from; it keeps the tensors alive."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # else torch imports its compiler, which takes seconds

    def __init__(self, inputs: Named):
        super().__init__()
        self.nodes: list[Node] = []
        # Each tensor with its node, and how many nodes there were when it was noted.
        self._known: dict[int, tuple[Tensor, Node, int]] = {}
        self._inputs = {_memory(tensor) for tensor in inputs.values()}
        self._written: dict[int, int] = {}  # memory: nodes there were when it changed
        for tensor in inputs.values():
            self.note(tensor, Node("input", (), {}, *_kind(tensor)))

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name, kwargs = str(func), kwargs or {}
        if name.startswith("aten.lift_fresh"):  # a literal: made in the function itself
            result = func(*args, **kwargs)
            self.note(result, Node("constant", (result.tolist(),), {}, *_kind(result)))
            return result
        given = tuple(self.node(arg) for arg in args)
        named = {key: self.node(arg) for key, arg in kwargs.items()}
        if func._schema.is_mutable:
            self._write(name, args[0] if args else None)
            name = name.replace("_.", ".")
        result = func(*args, **kwargs)
        if isinstance(result, Tensor):
            self.note(result, Node(name, given, named, *_kind(result)))
        elif isinstance(result, list | tuple):
            several = Node(name, given, named)
            self.nodes.append(several)
            for k, part in enumerate(result):
                self.note(part, Node("getitem", (several, k), {}, *_kind(part)))
        elif Node(name, given, named).reads:
            raise ValueError(
                f"{name} takes a number out of a tensor, as `.item()` and `if` do: it "
                "would stay as it is now in every run; compute with the tensor itself"
            )
        return result

    def note(self, tensor: Tensor, node: Node) -> None:
        self._known[id(tensor)] = (tensor, node, len(self.nodes))
        self.nodes.append(node)

    def node(self, arg: Any) -> Any:
        """An argument with nodes in the place of tensors."""
        if isinstance(arg, list | tuple):
            return [self.node(part) for part in arg]
        if not isinstance(arg, Tensor):
            return arg
        if id(arg) not in self._known:
            raise ValueError(
                f"a tensor of shape {tuple(arg.shape)} is none of the inputs and would "
                "stay as it is now in every run: make it a number, or a field of the "
                "players or of the rule"
            )
        _, node, age = self._known[id(arg)]
        if age < self._written.get(_memory(arg), 0):
            raise ValueError(
                f"what {node.name} made is read after it was written over: write the "
                "loss, penalty or rule without operators in place"
            )
        return node

    def _write(self, name: str, first: Any) -> None:
        """An operator in place makes a new value, and the older ones are no more."""
        alone = isinstance(first, Tensor) and "_." in name  # no list, and no `out`
        if not alone or _memory(first) in self._inputs:
            what = "an input of the trace" if alone else "a tensor that it is given"
            raise ValueError(
                f"{name} writes over {what}: write the loss, penalty or rule without "
                "operators in place"
            )
        self._written[_memory(first)] = len(self.nodes)


def _memory(tensor: Tensor) -> int:
    """What tensors have in common that are views of one."""
    return tensor.untyped_storage()._cdata


def _kind(tensor: Tensor) -> tuple[tuple[int, ...], str]:
    return tuple(tensor.shape), DTYPES.get(tensor.dtype, str(tensor.dtype))


def _nodes_in(args: list[Any]) -> list[Node]:
    found: list[Node] = []
    for arg in args:
        if isinstance(arg, Node):
            found.append(arg)
        elif isinstance(arg, list):
            found += _nodes_in(arg)
    return found
