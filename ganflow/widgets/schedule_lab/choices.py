"""What the schedule lab lets one choose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ganflow.check import number, one_of, whole
from ganflow.dynamics import eigenvalues, tick_jacobian
from ganflow.dynamics.rules import Adam
from ganflow.schedule import (
    ALTERNATING,
    ALTERNATING_G_FIRST,
    SIMULTANEOUS,
    critic_steps,
    generator_steps,
)
from ganflow.sweeps import GameSetting

LOSSES = ("saturating", "non-saturating", "hinge", "Wasserstein")
RULES = ("gradient descent", "momentum", "extragradient", "optimistic", "Adam")
PENALTIES = ("none", "R1", "WGAN-GP", "clipping", "consensus")
SCHEDULES = (  # a press of a button away
    SIMULTANEOUS,
    ALTERNATING,
    ALTERNATING_G_FIRST,
    critic_steps(5),
    generator_steps(2),
)
LIMITS = {  # of the numbers that controls and addresses give, by the names of traits
    "step": (0.01, 10.0),
    "times": (0.1, 10.0),
    "beta": (-0.95, 0.95),
    "strength": (0.0, 4.0),
    "theta": (-100.0, 100.0),
    "psi": (-100.0, 100.0),
}
FIXED = ("beta1", "beta2", "target", "scale")  # fields that no control changes
OPENING = GameSetting(  # beta and strength wait for momentum and a penalty
    schedule=SIMULTANEOUS, step_size=0.2, beta=-0.5, strength=1.0
)


def traits_of(setting: GameSetting) -> dict:
    """How the lab's controls stand for a run.

    Parameters
    ----------
    setting : GameSetting

    Returns
    -------
    dict
        Positions of "loss", "rule" and "penalty" in LOSSES, RULES and PENALTIES, the
        text of "schedule", and the numbers of LIMITS: "step" is G's step size, "times"
        what D's is of it.

    Raises
    ------
    ValueError
        What no control can say: a name that is not offered, a number beyond LIMITS, an
        epsilon of one's own.
    """
    if setting.epsilon != Adam.epsilon:
        raise ValueError(
            f"epsilon is {setting.epsilon}; expected {Adam.epsilon}, with which the "
            "lab's Adam is made"
        )
    offered = {"loss": LOSSES, "rule": RULES, "penalty": PENALTIES}
    places = {
        name: options.index(one_of(name, getattr(setting, name), options))
        for name, options in offered.items()
    }
    numbers = {
        "step": setting.step_of("G"),
        "times": setting.step_of("D") / setting.step_of("G"),
        **{name: getattr(setting, name) for name in ("beta", "strength")},
        **{name: getattr(setting, name) for name in ("theta", "psi")},
    }
    for name, (least, most) in LIMITS.items():
        number(name, numbers[name], least=least, most=most)
    return {"schedule": setting.schedule.text, **places, **numbers}


def offers_of(setting: GameSetting, ticks: int) -> dict:
    """What the page has to know of the choices.

    Parameters
    ----------
    setting : GameSetting
        Whose numbers are kept where no control changes them.
    ticks : int
        >= 1, how many are played.

    Returns
    -------
    dict
        Of JSON types.
    """
    whole("ticks", ticks, least=1)
    return {
        "loss": list(LOSSES),
        "rule": list(RULES),
        "penalty": list(PENALTIES),
        "schedules": [[schedule.name, schedule.text] for schedule in SCHEDULES],
        "limits": {name: list(ends) for name, ends in LIMITS.items()}
        | {"tick": [0, ticks]},
        "fixed": {name: getattr(setting, name) for name in FIXED},
    }


def growth_of(setting: GameSetting) -> np.ndarray:
    """Eigenvalues of one tick at (0, 0).

    Parameters
    ----------
    setting : GameSetting

    Returns
    -------
    ndarray
        Complex, the largest first; empty under Adam, whose tick has no derivative
        there, and under WGAN-GP, which pulls at D from both sides of 0.

    Gradient: differentiates a whole tick, cutting nothing.
    """
    if setting.rule == "Adam" or (setting.penalty == "WGAN-GP" and setting.strength):
        return np.empty(0, complex)
    here = replace(setting, theta=0.0, psi=0.0)
    rules = here.rules()
    return eigenvalues(tick_jacobian(here.players(), here.schedule, rule=rules))
