"""How far samples are from a distribution of the plane: numpy arrays in, numbers out.

Each function takes any number of leading dimensions (runs, seeds, ticks) and returns
one number for each. A batch with a sample that is not finite scores NaN: a run that
diverged is no run that found nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ganflow.check import whole

if TYPE_CHECKING:
    from ganflow.data import Mixture


def captured_modes(
    samples: ArrayLike, mixture: Mixture, *, within: float = 3.0
) -> np.ndarray:
    """Count the modes that are nearest to at least one high-quality sample.

    Parameters
    ----------
    samples : array-like (..., n, 2)
        n >= 1. The source takes n = 2,500 and averages five runs.
    mixture : ganflow.data.Mixture
        The distribution, of k modes.
    within : float, default 3.0
        The largest distance from the centre, in standard deviations.

    Returns
    -------
    array (...), float
        A whole number in [0, k], or NaN.

    Raises
    ------
    ValueError
        No samples, or not in the plane.

    Gradient: none, it counts.
    Source: Srivastava et al. 2017 (VEEGAN).
    """
    samples = _batch("samples", samples)
    modes, near = _nearest(samples, mixture, within)
    counts = _counts(modes, near, len(mixture.centres))
    return _finite_only((counts > 0).sum(axis=-1), samples)


def high_quality_share(
    samples: ArrayLike, mixture: Mixture, *, within: float = 3.0
) -> np.ndarray:
    """Give the share of samples within 3 standard deviations of the nearest mode.

    Perfect samples of well separated modes score 1 - exp(-within**2 / 2), 0.989, not 1;
    so do perfect samples of a single mode: read it beside `captured_modes`.

    Parameters
    ----------
    samples : array-like (..., n, 2)
        n >= 1.
    mixture : ganflow.data.Mixture
        The distribution.
    within : float, default 3.0
        The largest distance from the centre, in standard deviations.

    Returns
    -------
    array (...), float
        In [0, 1], or NaN.

    Raises
    ------
    ValueError
        No samples, or not in the plane.

    Gradient: none, it counts.
    Source: Srivastava et al. 2017 (VEEGAN).
    """
    samples = _batch("samples", samples)
    near = _nearest(samples, mixture, within)[1]
    return _finite_only(near.mean(axis=-1), samples)


def reverse_kl(
    samples: ArrayLike, mixture: Mixture, *, within: float = np.inf
) -> np.ndarray:
    """Measure how unevenly samples fall on the modes: KL(samples over modes || even).

    Each sample counts at its nearest mode, however far: how good a sample is, is left
    to `high_quality_share`. With `within=3` only high-quality samples count, as in the
    mode counts of the code published with PacGAN; a batch that has none scores NaN.

    Reverse, because the samples' distribution comes first: a lost mode costs little
    (all on m of k modes, evenly: log(k / m)), and the value is never infinite. Perfect
    sampling scores about (k - 1) / (2 n), not 0.

    Parameters
    ----------
    samples : array-like (..., n, 2)
        n >= 1.
    mixture : ganflow.data.Mixture
        The distribution, of k modes.
    within : float
        The largest distance from the centre, in standard deviations.

    Returns
    -------
    array (...), float
        In [0, log k] nats, or NaN.

    Raises
    ------
    ValueError
        No samples, or not in the plane.

    Gradient: none, it counts.
    Source: Lin et al. 2018 (PacGAN).
    """
    samples = _batch("samples", samples)
    modes, near = _nearest(samples, mixture, within)
    counts = _counts(modes, near, len(mixture.centres))
    total = counts.sum(axis=-1, keepdims=True)
    share = counts / np.where(total > 0, total, np.nan)
    ratio = np.where(counts > 0, share * len(mixture.centres), 1.0)  # 0 log 0 = 0
    return _finite_only((share * np.log(ratio)).sum(axis=-1), samples)


def sliced_wasserstein(
    x: ArrayLike, y: ArrayLike, *, directions: int = 64
) -> np.ndarray:
    """Average over directions the Wasserstein-1 distance of two projected clouds.

    On a line the best match of two clouds of one size pairs them in sorted order, so
    each direction is exact; first power, no root. Directions pi j / directions stand
    evenly over the half circle, the other half gives the same distances. A cloud moved
    by a length r is at 2 r / pi, to a share of (pi / directions)^2 / 12: 2e-4 for 64.

    Parameters
    ----------
    x : array-like (..., n, 2)
        n >= 1.
    y : array-like (..., n, 2)
        As many samples; leading dimensions broadcast.
    directions : int, default 64
        >= 1.

    Returns
    -------
    array (...), float
        >= 0, in the units of x, or NaN.

    Raises
    ------
    ValueError
        No samples, not in the plane, different n, no direction.

    Gradient: none flows, the arrays are numpy's.
    Source: Bonneel et al. 2015, with power 1.
    """
    x, y = _batch("x", x), _batch("y", y)
    if x.shape[-2] != y.shape[-2]:
        raise ValueError(
            f"y has {y.shape[-2]} samples; expected as many as x has, {x.shape[-2]}"
        )
    whole("directions", directions, least=1)
    total = 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        for angle in np.pi * np.arange(directions) / directions:
            u = np.array([np.cos(angle), np.sin(angle)])
            gap = np.sort(x @ u, axis=-1) - np.sort(y @ u, axis=-1)
            total = total + np.abs(gap).mean(axis=-1)
    return _finite_only(total / directions, x, y)


def _batch(name: str, samples: ArrayLike) -> np.ndarray:
    samples = np.asarray(samples, dtype=np.float64)
    if samples.ndim < 2 or samples.shape[-1] != 2 or samples.shape[-2] == 0:
        raise ValueError(
            f"{name} has shape {samples.shape}; expected points of the plane, at least "
            "one, as (..., n, 2)"
        )
    return samples


def _nearest(
    samples: np.ndarray, mixture: Mixture, within: float
) -> tuple[np.ndarray, np.ndarray]:
    """Each sample's nearest mode (..., n), and whether it is near enough to count."""
    modes = mixture.mode_of(samples)
    with np.errstate(over="ignore"):  # a distance beyond the largest float is far
        away = np.hypot(*np.moveaxis(samples - mixture.centres[modes], -1, 0))
    return modes, (modes >= 0) & (away <= within * mixture.spread)


def _counts(modes: np.ndarray, counted: np.ndarray, k: int) -> np.ndarray:
    """How many counted samples each mode has, (..., k)."""
    batches = np.arange(modes[..., 0].size).reshape(modes.shape[:-1])[..., None]
    cell = (batches * k + modes)[counted]
    return np.bincount(cell, minlength=batches.size * k).reshape(*modes.shape[:-1], k)


def _finite_only(value: np.ndarray | float, *batches: np.ndarray) -> np.ndarray:
    """`value` as float, NaN where a sample of its batch is not finite."""
    finite = True
    for batch in batches:
        finite = finite & np.isfinite(batch).all(axis=(-2, -1))
    return np.where(finite, value, np.nan)[()]
