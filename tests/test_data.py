"""The real batches are what they say."""

import numpy as np
import pytest

from ganflow.data import Pairs, digit_pairs, ring


def test_ring_has_eight_modes_45_degrees_apart():
    x = ring(4000, np.random.default_rng(0), spread=0.01)
    angle = np.degrees(np.arctan2(x[:, 1], x[:, 0])) % 360
    nearest = np.round(angle / 45) % 8
    assert set(nearest) == set(range(8))
    np.testing.assert_allclose((angle + 22.5) % 45, 22.5, atol=2)
    np.testing.assert_allclose(np.hypot(*x.T), 2.0, atol=0.06)


def test_ring_spread_is_the_standard_deviation():
    x = ring(20000, np.random.default_rng(1), modes=1, spread=0.3)
    np.testing.assert_allclose(x.mean(axis=0), [2, 0], atol=0.01)
    np.testing.assert_allclose(x.std(axis=0), 0.3, rtol=0.02)


def test_ring_refuses_no_modes():
    with pytest.raises(ValueError, match="modes=0"):
        ring(3, np.random.default_rng(0), modes=0)


def test_digit_pairs_keep_the_mean_of_every_block():
    pairs = digit_pairs()
    assert pairs.sharp.shape == pairs.blurred.shape == (1797, 1, 8, 8)
    assert pairs.sharp.dtype == pairs.blurred.dtype == np.float32
    assert pairs.sharp.min() == -1 and pairs.sharp.max() == 1
    for row, column in [(0, 0), (2, 4), (6, 6)]:
        block = np.s_[:, :, row : row + 2, column : column + 2]
        mean = pairs.sharp[block].mean(axis=(2, 3))
        spread = np.ptp(pairs.blurred[block], axis=(2, 3))
        np.testing.assert_allclose(pairs.blurred[block][..., 0, 0], mean, atol=1e-6)
        assert (spread == 0).all()


def test_a_pair_needs_one_shape():
    with pytest.raises(ValueError, match="one shape"):
        Pairs(np.zeros((2, 1, 4, 4)), np.zeros((2, 1, 8, 8)))
