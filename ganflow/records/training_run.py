"""What a training run did: losses of each tick, pictures of a few."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import BadZipFile

import numpy as np

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)  # of the slopes
SIDE = 5  # pictures in a row of the grid, and rows


@dataclass(frozen=True)
class TrainingRun:
    """T ticks, and R snapshots of what the generator makes of the same 25 z.

    Parameters
    ----------
    settings : mapping of str to object
        Of the run.
    provenance : mapping of str to object
        Device, versions, commit, command, ….
    series : mapping of str to array (T,)
        Of the last move of each tick: loss_D (without penalty), loss_G, score_real,
        score_fake and, if there is one, penalty and slope; in fp16 also skipped_D and
        skipped_G, the steps left out by then, and scale_D and scale_G.
    ticks : array (R,), int
        Ticks done at each snapshot, from 0.
    seconds : array (R,), float
        Of training by then, without the taking of snapshots.
    samples : array (R, 25, size, size, channels), uint8
        By G.
    averaged : array (R, 25, size, size, channels), uint8
        By its average.
    slopes : array (R, 5)
        Quantiles LEVELS of D's slope between real and fake.
    real : array (25, size, size, channels), uint8
        Images of the data.

    Raises
    ------
    ValueError
        Parts of different lengths.
    """

    settings: Mapping[str, object]
    provenance: Mapping[str, object]
    series: Mapping[str, np.ndarray]
    ticks: np.ndarray
    seconds: np.ndarray
    samples: np.ndarray
    averaged: np.ndarray
    slopes: np.ndarray
    real: np.ndarray

    def __post_init__(self):
        taken = ("ticks", "seconds", "samples", "averaged", "slopes")
        counts = {name: len(getattr(self, name)) for name in taken}
        if len(set(counts.values())) > 1:
            raise ValueError(
                f"each snapshot needs one entry of everything, got {counts}"
            )
        if len({len(values) for values in self.series.values()}) > 1:
            lengths = {name: len(values) for name, values in self.series.items()}
            raise ValueError(f"each tick needs one entry of every series: {lengths}")

    def save(self, file: BinaryIO) -> None:
        """Write it all as one .npz, without pickles.

        Parameters
        ----------
        file : binary file
            Open for writing.
        """
        arrays: dict[str, Any] = self.as_arrays()
        np.savez_compressed(file, **arrays)

    def as_arrays(self) -> dict[str, np.ndarray]:
        """Give everything by name; settings and provenance as JSON."""
        told = {name: json.dumps(dict(getattr(self, name))) for name in TOLD}
        series = {f"series {name}": values for name, values in self.series.items()}
        plain = [f.name for f in fields(self) if f.name not in (*TOLD, "series")]
        arrays = {name: getattr(self, name) for name in plain}
        return {k: np.asarray(v) for k, v in (told | series | arrays).items()}


TOLD = ("settings", "provenance")
DAMAGE = (KeyError, TypeError, ValueError, EOFError, OSError, BadZipFile, zlib.error)


def load_training_run(path: str | Path) -> TrainingRun:
    """Read what `TrainingRun.save` wrote.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    TrainingRun

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file is no recorded run.
    """
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as held:
            arrays = dict(held)
        told = {name: json.loads(str(arrays.pop(name))) for name in TOLD}
        names = [name for name in arrays if name.startswith("series ")]
        series = {name.removeprefix("series "): arrays.pop(name) for name in names}
        return TrainingRun(**told, series=series, **arrays)
    except DAMAGE as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise ValueError(
            f"{path} is no recorded training run ({error}); record it again with "
            "tools/train_wgan_gp.py"
        ) from error
