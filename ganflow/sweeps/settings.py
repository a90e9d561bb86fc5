"""What describes one run completely: a game's setting and a GAN's.

A setting makes the players and the step rules that `play` takes; `sweep` runs many
settings at once. Taught in book/04 and 05.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import ClassVar

import torch

from ganflow.data import Distribution, ring
from ganflow.dynamics import RULES, Networks, Scalars
from ganflow.dynamics.players import PENALTIES
from ganflow.dynamics.rules import Rule
from ganflow.games import Game
from ganflow.losses import LOSSES
from ganflow.nets import mlp_critic, mlp_generator
from ganflow.schedule import ALTERNATING, Schedule

RING = ring()  # one for all settings, so that their runs are one program
POSITIVE, NOT_NEGATIVE = ("above 0", lambda x: x > 0), ("0 or more", lambda x: x >= 0)
LIMITS = {  # what a finite number must be, in words and as a test
    **dict.fromkeys(("step_size", "step_size_G", "step_size_D", "epsilon"), POSITIVE),
    **dict.fromkeys(("strength", "target"), NOT_NEGATIVE),
    **dict.fromkeys(("beta1", "beta2"), ("in [0, 1)", lambda x: 0 <= x < 1)),
    "beta": ("between -1 and 1", lambda x: -1 < x < 1),
    **dict.fromkeys(("scale", "theta", "psi"), ("finite", math.isfinite)),
}
FREE = (("step_size_G", None), ("step_size_D", None))
LEAST = {"seed": 0} | dict.fromkeys(("batch", "latent", "width", "depth", "shown"), 1)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Who moves when, and how: what games and GANs share.

    Parameters
    ----------
    schedule : Schedule, or a text such as "D D G"
    rule : a name of RULES, for both players
    step_size : > 0. step_size_G, step_size_D : > 0, instead of it, for one player.
    beta : of momentum. beta1, beta2, epsilon : of Adam.

    Raises
    ------
    ValueError : a name that is not known, a number outside its range.
    """

    schedule: Schedule = ALTERNATING
    rule: str = "gradient descent"
    step_size: float = 0.1
    step_size_G: float | None = None
    step_size_D: float | None = None
    beta: float = 0.9
    beta1: float = 0.5
    beta2: float = 0.999
    epsilon: float = 1e-8
    # Runs that differ in these only are one program; epsilon is not among them.
    STACKED: ClassVar = ("schedule", "step_size", "step_size_G", "step_size_D")
    STACKED += ("beta", "beta1", "beta2", "strength")

    def __post_init__(self):
        if isinstance(self.schedule, str):
            object.__setattr__(self, "schedule", Schedule.from_text(self.schedule))
        if not isinstance(self.schedule, Schedule):
            raise ValueError(
                f"schedule is {self.schedule!r}; it must be a Schedule or a text such "
                "as 'D D G'"
            )
        self._check_name("rule", RULES)
        for name in (f.name for f in fields(self)):
            if name in LEAST:
                self._check_whole(name)
            elif name in LIMITS and (name, getattr(self, name)) not in FREE:
                self._check_number(name)

    @property
    def program(self) -> tuple:
        """All that changes the program; runs that share it can be one batch."""
        names = (f.name for f in fields(self) if f.name not in self.STACKED)
        return type(self), *(getattr(self, name) for name in names)

    def rules(self) -> dict[str, Rule]:
        """The step rule of each player, as `play` takes them."""
        kind = RULES[self.rule]
        names = [f.name for f in fields(kind) if f.name != "step_size"]
        numbers = {name: getattr(self, name) for name in names}
        return {player: kind(self.step_of(player), **numbers) for player in "GD"}

    def step_of(self, player: str) -> float:
        """The step size of "G" or "D"."""
        own = getattr(self, f"step_size_{player}")
        return self.step_size if own is None else own

    def _check_name(self, name: str, known) -> None:
        value = getattr(self, name)
        if value not in known:
            raise ValueError(f"{name} is {value!r}; known are {', '.join(known)}")

    def _check_number(self, name: str) -> None:
        value, (words, fits) = getattr(self, name), LIMITS[name]
        number = _number(name, value)
        if not (math.isfinite(number) and fits(number)):
            raise ValueError(f"{name} is {value!r}; it must be {words}")
        object.__setattr__(self, name, number)

    def _check_whole(self, name: str) -> None:
        value = getattr(self, name)
        number = _number(name, value)
        if not number.is_integer() or number < LEAST[name]:
            expected = f"it must be a whole number of {LEAST[name]} or more"
            raise ValueError(f"{name} is {value!r}; {expected}")
        object.__setattr__(self, name, int(value))


@dataclass(frozen=True, kw_only=True)
class GameSetting(Setting):
    """One run of a game of two numbers.

    Parameters
    ----------
    loss, penalty, strength, target, scale : as in Game
    theta, psi : where G and D start
    others : as in Setting
    """

    loss: str = "saturating"
    penalty: str = "none"
    strength: float = 0.0
    target: float = 1.0
    scale: float = 1.0
    theta: float = 1.0
    psi: float = 1.0
    STACKED: ClassVar = (*Setting.STACKED, "target", "scale", "theta", "psi")

    def __post_init__(self):
        super().__post_init__()
        self.players()  # Game checks the names of its loss and penalty

    def players(self) -> Scalars:
        """The two numbers, as `play` takes them."""
        game = Game(self.loss, self.penalty, self.strength, self.target, self.scale)
        return Scalars(game, self.theta, self.psi)


@dataclass(frozen=True, kw_only=True)
class GanSetting(Setting):
    """One run of a GAN of the plane: two small networks of one width and depth.

    Parameters
    ----------
    data : a distribution of ganflow.data
    loss, penalty, strength, batch, latent, shown : as in Networks
    width, depth : of both networks' hidden layers
    seed : int >= 0, of the first weights and of the batches
    others : as in Setting
    """

    data: Distribution = RING
    loss: str = "non-saturating"
    penalty: str = "none"
    strength: float = 0.0
    rule: str = "Adam"
    step_size: float = 1e-3
    batch: int = 256
    latent: int = 2
    width: int = 64
    depth: int = 2
    seed: int = 0
    shown: int = 256
    STACKED: ClassVar = (*Setting.STACKED, "seed")

    def __post_init__(self):
        super().__post_init__()
        self._check_name("loss", LOSSES)
        self._check_name("penalty", PENALTIES)
        if not hasattr(self.data, "sample"):
            raise ValueError(
                f"data is {self.data!r}; it must be a distribution such as "
                "ganflow.data.ring()"
            )

    def players(self) -> Networks:
        """The two networks, their weights drawn from the seed: G's first, then D's."""
        rng = torch.Generator().manual_seed(self.seed)
        sizes = {"width": self.width, "depth": self.depth, "generator": rng}
        nets = mlp_generator(self.latent, **sizes), mlp_critic(**sizes)
        names = {f.name for f in fields(Networks)} - {"G", "D"}
        return Networks(*nets, **{name: getattr(self, name) for name in names})


def _number(name: str, value) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} is {value!r}; it must be a number") from None
