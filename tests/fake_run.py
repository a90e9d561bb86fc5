"""A training record for tests of what shows it."""

import numpy as np

from ganflow.records.training_run import TrainingRun


def fake_run(ticks=1000, snapshots=3, *, penalty="WGAN-GP", size=2, channels=3):
    """A run that nobody trained: each number says where it stands."""
    rng = np.random.default_rng(0)
    names = ("loss_D", "score_real", "score_fake", "loss_G")
    shape = (snapshots, 25, size, size, channels)
    return TrainingRun(
        settings={"loss": "Wasserstein", "penalty": penalty, "data": "x", "seed": 3},
        provenance={},
        series={n: np.arange(ticks) + 1e4 * k for k, n in enumerate(names)},
        ticks=np.linspace(0, ticks, snapshots).astype(int),
        seconds=np.linspace(0, 9, snapshots),
        samples=rng.integers(0, 255, shape, np.uint8),
        averaged=rng.integers(0, 255, shape, np.uint8),
        slopes=rng.random((snapshots, 5)).astype(np.float32),
        real=rng.integers(0, 255, shape[1:], np.uint8),
    )
