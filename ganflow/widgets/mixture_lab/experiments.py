"""What chapter 5 found, as pairs of settings that a reader runs again."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cache

import numpy as np

from ganflow.check import one_of
from ganflow.data import (
    Cloud,
    Distribution,
    Mixture,
    digits_plane,
    grid,
    moons,
    ring,
)
from ganflow.schedule import SIMULTANEOUS, critic_steps, generator_steps
from ganflow.sweeps import GanSetting
from ganflow.sweeps.settings import RING

BASE = GanSetting(batch=64, beta1=0.9, shown=500)  # the page's baseline


DATA = {
    "ring of 8": ring,
    "grid of 25": grid,
    "moons": moons,
    "digits in a plane": digits_plane,
}


@dataclass(frozen=True)
class Experiment:
    """Two settings, and what a dozen seeds of each show.

    Parameters
    ----------
    a : str
        What the page calls the setting of run A.
    b : str
        What the page calls the setting of run B.
    says : str
        What twelve seeds of each show here, and where the page's 64 say more.
    seed_b : int
        >= 0, where B's seeds begin; A's begin at 0.
    """

    a: str
    b: str
    says: str
    seed_b: int = 0


def rates(ratio: float) -> dict[str, float]:
    """Step sizes of ratio D to G, their geometric mean that of the baseline."""
    mean = BASE.step_size
    return {"step_size_D": mean * ratio**0.5, "step_size_G": mean / ratio**0.5}


GP = {"loss": "Wasserstein", "penalty": "WGAN-GP", "strength": 0.1}
FASTER_D = rates(4.0)
CHANGES: dict[str, dict] = {  # of the baseline, by the page's names
    "baseline": {},
    "simultaneous": {"schedule": SIMULTANEOUS},
    "2 critic steps": {"schedule": critic_steps(2)},
    "5 critic steps": {"schedule": critic_steps(5)},
    "2 generator steps": {"schedule": generator_steps(2)},
    "rates D:G 0.25": rates(0.25),
    "rates D:G 4": FASTER_D,
    "both rates 0.003": {"step_size": 3e-3},
    "beta1 0": {"beta1": 0.0},
    "gradient descent 0.1": {"rule": "gradient descent", "step_size": 0.1},
    "extragradient 0.03": {"rule": "extragradient", "step_size": 0.03},
    "saturating": {"loss": "saturating"},
    "R1 0.1": {"penalty": "R1", "strength": 0.1},
    "WGAN-GP": GP,
    "WGAN-GP, 5 critic steps": GP | {"schedule": critic_steps(5)},
    "batch 16": {"batch": 16},
    "batch 256": {"batch": 256},
    "5 critic steps, rates D:G 4": {"schedule": critic_steps(5)} | FASTER_D,
    "digits, baseline": {"data": "digits in a plane"},
    "digits, beta1 0": {"data": "digits in a plane", "beta1": 0.0},
}
EXPERIMENTS = (
    Experiment(
        "baseline",
        "baseline",
        "One setting and other seeds: in A some seeds end with one mode or none and "
        "some with all eight; in B, too.",
        seed_b=12,
    ),
    Experiment(
        "baseline",
        "2 critic steps",
        "A ends with 0 to 8 modes, by the seed alone. B ends with 7 or 8, and has the "
        "higher share of high quality for each of twelve seeds.",
    ),
    Experiment(
        "baseline",
        "2 generator steps",
        "A ends with 0 to 8 modes. B, with a second move of G, ends with one or two "
        "for each of twelve seeds.",
    ),
    Experiment(
        "baseline",
        "simultaneous",
        "Not told apart by twelve seeds: both end with 0 to 8 modes, and B has more "
        "than A for four seeds, fewer for seven. It takes the 64 recorded seeds of "
        "chapter 5 to see that A finds more, on average.",
    ),
    Experiment(
        "2 critic steps",
        "rates D:G 4",
        "A, with a second move of D, ends with 7 or 8 modes. B, with a faster D, ends "
        "with all eight for each of twelve seeds; A has the higher share of high "
        "quality for ten.",
    ),
    Experiment(
        "baseline",
        "rates D:G 0.25",
        "A ends with 0 to 8 modes. B, with a slower D, ends with one mode or none for "
        "each of twelve seeds.",
    ),
    Experiment(
        "baseline",
        "both rates 0.003",
        "Not told apart by twelve seeds: A ends with 0 to 8 modes; B, with a larger "
        "rate for both players, too.",
    ),
    Experiment(
        "baseline",
        "beta1 0",
        "A ends with 0 to 8 modes. B has all eight at each of its last five "
        "measurements (ticks 1,100 to 1,500), for each of twelve seeds.",
    ),
    Experiment(
        "gradient descent 0.1",
        "extragradient 0.03",
        "A ends with 2 to 8 modes, B with all eight for each of twelve seeds. Each "
        "used one rate, not a tuned one.",
    ),
    Experiment(
        "baseline",
        "saturating",
        "Not told apart by twelve seeds: A ends with 0 to 8 modes; B ends with more "
        "than A for six of them, with fewer for three.",
    ),
    Experiment(
        "baseline",
        "R1 0.1",
        "A ends with 0 to 8 modes, B with all eight for each of twelve seeds.",
    ),
    Experiment(
        "WGAN-GP",
        "WGAN-GP, 5 critic steps",
        "A, with one critic step, ends with 0 to 7 modes. B, with five, ends with all "
        "eight for each of twelve seeds.",
    ),
    Experiment(
        "batch 16",
        "batch 256",
        "Not told apart by twelve seeds: both end with 0 to 8 modes, and a tick of B "
        "takes several times as long.",
    ),
    Experiment(
        "5 critic steps",
        "5 critic steps, rates D:G 4",
        "Two cures at once: A ends with 7 or 8 modes, B with 1 to 8, and nine of "
        "twelve seeds have fewer than A.",
    ),
    Experiment(
        "digits, baseline",
        "digits, beta1 0",
        "No modes to count: A’s fakes end further from the data, B’s closer to them, "
        "for each of twelve seeds.",
    ),
)


def setting_of(name: str, seed: int = 0) -> GanSetting:
    """The setting that the page calls by this name.

    Parameters
    ----------
    name : str
        A name of CHANGES.
    seed : int
        >= 0.

    Returns
    -------
    GanSetting
    """
    changes = dict(CHANGES[name])
    changes["data"] = data_of(changes.get("data", BASE.data.name))
    return replace(BASE, **changes, seed=seed)


def name_of(data: Distribution) -> str:
    """What the lab calls this data.

    Parameters
    ----------
    data : ganflow.data.Distribution

    Returns
    -------
    str
        A name of DATA.

    Raises
    ------
    ValueError
        Data that the lab does not know.
    """
    name = one_of("the data", data.name, DATA)
    known = data_of(name)
    if type(data) is not type(known) or any(
        not np.array_equal(getattr(data, f.name), getattr(known, f.name))
        for f in fields(known)
    ):
        raise ValueError(
            f"the data is a {name} of other points than the lab's; expected "
            f"ganflow.data.{DATA[name].__name__}()"
        )
    return name


@cache
def data_of(name: str) -> Mixture | Cloud:
    """The data that is called by this name.

    Parameters
    ----------
    name : str
        A name of DATA.

    Returns
    -------
    ganflow.data.Mixture or ganflow.data.Cloud
        The same at every call, so that its runs are one program.
    """
    return RING if name == RING.name else DATA[name]()
