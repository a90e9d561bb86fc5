"""Runs and timings recorded on a GPU, if there are any, and how to tell of them.

`make gpu` writes them beside `tuning.nc`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from ganflow.records.training_run import TrainingRun, load_training_run

RESULTS = Path(__file__).parent.parent / "results"
NONE = "No run on a GPU is recorded here yet; on a machine that has one: make gpu"
STEPS = "gpu_steps.json"


def gpu_runs(folder: Path = RESULTS) -> dict[str, TrainingRun]:
    """Read the recorded runs.

    Parameters
    ----------
    folder : Path
        Where they lie, as gpu_*.npz.

    Returns
    -------
    dict of name -> TrainingRun
        A name is such as "wgan-gp"; empty if there are none.

    Raises
    ------
    ValueError
        A file that is no recorded run.
    """
    paths = sorted(folder.glob("gpu_*.npz"))
    return {p.stem.removeprefix("gpu_"): load_training_run(p) for p in paths}


def gpu_steps(folder: Path = RESULTS) -> list[dict]:
    """Read what `bench/tick_cost.py` measured on a GPU.

    Parameters
    ----------
    folder : Path
        Where it lies, as gpu_steps.json.

    Returns
    -------
    list of dict
        One for each way; empty if nothing was measured.
    """
    path = folder / STEPS
    return json.loads(path.read_text()) if path.exists() else []


def told_runs(runs: Mapping[str, TrainingRun]) -> str:
    """Tell in a few lines of each run what, where, how long, made by which command.

    Parameters
    ----------
    runs : dict of name -> TrainingRun
        As `gpu_runs` gives them.

    Returns
    -------
    str
        To be printed; one sentence if there are none.
    """
    if not runs:
        return NONE
    return "\n".join(_told(name, run) for name, run in runs.items())


def told_steps(rows: Sequence[Mapping]) -> str:
    """Tell in a table of each way its milliseconds a tick, speed and share of the peak.

    Parameters
    ----------
    rows : list of dict
        As `gpu_steps` gives them.

    Returns
    -------
    str
        To be printed; one sentence if there are none.
    """
    if not rows:
        return NONE
    first = rows[0]
    head = f"{first['device']}, torch {first['torch']}, {first['date']}"
    lines = [head, f"{'':30}{'size':>5}{'ms a tick':>11}{'times':>7}{'of peak':>9}"]
    for row in rows:
        peak = "" if row["share"] is None else f"{row['share']:.0%}"
        line = f"{row['way']:30}{row['size']:>5}{row['ms']:>11.2f}{row['times']:>7.2f}"
        lines.append(f"{line}{peak:>9}")
    return "\n".join(lines)


def _told(name: str, run: TrainingRun) -> str:
    where, settings = run.provenance, run.settings
    ticks, size = len(next(iter(run.series.values()))), settings["size"]
    return (
        f"{name}: {ticks:,} ticks of {settings['critic_steps']} critic steps on "
        f"{settings['data']} at {size}x{size} in {where['seconds']:.0f} s\n"
        f"  {where['device']}, torch {where['torch']}, seed {where['seed']}, commit "
        f"{where['commit']}, {where['date']}\n  {where['command']}"
    )
