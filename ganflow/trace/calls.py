"""What the watch writes down of one torch call, and how it reads the call's tensors.

Plain Python only: a `Call` holds no tensor and no autograd node, so keeping one keeps
no graph alive.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils.checkpoint import CheckpointFunction

from ganflow.records.derivative_trace import ONE_PIECE

GradNode = Any  # a node of autograd's graph; torch's own type has not all that it has
# Properties whose value is a new tensor made from the old one; others only look.
PROPERTIES = {"data": ".data", "T": "T", "mT": "mT", "H": "H", "mH": "mH"}
PROPERTIES |= {"real": "real", "imag": "imag"}
# Calls that make no value and change none.
SILENT = frozenset(
    "dim size stride numel nelement element_size storage_offset is_floating_point "
    "is_complex is_contiguous __len__ __bool__ __repr__ __format__ "
    "__hash__ requires_grad_ retain_grad register_hook _set_grad_enabled "
    "get_device is_same_size __iter__ __contains__".split()
)
# Calls by which a value leaves torch; what becomes of it there, the watch cannot see.
DOORS = {"numpy": "numpy()", "__array__": "numpy()", "__dlpack__": "dlpack"}
NUMBER = "item()"
DOORS |= {"tolist": "tolist()", "item": NUMBER, "data_ptr": "data_ptr()"}
DOORS |= dict.fromkeys(("__float__", "__int__", "__index__", "__complex__"), NUMBER)
DOORS |= dict.fromkeys(("untyped_storage", "storage"), "saved or pickled")
# Calls that make a tensor of what is none: numbers, lists, arrays.
ENTRANCES = frozenset({"tensor", "as_tensor", "asarray", "new_tensor", "new"})
# Calls that make one value of each tensor they are given.
ONE_BY_ONE = frozenset(
    "broadcast_tensors meshgrid align_tensors atleast_1d atleast_2d atleast_3d".split()
)
# Calls that overwrite all of a tensor, whatever was in it.
OVERWRITES = frozenset(
    "zero_ fill_ copy_ normal_ uniform_ random_ bernoulli_ exponential_ geometric_ "
    "cauchy_ log_normal_ ones_ zeros_ constant_ trunc_normal_ xavier_uniform_ eye_ "
    "xavier_normal_ kaiming_uniform_ kaiming_normal_ orthogonal_ dirac_ sparse_".split()
)
# The same memory, the same value, and no history.
ALIASES = frozenset({"detach", ".data", "detach_"})


class Source(NamedTuple):
    """A value that a call used.

    Parameters
    ----------
    call : Call
        Where the value came from.
    live : bool
        A derivative could travel back to it.
    cut : str or None
        What stops it on this one way, when the value itself does carry a derivative.
    """

    call: Call
    live: bool
    cut: str | None = None

    @property
    def reason(self) -> str | None:
        """What stops a derivative between the user of the value and the value."""
        if self.live:
            return None
        if self.call.kind == "parameter":
            return self.cut or "frozen parameter"
        return self.cut or self.call.reason


@dataclass(eq=False, slots=True)
class Call:
    """One value's origin: a watched call, or a leaf.

    Parameters
    ----------
    number : int
        When it was: a later call has a higher one.
    name : str
        What was called, such as "linear"; a leaf's own name.
    kind : "operation", "parameter" or "input"
        As in `Node`.
    network : str or None
        The network it ran in, or belongs to.
    layer : str or None
        The path of its layer in the network.
    shape : tuple of int, or None
        Of its value.
    sources : tuple of Source
        The values it used.
    reason : str or None
        Why no derivative passes this value although a source had one to give.
    live : bool
        Its value carried a derivative when it was made.
    before : bool
        It stands for all that was recorded before the watch began.
    outside : bool
        It was made before the watch began, or after it ended.
    unseen : dict of network -> str
        The networks whose values may be in it on a way that was not seen, and what
        hides the way, such as "numpy()".
    networks : frozenset of str
        All networks whose values are in it, or may be. Derived.
    """

    number: int
    name: str
    kind: str = "operation"
    network: str | None = None
    layer: str | None = None
    shape: tuple[int, ...] | None = None
    sources: tuple[Source, ...] = ()
    reason: str | None = None
    live: bool = False
    before: bool = False
    outside: bool = False
    unseen: Mapping[str, str] = field(default_factory=dict)
    networks: frozenset[str] = frozenset()

    def __post_init__(self):
        own = [self.network] if self.kind == "parameter" and self.network else []
        behind = (source.call.networks for source in self.sources)
        self.networks = frozenset(own).union(self.unseen, *behind)

    @property
    def is_alias(self) -> bool:
        """Whether it only passes on another value's memory: it gets no box."""
        return self.kind == "operation" and self.name in ALIASES

    @property
    def is_leaf(self) -> bool:
        """Whether it is a parameter or an input, not an operation."""
        return self.kind != "operation"


def name_of(func: Any) -> str | None:
    """What a reader calls `func`: "linear", ".data"; None if it makes no value."""
    name = getattr(func, "__name__", "")
    if name == "__get__":
        return PROPERTIES.get(func.__self__.__name__)
    if name == "__set__":
        return "set data" if func.__self__.__name__ == "data" else None
    if name in SILENT:
        return None
    if name.startswith("__") and name.endswith("__"):
        plain = name.strip("_")
        return plain + "_" if plain in IN_PLACE_OPERATORS else plain
    return name or type(func).__name__


IN_PLACE_OPERATORS = frozenset(
    "iadd isub imul itruediv ifloordiv imod ipow iand ior ixor setitem".split()
)


def tensors_in(value: object) -> Iterator[Tensor]:
    """Every tensor in nested lists, tuples and dicts, in order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from tensors_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from tensors_in(item)


def carries(value: Tensor) -> bool:
    """Whether a derivative can leave `value`, for its history or for itself as a leaf.

    `requires_grad` does not tell. A view made under no_grad takes it from its base and
    still has no way back; once that base is written to, torch refuses even to look.
    """
    if not value.requires_grad:
        return False
    try:
        if value.grad_fn is not None:
            return True
    except RuntimeError:
        return False
    return value._base is None or not value._base.requires_grad


def values_in(name: str, args: tuple, kwargs: dict) -> tuple[object, ...]:
    """What of a call's arguments its value comes from.

    Some tensors give a shape, a dtype or a device only: a target that is
    `ones_like(score)` does not come from the score. What is overwritten as a whole
    is no source either, unless autograd goes on through it.

    Parameters
    ----------
    name : str
        The call, as `name_of` has it.
    args, kwargs : tuple and dict
        The call's arguments.
    """
    rest = {key: given for key, given in kwargs.items() if key != "out"}
    if name == "deepcopy":  # besides, it is given what it has copied already
        return args[:1]
    if name.endswith("_like") or name.startswith("new_") or name == "new":
        return args[1:], {k: v for k, v in rest.items() if k not in ("input", "self")}
    if name.endswith(("_as", "_as_")) or name == "to":
        return args[:1], {k: v for k, v in rest.items() if k not in ("other", "tensor")}
    if name in OVERWRITES:
        first = args[0] if args else rest.get("tensor", rest.get("input"))
        if isinstance(first, Tensor) and not carries(first) and fills_block(first):
            keys = ("tensor", "input")
            return args[1:], {k: v for k, v in rest.items() if k not in keys}
    return args, rest


def fills_block(value: Tensor) -> bool:
    """Whether a tensor is all that its block of memory holds, not a view of a part."""
    try:
        whole = value.untyped_storage().nbytes()
    except (NotImplementedError, RuntimeError):
        return False
    return value.is_contiguous() and value.numel() * value.element_size() == whole


def written_by(
    name: str, args: tuple, kwargs: dict, made: list[Tensor]
) -> list[Tensor]:
    """The tensors whose memory the call overwrote, as far as its form tells.

    Buffers that an operation updates on the side (the running statistics of batch
    norm) are not among them: its result does not come from them.
    """
    if name in ("setitem_", "set data"):
        return [args[0]]
    if kwargs.get("out") is not None:
        return list(tensors_in(kwargs["out"]))
    in_place = name.endswith("_") or kwargs.get("inplace") is True
    if not in_place or name == "detach_":
        return []
    given = {id(t) for t in tensors_in((args, kwargs))}
    return [t for t in made if id(t) in given]


def why_cut(name: str) -> str:
    """The reason why the call that just ran gave no derivative though it had one."""
    if name in ALIASES:
        return name
    if name == "set data":
        return ".data"
    if torch.is_inference_mode_enabled():
        return "inference_mode"
    if not torch.is_grad_enabled():
        return ONE_PIECE if _in_reentrant_checkpoint() else "no_grad"
    return "create_graph=False" if name == "grad" else "not differentiable"


def _in_reentrant_checkpoint() -> bool:
    """Whether the code that runs now was called by a checkpoint's forward pass."""
    frame, wanted = sys._getframe(), CheckpointFunction.forward.__code__
    while frame is not None and frame.f_code is not wanted:
        frame = frame.f_back
    return frame is not None
