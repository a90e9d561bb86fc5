"""Each operator and each kind of loop gives what torch gives, in node."""

import re
from itertools import product

import numpy as np
import pytest
import torch
from live_program import Traced, results
from torch.nn.functional import leaky_relu, relu, softplus

from ganflow.live.graph import trace
from ganflow.live.memory import Memory
from ganflow.live.translation import loops_of

SPECIAL = torch.tensor([0.0, -0.0, torch.nan, torch.inf, -torch.inf, 20.5, -90, 1, 0.5])
SHAPES = [(1,), (2,), (3,), (5,), (7,), (9, 1), (4, 3), (1, 7, 5), (2, 3, 33)]


def numbers(*shape, seed=0, special=False):
    """Normal numbers; with `special` every third is NaN, infinite, zero or a limit."""
    rng = torch.Generator().manual_seed(seed)
    flat = 3 * torch.randn(shape, generator=rng).ravel()
    if special:
        order = torch.arange(len(flat))
        flat = torch.where((order + seed) % 3 == 0, SPECIAL[order // 3 % 9], flat)
    return flat.reshape(shape)


RTOL = 1e-6  # a few roundings of float32
ATOL = 1e-37  # no number but a denormal: torch's sigmoid(-90) is 0


def differing(found):
    """What is not torch's: its NaN, its infinities, its numbers to a few roundings."""
    return {
        name: (value, expected)
        for name, value, expected in found
        if not np.allclose(value, expected, RTOL, ATOL, equal_nan=True)
    }


def slope(function, x, g):
    """The derivative of `function` at x, times g."""
    leaf = x.detach().requires_grad_()
    return torch.autograd.grad(function(leaf), leaf, g)[0]


def maps(given):
    """Every operator that works number by number."""
    x, y, h = (given[name] for name in ("x", "y", "h"))
    rate = h.to(x.dtype)
    found = {
        "add": x + y,
        "sub": x - y,
        "reversed sub": 1 - x,
        "mul": x * y,
        "div": x / y,
        "div by a number": x / 3,
        "reciprocal": x.reciprocal(),
        "neg": -x,
        "abs": x.abs(),
        "sqrt": x.sqrt(),
        "square": x.square(),
        "root": x**0.5,
        "itself": x**1,
        "exp": x.exp(),
        "sigmoid": x.sigmoid(),
        "relu": relu(x),
        "relu in place": torch.relu_(x + 1),
        "relu's slope": slope(relu, x, y),
        "leaky": leaky_relu(x, 0.2),
        "leaky in place": torch.nn.functional.leaky_relu(x + 1, 0.2, inplace=True),
        "leaky's slope": slope(lambda x: leaky_relu(x, 0.2), x, y),
        "softplus": softplus(x),
        "softplus with beta": softplus(x, 2, 5),
        "softplus's slope": slope(softplus, x, y),
        "abs's slope": slope(torch.abs, x, y),
        "sign": x.sign(),
        "sigmoid's slope": slope(torch.sigmoid, -x.abs(), y),
        "clamp's slope": slope(lambda x: x.clamp(max=2), x, y),
        "where's slope": slope(lambda x: torch.where(x > 0, x, 2 * x), x, y),
        "times a number beyond float32": x * 1e39,
        "add in place": (x + 1).add_(y, alpha=0.5).mul_(2),
        "clamp": x.clamp(-1, 2),
        "clamp from below": x.clamp(min=-1),
        "clamp by tensors": x.clip(-rate, rate),
        "maximum": torch.maximum(x, y),
        "minimum": torch.minimum(x, y),
        "where": torch.where(x > y, x, y),
        "where of one number": torch.where(h > 0, x, y),
        "masked fill": x.masked_fill(x == 0, 7.0),
        "masked fill in place": (x + 0).masked_fill_(x > 1, 7.0),
        "a condition as a number": (x > 0) * 1.0 - (x < 0) * 1.0,
        "one for many": rate * x,
        "wide": x.double() * h,
        "ones": torch.ones_like(x) + x.new_zeros(x.shape),
        "full": torch.full_like(x, 2.5),
        "literal": x * torch.tensor(0.9),
        "power": h.abs() ** torch.tensor([3.0], dtype=torch.float64),
        "power of a number": 0.999 ** h.abs(),
        "shared": (x * y) * (x * y) + (x * y),
        "nothing": x,
    }
    kinds = (torch.eq, torch.ne, torch.lt, torch.le, torch.gt, torch.ge)
    found |= {f"{kind.__name__} y": kind(x, y) * 1.0 for kind in kinds}
    return found | {f"{kind.__name__} 1": kind(x, 1) * 1.0 for kind in kinds}


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_maps_on_odd_shapes_with_nan_and_infinities(shape):
    given = {
        "x": numbers(*shape, special=True),
        "y": numbers(*shape, seed=1, special=True),
        "h": torch.tensor([0.3], dtype=torch.float64),
    }
    assert not differing(results(maps, given))


def sums_of_products(given):
    """What torch rounds once, after the sum, and the module twice."""
    x, y, weight = (given[name] for name in ("x", "y", "weight"))
    return {
        "add with alpha": torch.add(x, y, alpha=0.3),
        "sub with alpha": torch.sub(x, y, alpha=0.3),
        "lerp": torch.lerp(x, y, weight),
        "lerp by a number": torch.lerp(x, y, 0.75),
    }


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_sum_of_products_is_off_by_roundings_of_what_is_added(shape):
    """Beside a sum near 0 no digit is left, so the bound is that of the terms."""
    x, y = (numbers(*shape, seed=seed, special=True) for seed in (0, 1))
    weight = torch.linspace(0, 1, shape[-1]).expand(shape).contiguous()
    size = (x.abs() + y.abs()).numpy().ravel()
    for name, value, expected in results(
        sums_of_products, {"x": x, "y": y, "weight": weight}
    ):
        finite = np.isfinite(expected)
        np.testing.assert_array_equal(value[~finite], expected[~finite], name)
        apart = np.abs(value[finite] - expected[finite])
        assert (apart <= 2 * np.finfo(np.float32).eps * size[finite]).all(), name


def views(given):
    """Maps of views: nothing lies side by side."""
    x, y, row = (given[name] for name in ("x", "y", "row"))
    turned = x.transpose(-1, -2)
    flat = (x + 1).transpose(0, 2).reshape(-1)
    first, *_, last = (x * 2).split(2, dim=-1)
    return {
        "turned": turned + 1,
        "both turned": turned * y.transpose(-1, -2),
        "one turned": turned * y.reshape(turned.shape),
        "permuted": x.permute(2, 0, 1) - 1,
        "by a row": x * row,
        "column": x * x[..., :1].expand(x.shape),
        "selected": x.select(1, -1) + row.select(0, 0),
        "first": first + 1,
        "last": last + 1,
        "merged": flat,
        "longer": x.unsqueeze(0).squeeze(0).unsqueeze(-1) * 2,
        "joined": torch.cat([x, turned.reshape(x.shape) + 1, y], dim=1),
        "joined last": torch.cat([x, y * 2], dim=-1),
    }


@pytest.mark.parametrize(
    "shape", [(1, 1, 3), (1, 7, 5), (2, 3, 33), (1, 16, 8)], ids=str
)
def test_views_are_read_where_they_lie(shape):
    given = {"x": numbers(*shape), "y": numbers(*shape, seed=1)}
    given["row"] = numbers(1, shape[-1], seed=2)
    assert not differing(results(views, given))


def sums(given):
    x = given["x"]
    found = {
        "sum": x.sum(),
        "mean": x.mean(),
        "count": ((x > 0) * 1.0).sum(-1),
    }
    found["turned"] = (x.transpose(0, -1) * 2).sum(0)
    for dim, keep in product(range(x.ndim), (False, True)):
        found |= {
            f"sum {dim} {keep}": (x * 2).sum(dim, keepdim=keep),
            f"mean {dim} {keep}": x.mean(dim, keepdim=keep),
            f"norm {dim} {keep}": x.norm(dim=dim, keepdim=keep),
        }
    return found


@pytest.mark.parametrize("special", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_sums_on_odd_shapes(shape, special):
    given = {"x": numbers(*shape, special=special).abs()}
    assert not differing(results(sums, given))


def test_a_sum_of_many_numbers_is_rounded_once():
    x = numbers(4099, 3)
    given = {"x": x}
    for name, value, _ in results(lambda given: {"0": given["x"].sum(0)}, given):
        np.testing.assert_array_equal(value, x.double().sum(0).float(), name)


SIZES = [1, 2, 3, 5, 7, 33]
PRODUCTS = [
    *product(SIZES, SIZES, [1, 3, 16, 33]),
    (64, 32, 64),
    (4, 8, 17),
    (8, 4, 32),
]


def products(given):
    found = {}
    for k, (m, n, _) in enumerate(PRODUCTS):
        a, b, row = (given[f"{name}{k}"] for name in ("a", "b", "row"))
        ways = (a, a.transpose(1, 2).contiguous().transpose(1, 2))
        a = ways[k % 2]
        b = b.transpose(1, 2).contiguous().transpose(1, 2) if k % 3 else b
        found[f"{k} {m} {n}"] = torch.baddbmm(row[:, None], a, b)
        found[f"{k} plain"] = torch.bmm(a, b)
    return found


def factors(special=False):
    given = {}
    for k, (m, n, inner) in enumerate(PRODUCTS):
        given[f"a{k}"] = numbers(1, m, inner, seed=k, special=special)
        given[f"b{k}"] = numbers(1, inner, n, seed=k + 1)
        given[f"row{k}"] = numbers(1, n, seed=k + 2)
    return given


def test_products_on_odd_shapes():
    given = factors()
    wide = products({name: tensor.double() for name, tensor in given.items()})
    sizes = products({name: tensor.abs().double() for name, tensor in given.items()})
    for name, value, _ in results(products, given):
        apart = np.abs(value - wide[name].numpy().ravel())
        assert (apart <= 4e-7 * sizes[name].numpy().ravel()).all(), name


def test_products_keep_nan_and_infinities():
    for name, value, expected in results(products, factors(special=True)):
        np.testing.assert_array_equal(np.isnan(value), np.isnan(expected), name)
        np.testing.assert_array_equal(np.isinf(value), np.isinf(expected), name)


def refusal(function, **given):
    memory = Memory()
    memory.add_all(given | {"y": given["x"]})
    with pytest.raises(ValueError) as error:
        loops_of(trace(lambda g: {"y": function(g["x"])}, given), memory.named)
    return str(error.value)


X = torch.ones(2, 3)


def test_an_operator_without_a_loop_is_named():
    said = refusal(lambda x: x.cumsum(0), x=X)
    assert said.startswith("there is no loop for the operator aten.cumsum.default: ")


def test_an_exponent_a_norm_and_a_dtype_without_a_loop_are_named():
    assert "the exponent 3" in refusal(lambda x: x**3, x=X)
    assert "of order 1" in refusal(lambda x: x.norm(p=1, dim=0), x=X)
    assert "torch.float16" in refusal(lambda x: x.half() + 1, x=X)


def test_what_a_trace_would_hold_for_ever_is_refused():
    outside = torch.ones(3)
    assert "a tensor of shape (3,)" in refusal(lambda x: x * outside, x=X)
    assert "takes a number out of a tensor" in refusal(
        lambda x: x * x.sum().item(), x=X
    )
    assert "a table of numbers" in refusal(lambda x: x * torch.tensor([1.0, 2, 3]), x=X)


def over(x):
    y = x + 1
    seen = y[0]
    y.relu_()
    return seen * 2 + y


def test_what_was_written_over_is_not_read_again():
    assert "written over" in refusal(over, x=X)
    assert "an input" in refusal(lambda x: x.relu_(), x=X.clone())
    assert "that it is given" in refusal(lambda x: torch.neg(x, out=x + 1), x=X)
    assert "that it is given" in refusal(lambda x: torch._foreach_neg_([x + 1]), x=X)


def test_what_was_written_in_part_is_not_read_whole():
    def half(x):
        y = x * 2
        y[0] = x[1]
        return y

    assert "written over" in refusal(half, x=X)


def test_a_value_that_one_loop_reads_is_no_loop_of_its_own():
    def function(given):
        x = given["x"]
        return {"y": ((x + 1) * 2 - x).relu()}

    assert len(Traced(function, {"x": X}).loops) == 1


def test_loops_of_one_kind_share_a_function():
    def function(given):
        return {"y": given["x"] + given["h"], "z": given["h"] + given["x"][0]}

    traced = Traced(function, {"x": X, "h": torch.ones(3)})
    names = [kernel.name for kernel in traced.kernels]
    assert len(names) == len(set(names)) <= 2
    assert re.fullmatch(r"kernel \d", names[0])
