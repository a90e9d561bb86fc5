"""Credit the nodes of a double backward to the operations they differentiate."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from torch import Tensor

from ganflow.trace.calls import Call, GradNode, Source, tensors_in
from ganflow.trace.origins import Origins
from ganflow.trace.saved_tensors import saved_tensors
from ganflow.trace.writes import SHARED


def differentiate_twice(
    run: Callable[[], object],
    outputs: object,
    sources: tuple[Source, ...],
    origins: Origins,
) -> tuple[object, tuple[Source, ...]]:
    """Run a backward pass that records itself (`create_graph=True`).

    While it runs, a hook on each node sees the derivatives that the node hands on, and
    marks what made them as the "derivative of" the node's call. The hooks change
    nothing and are gone afterwards.

    Parameters
    ----------
    run : callable, () -> what the pass makes
        The backward pass.
    outputs : tensors, in nested lists, tuples and dicts
        Where the pass starts.
    sources : tuple of Source
        What the pass was given.
    origins : Origins
        Where to note who made what.

    Returns
    -------
    made : object
        What the pass made.
    sources : tuple of Source
        Those of any of it that carries no derivative.
    """
    credit = _Credit(origins)
    handles = [node.register_hook(credit.hook(node)) for node in _operations(outputs)]
    try:
        made = run()
    finally:
        for handle in handles:
            handle.remove()
    values = tuple(tensors_in(made))
    if any(t.requires_grad for t in values):
        return made, sources
    return made, tuple(credit.constants)


def _operations(outputs: object) -> list[GradNode]:
    return [node for node in nodes_behind(outputs) if not hasattr(node, "variable")]


class _Credit:
    """Marks derivatives as they are made; carries constants on to the next of them."""

    def __init__(self, origins: Origins):
        self.origins = origins
        self.constants: dict[Source, None] = {}
        self._of: dict[Call, Call] = {}

    def hook(self, node: GradNode) -> Callable[..., None]:
        call = self.origins.call_of(node)

        def mark(derivatives, _):
            self.constants.update(dict.fromkeys(self._constants_in(node)))
            for value in derivatives:
                if value is not None and value.grad_fn is not None:
                    self._mark(value, call)

        return mark

    def _constants_in(self, node: GradNode) -> Iterator[Source]:
        """Frozen weights and cut values that the derivative of `node` multiplies by."""
        found = self.origins.sources([t for _, t in saved_tensors(node) or ()])
        return (s for s in found if not s.live and s.cut != SHARED)

    def _mark(self, value: Tensor, call: Call) -> None:
        behind = self.origins.behind(value.grad_fn)
        own = self._of.get(call)
        if own is None:
            own = self._of[call] = Call(
                next(self.origins.numbers),
                f"derivative of {call.name}",
                network=call.network,
                layer=call.layer,
                shape=tuple(value.shape),
                live=True,
            )
        known = (*own.sources, *behind, *self.constants)
        own.sources = tuple(s for s in dict.fromkeys(known) if s.call is not own)
        own.networks = own.networks.union(*(s.call.networks for s in own.sources))
        self.constants.clear()
        self.origins.mark(value.grad_fn, own)


def nodes_behind(outputs: object) -> list[GradNode]:
    """Every autograd node behind the tensors in `outputs`, those of leaves too."""
    seen, todo = {}, [t.grad_fn for t in tensors_in(outputs) if t.grad_fn is not None]
    while todo:
        node = todo.pop()
        if node not in seen:
            seen[node] = None
            todo.extend(n for n, _ in node.next_functions if n is not None)
    return list(seen)
