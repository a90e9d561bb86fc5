"""Comparisons of runs against all patterns of signs, and against closed forms."""

from itertools import product

import numpy as np
import pytest
import xarray as xr

from ganflow.sweeps import by_seed, holm, p_value


def by_all_patterns(difference):
    """The same p by writing down every pattern of signs."""
    signs = np.array(list(product((-1, 1), repeat=len(difference))))
    sums = signs @ np.abs(difference)
    return (np.abs(sums) >= abs(np.sum(difference))).mean()


@pytest.mark.parametrize("seed", range(8))
def test_p_is_the_share_of_all_patterns_of_signs(seed):
    whole = np.random.default_rng(seed).integers(-6, 9, size=2 + seed)
    p = p_value(whole / 5, 1 / 5)
    np.testing.assert_allclose(p, by_all_patterns(whole), rtol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 6, 24])
def test_equal_signs_give_the_least_p_and_either_sign_the_same(n):
    assert p_value(np.ones(n), 1) == p_value(-np.ones(n), 1) == 2 / 2**n


def test_no_difference_is_no_evidence():
    assert p_value([0, 0, 0], 1) == 1
    assert p_value([1, -1], 1) == 1


def test_rounding_of_a_share_is_forgiven():
    share = np.array([3, -1, 4, 1, 5]) / 2500
    assert p_value(share + 1e-9, 1 / 2500) == by_all_patterns([3, -1, 4, 1, 5])


def test_equal_settings_reach_a_p_of_5_in_100_at_most_in_5_of_100_comparisons():
    rng = np.random.default_rng(0)
    ps = [p_value(rng.integers(-8, 9, size=10), 1) for _ in range(2000)]
    assert 0.03 < np.mean(np.array(ps) <= 0.05) < 0.06


def test_holm_multiplies_by_the_number_that_is_left_and_keeps_the_order():
    np.testing.assert_allclose(
        holm([0.02, 0.001, 0.03]), [0.04, 0.003, 0.04], rtol=1e-12
    )
    np.testing.assert_allclose(holm([0.5, 0.4]), [0.8, 0.8], rtol=1e-12)
    np.testing.assert_allclose(holm([0.9, 0.9, 0.9]), 1, rtol=1e-12)
    np.testing.assert_allclose(holm([0.2]), [0.2], rtol=1e-12)


@pytest.mark.parametrize("last", [1, 2, 3])
def test_each_setting_has_a_mean_over_its_last_records_for_each_seed(last):
    values = np.random.default_rng(1).normal(size=(2, 4, 3))  # setting, seed, tick
    names = ["one", "other"]
    runs = xr.Dataset(
        {"modes": (("tick", "seed", "setting"), values.T)}, coords={"setting": names}
    )
    found = by_seed(runs, "modes", last=last)
    assert list(found) == names
    for name, expected in zip(names, values[..., -last:].mean(axis=-1), strict=True):
        np.testing.assert_allclose(found[name], expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: p_value([], 1), "expected a finite number for each seed"),
        (lambda: p_value([1, np.nan], 1), "expected a finite number for each seed"),
        (lambda: p_value([[1, 2]], 1), "expected a finite number for each seed"),
        (lambda: p_value([1], 0), "unit is 0"),
        (lambda: holm([]), r"expected numbers in \[0, 1\]"),
        (lambda: holm([0.1, 1.2]), r"expected numbers in \[0, 1\]"),
    ],
)
def test_what_cannot_be_compared_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("last", [0, 3])
def test_as_many_records_as_there_are_can_be_averaged(last):
    runs = xr.Dataset({"modes": (("setting", "seed", "tick"), np.zeros((1, 1, 2)))})
    with pytest.raises(ValueError, match=f"last is {last}"):
        by_seed(runs.assign_coords(setting=["one"]), "modes", last=last)
