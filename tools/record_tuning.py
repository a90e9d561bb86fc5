"""Record the runs that chapter 5 reads: `.venv/bin/python tools/record_tuning.py`.

One factor at a time around a baseline, a small factorial, and some of it again on the
real digits, each with six seeds (tuning.nc); the few settings that the chapter's advice
rests on with 24 (tuning_seeds.nc); and, since 24 could not settle it, simultaneous
against alternating with 64 others (tuning_turns.nc). About an hour on one core.
After each group of runs the file is written, and a second call goes on from there.
"""

import argparse
import hashlib
import platform
import sys
import time
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path

import numpy as np
import torch
import xarray as xr

from ganflow.data import Mixture, digits_plane
from ganflow.metrics import (
    captured_modes,
    high_quality_share,
    reverse_kl,
    sliced_wasserstein,
)
from ganflow.page import RESULTS
from ganflow.schedule import ALTERNATING, SIMULTANEOUS, critic_steps, generator_steps
from ganflow.sweeps import GanSetting, sweep

SEEDS, MORE_SEEDS, FRESH_SEEDS = range(6), range(24), range(24, 88)
TICKS, EVERY, EARLY, KEPT = 1500, 100, 20, 100
EARLY_SERIES = ("loss_G", "loss_D", "score_real", "score_fake")
METRICS = ("modes", "quality", "reverse_kl", "distance")
# What the chapter's advice rests on; chosen before any of them had more than SEEDS.
ADVISED = ("baseline", "simultaneous", "2 critic steps", "rates D:G 4", "beta1 0.5")
ADVISED += ("beta1 0", "R1 0.1", "digits, baseline", "digits, beta1 0")
TURNS = ("baseline", "simultaneous")
# What one types without a thought: torch's Adam with its defaults, D and then G.
BASE = GanSetting(batch=64, beta1=0.9, shown=2500)


def rates(ratio):
    """Step sizes of ratio D to G, their geometric mean that of the baseline."""
    mean = BASE.step_size
    return {"step_size_D": mean * ratio**0.5, "step_size_G": mean / ratio**0.5}


def one_at_a_time():
    """factor -> name of the setting -> what it changes in the baseline."""
    gp = {"loss": "Wasserstein", "penalty": "WGAN-GP", "strength": 0.1}
    descents = {"gradient descent": 0.1, "momentum": 0.003}
    descents |= {"optimistic": 0.1, "extragradient": 0.03}
    turns = (SIMULTANEOUS, critic_steps(2), critic_steps(5), generator_steps(2))
    return {
        "baseline": {"baseline": {}},
        "schedule": {s.name: {"schedule": s} for s in turns},
        "rates": {
            **{f"rates D:G {r:g}": rates(r) for r in (0.25, 0.5, 2.0, 4.0)},
            **{f"both rates {h:g}": {"step_size": h} for h in (3e-4, 3e-3)},
        },
        "rule": {
            **{f"beta1 {b:g}": {"beta1": b} for b in (0.5, 0.0)},
            **{f"{k} {h}": {"rule": k, "step_size": h} for k, h in descents.items()},
        },
        "loss": {x: {"loss": x} for x in ("saturating", "hinge", "Wasserstein")},
        "penalty": {
            "R1 0.1": {"penalty": "R1", "strength": 0.1},
            "R1 1": {"penalty": "R1", "strength": 1.0},
            "R2 0.1": {"penalty": "R2", "strength": 0.1},
            "WGAN-GP": gp,
            "WGAN-GP, 5 critic steps": gp | {"schedule": critic_steps(5)},
        },
        "batch": {f"batch {n}": {"batch": n} for n in (16, 256)},
    }


def factorial():
    """name -> changes: three schedules x two momenta x two ratios."""
    named = {}
    turns = (SIMULTANEOUS, ALTERNATING, critic_steps(5))
    for schedule, beta1, ratio in product(turns, (0.9, 0.0), (1.0, 4.0)):
        words = [schedule.name] * (schedule != ALTERNATING)
        words += [f"beta1 {beta1:g}"] * (beta1 != BASE.beta1)
        words += [f"rates D:G {ratio:g}"] * (ratio != 1)
        changes = {"schedule": schedule, "beta1": beta1}
        changes |= rates(ratio) if ratio != 1 else {}
        named[", ".join(words) or "baseline"] = changes
    return named


def settings():
    """(factor, name) -> GanSetting, without its seed."""
    found, plane = {}, digits_plane()
    named = {}
    for factor, changes in one_at_a_time().items():
        for name, change in changes.items():
            named[name] = found[factor, name] = replace(BASE, **change)
    for name, change in factorial().items():
        if name not in named:
            found["factorial", name] = replace(BASE, **change)
    again = ("baseline", "simultaneous", "5 critic steps", "rates D:G 4")
    for name in (*again, "beta1 0", "R1 0.1"):
        found["digits", f"digits, {name}"] = replace(named[name], data=plane)
    return found


def recordings():
    """name of the file -> what it holds: the settings, the seeds of each."""
    found = settings()
    advised = {key: x for key, x in found.items() if key[1] in ADVISED}
    turns = {key: x for key, x in found.items() if key[1] in TURNS}
    return {
        "tuning": (found, SEEDS),
        "tuning_seeds": (advised, MORE_SEEDS),
        "tuning_turns": (turns, FRESH_SEEDS),
    }


def measured(runs, data):
    """The metrics of every record of a sweep, (runs, T) each, and the last samples."""
    samples = runs.samples.values
    real = data.sample(samples.shape[2], np.random.default_rng(0))
    kept = {"distance": sliced_wasserstein(samples, real)}
    nothing = np.full_like(kept["distance"], np.nan)
    modes = {"modes": captured_modes, "quality": high_quality_share}
    for name, metric in (modes | {"reverse_kl": reverse_kl}).items():
        known = isinstance(data, Mixture)
        kept[name] = metric(samples, data) if known else nothing
    kept = {name: kept[name].astype(np.float32) for name in METRICS}
    return kept | {"samples": samples[:, -1, :KEPT].astype(np.float32)}


def record_group(group, seeds):
    """Every seed of some settings that share a program, as arrays (n, seeds, ...)."""
    each = [replace(setting, seed=seed) for setting in group for seed in seeds]
    early = sweep(each, ticks=EARLY, record_every=EARLY, progress=False)
    runs = sweep(each, ticks=TICKS, record_every=EVERY)
    if runs.attrs["interrupted"] or early.attrs["interrupted"]:
        raise KeyboardInterrupt
    series = measured(runs, group[0].data)
    series |= {f"early_{name}": early[name].values[:, -1] for name in EARLY_SERIES}
    series["diverged"] = runs.diverged.values
    shape = (len(group), len(seeds))
    return {name: x.reshape(*shape, *x.shape[1:]) for name, x in series.items()}


def empty(found, seeds):
    """A dataset with a place for everything, nothing in it."""
    runs = {"setting": len(found), "seed": len(seeds)}
    ticks = np.unique([*range(0, TICKS + 1, EVERY), TICKS])
    shapes = {name: runs | {"tick": len(ticks)} for name in METRICS}
    shapes |= {f"early_{name}": runs for name in EARLY_SERIES} | {"diverged": runs}
    shapes["samples"] = runs | {"sample": KEPT, "xy": 2}
    variables = {
        name: (tuple(dims), np.full(tuple(dims.values()), np.nan, np.float32))
        for name, dims in shapes.items()
    }
    coords = {"setting": [name for _, name in found], "seed": list(seeds)}
    coords |= {"factor": ("setting", [factor for factor, _ in found]), "tick": ticks}
    coords["data"] = ("setting", [s.data.name for s in found.values()])
    coords["schedule"] = ("setting", [s.schedule.text for s in found.values()])
    done = ("setting", np.zeros(len(found), np.int8))
    return xr.Dataset(
        variables | {"done": done}, coords, {"runs_of": digest(found, seeds)}
    )


def digest(found, seeds):
    """What the runs depend on: a file of another digest is no beginning of this one."""
    words = [f"{list(seeds)} {TICKS} {EVERY} {EARLY}"]
    for key, setting in found.items():
        words.append(repr((key, vars(setting) | {"data": setting.data.name})))
    return hashlib.sha1("\n".join(words).encode()).hexdigest()


def write(dataset, path):
    """The whole file or none; samples as 16-bit whole numbers, 1/1000 exact."""
    packed = {"dtype": "int16", "scale_factor": 0.001, "_FillValue": -32768}
    beside = path.with_suffix(".part")
    clipped = dataset.assign(samples=dataset.samples.clip(-32, 32))
    clipped.to_netcdf(beside, engine="scipy", encoding={"samples": packed})
    beside.replace(path)


def record(path, found, seeds):
    """Do what is not done yet."""
    dataset = empty(found, seeds)
    if path.exists():
        begun = xr.load_dataset(path, engine="scipy")
        if begun.attrs["runs_of"] != dataset.attrs["runs_of"]:
            sys.exit(f"{path} holds runs of other settings: remove it to start anew")
        dataset = begun
    programs = {}
    for place, setting in enumerate(found.values()):
        if not dataset.done.values[place]:
            programs.setdefault(setting.program, []).append(place)
    for number, places in enumerate(programs.values(), start=1):
        group = [list(found.values())[place] for place in places]
        print(f"{number} of {len(programs)}: {len(group) * len(seeds)} runs")
        start = time.perf_counter()
        for name, values in record_group(group, seeds).items():
            dataset[name].values[places] = values
        dataset.done.values[places] = 1
        seconds = dataset.attrs.get("seconds", 0) + time.perf_counter() - start
        dataset.attrs |= provenance() | {"seconds": round(seconds, 1)}
        write(dataset, path)


def provenance():
    """How the file was made."""
    return {
        "command": ".venv/bin/python tools/record_tuning.py",
        "device": f"CPU, {torch.get_num_threads()} thread",
        "date": date.today().isoformat(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "xarray": xr.__version__,
    }


def main():
    """Record into the package, or into the folder --into."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--into", type=Path, default=RESULTS)
    into = parser.parse_args().into
    torch.set_num_threads(1)  # these networks are too small for two
    for name, (found, seeds) in recordings().items():
        record(into / f"{name}.nc", found, seeds)


if __name__ == "__main__":
    main()
