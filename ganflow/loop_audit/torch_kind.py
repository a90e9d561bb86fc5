"""The networks of torch, for whoever looks for players."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer

from ganflow.loop_audit.variables import is_users

_WRAPPERS = ("module", "_orig_mod", "_forward_module")
_INTERNAL = frozenset(vars(nn.Module()))


class TorchKind:
    """Modules, tensors and optimizers of torch; a `Kind`."""

    networks = (nn.Module,)
    tensors = (Tensor,)
    leaves = (Optimizer,)

    def learns(self, tensor: Tensor) -> bool:
        """Whether a tensor is a leaf that wants a derivative."""
        return tensor.is_leaf and tensor.requires_grad

    def key(self, weight: Tensor) -> int:
        """Its id: nothing wraps it."""
        return id(weight)

    def shape(self, weight: Tensor) -> tuple[int, ...]:
        """The shape of a weight."""
        return tuple(weight.shape)

    def weights(self, network: nn.Module) -> dict[int, Tensor]:
        """All parameters of a module and its parts, whatever its class says."""
        return {id(weight): weight for weight in nn.Module.parameters(network)}

    def is_built(self, network: nn.Module) -> bool:
        """True: lazy parameters are there, too."""
        return True

    def children(self, network: nn.Module) -> dict[str, Any]:
        """The modules right inside of a module."""
        return network._modules

    def parts(self, network: nn.Module) -> Iterable[nn.Module]:
        """A module and all modules inside of it."""
        return network.modules()

    def attributes(
        self, network: nn.Module, own: dict[str, Any]
    ) -> Iterator[tuple[str, Any]]:
        """Its modules, and what the user has put on it."""
        for name, part in dict(own.get("_modules") or {}).items():
            yield f"[{name}]" if name.isdigit() else name, part
        yield from ((name, one) for name, one in own.items() if name not in _INTERNAL)

    def inside(self, network: nn.Module) -> nn.Module:
        """The one in DataParallel, DistributedDataParallel or a compiled module."""
        for name in _WRAPPERS:
            inner, parts = network._modules.get(name), network._modules
            if inner is not None and len(parts) == 1 and not network._parameters:
                module = sys.modules[type(network).__module__]
                if not is_users(getattr(module, "__file__", None) or "<built in>"):
                    return self.inside(inner)
        return network

    def trains(self, network: nn.Module) -> bool:
        """Whether it is a LightningModule, or holds an optimizer."""
        return hasattr(type(network), "configure_optimizers") or any(
            isinstance(one, Optimizer) for one in vars(network).values()
        )

    def label(self, network: nn.Module) -> str:
        """The name of its class, if the user has written it."""
        kind = type(self.inside(network))
        return "" if kind.__module__.startswith("torch.") else kind.__name__

    def living(self) -> list[nn.Module]:
        """Every module there is, whoever holds it."""
        return [
            thing
            for thing in gc.get_objects()
            if issubclass(type(thing), nn.Module) and "_modules" in vars(thing)
        ]
