"""Run each loop of bench/faults bare and watched, and tell what differs, bit for bit.

    python tests/loop_audit/loop_states.py LOOP.py …

Each run is a process of its own, forked from one that has imported torch. Printed is a
JSON object: for each loop the number of things compared, what differs between the two
runs, what is left of the audit after it, and the watched run's name and findings.
"""

from __future__ import annotations

import gc
import hashlib
import io
import json
import os
import pickle
import random
import runpy
import sys
import traceback
import warnings
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch._dynamo  # before any fork: optimizers load it
from torch import Tensor, nn
from torch.nn.modules import module as module_hooks
from torch.optim import Optimizer
from torch.optim import optimizer as step_hooks
from torch.utils._python_dispatch import _get_current_dispatch_mode

from ganflow.loop_audit import discover, observer  # noqa: F401  before any fork, too
from ganflow.loop_audit.script import torch_watch

REPLACED = {
    "engine": (torch.autograd, "_engine_run_backward"),
    "zero_grad": (Optimizer, "zero_grad"),
    "module.zero_grad": (nn.Module, "zero_grad"),
    "add_param_group": (Optimizer, "add_param_group"),
    "numpy": (Tensor, "numpy"),
    "array": (Tensor, "__array__"),
    **{n: (torch.amp.GradScaler, n) for n in ("scale", "unscale_", "step", "update")},
}
HOOKS = {
    "module hooks": lambda: (
        len(module_hooks._global_forward_hooks)
        + len(module_hooks._global_forward_pre_hooks)
        + len(module_hooks._global_backward_hooks)
        + len(module_hooks._global_forward_hooks_always_called)
    ),
    "step hooks": lambda: (
        len(step_hooks._global_optimizer_pre_hooks)
        + len(step_hooks._global_optimizer_post_hooks)
    ),
    "warnings": lambda: list(warnings.filters),
    "dispatch mode": lambda: _get_current_dispatch_mode() is None,
    "excepthook": lambda: sys.excepthook,
}


def torch_as_it_is() -> dict[str, Any]:
    """All that an audit replaces or adds to; equal before and after it."""
    own = {name: where.__dict__.get(attr) for name, (where, attr) in REPLACED.items()}
    return own | {name: look() for name, look in HOOKS.items()}


def digest(tensor: Tensor | None) -> str:
    """A tensor's kind, shape, strides and bits; of a gradient None says that it is."""
    if tensor is None:
        return "None"
    kind = (tensor.dtype, tuple(tensor.shape), tensor.requires_grad, tensor.is_leaf)
    plain = tensor.detach().cpu().contiguous()
    bits = (
        plain.reshape(-1).view(torch.uint8).numpy().tobytes()
        if len(kind[1])
        else (plain.reshape(1).view(torch.uint8).numpy().tobytes())
    )
    return hashlib.sha256(repr(kind).encode() + bits).hexdigest()[:16]


class Made:
    """Keeps all networks and optimizers that a script makes, copies among them."""

    def __init__(self):
        self.modules: list[nn.Module] = []
        self.optimizers: list[Optimizer] = []
        for base, kept in ((nn.Module, self.modules), (Optimizer, self.optimizers)):
            base.__new__ = self._keeping(kept)

    @staticmethod
    def _keeping(kept: list):
        def make(cls, *args, **kwargs):
            one = object.__new__(cls)
            kept.append(one)
            return one

        return staticmethod(make)

    def state(self) -> dict[str, str]:
        """All weights, buffers, gradients and optimizers' states, by their places."""
        found: dict[str, str] = {}
        compilers = ("torch.fx", "torch._dynamo", "torch._functorch")
        modules = [
            module
            for module in self.modules
            if "_parameters" in vars(module)  # it was set up
            and not type(module).__module__.startswith(compilers)
        ]
        for i, module in enumerate(modules):
            found[f"module {i}"] = f"{type(module).__name__}, {module.training}"
            for name, weight in module.named_parameters(recurse=False):
                found[f"module {i} {name}"] = digest(weight)
                found[f"module {i} {name}.grad"] = digest(weight.grad)
            for name, buffer in module.named_buffers(recurse=False):
                found[f"module {i} {name}"] = digest(buffer)
        for i, optimizer in enumerate(self.optimizers):
            if hasattr(optimizer, "param_groups"):
                state = optimizer.state_dict()
                found |= values(state, f"optimizer {i}", depth=8)
        return found


def values(value: Any, path: str, depth: int = 5) -> dict[str, str]:
    """Every tensor and every number that plain containers hold, by its path."""
    if isinstance(value, Tensor):
        found = {path: digest(value)}
        if value.is_leaf and value.grad is not None:
            found[f"{path}.grad"] = digest(value.grad)
        return found
    if isinstance(value, np.ndarray):
        return {path: hashlib.sha256(value.tobytes()).hexdigest()[:16]}
    if isinstance(value, (bool, int, float, str)):
        return {path: repr(value)}
    inner: Any = ()
    if depth and isinstance(value, dict):
        inner = value.items()
    elif depth and (isinstance(value, (list, tuple)) or hasattr(value, "popleft")):
        inner = enumerate(value)
    elif depth and type(value).__module__ == "<run_path>":
        inner = vars(value).items() if hasattr(value, "__dict__") else ()
    found = {}
    for name, one in inner:
        found |= values(one, f"{path}.{name}", depth - 1)
    return found


def run(path: str, *, watched: bool) -> dict[str, Any]:
    """Run a script, and give all that can be compared of it."""
    random.seed(0)  # a fork has been given another seed
    made, said, told = Made(), io.StringIO(), {}
    before = torch_as_it_is()
    watch = torch_watch({}, lambda _: None) if watched else nullcontext()
    with redirect_stdout(said), watch as seen:
        left = runpy.run_path(path, run_name="__main__")
    after = torch_as_it_is()
    if watched:
        report = seen.report()
        told = {
            "name": report.name,
            "moves": report.move_count,
            "findings": [f"{f.id} {f.place} x{f.times}" for f in report.findings],
            "fates": [f"{a.place} {a.player} {a.fates}" for a in report.arrivals],
            "flops": report.cost.flops,
            "wasted": report.cost.wasted,
            "unseen": list(report.unseen),
        }
    own = {
        name: one
        for name, one in left.items()
        if not name.startswith("__") and not isinstance(one, type(sys))
    }
    return {
        "state": {
            **made.state(),
            **values(own, "globals"),
            "stdout": said.getvalue(),
            "random numbers": digest(torch.get_rng_state()),
            "random numbers of Python": repr(random.getstate()),
            "random numbers of NumPy": repr(np.random.get_state()[1].tolist()),
        },
        "changed": [name for name in before if before[name] != after[name]],
        "told": told,
    }


def in_fork(path: str, *, watched: bool) -> dict[str, Any]:
    """What `run` gives, of a process of its own."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            found = run(path, watched=watched)
        except BaseException:
            found = {"failed": traceback.format_exc()}
        with os.fdopen(writer, "wb") as pipe:
            pickle.dump(found, pipe)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        found = pickle.load(pipe)
    os.waitpid(child, 0)
    return found


def compare(path: str) -> dict[str, Any]:
    """Run a script twice, and tell what differs."""
    bare, watched = (in_fork(path, watched=on) for on in (False, True))
    if failed := bare.get("failed") or watched.get("failed"):
        return {"failed": failed}
    one, other = bare["state"], watched["state"]
    return {
        "compared": len(one),
        "weights": sum(name.startswith("module") for name in one),
        "differs": sorted(
            name
            for name in one.keys() | other.keys()
            if one.get(name) != other.get(name)
        ),
        "changed": watched["changed"],
        "told": watched["told"],
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    gc.freeze()  # what is imported is no loop's: no child walks or copies it
    json.dump({Path(path).stem: compare(path) for path in sys.argv[1:]}, sys.stdout)
