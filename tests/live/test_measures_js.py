"""The page's measures are those of `ganflow.metrics`, its eigenvalues numpy's."""

import numpy as np
import pytest
from in_node import LIVE, Refused, node

from ganflow import metrics
from ganflow.data import Mixture, ring
from ganflow.dynamics import eigenvalues
from ganflow.live.settings import page_data

GRID = Mixture(
    "grid of 25", [(x, y) for x in range(-2, 3) for y in range(-2, 3)], 0.0625
)
UNEVEN = Mixture("three", [(0.3, -1.7), (0.31, -1.69), (4, 4)], 0.2)
MIXTURES = [ring(), ring(modes=1), ring(modes=5, radius=0.7), GRID, UNEVEN]


@pytest.fixture(scope="module")
def page():
    with node(LIVE / "measures.js") as call:
        yield call


def counted(page, samples, mixture, within):
    """Modes and share as the page counts them."""
    flat = np.ravel(samples).tolist()
    names = "capturedModes", "highQualityShare"
    return [page(name, flat, page_data(mixture), within) for name in names]


def expected(samples, mixture, within):
    """The same by `ganflow.metrics`."""
    counts = metrics.captured_modes, metrics.high_quality_share
    return [float(count(samples, mixture, within=within)) for count in counts]


@pytest.mark.parametrize("within", [0.5, 3.0])
@pytest.mark.parametrize("mixture", MIXTURES, ids=lambda mixture: mixture.name)
def test_modes_and_quality_of_good_and_of_poor_samples(page, mixture, within):
    rng = np.random.default_rng(3)
    good, poor = mixture.sample(200, rng), rng.normal(size=(64, 2)) * mixture.extent
    for samples in (good, poor, good[:1], np.float32(good), good * 1e200):
        found = counted(page, samples, mixture, within)
        assert found == expected(samples, mixture, within)
    assert expected(good, mixture, within)[1] > 0.05


def test_a_sample_between_two_modes_is_the_first_ones(page):
    """Equally near two or four centres of a grid; every sum here is exact."""
    wide = Mixture("grid", GRID.centres, 1.0)
    ties = np.array([(x, y) for x in (-1.5, -0.5, 0, 0.5) for y in (-1.5, 0.5, 1)])
    for sample in ties[:, None]:
        assert counted(page, sample, wide, 3.0) == expected(sample, wide, 3.0) == [1, 1]
    assert counted(page, ties, wide, 3.0) == expected(ties, wide, 3.0)
    swapped = Mixture("grid", GRID.centres[::-1], 1.0)
    assert counted(page, ties, swapped, 3.0) == expected(ties, swapped, 3.0)


def test_a_sample_on_the_border_counts(page):
    at = np.array(
        [[3 * GRID.spread, 0], [0, -3 * GRID.spread], [3.001 * GRID.spread, 1]]
    )
    assert counted(page, at, GRID, 3.0) == expected(at, GRID, 3.0) == [1, 2 / 3]


def test_a_batch_with_a_sample_that_is_not_finite_has_no_number(page):
    """JSON has no NaN: null here stands for it."""
    told = "{centres: [[0, 0]], spread: 1}"
    values = "[Infinity, NaN].flatMap((v) => [[v, 0], [0, 0, 1, v]])"
    script = f"""data:text/javascript,
      import * as page from "{(LIVE / "measures.js").as_uri()}";
      export const all = () => {values}.flatMap((points) => [
        page.capturedModes(points, {told}), page.highQualityShare(points, {told}),
        page.slicedWasserstein(points, points.map(() => 0)),
        page.slicedWasserstein(points.map(() => 0), points)]).map(Number.isNaN);"""
    with node(script.replace("\n", " ")) as call:
        assert call("all") == [True] * 16
    samples = np.array([[0, 0], [1, np.nan]])
    assert np.isnan(expected(samples, ring(), 3.0)).all()


@pytest.mark.parametrize("directions", [1, 2, 16, 64])
@pytest.mark.parametrize("n", [1, 2, 7, 256])
def test_the_distance_of_two_clouds(page, n, directions):
    rng = np.random.default_rng(n)
    x, y = np.float32(rng.normal(size=(n, 2))), ring().sample(n, rng)
    found = page(
        "slicedWasserstein", x.ravel().tolist(), y.ravel().tolist(), directions
    )
    distance = metrics.sliced_wasserstein(x, y, directions=directions)
    np.testing.assert_allclose(found, distance, rtol=0, atol=1e-12)
    assert page("slicedWasserstein", [1, 2, 3, 4], [3, 4, 1, 2]) < 1e-15


@pytest.mark.parametrize("name", ["capturedModes", "slicedWasserstein"])
@pytest.mark.parametrize("points", [[], [1, 2, 3]])
def test_no_samples_or_half_a_sample_is_refused(page, name, points):
    with pytest.raises(Refused, match=f"has {len(points)} numbers; expected points"):
        page(name, points, points and [0, 0])


def test_clouds_of_two_sizes_are_refused(page):
    with pytest.raises(Refused) as refused:
        page("slicedWasserstein", [1, 2, 3, 4], [1, 2])
    assert str(refused.value) == "y has 1 samples; expected as many as x has, 2"


def turned(angle):
    return [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]


def beside(*blocks):
    """The blocks along the diagonal."""
    n, at = sum(map(len, blocks)), 0
    whole = np.zeros((n, n))
    for block in blocks:
        end = at + len(block)
        whole[at:end, at:end] = block
        at = end
    return whole


def mixed(matrix):
    """The same eigenvalues in another basis, by rotations."""
    basis = np.linalg.qr(np.random.default_rng(1).normal(size=np.shape(matrix)))[0]
    return basis @ matrix @ basis.T


HALF = [[0.5]]
MATRICES = {
    "nothing": np.zeros((0, 0)),
    "one number": np.array([[-3.0]]),
    **{f"zero {n}": np.zeros((n, n)) for n in (1, 2, 3, 4)},
    **{f"the same {n} times": mixed(0.7 * np.eye(n)) for n in (2, 3, 4)},
    "a pair": 1.01 * np.array(turned(0.1)),
    "two pairs": mixed(beside(1.2 * np.array(turned(0.1)), 0.3 * np.array(turned(2)))),
    "a pair twice": mixed(beside(turned(0.3), turned(0.3))),
    "a pair and two": mixed(beside(turned(1.0), HALF, [[-0.25]])),
    "a pair and a double one": mixed(beside(1.5 * np.array(turned(1)), HALF, HALF)),
    "cyclic 3": np.roll(np.eye(3), 1, axis=0),
    "cyclic 4": np.roll(np.eye(4), 1, axis=0),
    "nilpotent": np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]]),
    "triangular": np.triu(np.arange(1.0, 17).reshape(4, 4)),
    "large": 1e9 * mixed(np.diag([3.0, 2, 1, -4])),
    "small": 1e-9 * mixed(np.diag([3.0, 2, 1, -4])),
    "momentum": np.array(
        [[1, 0.1, 0, -0.1], [0, 1, 0, 0], [0, 1.0, 0.5, 0], [1, 0, 0, 0.5]]
    ),
    **{
        f"random {n}, {k}": np.random.default_rng((n, k)).normal(size=(n, n))
        for n in (2, 3, 4)
        for k in range(20)
    },
}


@pytest.mark.parametrize("matrix", MATRICES.values(), ids=MATRICES)
def test_eigenvalues_are_numpys_in_the_order_of_the_package(page, matrix):
    """Among real ones of one modulus numpy has no order: those are sorted here."""
    found = np.array(page("eigenvalues", matrix.tolist())).reshape(-1, 2)
    found = found[:, 0] + 1j * found[:, 1]
    order = eigenvalues(matrix)
    size = np.abs(matrix).max(initial=0)
    np.testing.assert_allclose(np.abs(found), np.abs(order), rtol=0, atol=1e-12 * size)
    pairs = np.abs(order.imag) > 1e-9 * size
    distinct = len(set(np.abs(order).round(9))) == len(order) - pairs.sum() / 2
    if not distinct:
        found, order = (
            np.sort_complex(found.round(12)),
            np.sort_complex(order.round(12)),
        )
    np.testing.assert_allclose(found, order, rtol=0, atol=2e-12 * size)


def test_a_double_root_without_two_directions_is_known_to_half_its_digits(page):
    found = np.array(page("eigenvalues", mixed([[0.9, 1], [0, 0.9]]).tolist()))
    np.testing.assert_allclose(found, [[0.9, 0]] * 2, rtol=0, atol=1e-7)


def test_eigenvalues_of_what_is_not_finite_are_refused(page):
    with pytest.raises(Refused, match="the matrix has a NaN or inf; expected finite"):
        page("eigenvalues", [[1, None], [0, 1]])
