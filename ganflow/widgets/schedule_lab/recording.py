"""Play every setting of the schedule lab, and keep what its picture shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import torch

from ganflow.dynamics import Scalars, play
from ganflow.records.history import History
from ganflow.schedule import ALTERNATING, Schedule
from ganflow.sweeps import GameSetting, sweep
from ganflow.widgets.schedule_lab.choices import (
    LOSSES,
    PENALTIES,
    RULES,
    SCHEDULES,
    START,
    STEP_SIZES,
    growth_of,
    setting_of,
    why_none,
)
from ganflow.widgets.schedule_lab.record import ScheduleLab, rows

PLAYED = ("theta", "psi")
TICKS, FINE = 100, 12
EXTENTS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
SIDE = 14  # arrows of the field along a side; even, so that none lies on an axis


def reads_of(schedule: Schedule) -> tuple[tuple[str, ...], ...]:
    """What the moves of each turn read.

    Parameters
    ----------
    schedule : Schedule

    Returns
    -------
    tuple of tuple of str
        By turn, such as (("D reads G0",), ("G reads D1",)).
    """
    return tuple(
        tuple(str(move) for move in schedule.moves if move.turn == turn)
        for turn in range(len(schedule.turns))
    )


def kept(run: History, fine: int) -> dict[str, np.ndarray]:
    """theta and psi of a run: all turns of the first ticks, then whole ticks.

    Parameters
    ----------
    run : History
        With a row for each turn.
    fine : int
        How many ticks are kept turn by turn.

    Returns
    -------
    dict from str to ndarray
        "theta" and "psi", time last.
    """
    row = (run.tick < fine) | (run.turn == 0)
    return {name: np.moveaxis(run[name][row], 0, -1) for name in PLAYED}


def record_schedule_lab(
    *,
    losses: Sequence[str] = LOSSES,
    schedules: Sequence[Schedule] = SCHEDULES,
    step_sizes: Sequence[float] = STEP_SIZES,
    ticks: int = TICKS,
    progress: bool = True,
) -> ScheduleLab:
    """Play every loss, schedule and step size with each of RULES and PENALTIES.

    Parameters
    ----------
    losses : sequence of str
        Names of `games`.
    schedules : sequence of Schedule
        Each is played from the same start.
    step_sizes : sequence of float
        > 0.
    ticks : int
        >= 12.
    progress : bool
        Show `sweep`'s progress bar.

    Returns
    -------
    ScheduleLab

    Gradient: as in `sweep`; `growth_of` differentiates whole ticks.
    """
    choices = (losses, schedules, step_sizes, tuple(RULES), tuple(PENALTIES))
    settings = [setting_of(*chosen) for chosen in product(*choices)]
    states = tuple(map(len, choices))
    growth = _growth(settings)
    return ScheduleLab(
        losses=tuple(losses),
        schedules=tuple(schedule.name for schedule in schedules),
        step_sizes=tuple(step_sizes),
        rules=choices[3],
        penalties=choices[4],
        reads=tuple(map(reads_of, schedules)),
        start=START,
        ticks=ticks,
        fine=FINE,
        **{
            name: path.reshape(*states, -1)
            for name, path in _paths(settings, ticks, progress).items()
        },
        eigenvalues=growth.reshape(*states, -1),
        why_none=tuple(tuple(why_none(r, p) for p in PENALTIES) for r in RULES),
        extents=EXTENTS,
        field=_fields(losses),
        bounds=tuple(
            p["strength"] if p["penalty"] == "clipping" else None
            for p in PENALTIES.values()
        ),
    )


def _paths(
    settings: Sequence[GameSetting], ticks: int, progress: bool
) -> dict[str, np.ndarray]:
    """Every run, (runs, T): the first ticks turn by turn by `play`, then `sweep`."""
    turns = [len(setting.schedule.turns) for setting in settings]
    last = [rows(ticks, FINE, n) for n in turns]
    runs = sweep(settings, ticks=ticks, chunk=len(settings), progress=progress)
    found = {}
    for name in PLAYED:
        whole = runs[name].values
        found[name] = whole[:, -1:].repeat(max(row[-1] for row in last) + 1, axis=1)
        for path, row, values in zip(found[name], last, whole, strict=True):
            path[row] = values
    groups = {}
    for number, setting in enumerate(settings):
        groups.setdefault((setting.program, setting.schedule), []).append(number)
    for group in groups.values():
        for name, path in _opening([settings[i] for i in group]).items():
            found[name][group, : path.shape[-1]] = path
    return found


def _opening(settings: Sequence[GameSetting]) -> dict[str, np.ndarray]:
    """The first ticks of runs that differ in numbers only, turn by turn, as one run."""
    first = settings[0]
    strength, step_size = (
        torch.tensor([getattr(s, name) for s in settings], dtype=torch.float64)
        for name in ("strength", "step_size")
    )
    start = (np.array([getattr(s, name) for s in settings]) for name in PLAYED)
    game = replace(first.players().game, strength=strength)
    rules = {p: replace(r, step_size=step_size) for p, r in first.rules().items()}
    run = play(
        Scalars(game, *start), first.schedule, rule=rules, ticks=FINE, each_turn=True
    )
    return kept(run, FINE)


def _growth(settings: Sequence[GameSetting]) -> np.ndarray:
    """Eigenvalues (runs, 4), NaN where none; games alike near (0, 0) share them."""
    growth, known = np.full((len(settings), 4), np.nan + 0j), {}
    for found, setting in zip(growth, settings, strict=True):
        near = setting.players().game.jacobian(0.0, 0.0).round(12)
        named = (setting.penalty, setting.rule, setting.schedule, setting.step_size)
        if (key := (*near.ravel(), *named)) not in known:
            known[key] = growth_of(setting)
        found[: len(known[key])] = known[key]
    return growth


def _fields(losses: Sequence[str]) -> np.ndarray:
    """The field's angle, by loss, penalty and extent, (L, P, Z, side, side)."""
    centre = (2 * np.arange(SIDE) + 1) / SIDE - 1
    theta, psi = np.multiply.outer(EXTENTS, np.meshgrid(centre, centre)).swapaxes(0, 1)
    found = []
    for loss, penalty in product(losses, PENALTIES):
        setting = setting_of(loss, ALTERNATING, 1.0, "gradient descent", penalty)
        v_theta, v_psi = setting.players().game.field(theta, psi)
        moving = np.hypot(v_theta, v_psi) > 0
        found.append(np.where(moving, np.arctan2(v_psi, v_theta), np.nan))
    return np.reshape(found, (len(losses), len(PENALTIES), *theta.shape))
