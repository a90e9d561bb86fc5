"""How one move turns a derivative into an update: the step rules.

A rule is a frozen value. `start` makes its memory, `move` takes parameters, derivatives
and memory and returns new ones: nothing is changed in place, so a tick can be
differentiated. Every number may be a float or a tensor (runs,) with one value for each
run of a batch of runs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

Tensors = tuple[Tensor, ...]
Memory = dict[str, Tensors]
Rate = float | Tensor


@dataclass(frozen=True)
class Moved:
    """What a move makes.

    Parameters
    ----------
    params : tuple of Tensor
        The parameters after it.
    memory : dict of tuples of Tensor
        What the rule remembers of it.
    """

    params: Tensors
    memory: Memory


@dataclass(frozen=True)
class Rule(ABC):
    """What every step rule has: a step size, a memory and a move.

    Parameters
    ----------
    step_size : float or Tensor (runs,)
        h > 0, parameter units per derivative.
    """

    step_size: Rate
    # Whether its derivatives are read where both players would stand after a step.
    looks_ahead: ClassVar[bool] = False

    @abstractmethod
    def start(self, params: Tensors) -> Memory:
        """What the rule remembers before the first move."""

    @abstractmethod
    def move(self, params: Tensors, grads: Tensors, memory: Memory) -> Moved:
        """One update of the parameters by their derivatives; nothing in place."""


@dataclass(frozen=True)
class GradientDescent(Rule):
    """x - h g.

    Parameters
    ----------
    step_size : float or Tensor (runs,)
        h > 0, parameter units per derivative.
    """

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

    Parameters
    ----------
    step_size : float or Tensor (runs,)
        h > 0, of both steps.

    Source: Korpelevich 1976; for GANs Gidel et al. 2019 (arXiv 1802.10551).
    """

    looks_ahead: ClassVar[bool] = True


@dataclass(frozen=True)
class Momentum(Rule):
    """v = beta v + g, then x - h v. beta may be negative.

    Parameters
    ----------
    step_size : float or Tensor (runs,)
        h > 0, parameter units per derivative.
    beta : float or Tensor (runs,), default 0.9
        -1 < beta < 1.

    Source: Polyak 1964; negative momentum: Gidel et al. 2019 (arXiv 1807.04740).
    """

    beta: Rate = 0.9

    def start(self, params: Tensors) -> Memory:
        """The velocity, zero."""
        return {"velocity": _zeros(params)}

    def move(self, params: Tensors, grads: Tensors, memory: Memory) -> Moved:
        """Gradient: passes from the result to `params`, `grads` and the velocity."""
        old = zip(memory["velocity"], grads, strict=True)
        velocity = tuple(_rate_for(v, self.beta) * v + g for v, g in old)
        return Moved(_minus(params, self.step_size, velocity), {"velocity": velocity})


@dataclass(frozen=True)
class Optimistic(Rule):
    """x - h (2 g - g_before); the first move is x - h g.

    Parameters
    ----------
    step_size : float or Tensor (runs,)
        h > 0, parameter units per derivative.

    Source: Daskalakis et al. 2018 (arXiv 1711.00141).
    """

    def start(self, params: Tensors) -> Memory:
        """The derivative before, and how many moves there were."""
        return {"before": _zeros(params), "moves": (_counter(self.step_size, params),)}

    def move(self, params: Tensors, grads: Tensors, memory: Memory) -> Moved:
        """Gradient: passes from the result to `params`, `grads` and the one before."""
        (moves,) = memory["moves"]
        known = zip(grads, memory["before"], strict=True)
        push = tuple(torch.where(_beside(g, moves) > 0, 2 * g - b, g) for g, b in known)
        memory = {"before": grads, "moves": (moves + 1,)}
        return Moved(_minus(params, self.step_size, push), memory)


@dataclass(frozen=True)
class Adam(Rule):
    """torch's Adam: bias-corrected moments, epsilon beside the corrected root.

    Parameters
    ----------
    step_size : float or Tensor (runs,)
        h > 0, parameter units: about how far a move goes, whatever the derivative.
    beta1 : float or Tensor (runs,), default 0.5
        In [0, 1), the decay of the derivatives' average.
    beta2 : float or Tensor (runs,), default 0.999
        In [0, 1), the decay of their squares' average.
    epsilon : float, default 1e-8
        > 0, in units of the derivative.

    Source: Kingma and Ba 2015 (arXiv 1412.6980), algorithm 1.
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
        v = _mixed(memory["v"], tuple(g * g for g in grads), self.beta2)
        root = (1 - self.beta2**count) ** 0.5
        rate = self.step_size * root / (1 - self.beta1**count)
        floor, pairs = self.epsilon * root, zip(m, v, strict=True)
        pushes = tuple(a / (b.sqrt() + _rate_for(b, floor)) for a, b in pairs)
        memory = {"m": m, "v": v, "moves": (moves,)}
        return Moved(_minus(params, rate, pushes), memory)


RULES: dict[str, type[Rule]] = {
    "gradient descent": GradientDescent,
    "momentum": Momentum,
    "Adam": Adam,
    "extragradient": Extragradient,
    "optimistic": Optimistic,
}


def _rate_for(like: Tensor, rate: Rate) -> Rate:
    """A rate that multiplies `like`, or that run's part of it which is its own."""
    return _beside(like, rate.to(like.dtype)) if isinstance(rate, Tensor) else rate


def _beside(like: Tensor, numbers: Tensor) -> Tensor:
    """One number a run, shaped so that it meets that run's part of `like`."""
    if not numbers.ndim:
        return numbers
    return numbers.reshape(numbers.shape + (1,) * (like.ndim - numbers.ndim))


def _minus(params: Tensors, rate: Rate, pushes: Tensors) -> Tensors:
    """params - rate * pushes."""
    pairs = zip(params, pushes, strict=True)
    if not isinstance(rate, Tensor):
        return tuple(torch.sub(p, g, alpha=rate) for p, g in pairs)
    return tuple(p - _rate_for(p, rate) * g for p, g in pairs)


def _mixed(old: Tensors, new: Tensors, beta: Rate) -> Tensors:
    """beta * old + (1 - beta) * new."""
    pairs = zip(old, new, strict=True)
    return tuple(torch.lerp(a, b, _rate_for(a, 1 - beta)) for a, b in pairs)


def _zeros(params: Tensors) -> Tensors:
    return tuple(torch.zeros_like(p) for p in params)


def _counter(step_size: Rate, params: Tensors) -> Tensor:
    """Zero moves, for each run if the rule serves several; float64, as torch counts."""
    runs = step_size.shape if isinstance(step_size, Tensor) else ()
    return torch.zeros(runs, dtype=torch.float64, device=params[0].device)
