"""Is one setting better than another, or was it the seed? Runs compared seed by seed.

Two settings that share a seed share their first weights and every batch, so their runs
are pairs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ganflow.check import number, whole

if TYPE_CHECKING:
    import xarray as xr


def by_seed(runs: xr.Dataset, what: str, *, last: int = 1) -> dict[str, np.ndarray]:
    """Give each setting's value for each seed, at the end of its runs.

    Parameters
    ----------
    runs : xarray.Dataset
        With the dimensions "setting", "seed" and "tick".
    what : str
        A variable of it, such as "modes".
    last : int, default 1
        >= 1, over how many of the last records to take the mean: a number that comes
        and goes says little at one tick.

    Returns
    -------
    dict of name -> array (seeds,)

    Raises
    ------
    ValueError
        More records than there are, or none.
    KeyError
        No such variable.

    Gradient: none, it reads a record.
    """
    whole("last", last, least=1, below=runs.sizes["tick"] + 1)
    ends = runs[what].isel(tick=slice(-last, None)).mean("tick")
    ends = ends.transpose("setting", "seed")
    return {str(name): ends.sel(setting=name).values for name in ends.setting.values}


def p_value(difference: ArrayLike, unit: float) -> float:
    """Say how often luck alone would set two equal settings at least this far apart.

    Were they equal, each seed's difference could as well have the other sign. The p is
    the share of all 2^n patterns of signs whose sum is at least as far from 0, on
    either side. It is exact, and never below 2 / 2^n.

    Parameters
    ----------
    difference : array-like (n,)
        One setting less the other, for each of n >= 1 seeds.
    unit : float
        > 0. Each difference is rounded to a whole number of these: 1 of a count, 1/n of
        a share of n samples.

    Returns
    -------
    float
        In (0, 1].

    Raises
    ------
    ValueError
        No differences, one that is not finite, a unit that is not above 0.

    Gradient: none, it counts.
    Source: Fisher 1935, The Design of Experiments, section 21.
    """
    number("unit", unit, above=0)
    given = np.asarray(difference, dtype=float)
    if given.ndim != 1 or not given.size or not np.isfinite(given).all():
        raise ValueError(
            f"difference is {difference!r}; expected a finite number for each seed"
        )
    steps = np.abs(np.rint(given / unit).astype(int))
    share = np.ones(1)  # of the patterns, for each sum; then seed after seed
    for step in 2 * steps:
        share = (np.pad(share, (0, step)) + np.pad(share, (step, 0))) / 2
    sums = np.arange(len(share)) - steps.sum()
    reached = abs(np.rint(given / unit).sum())
    return float(share[np.abs(sums) >= reached].sum())


def holm(p_values: ArrayLike) -> np.ndarray:
    """Raise each p of many comparisons to what it says among all of them.

    The smallest of m is multiplied by m, the next by m - 1, and so on; none is left
    below one that was smaller, none above 1. It holds for comparisons that depend on
    each other, too.

    Parameters
    ----------
    p_values : array-like (m,)
        m >= 1 of them, in [0, 1].

    Returns
    -------
    array (m,)
        In the order in which they came.

    Raises
    ------
    ValueError
        None given, or one outside [0, 1].

    Gradient: none, it counts.
    Source: Holm 1979.
    """
    given = np.asarray(p_values, dtype=float)
    if given.ndim != 1 or not given.size or not ((given >= 0) & (given <= 1)).all():
        raise ValueError(f"p_values is {p_values!r}; expected numbers in [0, 1]")
    order = np.argsort(given)
    raised = np.maximum.accumulate(given[order] * np.arange(given.size, 0, -1))
    return np.minimum(1, raised)[np.argsort(order)]
