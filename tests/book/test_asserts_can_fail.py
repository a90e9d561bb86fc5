"""Every assert of a page can fail, and says how much it lets pass."""

import ast
from pathlib import Path

import build_notebooks
import pytest
from assert_forms import atol_alone, weak
from page_code import Names, parse

ROOT = Path(__file__).parents[2]
TEXTS = build_notebooks.chapters()
TESTS = sorted((ROOT / "tests").rglob("*.py"))

# A cell each, or several; then a word of the reason.
CANNOT_FAIL = [
    # tolerances
    ("np.testing.assert_allclose(a, b, atol=1e-12)", "say rtol=0"),
    ("assert torch.allclose(a, b, atol=1e-6)", "say rtol=0"),
    ("assert a.isclose(b, atol=1e-6).all()", "say rtol=0"),
    ("assert math.isclose(f(), 1, abs_tol=1e-6)", "say rtol=0"),
    ('exact = {"atol": 1e-9}\nnp.testing.assert_allclose(a, b, **exact)', "say rtol=0"),
    ("exact = dict(atol=1e-9)", "assert np.allclose(a, b, **exact)", "say rtol=0"),
    ("ok = np.isclose(a, b, atol=1e-3)\nassert ok.all()", "say rtol=0"),
    ("assert not torch.allclose(a, b)", "no tolerance"),
    ("torch.testing.assert_close(a, b)", "no tolerance"),
    ("np.testing.assert_almost_equal(a, b)", "decimals"),
    ("np.testing.assert_allclose(a, b, rtol=1)", "zero"),
    # clocks
    ("start = time.time()\nf()\nassert time.time() - start < 1", "clock"),
    ("from time import time\nassert time() - start < 1", "clock"),
    ("took = perf_counter() - start", "share = took / 2", "assert share < 1", "clock"),
    ("took = {}\ntook[n] = process_time()", "assert took[0] < took[1]", "clock"),
    ("rows = []\nrows.append(monotonic())", "assert max(rows) < 1", "clock"),
    ("spent = 0\nspent += perf_counter() - s\nassert spent < 9", "clock"),
    (
        "def seconds(f):\n    s = process_time()\n    return process_time() - s",
        "each = [seconds(f) for f in fs]",
        "one, other = map(min, each)\nassert one < other",
        "clock",
    ),
    (
        "def timed(f):\n    s = perf_counter()\n    return f(), perf_counter() - s",
        "loss, took = timed(f)\nassert took < 1",
        "clock",
    ),
    ("assert run.seconds < 60", "clock"),
    ("assert record.tick_seconds[1] < record.tick_seconds[0]", "clock"),
    ('assert record["seconds"].max() < 1', "clock"),
    ("assert timeit.timeit(f) < timeit.timeit(g)", "clock"),
    ("ms = first.elapsed_time(last)\nassert ms < 3", "clock"),
    ("for name, t in {n: perf_counter() for n in ns}.items():\n    assert t", "clock"),
    ("np.testing.assert_allclose(perf_counter() - s, 1, rtol=0.1)", "clock"),
    # types
    ("assert isinstance(cost.item(), float)", "type"),
    ("x = f()\nassert isinstance(x, torch.Tensor)", "type"),
    ("x = f()\nassert type(x) is tuple and x[0] > 1", "type"),
    ("assert callable(step) and torch.is_tensor(x)", "type"),
    # what is typed in
    ("assert 1.0049876**500 > 12", "typed in"),
    ("h = 0.1", "assert h == 0.1", "typed in"),
    ("h, a = 0.1, 2", "assert h * a < 2 and f()", "typed in"),
    ("rates = (1, 2)\nassert len(rates) == 2", "typed in"),
    ("rates = [0.1 * n for n in range(4)]\nassert len(rates) == 4", "typed in"),
    ("h = 0.1\ndef f(h):\n    return g(h)", "assert math.sqrt(h) < 1", "typed in"),
    ("for h in (0.1, 0.2):\n    assert h < 1\n    f(h)", "typed in"),
    ("h = 2", "h = 3\nassert h == 3", "h = f()", "typed in"),
    ('rows = {"a": f()}\nassert "a" in rows', "typed into"),
    ("two = [f(), g()]\nassert len(two) == 2", "typed in"),
    ("np.testing.assert_allclose(np.sqrt(4), 2, rtol=1e-9)", "typed in"),
    ('assert recipe("wgan-gp").critic_steps == 5', "setting"),
    # true as it stands
    ('assert (a == b, "equal")', "tuple"),
    ('assert f"{a} is {b}"', "text"),
    ("assert (x > 0 for x in xs)", "generator"),
    ("assert [x > 0 for x in xs]", "list"),
    ("assert lambda: f() > 0", "true whatever"),
    ("def close():\n    return a < b", "assert close", "call it"),
    ("assert x.isfinite", "call it"),
    ("assert not x.any", "call it"),
    ("assert map(torch.equal, xs, ys)", "iterator"),
    # itself
    ("assert a == a", "itself"),
    ("b = a", "assert torch.equal(a, b)", "itself"),
    ("b = a", "assert a.equal(b)", "itself"),
    ("torch.testing.assert_close(a, a, rtol=0, atol=0)", "itself"),
    ("assert a.grad <= a.grad", "itself"),
    ("y = f(x)\nassert y is not x", "another object"),
    ("assert abs(x) >= 0", "below zero"),
    ("assert 0 <= len(found) < 9", "below zero"),
    ("assert x.norm() > -1 and (x**2 >= 0)", "below zero"),
    ("assert len(xs) == 0 or len(xs) >= 0", "below zero"),
    # names
    ('assert run.schedule.name == "alternating"', "name"),
    ('assert f.__name__ != "step"', "name"),
    # both outcomes
    ('assert "no error" in word or "inplace" in word', "one outcome"),
    ("assert x < 1 or x >= 1", "one outcome"),
    ("assert x is None or x is not None", "one outcome"),
    ("for c in (0, 1):\n    assert c == 1 or f(c) == 10", "known beforehand"),
    (
        "def f(x):\n    return x",
        "for g in gs:\n    assert g(1) > 1 or g is f",
        "beforehand",
    ),
    ("assert all(f(n) or n < 2 for n in range(9))", "known beforehand"),
    # of its own line
    ("assert not x_fake.detach().requires_grad", "cut itself"),
    ("x_cut = x_fake.detach()\nassert x_cut.grad_fn is None", "that made it"),
    ("z = torch.randn(8, 2)\nassert z.shape == (8, 2)", "that made it"),
    # nothing to look at
    ("ws = G.parameters()\nf(ws)\nassert all(w > 0 for w in ws)", "make it a list"),
    ("same = map(f, xs)\nlist(same)\nassert all(same)", "make it a list"),
    ("same = (a == b for a, b in ab)\nassert all(same)", "make it a list"),
    ("assert all(x for x in [])", "at nothing"),
    ("for x in []:\n    assert f(x)", "over nothing"),
    ("for x in range(0):\n    assert f(x)", "over nothing"),
    # not reached, not heard
    ("if False:\n    assert f()", "condition"),
    ("on_gpu = False", "if on_gpu:\n    assert f()", "condition"),
    ("def check():\n    assert f()", "never called"),
    ("def check():\n    return 1\n    assert f()\ncheck()", "behind"),
    (
        "try:\n    f()\nexcept ValueError as error:\n    assert 'x' in str(error)",
        "else",
    ),
    ("try:\n    assert f()\nexcept AssertionError:\n    print('no')", "caught"),
    ("try:\n    assert f()\nexcept Exception as error:\n    print(error)", "caught"),
    ("try:\n    f()\nexcept ValueError:\n    pass", "swallows"),
    (
        "for x in xs:\n    try:\n        f(x)\n    except KeyError:\n        continue",
        "swa",
    ),
    ("try:\n    f()\nexcept:\n    print('oh')", "name the error"),
    ("with suppress(ValueError):\n    f()", "swallows"),
    # any error
    ("with raises(RuntimeError):\n    f()", "any message"),
    ('with raises(RuntimeError, "type"):\n    f()', "any message"),
    ('with pytest.raises(ValueError, match=""):\n    f()', "any message"),
    ('with raises(Exception, "in the prior iteration"):\n    f()', "any error"),
]
CAN_FAIL = [
    ("np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)",),
    ("np.testing.assert_allclose(a, b, rtol=1e-12)",),
    ("np.testing.assert_allclose(a, b, 1e-12)",),
    ("exact = dict(rtol=0, atol=1e-9)\nnp.testing.assert_allclose(a, b, **exact)",),
    ("assert f() == approx(1, abs=1e-6)",),  # here `abs` is the only one
    ("assert torch.equal(a, b) and abs(a - b).max() < 1e-9",),
    ("took = perf_counter() - start\nprint(took)\nassert calls == 3",),
    (
        "def timed(f):\n    s = perf_counter()\n    return f(), perf_counter() - s",
        "loss, took = timed(f)\nprint(took)\nassert loss < 1",
    ),
    ("for name, t in times.items():\n    print(t)", "assert len(flops) == n"),
    ("t = perf_counter()", "t = f()", "assert t < 1"),
    ("assert run.flops < other.flops and x.repeat(2).sum() == 4",),
    ("assert not any(isinstance(m, BatchNorm) for m in D.modules())",),
    ("h = 0.1", "assert f(h) == 0.1"),
    ("h = 0.1\ndef g():\n    global h\n    h = 2\ng()", "assert h == 2"),
    ("calls = []\nf(calls.append)", "assert calls == [1, 2]"),
    ("count = 0\nfor x in xs:\n    count += 1\nassert count == 3",),
    ("kept = {}\nkept[0] = f()\nassert kept[0] == 1",),
    ("def f(h):\n    assert h < 1\nf(g())",),
    ("w = torch.tensor(1.0)\nopt.step()", "assert w == 0.9"),
    ("assert seen > 0.2 > 0.1 > abs(unseen)",),
    ('for name in ("a", "b"):\n    assert (f(name) < 1) == (name == "a")',),
    ("found = [f(x) for x in xs if x > 0]\nassert len(found) == 3",),
    ("assert step() == step()",),
    ("assert other() is x and x.grad is not None",),
    ("assert x.norm() > 0 and len(found) >= 1",),
    ("assert run.schedule == ALTERNATING",),
    ("assert x < 1 or x > 9",),
    ("x_cut = x.detach()\nG(x_cut)\nassert not x_cut.requires_grad",),
    ("same = [a == b for a, b in ab]\nassert all(same)",),
    ("assert all(map(torch.equal, G.parameters(), H.parameters()))",),
    ("if name == f():\n    assert g()",),
    ("def check():\n    assert f()\nfor x in xs:\n    check()",),
    (
        "try:\n    f()\nexcept ValueError as error:\n    assert 'x' in str(error)\n"
        "else:\n    raise AssertionError('nothing was raised')",
    ),
    ("try:\n    f()\n    assert False\nexcept ValueError as e:\n    assert e.args",),
    ("try:\n    f()\nexcept KeyError:\n    print('none')",),
    (
        "said = ''\ntry:\n    f()\nexcept KeyError as e:\n    assert e.args == 'x'\n"
        "    said = 'refused'\nassert said == g()",
    ),
    ('with raises(RuntimeError, "does not require grad"):\n    f()',),
    ('with raises(NotImplementedError, ""):  # empty, says `raises`\n    f()',),
    ("words = f()\nwith raises(ValueError, words):\n    g()",),
]


def by_name(path):
    return path.stem


@pytest.mark.parametrize("planted", CANNOT_FAIL, ids=" / ".join)
def test_an_assert_that_cannot_fail_is_found(planted):
    *cells, word = planted
    whys = [why for _, why in weak(cells)]
    assert whys and all(word in why for why in whys), whys


@pytest.mark.parametrize("cells", CAN_FAIL, ids=" / ".join)
def test_an_assert_that_can_fail_is_left_alone(cells):
    assert weak(cells) == []


@pytest.mark.parametrize("text", TEXTS, ids=by_name)
def test_each_assert_of_a_page_can_fail(text):
    cells = build_notebooks.read_text(text).cells
    found = weak([cell.source for cell in cells if cell.cell_type == "code"])
    told = "\n".join(f"  {line}\n    {why}" for line, why in found)
    assert not found, f"{text.relative_to(ROOT)}:\n{told}"


@pytest.mark.parametrize("path", TESTS, ids=by_name)
def test_no_test_says_atol_and_leaves_rtol_as_it_is(path):
    program = parse([path.read_text("utf-8")])
    names = Names(program)
    found = [node.lineno for node in ast.walk(program) for _ in atol_alone(node, names)]
    assert not found, f"{path.relative_to(ROOT)}, lines {found}: say rtol=0"
