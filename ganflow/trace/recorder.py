"""See every torch call while it runs, and write down who made which value."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack

import torch
from torch import Tensor, nn
from torch.nn.modules import module as hooks
from torch.overrides import TorchFunctionMode

from ganflow.trace.calls import (
    ALIASES,
    Call,
    Source,
    carries,
    name_of,
    tensors_in,
    why_cut,
    written_by,
)
from ganflow.trace.double_backward import differentiate_twice
from ganflow.trace.networks import Given, Networks, Place
from ganflow.trace.origins import Origins


class Recorder(TorchFunctionMode):
    """A torch function mode: each call is run as it is, then noted in `origins`.

    Module hooks tell which network and layer is running. Both are there only inside
    the `with` block.

    Parameters
    ----------
    networks : Networks
        The networks.
    given : iterable of Given
        Their parameters, and the named inputs.
    """

    def __init__(self, networks: Networks, given: Iterable[Given]):
        super().__init__()
        self.networks = networks
        self.origins = Origins(given)
        self.called: set[str] = set()
        self._running: list[Place | None] = []
        self._hooks = ExitStack()

    def __enter__(self):
        for handle in (
            hooks.register_module_forward_pre_hook(self._enter_module),
            hooks.register_module_forward_hook(self._leave_module, always_call=True),
        ):
            self._hooks.callback(handle.remove)
        return super().__enter__()

    def __exit__(self, *error):
        self._hooks.close()
        self._running.clear()
        super().__exit__(*error)
        self.origins.end()

    def _enter_module(self, module: nn.Module, args) -> None:
        inside = self._running[-1] if self._running else None
        place = self.networks.place_of(module, inside and inside.network)
        self._running.append(place or inside)
        if place:
            self.called.add(place.network)

    def _leave_module(self, module: nn.Module, args, made) -> None:
        if self._running:  # empty when the watch began inside this module's forward
            self._running.pop()

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        name = name_of(func)
        if name is None:
            return func(*args, **kwargs)
        sources = self.origins.sources((args, kwargs))
        if name in ("grad", "backward") and kwargs.get("create_graph"):
            made, sources = differentiate_twice(
                lambda: func(*args, **kwargs), args[0], sources, self.origins
            )
        else:
            made = func(*args, **kwargs)
        self._note(name, made, sources, args, kwargs)
        return made

    def _note(self, name: str, made, sources: tuple[Source, ...], args, kwargs) -> None:
        """Credit what the call made, and what it overwrote, with a `Call`."""
        if not sources and name not in ALIASES:
            return  # constants only
        values = list(tensors_in(made))
        written = {id(t): t for t in written_by(name, args, kwargs, values)}
        live = dead = None
        for value in ({id(t): t for t in values} | written).values():
            if carries(value) and not self._is_unseen(value, written):
                if not value.is_leaf:
                    live = live or self._call(name, value, sources, live=True)
                    self.origins.mark(value.grad_fn, live)
                    self._overwrite(value, live, written)
            elif self._is_new(name, value, args, written):
                dead = dead or self._call(name, value, sources)
                self._overwrite(value, dead, written)
                if not carries(value):
                    self.origins.note(value, dead)

    def _is_unseen(self, value: Tensor, written) -> bool:
        """Whether autograd was told to look away while `value` was overwritten."""
        looks_away = id(value) in written and not torch.is_grad_enabled()
        return looks_away and not self.origins.is_beginning(value)

    def _is_new(self, name: str, value: Tensor, args, written) -> bool:
        """Whether the call gave the value, not just handed back one it was given."""
        own = None if carries(value) else self.origins.own(value)
        if own is not None and own.kind == "parameter":
            return False  # a weight is a beginning, whatever was written into it
        given = (id(t) for t in tensors_in(args))
        return id(value) in written or name == "detach_" or id(value) not in given

    def _overwrite(self, value: Tensor, call: Call, written) -> None:
        if id(value) in written:
            own = self.origins.own(value)
            through = own.name if own is not None and own.is_alias else None
            self.origins.writes.note(value, call, through)

    def _call(self, name: str, value: Tensor, sources, *, live: bool = False) -> Call:
        owner = self._running[-1] if self._running else None
        if owner is None:
            used = (s.call.network for s in sources if s.call.kind == "parameter")
            network = next((n for n in used if n), None)
            owner = network and Place(network, None)
        return Call(
            next(self.origins.numbers),
            name,
            network=owner and owner.network,
            layer=owner and owner.layer,
            shape=tuple(value.shape),
            sources=sources,
            reason=None if live or not any(s.live for s in sources) else why_cut(name),
            live=live,
        )
