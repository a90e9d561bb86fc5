"""Film GANs of the plane while they train: for the mixture lab, and for one run now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import cast

import numpy as np
import torch
from tqdm.auto import tqdm

from ganflow.data import Mixture
from ganflow.dynamics import Networks
from ganflow.metrics import high_quality_share, sliced_wasserstein
from ganflow.schedule import ALTERNATING, SIMULTANEOUS, Schedule, critic_steps
from ganflow.sweeps import GanSetting
from ganflow.sweeps.stack import Stack
from ganflow.widgets.mixture_lab.record import MixtureLab

BASE = GanSetting(step_size=2e-3, batch=64, width=32, shown=1000)
SCHEDULES = (SIMULTANEOUS, ALTERNATING, critic_steps(5))
RATES = {"¼": 0.25, "1": 1.0, "4": 4.0}  # D's step size for each of G's
# No penalty is R1 of strength 0, so that the two are one program of twice the runs.
PENALTIES = {
    "none": ("R1", 0.0),
    "R1, γ = 0.1": ("R1", 0.1),
    "WGAN-GP, λ = 0.1": ("WGAN-GP", 0.1),
}
SEEDS = (0, 1)
TICKS, EVERY = 400, 16
SIDE, DRAWN, DIRECTIONS = 20, 128, 16
WITHIN = 3.0  # standard deviations at which a sample counts as a mode's
ROOM = 1.25  # the picture's half width, in extents of the data


@dataclass(frozen=True)
class Frame:
    """Some runs at one tick.

    Parameters
    ----------
    tick : int
    samples : ndarray
        (runs, n, 2).
    surface : ndarray
        (runs, side, side), D's score; row 0 lies at y = -extent.
    """

    tick: int
    samples: np.ndarray
    surface: np.ndarray


def film(
    settings: Sequence[GanSetting], *, ticks: int, every: int, side: int = SIDE
) -> Iterator[Frame]:
    """Train runs of one program together, and give a frame every so many ticks.

    Parameters
    ----------
    settings : sequence of GanSetting
        They share a program, data and `shown`.
    ticks : int
        >= 0.
    every : int
        Ticks between frames, >= 1; the last tick has one.
    side : int
        Points of the surface along a side.

    Yields
    ------
    Frame
        The first before the first move; it trains while it is read.

    Gradient: `play`'s, cut between turns; frames carry none.
    """
    stack = Stack.of(settings, torch.device("cpu"))
    players = cast(Networks, stack.players)  # a GanSetting has no other
    extent = ROOM * settings[0].data.extent
    along = torch.linspace(-extent, extent, side)
    y, x = torch.meshgrid(along, along, indexing="ij")
    points = torch.stack([x, y], -1).reshape(-1, 2).expand(len(settings), -1, 2)
    for tick in range(ticks + 1):
        if tick:
            stack.tick()
        if tick % every == 0 or tick == ticks:
            values = stack.state.values
            samples = players.observe(values)["samples"]
            with torch.no_grad():
                score = players.score(values["D"], points)
            surface = score.reshape(-1, side, side)
            yield Frame(tick, samples.numpy(), surface.numpy())


def lab_of(
    frames: Sequence[Frame],
    data: Mixture,
    names: Mapping[str, Iterable[str]],
    *,
    order: np.ndarray | None = None,
) -> MixtureLab:
    """Measure what was filmed.

    Parameters
    ----------
    frames : sequence of Frame
        Of all runs, one for each tick.
    data : ganflow.data.Mixture
    names : mapping from str to iterable of str
        schedules, rates, penalties and seeds: what their values are called.
    order : ndarray, optional
        (runs,), the run of each combination of `names`, in the order of their product;
        by default the runs come in that order.

    Returns
    -------
    MixtureLab

    Gradient: none, arrays only.
    """
    told = {name: tuple(values) for name, values in names.items()}
    runs = slice(None) if order is None else order
    samples = np.stack([frame.samples for frame in frames], axis=1)[runs]
    surface = np.stack([frame.surface for frame in frames], axis=1)[runs]
    real = data.sample(samples.shape[-2], np.random.default_rng(0))
    seen = {
        "samples": samples[..., :DRAWN, :],
        "surface": surface,
        "captured": captured(samples, data),
        "share": high_quality_share(samples, data, within=WITHIN),
        "distance": sliced_wasserstein(samples, real, directions=DIRECTIONS),
    }
    shape = tuple(map(len, told.values()))
    return MixtureLab(
        schedules=told["schedules"],
        rates=told["rates"],
        penalties=told["penalties"],
        seeds=told["seeds"],
        ticks=tuple(frame.tick for frame in frames),
        extent=ROOM * data.extent,
        centres=data.centres,
        radius=WITHIN * data.spread,
        counted=samples.shape[-2],
        **{name: x.reshape(shape + x.shape[1:]) for name, x in seen.items()},
    )


def captured(samples: np.ndarray, data: Mixture) -> np.ndarray:
    """Which modes hold a sample within 3 standard deviations.

    Their number is `metrics.captured_modes`.

    Parameters
    ----------
    samples : ndarray
        (..., n, 2).
    data : ganflow.data.Mixture
        Of m modes.

    Returns
    -------
    ndarray
        (..., m), bool.
    """
    nearest, found = data.mode_of(samples), []
    for mode, centre in enumerate(data.centres):
        near = np.hypot(*np.moveaxis(samples - centre, -1, 0)) <= WITHIN * data.spread
        found.append((near & (nearest == mode)).any(axis=-1))
    return np.stack(found, axis=-1)


def record_mixture_lab(
    base: GanSetting = BASE,
    *,
    schedules: Sequence[Schedule] = SCHEDULES,
    rates: dict[str, float] = RATES,
    penalties: dict[str, tuple[str, float]] = PENALTIES,
    seeds: Sequence[int] = SEEDS,
    ticks: int = TICKS,
    every: int = EVERY,
    progress: bool = True,
) -> MixtureLab:
    """Train every combination of settings, many at once, and keep the film.

    Parameters
    ----------
    base : GanSetting
        What all runs share; its data is a mixture, its `shown` samples are measured.
    schedules : sequence of Schedule
        Each is played from the same start.
    rates : dict from str to float
        D's step size divided by G's, by name.
    penalties : dict from str to (str, float)
        Kind and strength, by name.
    seeds : sequence of int
        Each is a run of its own of every setting.
    ticks : int
        >= 0.
    every : int
        Ticks between frames, >= 1; the last tick has one.
    progress : bool
        Show a progress bar over frames.

    Returns
    -------
    MixtureLab

    Raises
    ------
    ValueError
        The data is no mixture.

    Gradient: `play`'s, cut between turns.
    """
    data = mixture_of(base)
    settings = [
        setting_of(base, *chosen)
        for chosen in product(schedules, rates.values(), penalties.values(), seeds)
    ]
    programs: dict[tuple, list[int]] = {}
    for run, setting in enumerate(settings):
        programs.setdefault(setting.program, []).append(run)
    films = [
        film([settings[run] for run in runs], ticks=ticks, every=every)
        for runs in programs.values()
    ]
    bar = tqdm(zip(*films, strict=True), unit="frame", disable=not progress)
    bar.total = -(-ticks // every) + 1
    frames = [_joined(parts) for parts in bar]
    names = {
        "schedules": [schedule.name for schedule in schedules],
        "rates": rates,
        "penalties": penalties,
        "seeds": map(str, seeds),
    }
    order = np.argsort(np.concatenate(list(programs.values())))
    return lab_of(frames, data, names, order=order)


def mixture_of(base: GanSetting) -> Mixture:
    """The data of a setting, which has modes to count; anything else is refused."""
    if not isinstance(base.data, Mixture):
        raise ValueError(
            f"the data is a {type(base.data).__name__}, expected a Mixture: the lab "
            "counts the modes that are captured"
        )
    return base.data


def setting_of(
    base: GanSetting,
    schedule: Schedule,
    rate: float,
    penalty: tuple[str, float],
    seed: int,
) -> GanSetting:
    """One run: D's step size is `rate` times G's."""
    return replace(
        base,
        schedule=schedule,
        step_size_D=rate * base.step_size,
        penalty=penalty[0],
        strength=penalty[1],
        seed=seed,
    )


def _joined(parts: Sequence[Frame]) -> Frame:
    """Frames of several programs at one tick as one."""
    samples = np.concatenate([part.samples for part in parts])
    return Frame(
        parts[0].tick, samples, np.concatenate([part.surface for part in parts])
    )
