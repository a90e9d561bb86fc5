"""exp, log1p and pow of a module are numpy's, to a unit in the last place."""

import numpy as np
import pytest
from live_module import call, read, run, write

from ganflow.live.arithmetic import arithmetic
from ganflow.live.encoding import Module, encode
from ganflow.live.expressions import call as result_of
from ganflow.live.expressions import function, let, load, repeat, store, variables

INF, NAN = np.inf, np.nan
N = 100_000


def over_memory(name, width):
    """An export: rows of `width` numbers, the first of each becomes the result."""
    count, at = variables("i32", "count at")
    values = [load("f64", at, 8 * k) for k in range(width)]
    result = store(result_of("f64", name, *values), at)
    body = repeat(count, result, let(at, at + 8 * width))
    return function("all", [count], [body], uses=[at], export=True)


def applied(name, *inputs):
    """What the module's function gives for arrays of inputs."""
    content = np.stack(inputs, axis=1).astype(np.float64)
    pages = 1 + content.nbytes // 65536
    functions = (*arithmetic(), over_memory(name, len(inputs)))
    code = encode(Module(functions, (), pages, (), ()))
    steps = [write(0, content), call("all", len(content)), read(0, content.nbytes)]
    return np.frombuffer(run(code, steps)[2]).reshape(content.shape)[:, 0]


def units_apart(found, expected):
    """How many floats lie between, at most; a NaN only where one is expected."""
    assert (np.isnan(found) == np.isnan(expected)).all()
    kept = ~np.isnan(found)
    bits = [array[kept].view(np.int64) for array in (found, expected)]
    places = [np.where(b < 0, -(2**63) - b, b) for b in bits]  # -0 lies at 0
    return int(np.abs(places[0] - places[1]).max(initial=0))


def differ(name, *inputs):
    """By how many units in the last place the module and numpy differ."""
    with np.errstate(all="ignore"):
        expected = {"exp": np.exp, "log1p": np.log1p, "pow": np.power}[name](*inputs)
    return units_apart(applied(name, *inputs), expected)


def uniform(low, high, seed=1):
    return np.random.default_rng(seed).uniform(low, high, N)


def sizes(low, high, seed=1):
    """Positive numbers whose exponents of 2 are spread evenly."""
    return np.exp2(uniform(low, high, seed))


def both(x):
    return np.concatenate([x, -x])


@pytest.mark.parametrize(
    "x",
    [uniform(-746, 711), uniform(-1, 1), both(sizes(-1074, 1023)), uniform(-746, -708)],
    ids=["all", "small", "any size", "subnormal results"],
)
def test_exp_is_numpy_s(x):
    assert differ("exp", x) <= 1


@pytest.mark.parametrize(
    "x",
    [
        uniform(-1, 2),
        sizes(-53, 0) - 1,
        both(sizes(-1074, 1023)),
        both(sizes(-60, -40)),
    ],
    ids=["around 0", "near -1", "any size", "where 1 + x is rounded"],
)
def test_log1p_is_numpy_s(x):
    assert differ("log1p", x) <= 1


@pytest.mark.parametrize("beta", [0, 0.5, 0.9, 0.999, 1 - 2**-53, 5e-324])
def test_pow_is_numpy_s_for_what_adam_raises(beta):
    counts = np.append(np.arange(1, N + 1), [0, 1e9, 0.5])
    assert differ("pow", np.full(len(counts), beta), counts) <= 1


def test_pow_is_numpy_s_wherever_the_result_is_a_number():
    """Bases of any size and near 1, exponents such that results reach 5e-324."""
    base = np.concatenate([sizes(-1074, 0), 1 - sizes(-53, -1, 2), sizes(0, 1023, 3)])
    share = np.random.default_rng(4).uniform(0, 1, len(base))
    exponent = share * 745 / np.abs(np.log(base))
    assert differ("pow", base, exponent) <= 1
    assert differ("pow", base, -exponent) <= 1
    assert differ("pow", base, np.tile(sizes(-1000, 1000), 3)) <= 1


LIMITS = [
    ("exp", [0, -0.0, INF, -INF, NAN, 709.79, -745.14, 1e308, -1e308, 5e-324]),
    (
        "log1p",
        [0, -0.0, INF, -INF, NAN, -1, -1 - 2**-52, -2, 1.79e308, 5e-324, -5e-324],
    ),
]


@pytest.mark.parametrize(("name", "x"), LIMITS)
def test_limits_are_those_of_numpy(name, x):
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(x)
    found = applied(name, x)
    assert units_apart(found, expected) <= 1
    finite = ~np.isnan(expected)
    assert (np.signbit(found) == np.signbit(expected))[finite].all()  # -0 too


def test_limits_of_pow_are_those_of_numpy():
    base = [0, 0, 0, 0, 1, 1, 1, 0.5, INF, INF, INF, NAN, NAN, 0.5, 5e-324, 5e-324]
    to = [0, 1, 0.5, -1, NAN, 1e308, 0, 1e308, 0.5, 2, -2, 0, 1, NAN, 1, 0.5]
    assert differ("pow", base, to) <= 1
    assert np.isnan(applied("pow", [-0.5], [2.0])).all()  # it takes no base below 0
