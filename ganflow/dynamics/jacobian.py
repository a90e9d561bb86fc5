"""The Jacobian of one tick, a map of the state before it to the state after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from ganflow.dynamics.loop import Rules, State, begin, both, take
from ganflow.dynamics.players import Players
from ganflow.dynamics.rules import Rule
from ganflow.dynamics.scalars import Tensors, Values
from ganflow.schedule import Schedule

ROWS = 16  # of a Jacobian at once: three times faster than one by one, in little memory
LONG = 1e9  # moves after which no rule is in its beginning any more


def tick_jacobian(
    players: Players,
    schedule: Schedule,
    *,
    rule: Rule | Rules,
    at: Values | None = None,
) -> np.ndarray:
    """The derivative of a tick's end by its beginning, memory of the rules included.

    Parameters
    ----------
    players : Scalars or Networks
        One run. Networks read the batches of their first moves.
    schedule : Schedule
        Who moves when in the tick.
    rule : Rule or dict of Rule
        As for `play`.
    at : dict of tuples of Tensor, optional
        The parameters of "G" and of "D" at the point; where the players start if left
        out.

    Returns
    -------
    array (n, n), float64
        Rows and columns: the numbers of G and D, then those that the rules remember,
        which are as in a run that has long stood at this point with no derivative.

    Raises
    ------
    ValueError
        The tick has no derivative there, as Adam's at a derivative of zero.

    Gradient: cuts nothing: every move is differentiated, with all that it read.
    """
    rules = both(rule)
    state = begin(players, rules)
    if at is not None:
        state = replace(state, values=at)
    start = [t.detach().double() for t in _tensors(state)]
    flat = torch.cat([t.reshape(-1) for t in start])

    def tick(x: Tensor) -> Tensor:
        now = _filled(state, list(x.split([t.numel() for t in start])))
        for turn in schedule.turns:
            now = take(turn, players, rules, now, graph=True)
        return torch.cat([t.reshape(-1) for t in _tensors(now)])

    jacobian = _derivative(tick, flat).numpy()
    if not np.isfinite(jacobian).all():
        raise ValueError(
            f"a tick of {schedule.name} has no derivative here: "
            f"{int((~np.isfinite(jacobian)).sum())} of its {jacobian.size} entries are "
            "not finite. A root is taken of 0: in Adam, of an average of derivatives "
            "that are 0 here; in WGAN-GP, of a slope of 0"
        )
    return jacobian


def eigenvalues(jacobian: np.ndarray) -> np.ndarray:
    """Eigenvalues, largest modulus first: the modulus is the growth in one tick.

    Parameters
    ----------
    jacobian : array (n, n)
        Of one tick.

    Returns
    -------
    array (n,), complex
    """
    values = np.linalg.eigvals(jacobian).astype(complex)
    return values[np.lexsort((-np.imag(values), -np.abs(values).round(12)))]


def _derivative(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """The Jacobian of f at x, (n, n), some rows at a time."""
    x = x.requires_grad_()
    y = f(x)
    rows = torch.eye(len(y), dtype=y.dtype, device=y.device).split(ROWS)
    found = [
        torch.autograd.grad(y, x, row, is_grads_batched=True, retain_graph=True)[0]
        for row in rows
    ]
    return torch.cat(found).cpu()


def _tensors(state: State) -> list[Tensor]:
    """Every number of a state that is not a count."""
    found = [t for player in "GD" for t in state.values[player]]
    for player in "GD":
        for name, tensors in state.memory[player].items():
            found += [] if name == "moves" else tensors
    return found


def _filled(state: State, parts: list[Tensor]) -> State:
    """`state` with the numbers of `parts` in the places of `_tensors`."""

    def take_like(tensors: Tensors) -> Tensors:
        return tuple(parts.pop(0).reshape(t.shape) for t in tensors)

    values = {player: take_like(state.values[player]) for player in "GD"}
    memory = {
        player: {
            name: (LONG + 0 * old[0],) if name == "moves" else take_like(old)
            for name, old in state.memory[player].items()
        }
        for player in "GD"
    }
    return State(values, memory, state.moves)
