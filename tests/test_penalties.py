"""Penalties: exact for linear critics, cut at the points, differentiable twice."""

import pytest
import torch
from torch import nn

from ganflow.losses import gradient_penalty, slope_penalty, slopes, squared_slopes

W = torch.tensor([3.0, 4.0], dtype=torch.float64)  # of length 5
EXACT = {"rtol": 0, "atol": 1e-12}


def random(*shape, seed=0):
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def linear():
    w = W.clone().requires_grad_()
    return w, lambda x: x @ w


@pytest.mark.parametrize(
    ("penalty", "value", "slope"),
    [
        (lambda f: gradient_penalty(f, random(5, 2), random(5, 2, seed=1)), 16, 8 / 5),
        (lambda f: slope_penalty(f, random(5, 2)), 25, 2),
        (lambda f: slope_penalty(f, random(5, 2), center=1.0), 16, 8 / 5),
        (lambda f: slopes(f, random(5, 2)).mean(), 5, 1 / 5),
        (lambda f: squared_slopes(f, random(5, 2)).mean(), 25, 2),
    ],
)
def test_penalty_of_a_linear_critic_is_exact(penalty, value, slope):
    """|w| = 5: (5 - 1)^2 = 16 with derivative 2 (5 - 1) w / 5; 25 with 2 w."""
    w, critic = linear()
    found = penalty(critic)
    found.backward()
    torch.testing.assert_close(found.detach(), W.new_tensor(value), **EXACT)
    torch.testing.assert_close(w.grad, slope * W, **EXACT)


def test_a_slope_counts_every_dimension_of_a_sample():
    x = random(4, 3, 2, 2)
    w = random(3, 2, 2, seed=1)
    found = slopes(lambda x: (x * w).sum(dim=(1, 2, 3)), x)
    torch.testing.assert_close(found, w.norm().expand(4), **EXACT)


def test_runs_of_samples_have_slopes_of_their_own():
    x, w = random(3, 4, 2), random(3, 2, seed=1)
    found = slopes(lambda x: torch.einsum("rnd,rd->rn", x, w), x, dims=1)
    torch.testing.assert_close(found, w.norm(dim=1)[:, None].expand(3, 4), **EXACT)


@pytest.mark.parametrize("shape", [(6,), (6, 1)])
def test_scores_may_have_a_column(shape):
    found = slopes(lambda x: (x @ W).reshape(shape), random(6, 2))
    torch.testing.assert_close(found, W.new_tensor(5.0).expand(6), **EXACT)


def smooth(weights):
    a, b = weights
    return lambda x: torch.tanh(x @ a) @ b


@pytest.mark.parametrize("penalty", [slope_penalty, slopes, squared_slopes])
def test_derivative_of_a_smooth_critics_penalty_is_its_finite_difference(penalty):
    weights = [t.requires_grad_() for t in (random(2, 3, seed=2), random(3, seed=3))]
    x = random(4, 2)

    def value(*weights):
        return penalty(smooth(weights), x)

    assert torch.autograd.gradcheck(value, weights)
    assert torch.autograd.gradgradcheck(value, weights)  # a tick differentiates again


def test_derivative_of_the_gradient_penalty_is_its_finite_difference():
    weights = [t.requires_grad_() for t in (random(2, 3, seed=2), random(3, seed=3))]

    def value(*weights):
        rng = torch.Generator().manual_seed(0)  # the same points each time
        return gradient_penalty(smooth(weights), random(4, 2), random(4, 2), rng=rng)

    assert torch.autograd.gradcheck(value, weights)


def test_points_lie_between_real_and_fake_one_weight_a_sample():
    x_real, x_fake, read = torch.zeros(500, 2), torch.tensor([[1.0, 3.0]] * 500), []

    def critic(x):
        read.append(x.detach())
        return x.sum(dim=1)

    rng = torch.Generator().manual_seed(0)
    gradient_penalty(critic, x_real, x_fake, rng=rng)
    (x,) = read
    torch.testing.assert_close(x[:, 1], 3 * x[:, 0])
    assert 0 <= x.min() and x[:, 0].max() <= 1 and len(x[:, 0].unique()) > 490
    torch.testing.assert_close(x[:, 0].mean(), torch.tensor(0.5), rtol=0, atol=0.05)


def test_the_mixing_weights_come_from_the_generator_that_is_passed():
    def value(seed):
        rng = torch.Generator().manual_seed(seed)
        return gradient_penalty(
            lambda x: (x**3).sum(1), random(4, 2), random(4, 2, seed=1), rng=rng
        )

    assert value(0) == value(0) != value(1)


@pytest.mark.parametrize(
    "penalty",
    [lambda f, x: gradient_penalty(f, x, x), slope_penalty, lambda f, x: slopes(f, x)],
)
def test_penalties_are_cut_at_the_points(penalty):
    G = nn.Linear(2, 2).double()
    x_fake = G(random(4, 2))
    w = W.clone().requires_grad_()
    penalty(lambda x: (x**2) @ w, x_fake).sum().backward()
    assert w.grad.any() and all(p.grad is None for p in G.parameters())
    assert x_fake.requires_grad  # the caller's tensor is as it was


@pytest.mark.parametrize("find", [slopes, squared_slopes])
def test_without_the_cut_the_points_learn(find):
    x = random(4, 2).requires_grad_()
    find(lambda x: (x**2).sum(1) / 2, x * 1.0, cut=False).sum().backward()
    length = x.detach().norm(dim=1, keepdim=True)
    wanted = x.detach() / length if find is slopes else 2 * x.detach()
    torch.testing.assert_close(x.grad, wanted, **EXACT)


@pytest.mark.parametrize(
    "penalty",
    [
        lambda f: gradient_penalty(f, random(4, 2), random(4, 2, seed=1)),
        lambda f: slope_penalty(f, random(4, 2)),
        lambda f: slope_penalty(f, random(4, 2), center=1.0),
    ],
)
def test_a_flat_critic_has_a_finite_derivative(penalty):
    w = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    value = penalty(lambda x: x @ w)
    value.backward()
    assert value.isfinite() and torch.equal(w.grad, torch.zeros_like(w))


def test_the_squared_slope_is_curved_where_the_slope_is_0():
    w = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    hessian = torch.autograd.functional.hessian(
        lambda w: squared_slopes(lambda x: x @ w, random(4, 2)).mean(), w
    )
    torch.testing.assert_close(hessian, 2 * torch.eye(2).double(), **EXACT)


def test_batches_of_two_shapes_are_refused():
    with pytest.raises(ValueError, match=r"x_real \(4, 2\) and x_fake \(5, 2\) must"):
        gradient_penalty(lambda x: x.sum(1), random(4, 2), random(5, 2))


@pytest.mark.parametrize("penalty", [slopes, squared_slopes, slope_penalty])
def test_samples_without_a_dimension_of_their_own_are_refused(penalty):
    with pytest.raises(ValueError, match=r"x has shape \(4,\); .* pass x\[:, None\]"):
        penalty(lambda x: x**2, random(4))
