"""Which runs a sweep has, in which order, and how they are labelled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import product

import numpy as np
import xarray as xr

from ganflow.check import one_of
from ganflow.sweeps.settings import Setting

AFTER = ("tick", "sample", "xy")  # a series' dimensions after those of the runs
CALLED = {"theta": "theta_start", "psi": "psi_start"}  # `theta` itself is a series


@dataclass(frozen=True)
class Grid:
    """Runs in order, and how to lay them out.

    Parameters
    ----------
    settings : tuple of Setting
        One for each run.
    dims : dict of int
        The length of each dimension; their product is the number of runs.
    coords : dict of (str, list)
        The dimension and the labels of each coordinate.
    fixed : dict
        What all runs share.
    """

    settings: tuple[Setting, ...]
    dims: dict[str, int]
    coords: dict[str, tuple[str, list]]
    fixed: dict[str, object]

    def dataset(
        self, series: Mapping[str, np.ndarray], tick: np.ndarray, **attrs: object
    ) -> xr.Dataset:
        """Label series (runs, T, ...) and numbers (runs,) by these dimensions.

        Parameters
        ----------
        series : dict of arrays (runs, ...)
            What was recorded, by its name.
        tick : array (T,)
            The ticks of the records.
        **attrs
            Further attributes of the dataset.

        Returns
        -------
        xarray.Dataset
        """
        shape, dims = tuple(self.dims.values()), tuple(self.dims)
        variables = {
            name: (dims + AFTER[: x.ndim - 1], x.reshape(shape + x.shape[1:]))
            for name, x in series.items()
        }
        coords = {**self.coords, "tick": tick}
        if "samples" in series:
            coords["xy"] = ["x", "y"]
        return xr.Dataset(variables, coords, self.fixed | attrs)


def product_of(base: Setting, over: Mapping[str, Iterable]) -> Grid:
    """Every combination of the values, the last field changing fastest.

    Parameters
    ----------
    base : Setting
        What describes a run, but for the fields that vary.
    over : dict of lists
        The values of each field that varies.

    Returns
    -------
    Grid

    Raises
    ------
    ValueError
        A field that the setting lacks, no values, two values of one label, a value that
        the setting refuses.
    """
    known = [f.name for f in fields(base) if f.name != "shown"]
    for name in over:
        one_of("a field of `over`", name, known)
    values = {name: _listed(name, given) for name, given in over.items()}
    labels = {name: _labels(base, name, found) for name, found in values.items()}
    settings = tuple(
        replace(base, **dict(zip(values, chosen, strict=True)))
        for chosen in product(*values.values())
    )
    labels = {CALLED.get(name, name): found for name, found in labels.items()}
    dims = {name: len(found) for name, found in labels.items()}
    coords = {name: (name, found) for name, found in labels.items()}
    return Grid(settings, dims, coords, _fixed(base, without=values))


def list_of(settings: Sequence[Setting]) -> Grid:
    """The runs as they are listed, along the dimension "run".

    Parameters
    ----------
    settings : list of Setting
        All of one kind, at least one.

    Returns
    -------
    Grid

    Raises
    ------
    ValueError
        None, settings of two kinds, or of several numbers of shown samples.
    """
    kinds = {type(s).__name__ for s in settings}
    if len(kinds) != 1 or not isinstance(settings[0], Setting):
        found = f"a list of {', '.join(sorted(kinds))}" if kinds else "an empty list"
        raise ValueError(
            f"base is {found}; expected GameSettings only or GanSettings only, at "
            "least one"
        )
    first = settings[0]
    if len(shown := {getattr(s, "shown", 0) for s in settings}) > 1:
        raise ValueError(
            f"shown is {', '.join(map(str, sorted(shown)))} in the settings of one "
            "sweep; expected one number"
        )
    names = [f.name for f in fields(first)]
    varied = [n for n in names if len({getattr(s, n) for s in settings}) > 1]
    coords = {
        CALLED.get(name, name): ("run", [_label(s, name) for s in settings])
        for name in varied
    }
    coords["run"] = ("run", list(range(len(settings))))
    fixed = _fixed(first, without=varied)
    return Grid(tuple(settings), {"run": len(settings)}, coords, fixed)


def _listed(name: str, values: Iterable) -> list:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise ValueError(f"over[{name!r}] is {values!r}; expected a list of values")
    values = list(values)
    if not values:
        raise ValueError(f"over[{name!r}] is empty; expected at least one value")
    return values


def _labels(base: Setting, name: str, values: list) -> list:
    labels = [_label(replace(base, **{name: value}), name) for value in values]
    twice = sorted({str(label) for label in labels if labels.count(label) > 1})
    if twice:
        raise ValueError(
            f"over[{name!r}] has {', '.join(twice)} more than once; expected values "
            "that tables can tell apart"
        )
    return labels


def _fixed(setting: Setting, *, without: Iterable[str]) -> dict[str, object]:
    """What the runs share; a player's step size that is None follows `step_size`."""
    names = [f.name for f in fields(setting) if f.name not in without]
    set_here = [name for name in names if getattr(setting, name) is not None]
    shared: dict[str, object] = {"setting": type(setting).__name__}
    for name in set_here:
        shared[CALLED.get(name, name)] = _label(setting, name)
    return shared


def _label(setting: Setting, name: str) -> str | float:
    """How tables call a field's value: a name, a text or a number."""
    value = getattr(setting, name)
    if value is None:
        return setting.step_of(name[-1])
    if isinstance(value, str | int | float):
        return value
    return getattr(value, "name", repr(value))
