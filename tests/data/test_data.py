"""The real batches are what they say."""

import numpy as np
import pytest

from ganflow.data import (
    Cloud,
    Mixture,
    Pairs,
    digit_pairs,
    digits_plane,
    grid,
    moons,
    ring,
)

ALL = [ring(), grid(), digits_plane(), moons()]


def generator(seed=0):
    return np.random.default_rng(seed)


def test_ring_never_repeats_a_mode_as_linspace_over_the_whole_turn_does():
    def closest_two(centres):
        away = np.linalg.norm(centres[:, None] - centres, axis=2)
        return away[~np.eye(len(centres), dtype=bool)].min()

    for modes in range(2, 30):
        side = 4 * np.sin(np.pi / modes)  # of a regular polygon of radius 2
        np.testing.assert_allclose(closest_two(ring(modes=modes).centres), side)
    angle = np.linspace(0, 2 * np.pi, 8)
    repeated = 2 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    assert closest_two(repeated) < 1e-15


def test_ring_draws_first_the_modes_then_the_noise():
    """The order of the draws, so that a seed means the same points for ever."""
    for modes, radius, spread in ((8, 2.0, 0.1), (5, 1.5, 0.3)):
        rng = generator(3)
        angle = 2 * np.pi * rng.integers(modes, size=128) / modes
        centre = radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        by_hand = centre + spread * rng.standard_normal((128, 2))
        real = ring() if modes == 8 else ring(modes=5, radius=1.5, spread=0.3)
        ours = real.sample(128, generator(3))
        np.testing.assert_allclose(ours, by_hand, rtol=0, atol=1e-14)


def test_grid_is_the_published_one_and_half_of_it_by_default():
    theirs = [[2 * x, 2 * y] for x in range(-2, 3) for y in range(-2, 3)]
    published = grid(gap=2.0, spread=0.05)
    np.testing.assert_array_equal(published.centres, theirs)
    np.testing.assert_array_equal(grid().centres, published.centres / 2)
    assert (published.spread, grid().spread) == (0.05, 0.025)


def test_neighbours_on_a_grid_are_one_gap_apart_around_0():
    for side in range(2, 8):
        centres = grid(side=side, gap=0.7).centres
        away = np.linalg.norm(centres[:, None] - centres, axis=2)
        away[np.eye(side * side, dtype=bool)] = np.inf
        np.testing.assert_allclose(away.min(axis=1), 0.7)
        np.testing.assert_allclose(centres.mean(axis=0), 0, rtol=0, atol=1e-15)
    np.testing.assert_array_equal(grid(side=1).centres, [[0, 0]])


def test_every_mode_of_a_mixture_is_as_likely():
    mixture = grid()
    counts = np.bincount(mixture.mode_of(mixture.sample(50_000, generator())))
    chi_square = ((counts - 2000) ** 2 / 2000).sum()  # mean 24, deviation sqrt(48)
    assert len(counts) == 25
    assert chi_square < 24 + 4 * np.sqrt(48)


def test_mode_of_is_the_nearest_centre_whatever_the_shape():
    mixture = Mixture("three", [[0, 0], [3, 0], [0, 1e-3]], 0.1)
    points = generator().normal(size=(4, 5, 2)) * 5
    away = np.linalg.norm(points[..., None, :] - mixture.centres, axis=-1)
    np.testing.assert_array_equal(mixture.mode_of(points), away.argmin(axis=-1))
    assert mixture.mode_of([3.1, 0.1]) == 1
    assert mixture.mode_of([1.5, -1.0]) == 0  # as near to 1: the first


def test_a_point_that_is_not_finite_has_no_mode():
    found = ring().mode_of([[np.nan, 0], [np.inf, 0], [-np.inf, np.inf], [1e300, 0]])
    np.testing.assert_array_equal(found, [-1, -1, -1, 0])


def test_digits_plane_is_the_pca_of_the_digits_times_one_factor():
    from sklearn.datasets import load_digits
    from sklearn.decomposition import PCA

    plane, digits = digits_plane(), load_digits()
    pca = PCA(2, svd_solver="full").fit(digits.data)
    theirs = pca.transform(digits.data)
    factor = plane.points[0] / theirs[0]  # the same on both axes, up to a sign
    np.testing.assert_allclose(plane.points, theirs * factor, rtol=0, atol=1e-12)
    np.testing.assert_allclose(abs(factor[0]), abs(factor[1]))
    np.testing.assert_allclose(
        pca.explained_variance_ratio_.sum(), 0.285, rtol=0, atol=5e-4
    )
    weights = digits.data.T @ plane.points  # each column along its component
    assert (weights.max(axis=0) > -weights.min(axis=0)).all()
    assert plane.points.shape == (1797, 2)


def test_moons_are_two_noisy_half_circles_times_one_factor():
    moon = np.linspace(0, np.pi, 250)  # the first; the other is it, turned and shifted
    upper = np.stack([np.cos(moon), np.sin(moon)], axis=1)
    both = np.concatenate([upper, [1, 0.5] - upper])
    both -= both.mean(axis=0)
    found = moons().points / 1.275  # the largest coordinate was 1.57 radii: 2 / 1.57
    away = np.linalg.norm(found[:, None] - both, axis=2)
    off_the_curve = away.min(axis=1)
    assert len(found) == 500
    np.testing.assert_allclose(
        np.sqrt((off_the_curve**2).mean()), 0.05, rtol=0, atol=0.003
    )
    assert abs((away.argmin(axis=1) < 250).sum() - 250) < 10  # as many on each


def test_moons_are_the_same_points_at_every_call():
    np.testing.assert_array_equal(moons().points, moons().points)


@pytest.mark.parametrize("cloud", [digits_plane(), moons()], ids=lambda x: x.name)
def test_a_named_cloud_fills_its_box_around_0(cloud):
    assert cloud.extent == np.abs(cloud.points).max() == 2
    np.testing.assert_allclose(cloud.points.mean(axis=0), 0, rtol=0, atol=1e-12)


def test_a_cloud_draws_its_own_points_each_as_likely():
    plane = digits_plane()
    known = {tuple(point) for point in plane.points}
    drawn = [tuple(point) for point in plane.sample(9000, generator())]
    assert set(drawn) <= known
    assert len(set(drawn)) > 1700  # about 1797 (1 - e^-5)
    np.testing.assert_allclose(np.mean(drawn, axis=0), 0, rtol=0, atol=0.05)


@pytest.mark.parametrize("real", ALL, ids=lambda real: real.name)
def test_every_distribution_has_a_name_samples_and_an_extent(real):
    x = real.sample(5000, generator())
    assert x.shape == (5000, 2) and x.dtype == np.float64
    assert (np.abs(x) <= real.extent).all(axis=1).mean() > 0.995
    assert np.abs(x).max() > 0.8 * real.extent
    assert isinstance(real.name, str) and real.name
    np.testing.assert_array_equal(x, real.sample(5000, generator()))
    assert not np.array_equal(x, real.sample(5000, generator(1)))


@pytest.mark.parametrize("real", ALL, ids=lambda real: real.name)
def test_a_sample_is_the_callers_own(real):
    before = real.sample(50, generator())
    real.sample(50, generator())[:] = 99
    np.testing.assert_array_equal(real.sample(50, generator()), before)


def test_what_defines_a_distribution_cannot_change_afterwards():
    given = np.zeros((2, 2))
    mixture, cloud = Mixture("two", given, 1.0), Cloud("two", given)
    given += 5
    assert (mixture.centres == 0).all() and (cloud.points == 0).all()
    for kept in (mixture.centres, cloud.points):
        with pytest.raises(ValueError, match="read-only"):
            kept[0] = 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ring(modes=0), "modes is 0; expected a whole number, at least 1"),
        (lambda: ring(modes=7.5), "modes is 7.5; expected a whole number, at least 1"),
        (lambda: ring(radius=-1), "radius is -1; expected a finite number, above 0"),
        (lambda: ring(spread=0), "spread is 0; expected a finite number, above 0"),
        (lambda: ring(radius=np.inf), "radius is inf; expected a finite number, above"),
        (lambda: ring(spread=np.nan), "spread is nan; expected a finite number, above"),
        (lambda: grid(side=0), "side is 0; expected a whole number, at least 1"),
        (lambda: grid(side=2.5), "side is 2.5; expected a whole number, at least 1"),
        (lambda: grid(gap=0), "gap is 0; expected a finite number, above 0"),
        (lambda: grid(spread=-1), "spread is -1; expected a finite number, above 0"),
        (lambda: Mixture("a", [1.0, 2.0], 1), r"centres has shape \(2,\); .*\(k, 2\)"),
        (lambda: Mixture("a", np.zeros((0, 2)), 1), r"\(0, 2\); expected .*at least"),
        (lambda: Mixture("a", [[np.nan, 0]], 1), "centres has a NaN or inf; expected"),
        (lambda: Cloud("a", np.zeros((2, 3))), r"points has shape \(2, 3\); expected"),
        (lambda: ring().sample(0, generator()), "n is 0; expected a whole number"),
        (lambda: digits_plane().sample(-1, generator()), "n is -1; expected"),
    ],
)
def test_a_bad_argument_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("real", ALL, ids=lambda real: real.name)
def test_sampling_refuses_another_kind_of_generator(real):
    with pytest.raises(TypeError, match="RandomState; expected .*random.default_rng"):
        real.sample(3, np.random.RandomState(0))


def test_digit_pairs_keep_the_mean_of_every_block():
    pairs = digit_pairs()
    assert pairs.sharp.shape == pairs.blurred.shape == (1797, 1, 8, 8)
    assert pairs.sharp.dtype == pairs.blurred.dtype == np.float32
    assert pairs.sharp.min() == -1 and pairs.sharp.max() == 1
    for row, column in [(0, 0), (2, 4), (6, 6)]:
        block = np.s_[:, :, row : row + 2, column : column + 2]
        mean = pairs.sharp[block].mean(axis=(2, 3))
        spread = np.ptp(pairs.blurred[block], axis=(2, 3))
        np.testing.assert_allclose(
            pairs.blurred[block][..., 0, 0], mean, rtol=0, atol=1e-6
        )
        assert (spread == 0).all()


def test_a_pair_needs_one_shape():
    with pytest.raises(ValueError, match=r"blurred has shape .*4\); expected that of"):
        Pairs(np.zeros((2, 1, 4, 4)), np.zeros((2, 1, 8, 8)))
