"""The metrics against closed forms."""

import numpy as np
import pytest

from ganflow.data import Mixture, ring
from ganflow.metrics import (
    captured_modes,
    high_quality_share,
    reverse_kl,
    sliced_wasserstein,
)

RING = ring()  # eight modes, spread 0.1
COUNTS = [captured_modes, high_quality_share, reverse_kl]


def generator(seed=0):
    return np.random.default_rng(seed)


def by_hand(*visits):
    """Samples that lie `away` standard deviations from mode k, (k, away) each."""
    return np.array([RING.centres[k] + [0.1 * away, 0] for k, away in visits])


def test_known_points_give_known_numbers():
    samples = by_hand((0, 0), (0, 2.999), (1, -2.999), (2, 3.001), (2, -3.001))
    assert captured_modes(samples, RING) == 2
    assert high_quality_share(samples, RING) == 3 / 5
    entropy = -(0.8 * np.log(0.4) + 0.2 * np.log(0.2))  # 2/5, 1/5, 2/5 of the samples
    np.testing.assert_allclose(reverse_kl(samples, RING), np.log(8) - entropy)
    entropy = -(2 / 3 * np.log(2 / 3) + 1 / 3 * np.log(1 / 3))  # of the good three
    near = reverse_kl(samples, RING, within=3)
    np.testing.assert_allclose(near, np.log(8) - entropy)


def test_within_moves_the_border():
    samples = by_hand((0, 1.5), (1, 2.5))
    assert captured_modes(samples, RING, within=2) == 1
    assert high_quality_share(samples, RING, within=2) == 1 / 2
    assert captured_modes(samples, RING, within=1) == 0


@pytest.mark.parametrize("each", [1, 5])
@pytest.mark.parametrize("m", [1, 2, 4, 8])
def test_m_of_eight_modes_evenly_are_log_8_over_m_away(m, each):
    samples = np.repeat(RING.centres[:m], each, axis=0)
    np.testing.assert_allclose(
        reverse_kl(samples, RING), np.log(8 / m), rtol=0, atol=1e-15
    )
    assert captured_modes(samples, RING) == m


def test_no_high_quality_sample_is_0_captured_and_no_distribution_over_modes():
    lost = RING.centres[:2] * 3
    assert captured_modes(lost, RING) == high_quality_share(lost, RING) == 0
    np.testing.assert_allclose(reverse_kl(lost, RING), np.log(4))
    assert np.isnan(reverse_kl(lost, RING, within=3))


def test_counts_do_not_depend_on_the_order_nor_on_where_the_mixture_stands():
    samples = generator().normal(size=(300, 2)) * 1.5
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    moved = Mixture("moved", 3 * RING.centres @ turn + [5, -7], 3 * RING.spread)
    for metric in COUNTS:
        value = metric(samples, RING)
        assert metric(generator(1).permutation(samples), RING) == value
        assert metric(3 * samples @ turn + [5, -7], moved) == value


@pytest.mark.parametrize("directions", [2, 3, 8, 64])
def test_a_cloud_moved_by_v_is_2_v_over_pi_away(directions):
    x = generator().normal(size=(500, 2))
    for v in ([3.0, 4.0], [0.0, -5.0], [5.0, 0.0]):
        value = sliced_wasserstein(x, x + v, directions=directions)
        angles = np.pi * np.arange(directions) / directions
        mean = np.abs(np.cos(angles) * v[0] + np.sin(angles) * v[1]).mean()
        np.testing.assert_allclose(value, mean)
        tolerance = (np.pi / directions) ** 2 / 12
        if directions > 2:  # for two the next order counts
            np.testing.assert_allclose(value, 10 / np.pi, rtol=1.05 * tolerance)


def test_each_direction_is_the_wasserstein_distance_of_scipy():
    from scipy.stats import wasserstein_distance

    x, y = generator().normal(size=(2, 100, 2)) * [[[1, 2]], [[3, 1]]]
    along_x = wasserstein_distance(x[:, 0], y[:, 0])
    along_y = wasserstein_distance(x[:, 1], y[:, 1])
    np.testing.assert_allclose(sliced_wasserstein(x, y, directions=1), along_x)
    both = sliced_wasserstein(x, y, directions=2)
    np.testing.assert_allclose(both, (along_x + along_y) / 2)


def test_leading_dimensions_are_kept_and_equal_a_loop():
    samples = RING.sample(2 * 3 * 50, generator()).reshape(2, 3, 50, 2)
    samples[1] *= [[[1.0]], [[0.5]], [[2.0]]]
    real = RING.sample(50, generator(1))
    metrics = [lambda s, metric=metric: metric(s, RING) for metric in COUNTS]
    for metric in [*metrics, lambda s: sliced_wasserstein(s, real)]:
        together = metric(samples)
        assert together.shape == (2, 3) and together.dtype == np.float64
        one_by_one = [[metric(batch) for batch in row] for row in samples]
        np.testing.assert_allclose(together, one_by_one, rtol=1e-14)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_run_that_diverged_scores_nan_and_spoils_no_other(bad):
    samples = RING.sample(3 * 40, generator()).reshape(3, 40, 2)
    samples[1, 7, 0] = bad
    real = RING.sample(40, generator(1))
    metrics = [lambda s, metric=metric: metric(s, RING) for metric in COUNTS]
    for metric in [
        *metrics,
        lambda s: reverse_kl(s, RING, within=3),
        lambda s: sliced_wasserstein(s, real),
        lambda s: sliced_wasserstein(real, s),
    ]:
        value = metric(samples)
        np.testing.assert_array_equal(np.isnan(value), [False, True, False])
        np.testing.assert_allclose(value[[0, 2]], metric(samples[[0, 2]]), rtol=1e-14)


def test_no_run_gives_no_number():
    none = np.zeros((0, 40, 2))
    for metric in COUNTS:
        assert metric(none, RING).shape == (0,)
    assert sliced_wasserstein(none, np.zeros((40, 2))).shape == (0,)


def test_samples_near_the_largest_float_are_far_not_an_error():
    far = np.full((4, 2), 1.7e308)
    assert captured_modes(far, RING) == 0
    assert high_quality_share(far, RING) == 0
    np.testing.assert_allclose(reverse_kl(far, RING), np.log(8))
    assert sliced_wasserstein(far, RING.centres[:4]) > 1e300


def test_float32_samples_are_measured_in_float64():
    x = RING.sample(200, generator()).astype(np.float32)
    y = RING.sample(200, generator(1)).astype(np.float32)
    value = sliced_wasserstein(x, y)
    assert value.dtype == np.float64
    assert value == sliced_wasserstein(x.astype(float), y.astype(float))


@pytest.mark.parametrize("shape", [(2,), (5, 3), (0, 2), ()])
def test_what_is_no_batch_of_points_is_refused(shape):
    bad = np.zeros(shape)
    for metric in COUNTS:
        with pytest.raises(ValueError, match=r"samples has shape .*\(\.\.\., n, 2\)"):
            metric(bad, RING)
    with pytest.raises(ValueError, match="y has shape .*; expected points"):
        sliced_wasserstein(np.zeros((5, 2)), bad)


def test_sliced_wasserstein_needs_equal_numbers_and_a_direction():
    with pytest.raises(ValueError, match="y has 4 samples; expected .* as x has, 5"):
        sliced_wasserstein(np.zeros((5, 2)), np.zeros((4, 2)))
    with pytest.raises(ValueError, match="directions is 0; expected a whole number"):
        sliced_wasserstein(np.zeros((5, 2)), np.zeros((5, 2)), directions=0)
