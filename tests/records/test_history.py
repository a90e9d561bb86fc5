"""One record of a run: what it holds, and what it says when it cannot."""

import numpy as np
import pytest

from ganflow.records import History


def history(records=3, **changes):
    of_zeros = dict.fromkeys(("tick", "turn"), np.zeros(records, int))
    series = {"theta": np.full(records, 3.0), "psi": np.full(records, -4.0)}
    fields = {"schedule": "alternating", "series": series, "seconds": np.zeros(records)}
    return History(**fields | of_zeros | {"tick": 2 * np.arange(records)} | changes)


def test_a_series_is_found_by_its_name():
    run = history()
    assert run["psi"] is run.psi and run["theta"] is run.theta
    assert len(run) == 3


def test_radius_is_the_distance_from_the_equilibrium():
    np.testing.assert_array_equal(history().radius, [5.0, 5.0, 5.0])


def test_an_unrecorded_name_lists_the_recorded_ones():
    with pytest.raises(KeyError, match="'loss_G' was not recorded; .* are theta, psi"):
        history()["loss_G"]


@pytest.mark.parametrize("name", ["turn", "seconds"])
def test_records_of_two_lengths_are_refused(name):
    with pytest.raises(ValueError, match=f"3 records, but got lengths .*'{name}': 2"):
        history(**{name: np.zeros(2)})
    with pytest.raises(ValueError, match="3 records, but got lengths {'theta': 4}"):
        history(series={"theta": np.zeros(4)})


def test_the_series_cannot_be_replaced():
    held = {"theta": np.zeros(3)}
    run = history(series=held)
    with pytest.raises(TypeError):
        run.series["theta"] = np.ones(3)
    held["psi"] = np.zeros(3)  # the caller's dict is the caller's
    assert list(run.series) == ["theta"]
    with pytest.raises(AttributeError):
        run.schedule = "other"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_run_has_diverged_from_its_first_number_that_is_not_finite(bad):
    samples = np.zeros((3, 4, 2))
    assert history(series={"samples": samples}).diverged is None
    samples[2, 1, 0] = bad
    run = history(series={"theta": np.array([0.0, 1.0, 2.0]), "samples": samples})
    assert run.diverged == 4 and isinstance(run.diverged, int)
