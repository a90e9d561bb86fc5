"""Step rules against torch.optim and against loops written out."""

import numpy as np
import pytest
import torch

from ganflow.dynamics import (
    RULES,
    Adam,
    Extragradient,
    GradientDescent,
    Momentum,
    Optimistic,
    Rule,
    Scalars,
    play,
)
from ganflow.games import bilinear, dirac
from ganflow.schedule import ALTERNATING, SIMULTANEOUS

SHAPES = [(3, 2), (4,), ()]
EXACT = {"rtol": 0, "atol": 1e-12}
FROM_TORCH = [
    (GradientDescent(0.1), lambda p: torch.optim.SGD(p, lr=0.1)),
    (Momentum(0.1, beta=0.9), lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
    (Adam(0.1), lambda p: torch.optim.Adam(p, lr=0.1, betas=(0.5, 0.999))),
    (
        Adam(0.02, beta1=0.0, beta2=0.9, epsilon=1e-3),
        lambda p: torch.optim.Adam(p, lr=0.02, betas=(0.0, 0.9), eps=1e-3),
    ),
]
PER_RUN = [
    (GradientDescent, {"step_size": [0.1, 0.01, 0.5]}),
    (Extragradient, {"step_size": [0.1, 0.01, 0.5]}),
    (Optimistic, {"step_size": [0.1, 0.01, 0.5]}),
    (Momentum, {"step_size": [0.1, 0.01, 0.5], "beta": [0.9, 0.0, -0.5]}),
    (
        Adam,
        {
            "step_size": [0.1, 0.01, 0.5],
            "beta1": [0.0, 0.5, 0.9],
            "beta2": [0.9, 0.99, 0.999],
        },
    ),
]


def numbers(seed, dtype=torch.float64, runs=()):
    rng = torch.Generator().manual_seed(seed)
    return tuple(
        torch.randn((*runs, *shape), generator=rng, dtype=dtype) for shape in SHAPES
    )


def moved(rule, params, grads_of, moves=20):
    memory = rule.start(params)
    for k in range(moves):
        after = rule.move(params, grads_of(k), memory)
        params, memory = after.params, after.memory
    return params


@pytest.mark.parametrize(
    ("dtype", "near"),
    [(torch.float64, EXACT), (torch.float32, {"rtol": 1e-5, "atol": 1e-6})],
)
@pytest.mark.parametrize(
    ("rule", "optimizer"),
    FROM_TORCH,
    ids=lambda x: repr(x)[:40] if isinstance(x, Rule) else "",
)
def test_twenty_moves_are_those_of_torch_optim(rule, optimizer, dtype, near):
    theirs = [p.clone().requires_grad_() for p in numbers(0, dtype)]
    steps = optimizer(theirs)
    for k in range(20):
        for p, g in zip(theirs, numbers(k + 1, dtype), strict=True):
            p.grad = g.clone()
        steps.step()
    ours = moved(rule, numbers(0, dtype), lambda k: numbers(k + 1, dtype))
    for a, b in zip(ours, theirs, strict=True):
        assert a.dtype == dtype
        torch.testing.assert_close(a, b.detach(), **near)


def test_the_first_float32_move_of_adam_is_torchs():
    """The bias 1 - beta2 of one move is 0.001: float32 would lose four digits of it."""
    (p,), (g,) = [(torch.zeros(5),), (torch.linspace(1, 2, 5),)]
    theirs = p.clone().requires_grad_()
    theirs.grad = g
    torch.optim.Adam([theirs], lr=1.0, betas=(0.5, 0.999)).step()
    ours = moved(Adam(1.0), (p,), lambda k: (g,), moves=1)[0]
    torch.testing.assert_close(ours, theirs.detach(), rtol=1e-6, atol=0)


def test_optimistic_moves_are_a_loop_written_out():
    params, before = numbers(0), None
    for k in range(20):
        grads = numbers(k + 1)
        before = grads if before is None else before
        push = [2 * g - b for g, b in zip(grads, before, strict=True)]
        params = [p - 0.1 * g for p, g in zip(params, push, strict=True)]
        before = grads
    ours = moved(Optimistic(0.1), numbers(0), lambda k: numbers(k + 1))
    for a, b in zip(ours, params, strict=True):
        torch.testing.assert_close(a, b, **EXACT)


@pytest.mark.parametrize("schedule", [SIMULTANEOUS, ALTERNATING], ids=str)
def test_extragradient_reads_the_field_where_both_would_stand(schedule):
    game, h = dirac("non-saturating", "R1", strength=0.3), 0.4
    x = np.array([1.0, -0.5])
    for _ in range(20):
        for turn in schedule.turns:
            ahead = x + h * np.array(game.field(*x))
            moves = np.array(["G" in turn, "D" in turn])
            x = x + h * moves * np.array(game.field(*ahead))
    run = play(Scalars(game, 1.0, -0.5), schedule, rule=Extragradient(h), ticks=20)
    np.testing.assert_allclose([run.theta[-1], run.psi[-1]], x, **EXACT)


def test_each_player_may_have_a_rule_of_its_own():
    game, (x, y, v) = bilinear(), (1.0, 1.0, 0.0)
    for _ in range(20):
        d_theta, d_psi = game.field(x, y)
        v = -0.5 * v - d_psi
        x, y = x + 0.1 * d_theta, y - 0.3 * v
    rule = {"G": GradientDescent(0.1), "D": Momentum(0.3, beta=-0.5)}
    run = play(Scalars(game), SIMULTANEOUS, rule=rule, ticks=20)
    np.testing.assert_allclose([run.theta[-1], run.psi[-1]], [x, y], **EXACT)


@pytest.mark.parametrize(
    ("kind", "rates"), PER_RUN, ids=lambda x: getattr(x, "__name__", "")
)
def test_rates_for_each_run_equal_one_rule_for_each(kind, rates):
    runs = len(rates["step_size"])
    start, grads = (
        numbers(0, runs=(runs,)),
        [numbers(k, runs=(runs,)) for k in range(9)],
    )
    tensors = {k: torch.tensor(v, dtype=torch.float64) for k, v in rates.items()}
    together = moved(kind(**tensors), start, grads.__getitem__, moves=9)
    for run in range(runs):
        alone = moved(
            kind(**{k: v[run] for k, v in rates.items()}),
            tuple(p[run] for p in start),
            lambda k, run=run: tuple(g[run] for g in grads[k]),
            moves=9,
        )
        for a, b in zip(together, alone, strict=True):
            torch.testing.assert_close(a[run], b, **EXACT)


def test_float64_rates_leave_float32_parameters_float32():
    params = numbers(0, torch.float32, runs=(2,))
    rate = torch.tensor([0.1, 0.2], dtype=torch.float64)
    for kind in RULES.values():
        after = moved(kind(rate), params, lambda k: params, moves=2)
        assert {p.dtype for p in after} == {torch.float32}


def test_every_rule_has_one_base_and_adam_is_no_gradient_descent():
    assert all(issubclass(kind, Rule) for kind in RULES.values())
    plain = [kind for kind in RULES.values() if issubclass(kind, GradientDescent)]
    assert plain == [GradientDescent, Extragradient]  # the same step, from elsewhere
    with pytest.raises(TypeError, match="abstract"):
        Rule(0.1)


@pytest.mark.parametrize("kind", RULES.values())
def test_a_move_changes_nothing_in_place(kind):
    rule, params, grads = kind(0.1), numbers(0), numbers(1)
    memory = rule.move(params, grads, rule.start(params)).memory
    held = [*params, *grads, *(t for part in memory.values() for t in part)]
    before = [t.clone() for t in held]
    rule.move(params, grads, memory)
    for a, b in zip(held, before, strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("kind", RULES.values())
def test_a_move_can_be_differentiated(kind):
    """Finite differences of the second move by parameters, derivatives and memory."""
    rule, params = kind(0.1), (torch.tensor([0.3, -0.2], dtype=torch.float64),)
    grads = (torch.tensor([0.5, 0.7], dtype=torch.float64),)
    memory = rule.move(params, grads, rule.start(params)).memory
    floats = [name for name in memory if name != "moves"]

    def second(p, g, *held):
        given = memory | {name: (t,) for name, t in zip(floats, held, strict=True)}
        return rule.move((p,), (g,), given).params[0]

    inputs = [params[0], grads[0], *(memory[name][0] for name in floats)]
    leaves = [t.clone().requires_grad_() for t in inputs]
    assert torch.autograd.gradcheck(second, leaves)
