"""How one move turns a derivative into an update: the step rules.

A rule is a frozen value. `start` makes its memory, `move` takes parameters, derivatives
and memory and returns new ones: nothing is changed in place, so a tick can be
differentiated. Every number may be a float or a tensor (runs,) with one value for each
run of a batch of runs. Taught in book/04 and 05.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

Tensors = tuple[Tensor, ...]
Memory = dict[str, Tensors]
Rate = float | Tensor


@dataclass(frozen=True)
class Moved:
    """Parameters after a move, and what the rule remembers of it."""

    params: Tensors
    memory: Memory


@dataclass(frozen=True)
class GradientDescent:
    """x - h g.

    Parameters
    ----------
    step_size : h > 0, parameter units per derivative; a float or a tensor (runs,)
    """

    step_size: Rate
    looks_ahead: ClassVar[bool] = False

    def start(self, params: Tensors) -> Memory:
        """No memory."""
        return {}

    def move(self, params: Tensors, grads: Tensors, memory: Memory) -> Moved:
        """Gradient: passes from the result to `params` and `grads`."""
        return Moved(_minus(params, self.step_size, grads), memory)


@dataclass(frozen=True)
class Extragradient(GradientDescent):
    """x - h g(x'), with g read where all players would stand after a step x' = x - h g.

    A turn reads two derivatives of each player: twice the passes.

    Source: Korpelevich 1976; for GANs Gidel et al. 2019 (arXiv 1802.10551).
    """

    looks_ahead: ClassVar[bool] = True


@dataclass(frozen=True)
class Momentum(GradientDescent):
    """v = beta v + g, then x - h v. beta may be negative.

    Parameters
    ----------
    beta : -1 < beta < 1

    Source: Polyak 1964; negative momentum: Gidel et al. 2019 (arXiv 1807.04740).
    """

    beta: Rate = 0.9

    def start(self, params: Tensors) -> Memory:
        """The velocity, zero."""
        return {"velocity": _zeros(params)}

    def move(self, params: Tensors, grads: Tensors, memory: Memory) -> Moved:
        """Gradient: passes from the result to `params`, `grads` and the velocity."""
        old = zip(memory["velocity"], grads, strict=True)
        velocity = tuple(_wide(self.beta, v) * v + g for v, g in old)
        return Moved(_minus(params, self.step_size, velocity), {"velocity": velocity})


@dataclass(frozen=True)
class Optimistic(GradientDescent):
    """x - h (2 g - g_before); the first move is x - h g.

    Source: Daskalakis et al. 2018 (arXiv 1711.00141).
    """

    def start(self, params: Tensors) -> Memory:
        """The derivative before, and how many moves there were."""
        return {"before": _zeros(params), "moves": (_counter(self.step_size, params),)}

    def move(self, params: Tensors, grads: Tensors, memory: Memory) -> Moved:
        """Gradient: passes from the result to `params`, `grads` and the one before."""
        (moves,) = memory["moves"]
        known = zip(grads, memory["before"], strict=True)
        push = tuple(torch.where(_wide(moves, g) > 0, 2 * g - b, g) for g, b in known)
        memory = {"before": grads, "moves": (moves + 1,)}
        return Moved(_minus(params, self.step_size, push), memory)


@dataclass(frozen=True)
class Adam(GradientDescent):
    """torch's Adam: bias-corrected moments, epsilon beside the corrected root.

    Parameters
    ----------
    beta1, beta2 : in [0, 1). epsilon : > 0, in units of the derivative.

    Source: Kingma and Ba 2015 (arXiv 1412.6980), algorithm 1. Taught in book/03d.
    """

    beta1: Rate = 0.5
    beta2: Rate = 0.999
    epsilon: float = 1e-8

    def start(self, params: Tensors) -> Memory:
        """Both moments, zero, and the number of moves."""
        count = _counter(self.step_size, params)
        return {"m": _zeros(params), "v": _zeros(params), "moves": (count,)}

    def move(self, params: Tensors, grads: Tensors, memory: Memory) -> Moved:
        """Gradient: passes to `params` and `grads`; not defined where v is 0."""
        moves = memory["moves"][0] + 1
        count = moves if moves.ndim else moves.item()
        m = _mixed(memory["m"], grads, self.beta1)
        v = _mixed(memory["v"], [g * g for g in grads], self.beta2)
        root = (1 - self.beta2**count) ** 0.5
        rate = self.step_size * root / (1 - self.beta1**count)
        floor, pairs = self.epsilon * root, zip(m, v, strict=True)
        pushes = tuple(a / (b.sqrt() + _wide(floor, b)) for a, b in pairs)
        memory = {"m": m, "v": v, "moves": (moves,)}
        return Moved(_minus(params, rate, pushes), memory)


Rule = GradientDescent  # every rule is one: it has a step size
RULES = {
    "gradient descent": GradientDescent,
    "momentum": Momentum,
    "Adam": Adam,
    "extragradient": Extragradient,
    "optimistic": Optimistic,
}


def _wide(rate: Rate, like: Tensor) -> Rate:
    """One value a run, shaped so that it multiplies that run's part of `like`."""
    if not isinstance(rate, Tensor):
        return rate
    rate = rate.to(like.dtype)
    return (
        rate.reshape(rate.shape + (1,) * (like.ndim - rate.ndim)) if rate.ndim else rate
    )


def _minus(params: Tensors, rate: Rate, pushes: Tensors) -> Tensors:
    """params - rate * pushes."""
    pairs = zip(params, pushes, strict=True)
    if not isinstance(rate, Tensor):
        return tuple(torch.sub(p, g, alpha=rate) for p, g in pairs)
    return tuple(p - _wide(rate, p) * g for p, g in pairs)


def _mixed(old: Tensors, new: Tensors, beta: Rate) -> Tensors:
    """beta * old + (1 - beta) * new."""
    pairs = zip(old, new, strict=True)
    return tuple(torch.lerp(a, b, _wide(1 - beta, a)) for a, b in pairs)


def _zeros(params: Tensors) -> Tensors:
    return tuple(torch.zeros_like(p) for p in params)


def _counter(step_size: Rate, params: Tensors) -> Tensor:
    """Zero moves, for each run if the rule serves several; float64, as torch counts."""
    runs = step_size.shape if isinstance(step_size, Tensor) else ()
    return torch.zeros(runs, dtype=torch.float64, device=params[0].device)
