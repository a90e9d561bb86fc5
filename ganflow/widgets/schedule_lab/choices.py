"""What the schedule lab lets one choose, and the run that a choice stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ganflow.dynamics import eigenvalues, tick_jacobian
from ganflow.games import Game
from ganflow.schedule import (
    ALTERNATING,
    ALTERNATING_G_FIRST,
    SIMULTANEOUS,
    Schedule,
    critic_steps,
    generator_steps,
)
from ganflow.sweeps import GameSetting

LOSSES = ("saturating", "non-saturating", "hinge", "Wasserstein")
SCHEDULES = (
    SIMULTANEOUS,
    ALTERNATING,
    ALTERNATING_G_FIRST,
    critic_steps(5),
    generator_steps(2),
)
STEP_SIZES = (0.2, 0.5, 1.0)
RULES = {
    "gradient descent": {"rule": "gradient descent"},
    "momentum −0.5": {"rule": "momentum", "beta": -0.5},
    "extragradient": {"rule": "extragradient"},
    "optimistic": {"rule": "optimistic"},
    "Adam": {"rule": "Adam"},
}
PENALTIES = {  # R1 without a strength: where the field's two eigenvalues become equal
    "none": {"penalty": "R1", "strength": 0.0},  # a program of R1's, so played with it
    "R1, γ = 0.3": {"penalty": "R1", "strength": 0.3},
    "R1, critical γ": {"penalty": "R1"},
    "WGAN-GP, weight 0.7": {"penalty": "WGAN-GP", "strength": 0.7},
    "clipping at 0.5": {"penalty": "clipping", "strength": 0.5},
    "consensus, weight 1": {"penalty": "consensus", "strength": 1.0},
}
START = (1.0, 1.0)
ADAM = (
    "Adam has none here: it divides by the root of an average of squared derivatives, "
    "and at (0,\u00a00) that average is 0."
)
KINK = (
    "WGAN-GP has none here: its pull on D jumps from one side of ψ = 0 to the other, "
    "so the game has no resting point."
)


def setting_of(
    loss: str,
    schedule: Schedule,
    step_size: float,
    rule: str,
    penalty: str,
    start: Sequence[float] = START,
) -> GameSetting:
    """The run of one choice of the controls.

    The critical gamma of R1 is twice the speed at which the game turns without it.

    Parameters
    ----------
    loss : str
        One of LOSSES.
    schedule : Schedule
    step_size : float
        > 0.
    rule : str
        One of RULES.
    penalty : str
        One of PENALTIES.
    start : sequence of float
        theta and psi before the first move.

    Returns
    -------
    GameSetting
    """
    numbers = dict(PENALTIES[penalty])
    if "strength" not in numbers:
        j = Game(loss).jacobian(0.0, 0.0)
        numbers["strength"] = 2 * float(np.sqrt(-j[0, 1] * j[1, 0]))
    return GameSetting(
        loss=loss,
        schedule=schedule,
        step_size=step_size,
        theta=start[0],
        psi=start[1],
        **RULES[rule],
        **numbers,
    )


def why_none(rule: str, penalty: str) -> str:
    """Why a tick has no eigenvalues under a rule and a penalty.

    Parameters
    ----------
    rule : str
        A step rule by its name in RULES or in `GameSetting`.
    penalty : str
        A penalty by its name in PENALTIES or in `GameSetting`.

    Returns
    -------
    str
        Empty if it has some.
    """
    return ADAM if rule == "Adam" else KINK if "WGAN-GP" in penalty else ""


def growth_of(setting: GameSetting) -> np.ndarray:
    """Eigenvalues of one tick at (0, 0).

    Parameters
    ----------
    setting : GameSetting

    Returns
    -------
    ndarray
        Complex, the largest first; empty where `why_none` says so.

    Gradient: differentiates a whole tick, cutting nothing.
    """
    if why_none(setting.rule, setting.penalty):
        return np.empty(0, complex)
    here = replace(setting, theta=0.0, psi=0.0)
    rules = here.rules()
    return eigenvalues(tick_jacobian(here.players(), here.schedule, rule=rules))
