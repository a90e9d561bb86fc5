"""Penalties: exact for linear critics, cut at the points, differentiable twice."""

import pytest
import torch
from small_pair import random
from torch import nn

from ganflow.losses import (
    SLOPE_FORMS,
    gradient_penalty,
    mix_samples,
    slope_penalty,
    slopes,
    squared_slopes,
)
from ganflow.nets import dcgan_critic

W = torch.tensor([3.0, 4.0], dtype=torch.float64)  # of length 5
EXACT = {"rtol": 0, "atol": 1e-12}


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


@pytest.mark.parametrize("form", ["eager", "functional"])
def test_runs_of_samples_have_slopes_of_their_own(form):
    x, w = random(3, 4, 2), random(3, 2, seed=1)
    found = slopes(lambda x: torch.einsum("rnd,rd->rn", x, w), x, dims=1, form=form)
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


def test_mixing_weights_are_uniform_and_one_a_sample():
    """Kolmogorov and Smirnov: their distance is above 1.95 / sqrt(n) once in 1000."""
    n, rng = 4000, torch.Generator().manual_seed(0)
    x = mix_samples(torch.ones(n, 3, 2), torch.zeros(n, 3, 2), rng=rng)
    assert torch.equal(x, x[:, :1, :1].expand_as(x))  # a point on the line
    weights = x[:, 0, 0].sort().values
    assert 0 <= weights[0] and weights[-1] <= 1 and len(weights.unique()) > n - 5
    assert (weights - torch.arange(n) / n).abs().max() < 1.95 / n**0.5
    neighbours = torch.corrcoef(torch.stack([x[1:, 0, 0], x[:-1, 0, 0]]))[0, 1]
    assert neighbours.abs() < 4 / n**0.5


def test_the_penalty_is_taken_at_the_mixed_points():
    read = []

    def critic(x):
        read.append(x.detach())
        return (x**2).sum(dim=1)

    x_real, x_fake, mix = random(5, 2), random(5, 2, seed=1), random(5).sigmoid()
    found = gradient_penalty(critic, x_real, x_fake, mix=mix)
    x = mix[:, None] * x_real + (1 - mix[:, None]) * x_fake
    torch.testing.assert_close(read[0], x, **EXACT)
    wanted = (2 * x.norm(dim=1) - 1).square().mean()
    torch.testing.assert_close(found.detach(), wanted, **EXACT)


@pytest.mark.parametrize("shape", [(4,), (4, 1), (4, 1, 1, 1)])
def test_ready_mixing_weights_may_have_dimensions_of_one(shape):
    x, y, mix = random(4, 1, 2, 2), random(4, 1, 2, 2, seed=1), random(4).sigmoid()
    found = mix_samples(x, y, mix=mix.reshape(shape))
    assert torch.equal(found, mix_samples(x, y, mix=mix))


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"mix": torch.ones(3)}, r"mix has shape \(3,\); one weight for each of the 4"),
        ({"mix": torch.ones(())}, r"mix has shape \(\); one weight for each of the 4"),
        ({"mix": torch.ones(4), "rng": torch.Generator()}, "pass one of them"),
    ],
)
def test_mixing_weights_that_do_not_fit_are_refused(how, said):
    with pytest.raises(ValueError, match=said):
        gradient_penalty(lambda x: x.sum(1), random(4, 2), random(4, 2), **how)


@pytest.mark.cuda
@pytest.mark.parametrize("place", ["cpu", "cuda"])
def test_a_generator_of_either_device_serves_a_batch_on_cuda(place):
    x_real, x_fake = torch.ones(4000, 2).cuda(), torch.zeros(4000, 2).cuda()
    found = mix_samples(x_real, x_fake, rng=torch.Generator(place).manual_seed(0))
    assert found.is_cuda and found.mean().sub(0.5).abs() < 0.05
    mix_samples(x_real, x_fake)  # the device's global stream


@pytest.mark.cuda
@pytest.mark.parametrize("form", SLOPE_FORMS)
def test_no_form_waits_for_the_gpu(form):
    D, x = dcgan_critic(16, 4, 1).cuda(), torch.randn(8, 1, 16, 16).cuda()
    mix = torch.rand(8, device="cuda")
    gradient_penalty(D, x, -x, mix=mix, form=form).backward()
    torch.cuda.set_sync_debug_mode("error")
    try:
        gradient_penalty(D, x, -x, mix=mix, form=form).backward()  # or it raises
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert D[0].weight.grad.count_nonzero() > 0


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


@pytest.mark.parametrize("form", ["eager", "functional"])
@pytest.mark.parametrize("find", [slopes, squared_slopes])
def test_without_the_cut_the_points_learn(find, form):
    x = random(4, 2).requires_grad_()
    find(lambda x: (x**2).sum(1) / 2, x * 1.0, cut=False, form=form).sum().backward()
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


@pytest.mark.parametrize(
    "penalty", [lambda f, x: squared_slopes(f, x).mean(), slope_penalty]
)
def test_the_squared_slope_is_curved_where_the_slope_is_0(penalty):
    """|w|^2 at w = 0: its second derivative is 2 in each direction."""
    w = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    hessian = torch.autograd.functional.hessian(
        lambda w: penalty(lambda x: x @ w, random(4, 2)), w
    )
    torch.testing.assert_close(hessian, 2 * torch.eye(2).double(), **EXACT)


def test_batches_of_two_shapes_are_refused():
    with pytest.raises(ValueError, match=r"x_real \(4, 2\) and x_fake \(5, 2\) must"):
        gradient_penalty(lambda x: x.sum(1), random(4, 2), random(5, 2))


@pytest.mark.parametrize("form", SLOPE_FORMS)
@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("how", ["weights", "autocast"])
def test_half_precision_stays_finite_and_near(how, kind, form):
    rng = torch.Generator().manual_seed(0)
    D = dcgan_critic(16, 8, 1, generator=rng)
    with torch.no_grad():
        for weight in D.parameters():
            weight.mul_(5)
    x_real, x_fake = torch.randn(2, 8, 1, 16, 16, generator=rng)
    mix, found = torch.rand(8, generator=rng), []
    for half in (False, True):
        D.zero_grad()
        if half and how == "weights":
            D, x_real, x_fake = D.to(kind), x_real.to(kind), x_fake.to(kind)
        with torch.autocast("cpu", kind, enabled=half and how == "autocast"):
            # A generator under autocast gives fakes of half precision.
            x_fake = x_fake.to(kind) if half else x_fake
            value = gradient_penalty(D, x_real, x_fake, mix=mix, form=form)
        value.backward()
        assert value.dtype == torch.float32
        found.append([value.detach(), *(part.weight.grad.float() for part in D[::2])])
    for exact, near in zip(*found, strict=True):
        assert near.isfinite().all()
        # Rounding moves a few activations over their kink, which is more than rounding.
        assert (near - exact).norm() < 0.1 * exact.norm()


@pytest.mark.parametrize("length", [1e-4, 300.0])
def test_half_precision_holds_the_squares_of_small_and_of_large_slopes(length):
    """1e-8 and 90,000 are no numbers of float16."""
    w = (W / 5 * length).half()
    found = slope_penalty(lambda x: x @ w, random(4, 2).half())
    torch.testing.assert_close(found, torch.tensor(length**2), rtol=0.01, atol=0)


@pytest.mark.parametrize("penalty", [slopes, squared_slopes, slope_penalty])
def test_samples_without_a_dimension_of_their_own_are_refused(penalty):
    with pytest.raises(ValueError, match=r"x has shape \(4,\); .* pass x\[:, None\]"):
        penalty(lambda x: x**2, random(4))
