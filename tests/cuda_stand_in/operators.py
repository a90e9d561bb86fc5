"""Every operator that reaches cuda:0: checked as CUDA would, computed on the CPU."""

from __future__ import annotations

import sys
import traceback
import warnings
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_flatten, tree_map_only, tree_unflatten

aten = torch.ops.aten
SEEN = torch.ops.cuda_stand_in  # device.cpp: `there`, `here`, `here_generator`
KEYS = ("CPU", "CompositeExplicitAutograd", "CompositeExplicitAutogradNonFunctional")
# A copy to another device is two operators, of which copy_ is checked here; set_ is in
# device.cpp; resize_ would move memory that is seen from two sides.
LEFT = {"_to_copy", "set_", "resize_", "resize_as_"}
INSTEAD = {aten._efficientzerotensor.default: aten.zeros.default}  # it has no memory
WAITING = {  # the host needs a number, or a size, of what is on the device
    aten._local_scalar_dense.default,
    aten._unique2.default,
    aten.bincount.default,
    aten.equal.default,
    aten.is_nonzero.default,
    aten.masked_select.default,
    aten.nonzero.default,
    aten.repeat_interleave.Tensor,
    aten.unique_consecutive.default,
    aten.unique_dim.default,
}
INDEXED = {"index", "index_put", "index_put_", "_index_put_impl_", "_unsafe_index"}
TAKE_NUMBERS = {"fill", "fill_", "masked_fill", "masked_fill_", "where"}
KERNELS = torch.library.Library("aten", "IMPL")


@dataclass
class State:
    """What the device is doing.

    Attributes
    ----------
    steps : list or None
        Where the operators of the graph that is being recorded go.
    when_waiting : str
        "default", "warn" or "error": as `torch.cuda.set_sync_debug_mode`.
    """

    steps: list | None = None
    when_waiting: str = "default"


STATE = State()


def register() -> None:
    """Give cuda:0 every operator that the CPU has."""
    found = map(torch._C._dispatch_get_registrations_for_dispatch_key, KEYS)
    with warnings.catch_warnings():  # some have a kernel for any device
        warnings.filterwarnings("ignore", "Warning only once for all operators")
        for name in sorted(set().union(*found)):
            space, _, full = name.partition("::")
            base, _, overload = full.partition(".")
            if space == "aten" and base not in LEFT:
                op = getattr(getattr(aten, base), overload or "default")
                if not _is_view(op):
                    kernel = partial(run, op)
                    KERNELS.impl(full, kernel, "CUDA", allow_override=True)


def _is_view(op: Any) -> bool:
    """Whether it shows the memory that it is given; then device.cpp or torch has it."""
    returned = [value.alias_info for value in op._schema.returns]
    return bool(returned) and all(
        alias is not None and not alias.is_write for alias in returned
    )


def run(op: Any, *args: Any, **kwargs: Any) -> Any:
    """Check one call of an operator, compute it, and record it if a graph is on."""
    flat, spec = tree_flatten((args, kwargs))
    device = kwargs.get("device")
    if device is None:
        is_there = any(isinstance(x, Tensor) and x.is_cuda for x in flat)
    else:
        is_there = device.type == "cuda"
    _check_devices(op, args, flat)
    _check_generators(flat, is_there)
    if why := _waits(op, args, kwargs):
        wait(why)
    near = [_here(x) for x in flat]
    near_args, near_kwargs = tree_unflatten(near, spec)
    op = INSTEAD.get(op, op)
    out = op(*near_args, **near_kwargs)
    if STATE.steps is not None and is_there:
        STATE.steps.append((op, near_args, near_kwargs, out))
    if not is_there:
        return out
    given = {id(n): x for n, x in zip(near, flat, strict=True)}
    return tree_map_only(
        Tensor, lambda x: given[id(x)] if id(x) in given else SEEN.there(x), out
    )


def wait(why: str) -> None:
    """What CUDA does where the host has to wait for the device."""
    said = f"called a synchronizing CUDA operation ({why}, {_caller()})"
    if STATE.steps is not None:
        raise RuntimeError(
            f"CUDA error: operation not permitted when stream is capturing: {said}"
        )
    if STATE.when_waiting == "error":
        raise RuntimeError(said)
    if STATE.when_waiting == "warn":
        warnings.warn(said, stacklevel=2)


def _caller() -> str:
    """The line outside torch that asked for it."""
    own, library = Path(__file__).parent, Path(torch.__file__).parent
    for frame in reversed(traceback.extract_stack()):
        path = Path(frame.filename)
        if not any(path.is_relative_to(place) for place in (own, library, sys.prefix)):
            return f"{path.parent.name}/{path.name}:{frame.lineno} {frame.line}"
    return "in a backward pass"


def _here(x: Any) -> Any:
    """The CPU's view of whatever an operator takes."""
    if isinstance(x, Tensor) and x.is_cuda:
        return SEEN.here(x)
    if isinstance(x, torch.Generator) and x.device.type == "cuda":
        return SEEN.here_generator(x)
    if isinstance(x, torch.device) and x.type == "cuda":
        return torch.device("cpu")
    return x


def _name(op: Any) -> str:
    """ "add" for aten.add.Tensor."""
    return op._schema.name.removeprefix("aten::")


def _check_devices(op: Any, args: tuple, flat: list) -> None:
    """Refuse two devices in one call, but for copies, indices and single numbers."""
    tensors = [x for x in flat if isinstance(x, Tensor)]
    here = [x for x in tensors if not x.is_cuda]
    if len(here) in (0, len(tensors)) or op is aten.copy_.default:
        return
    if _name(op) in INDEXED:
        if not args[0].is_cuda:
            raise RuntimeError(
                "indices should be either on cpu or on the same device as the indexed "
                "tensor (cpu)"
            )
        here = [x for x in here if not any(x is index for index in args[1])]
    numbers = (
        torch.Tag.pointwise in op.tags
        or _name(op).startswith("_foreach")
        or _name(op) in INDEXED | TAKE_NUMBERS
    )
    if any(x.dim() or not numbers for x in here):
        raise RuntimeError(
            "Expected all tensors to be on the same device, but found at least two "
            f"devices, cuda:0 and cpu! ({op}, {_caller()})"
        )


def _check_generators(flat: list, is_there: bool) -> None:
    """Refuse a generator of another device, and a new one in a graph."""
    wanted = "cuda" if is_there else "cpu"
    for generator in (x for x in flat if isinstance(x, torch.Generator)):
        found = generator.device.type
        if found != wanted:
            raise RuntimeError(
                f"Expected a '{wanted}' device type for generator but found '{found}'"
            )
        if is_there and STATE.steps is not None:
            raise RuntimeError(
                "Attempt to increase offset for a CUDA generator not in capture mode."
            )


def _waits(op: Any, args: tuple, kwargs: dict) -> str:
    """Why the host waits in this call, "" if it does not."""
    if op in WAITING:
        return _name(op)
    if op is aten.copy_.default:
        to, source = args[:2]
        if to.is_cuda == source.is_cuda:
            return ""
        if source.is_cuda:
            return "copy to the CPU"
        at_once = args[2] if len(args) > 2 else kwargs.get("non_blocking", False)
        return "" if at_once and source.is_pinned() else "copy of pageable memory"
    if _name(op) in INDEXED:
        indices = [index for index in args[1] if index is not None]
        if not all(index.is_cuda for index in indices):
            return "index on the CPU"
        if any(index.dtype in (torch.bool, torch.uint8) for index in indices):
            return "index by a mask"
    return ""
