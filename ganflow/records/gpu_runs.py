"""Runs and timings recorded on a GPU, if there are any, and how to tell of them.

`make gpu` writes them beside `tuning.nc`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from ganflow.records.training_run import TrainingRun, load_training_run

RESULTS = Path(__file__).parent.parent / "results"
NONE = "No run on a GPU is recorded here yet; on a machine that has one: make gpu"
GROUPS = ("eager", "compiled", "tensorflow")  # of ways to take a tick


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
        Where it lies, as gpu_*.json: a file for each group of ways and each size.

    Returns
    -------
    list of dict
        One for each way; empty if nothing was measured.
    """
    found = (sorted(folder.glob(f"gpu_{group}_*.json")) for group in GROUPS)
    paths = [path for paths in found for path in paths]
    return [row for path in paths for row in json.loads(path.read_text())]


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
        As `gpu_steps` gives them. Each is compared with the plain one of its own file.

    Returns
    -------
    str
        To be printed; one sentence if there are none.
    """
    if not rows:
        return NONE
    names, lines = f"{'':30}{'size':>5}{'ms a tick':>11}{'times':>7}{'of peak':>9}", []
    for head, measured in groupby(rows, _head):
        lines += [head, names, *map(_line, measured)]
    return "\n".join(lines)


def _head(row: Mapping) -> str:
    names = ("device", "torch", "commit", "date")
    device, version, commit, date = (row[name] for name in names)
    return f"{device}, torch {version}, commit {commit}, {date}"


def _line(row: Mapping) -> str:
    way = f"{row['way']:30}{row['size']:>5}"
    if "not_run" in row:
        return f"{way}   not run: {row['not_run']}"
    peak = "" if row["share"] is None else f"{row['share']:.0%}"
    return f"{way}{row['ms']:>11.2f}{row['times']:>7.2f}{peak:>9}"


def _told(name: str, run: TrainingRun) -> str:
    where, settings = run.provenance, run.settings
    ticks, size = len(next(iter(run.series.values()))), settings["size"]
    return (
        f"{name}: {ticks:,} ticks of {settings['critic_steps']} critic steps on "
        f"{settings['data']} at {size}x{size} in {where['seconds']:.0f} s\n"
        f"  in {where['precision']} ({where['why']})\n"
        f"  {where['device']}, torch {where['torch']}, seed {where['seed']}, commit "
        f"{where['commit']}, {where['date']}\n  {where['command']}"
    )
