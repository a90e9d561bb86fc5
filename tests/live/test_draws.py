"""Batches that the module draws are those of `Stream`, bit for bit."""

import math

import numpy as np
import pytest
import torch
from live_module import call, read, run, write

from ganflow.data import digits_plane, ring
from ganflow.data.clouds import Cloud
from ganflow.data.mixtures import Mixture
from ganflow.dynamics.batches import Stream
from ganflow.live.arithmetic import arithmetic
from ganflow.live.draws import GLOBALS, draws
from ganflow.live.encoding import Function, Module, encode
from ganflow.live.expressions import call as result_of
from ganflow.live.expressions import function, let, repeat, store, variables
from ganflow.live.ziggurat import table_bytes, ziggurat

TABLES, POINTS, BATCH = 16, 8192, 65536
LIKE = torch.zeros((), dtype=torch.float32)
SEEDS = (0, 1, 2, 12345678901, 2**63, 2**64 - 1)
LATENT = 2


def module(*others, latent=LATENT, pages=4):
    """The functions that draw, and `batch`, which writes x, z and mix one by one."""
    n, at = ("local.get", "n"), ("i32.const", BATCH)
    after = ("i32.add", at, ("i32.mul", n, ("i32.const", 8)))
    z = ("i32.mul", n, ("i32.const", latent))
    last = ("i32.add", after, ("i32.mul", z, ("i32.const", 4)))
    body = (
        ("call", "start", ("local.get", "player"), ("local.get", "number")),
        ("call", "draw_data", n, at),
        ("call", "normals", z, after),
        ("call", "doubles", n, last),
    )
    params = (("player", "i32"), ("number", "i64"), ("n", "i32"))
    batch = Function("batch", params, None, (), body, export=True)
    choose = (("call", "below", n),)
    below = Function("choose", params[2:], "i32", (), choose, export=True)
    functions = (*arithmetic(), *draws(tables=TABLES, points=POINTS), batch, below)
    functions += others
    return encode(Module(functions, GLOBALS, pages, (), ((TABLES, table_bytes()),)))


CODE = module()


def told(data):
    """The steps that say where points come from."""
    mixture = isinstance(data, Mixture)
    points = data.centres if mixture else data.points
    kind, spread = (0, data.spread) if mixture else (1, 0)
    return [write(POINTS, points), call("data", kind, len(points), spread)]


def drawn(data, asked):
    """The numbers of batches (seed, player, move, n), each in one array."""
    steps = told(data)
    for seed, player, move, n in asked:
        place = "GD".index(player)
        steps += [call("seed", str(seed)), call("batch", place, str(move), n)]
        steps += [read(BATCH, 4 * n * (LATENT + 3))]
    return [np.frombuffer(content, np.float32) for content in run(CODE, steps)[4::3]]


def expected(data, seed, player, move, n):
    """The same numbers from Python."""
    batch = Stream(data, LATENT, player).batch(seed, move, n, like=LIKE)
    return np.concatenate([part.numpy().ravel() for part in vars(batch).values()])


def assert_equal(data, asked):
    for one, found in zip(asked, drawn(data, asked), strict=True):
        wanted = expected(data, *one)
        assert found.shape == wanted.shape
        assert (found.view(np.int32) == wanted.view(np.int32)).all(), one


@pytest.mark.parametrize("data", [ring(), digits_plane()], ids=["ring", "digits"])
@pytest.mark.parametrize("n", [1, 64, 255, 1000])
def test_a_batch_is_that_of_python_for_any_seed_player_and_move(data, n):
    moves = range(-1, 78) if n < 100 else (-1, 0, 1, 2, 33, 77)
    asked = [(s, p, k, n) for s in SEEDS for p in "GD" for k in moves]
    assert_equal(data, asked)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 2047, 3001])
def test_points_are_chosen_among_any_number_of_them(count):
    """One alone costs no draw; else some draws are refused, more or less often."""
    points = np.random.default_rng(0).normal(size=(count, 2))
    asked = [(s, p, k, 33) for s in (0, 5) for p in "GD" for k in range(20)]
    assert_equal(Cloud("points", points), asked)
    assert_equal(Mixture("points", points, 0.3), asked)


@pytest.mark.parametrize(
    ("n", "count"),
    [(2**31 + 1, 200), (3 * 2**30, 200), (2**32 - 1, 200), (6700417, 5000)],
)
def test_whole_numbers_stay_as_likely_where_many_draws_are_refused(n, count):
    """With n = 2^31 + 1 half of them are; a table of points hardly ever refuses one.

    The last divides 2^32 + 1: who took one number too many would refuse none of them.
    """
    asked = n if n < 2**31 else n - 2**32
    steps = [call("batch", 1, "4", 0), *[call("choose", asked)] * count]
    found = [number % 2**32 for number in run(CODE, [call("seed", "3"), *steps])[2:]]
    wanted = []

    class Numbers:
        def sample(self, points, rng):
            wanted.extend(rng.integers(n, size=count).tolist())
            return np.zeros((points, 2))

    Stream(Numbers(), LATENT, "D").batch(3, 4, 1, like=LIKE)
    assert found == wanted


def test_an_odd_half_of_a_word_is_not_taken_by_the_next_batch():
    """65 points take 32 words and a half; the batch after starts anew."""
    assert_equal(ring(), [(3, "D", 0, 65), (3, "D", 0, 64), (3, "G", 0, 1)])


def test_large_moves_are_counted():
    asked = [(1, "D", move, 5) for move in (2**31, 2**40, 2**63 - 2)]
    assert_equal(ring(), asked)


def test_no_points_are_drawn_when_none_is_asked():
    content = run(CODE, [*told(ring()), call("batch", 0, "0", 0), read(BATCH, 16)])[-1]
    assert content == bytes(16)


def test_three_million_normals_are_numpy_s():
    """Among them every layer of the ziggurat, the tail and all its refusals."""
    n = 1_000_000
    code = module(latent=3, pages=400)
    steps = [*told(Cloud("one", [[0, 0]])), call("seed", "9"), call("batch", 1, "0", n)]
    content = run(code, [*steps, read(BATCH + 8 * n, 12 * n)])[-1]
    found = np.frombuffer(content, np.float32)
    stream = Stream(Cloud("one", [[0, 0]]), 3, "D")
    wanted = stream.batch(9, 0, n, like=LIKE).z.numpy().ravel()
    assert np.abs(wanted).max() > ziggurat().edge + 1
    assert (found.view(np.int32) == wanted.view(np.int32)).all()


def test_normals_are_numpy_s_before_they_are_rounded_to_float32():
    """Bit for bit, but for the tail: there each has its own logarithm."""
    n, to = variables("i32", "n to")
    exact = repeat(n, store(result_of("f64", "normal"), to), let(to, to + 8))
    exact = function("exact", [n, to], [exact], export=True)
    steps = [call("seed", "5"), call("batch", 0, "0", 0), call("exact", 10**5, BATCH)]
    content = run(module(exact, pages=20), [*steps, read(BATCH, 8 * 10**5)])[-1]
    found, wanted = np.frombuffer(content), []

    class Numbers:
        def sample(self, count, rng):
            wanted.extend(rng.standard_normal(10**5))
            return np.zeros((count, 2))

    Stream(Numbers(), LATENT, "G").batch(5, 0, 1, like=LIKE)
    tail = np.abs(wanted) > ziggurat().edge
    assert 10 < tail.sum() < 100
    assert (found == wanted)[~tail].all()
    assert found == pytest.approx(np.array(wanted), rel=1e-15)


def test_the_layers_have_one_area():
    """Also the lowest, whose tail the error function knows."""
    found = ziggurat()
    tail = math.sqrt(math.pi / 2) * math.erfc(found.edge / math.sqrt(2))
    area = found.edge * math.exp(-(found.edge**2) / 2) + tail
    ends = np.array(found.widths) * 2.0**52
    areas = ends[1:] * -np.diff(found.heights)
    assert areas == pytest.approx(area, rel=1e-11)
    assert ends[0] * found.heights[-1] == pytest.approx(area, rel=1e-13)
    assert found.kept[0] == pytest.approx(found.edge / ends[0] * 2**52, rel=1e-13)
    assert found.kept[1] == 0
    assert found.kept[2:] == pytest.approx(ends[1:-1] / ends[2:] * 2**52, rel=1e-13)
    assert len(table_bytes()) == 6144
