"""See every torch call while it runs, and write down who made which value."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import ExitStack

import torch
from torch import Tensor, nn
from torch.nn.modules import module as hooks
from torch.overrides import TorchFunctionMode

from ganflow.trace.calls import (
    ALIASES,
    DOORS,
    ENTRANCES,
    ONE_BY_ONE,
    Call,
    Source,
    carries,
    fills_block,
    name_of,
    tensors_in,
    values_in,
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
        self.origins = Origins(given, networks.buffers())
        self.called = self.origins.called
        self._running: list[Place | None] = []
        self._hooks = ExitStack()

    def __enter__(self):
        for handle in (
            hooks.register_module_forward_pre_hook(self._enter_module),
            hooks.register_module_forward_hook(self._leave_module, always_call=True),
        ):
            self._hooks.callback(handle.remove)
        if "torch._dynamo" in sys.modules:  # else it would compile this class as well
            self._hooks.enter_context(torch.compiler.set_stance("force_eager"))
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
        if door := DOORS.get(getattr(func, "__name__", "")):
            self.origins.leave((args, kwargs), door)
            return func(*args, **kwargs)
        name = name_of(func)
        if name is None:
            return func(*args, **kwargs)
        values = values_in(name, args, kwargs)
        if name in ONE_BY_ONE:
            made = func(*args, **kwargs)
            for one, given in zip(tensors_in(made), tensors_in(values), strict=True):
                self._note(name, [one], self.origins.sources(given), given, [])
            return made
        sources = self.origins.sources(values)
        if name in ("grad", "backward") and kwargs.get("create_graph"):
            made, sources = differentiate_twice(
                lambda: func(*args, **kwargs), args[0], sources, self.origins
            )
        else:
            made = func(*args, **kwargs)
        results = list(tensors_in(made))
        overwritten = written_by(name, args, kwargs, results)
        self._note(name, results, sources, values, overwritten)
        return made

    def _note(
        self,
        name: str,
        results: list[Tensor],
        sources: tuple[Source, ...],
        used: object,
        overwritten: list[Tensor],
    ) -> None:
        """Credit what the call made, and what it overwrote, with a `Call`."""
        written = {id(t): t for t in overwritten}
        touched = ({id(t): t for t in results} | written).values()
        if not sources and name not in ALIASES:
            for value in touched:
                self._begin(name, value)
            return
        live = dead = None
        for value in touched:
            if carries(value) and not self._is_unseen(value, written):
                if not value.is_leaf:
                    live = live or self._call(name, value, sources, live=True)
                    self.origins.mark(value.grad_fn, live)
                    if id(value) not in written:
                        self.origins.made(value, live)
                    self._overwrite(value, live, written)
            elif self._is_new(name, value, used, written):
                dead = dead or self._call(name, value, sources)
                self._overwrite(value, dead, written)
                if not carries(value):
                    self.origins.note(value, dead)
                    if id(value) not in written:
                        self.origins.made(value, dead)

    def _begin(self, name: str, value: Tensor) -> None:
        """Note a value that comes from no other tensor."""
        own = self.origins.own(value)
        if own is not None and own.is_leaf:
            return  # whatever was written into it
        if name in ENTRANCES:
            self.origins.enter(value)
        elif not self.origins.is_known(value):
            if not value.is_leaf or not value.requires_grad:
                self.origins.made(value)
        elif not carries(value) and fills_block(value):
            call = Call(next(self.origins.numbers), name, shape=tuple(value.shape))
            self.origins.note(value, call)
            self.origins.writes.note(value, call, None)

    def _is_unseen(self, value: Tensor, written) -> bool:
        """Whether autograd was told to look away while `value` was overwritten."""
        looks_away = id(value) in written and not torch.is_grad_enabled()
        return looks_away and not self.origins.is_beginning(value)

    def _is_new(self, name: str, value: Tensor, used: object, written) -> bool:
        """Whether the call gave the value, not just handed back one it was given."""
        own = None if carries(value) else self.origins.own(value)
        if own is not None and own.kind == "parameter":
            return False  # a weight is a beginning, whatever was written into it
        given = (id(t) for t in tensors_in(used))
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
