"""What describes one run completely: a game's setting and a GAN's.

A setting makes the players and the step rules that `play` takes; `sweep` runs many
settings at once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import ClassVar

import torch

from ganflow.check import number, one_of, whole
from ganflow.data import Distribution, ring
from ganflow.dynamics import RULES, Networks, Scalars
from ganflow.dynamics.players import PENALTIES, Players
from ganflow.dynamics.rules import Rule
from ganflow.games import Game
from ganflow.losses import LOSSES
from ganflow.nets import mlp_critic, mlp_generator
from ganflow.schedule import ALTERNATING, Schedule

RING = ring()  # one for all settings, so that their runs are one program
LIMITS = {  # of the finite numbers, as `number` takes them
    "step_size": {"above": 0},
    "step_size_G": {"above": 0},
    "step_size_D": {"above": 0},
    "epsilon": {"above": 0},
    "strength": {"least": 0},
    "target": {"least": 0},
    "beta": {"above": -1, "below": 1},
    "beta1": {"least": 0, "below": 1},
    "beta2": {"least": 0, "below": 1},
    "scale": {},
    "theta": {},
    "psi": {},
}
MAY_BE_NONE = ("step_size_G", "step_size_D")  # then it is step_size
LEAST = {"seed": 0, "batch": 1, "latent": 1, "width": 1, "depth": 1, "shown": 1}


@dataclass(frozen=True, kw_only=True)
class Setting(ABC):
    """Who moves when, and how: what games and GANs share.

    Parameters
    ----------
    schedule : Schedule or str
        Who moves when in a tick; or a text such as "D D G".
    rule : str
        A name of `ganflow.dynamics.RULES`, for both players.
    step_size : float
        > 0, of both players.
    step_size_G : float, optional
        > 0, of G instead of `step_size`.
    step_size_D : float, optional
        > 0, of D instead of `step_size`.
    beta : float
        In (-1, 1), of momentum.
    beta1 : float
        In [0, 1), of Adam.
    beta2 : float
        In [0, 1), of Adam.
    epsilon : float
        > 0, of Adam.

    Raises
    ------
    ValueError
        A name that is not known, a number outside its range.
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
    STACKED: ClassVar[tuple[str, ...]] = (
        "schedule",
        "step_size",
        "step_size_G",
        "step_size_D",
        "beta",
        "beta1",
        "beta2",
        "strength",
    )

    def __post_init__(self):
        if isinstance(self.schedule, str):
            object.__setattr__(self, "schedule", Schedule.from_text(self.schedule))
        if not isinstance(self.schedule, Schedule):
            raise ValueError(
                f"schedule is {self.schedule!r}; expected a Schedule or a text such as "
                "'D D G'"
            )
        one_of("rule", self.rule, RULES)
        for name in (f.name for f in fields(self)):
            value = getattr(self, name)
            if name in LEAST:
                value = whole(name, value, least=LEAST[name])
            elif name in LIMITS and not (value is None and name in MAY_BE_NONE):
                value = number(name, value, **LIMITS[name])
            object.__setattr__(self, name, value)

    @abstractmethod
    def players(self) -> Players:
        """Who plays, and from where, as `play` takes them."""

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


@dataclass(frozen=True, kw_only=True)
class GameSetting(Setting):
    """One run of a game of two numbers.

    Parameters
    ----------
    schedule : Schedule or str
        Who moves when in a tick; or a text such as "D D G".
    rule : str
        A name of `ganflow.dynamics.RULES`, for both players.
    step_size : float
        > 0, of both players.
    step_size_G : float, optional
        > 0, of G instead of `step_size`.
    step_size_D : float, optional
        > 0, of D instead of `step_size`.
    beta : float
        In (-1, 1), of momentum.
    beta1 : float
        In [0, 1), of Adam.
    beta2 : float
        In [0, 1), of Adam.
    epsilon : float
        > 0, of Adam.
    loss : str, default "saturating"
        A name of LOSSES.
    penalty : str, default "none"
        A name of `ganflow.games.PENALTIES`.
    strength : float, default 0.0
        >= 0, of the penalty; as for Game.
    target : float, default 1.0
        >= 0, the slope that WGAN-GP aims at.
    scale : float, default 1.0
        The score's factor a.
    theta : float, default 1.0
        Where G starts.
    psi : float, default 1.0
        Where D starts.

    Raises
    ------
    ValueError
        A name that is not known, a number outside its range.
    """

    loss: str = "saturating"
    penalty: str = "none"
    strength: float = 0.0
    target: float = 1.0
    scale: float = 1.0
    theta: float = 1.0
    psi: float = 1.0
    STACKED = (*Setting.STACKED, "target", "scale", "theta", "psi")

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
    schedule : Schedule or str
        Who moves when in a tick; or a text such as "D D G".
    rule : str, default "Adam"
        A name of `ganflow.dynamics.RULES`, for both players.
    step_size : float, default 1e-3
        > 0, of both players.
    step_size_G : float, optional
        > 0, of G instead of `step_size`.
    step_size_D : float, optional
        > 0, of D instead of `step_size`.
    beta : float
        In (-1, 1), of momentum.
    beta1 : float
        In [0, 1), of Adam.
    beta2 : float
        In [0, 1), of Adam.
    epsilon : float
        > 0, of Adam.
    data : Distribution
        Real points, such as `ganflow.data.ring()`.
    loss : str, default "non-saturating"
        A name of LOSSES.
    penalty : str, default "none"
        "none", "R1", "R2", "WGAN-GP" or "clipping", as for Networks.
    strength : float, default 0.0
        >= 0, of the penalty.
    batch : int, default 256
        >= 1, samples in a batch.
    latent : int, default 2
        >= 1, numbers of z for one fake.
    width : int, default 64
        >= 1, of both networks' hidden layers.
    depth : int, default 2
        >= 1, hidden layers of both networks.
    seed : int, default 0
        >= 0, of the first weights and of the batches.
    shown : int, default 256
        >= 1, samples that a record keeps.

    Raises
    ------
    ValueError
        A name that is not known, a number outside its range.
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
    STACKED = (*Setting.STACKED, "seed")

    def __post_init__(self):
        super().__post_init__()
        one_of("loss", self.loss, LOSSES)
        one_of("penalty", self.penalty, PENALTIES)
        if not hasattr(self.data, "sample"):
            raise ValueError(
                f"data is {self.data!r}; expected a distribution such as "
                "ganflow.data.ring()"
            )

    def players(self) -> Networks:
        """The two networks, their weights drawn from the seed: G's first, then D's."""
        rng = torch.Generator().manual_seed(self.seed)
        sizes = {"width": self.width, "depth": self.depth, "generator": rng}
        nets = mlp_generator(self.latent, **sizes), mlp_critic(**sizes)
        names = {f.name for f in fields(Networks)} - {"G", "D"}
        return Networks(*nets, **{name: getattr(self, name) for name in names})
