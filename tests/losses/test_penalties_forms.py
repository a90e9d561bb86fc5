"""Every way of taking the slope gives one answer, and costs what it is said to."""

import pytest
import torch
from small_pair import random, seeded
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from ganflow.losses import (
    SLOPE_FORMS,
    gradient_penalty,
    slope_penalty,
    slopes,
    spare,
    squared_slopes,
    wasserstein_loss_D,
)
from ganflow.nets import dcgan_critic, mlp_critic

CLOSE = {"rtol": 1e-10, "atol": 1e-12}


def steep(net):
    """In float64, with weights and biases so large that every slope matters."""
    for number, weight in enumerate(net.double().parameters()):
        weight.data = random(*weight.shape, seed=number) * weight[0].numel() ** -0.5
    return net


def smooth():
    return steep(nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 1)))


CRITICS = {
    "points": lambda: (steep(mlp_critic(2, 5, 2)), (2,)),
    "16 pixels": lambda: (steep(dcgan_critic(16, 4, 1)), (1, 16, 16)),
    "32 pixels": lambda: (steep(dcgan_critic(32, 2, 3)), (3, 32, 32)),
    "linear": lambda: (steep(nn.Linear(2, 1)), (2,)),
    "in place": lambda: (
        steep(nn.Sequential(nn.Linear(2, 5), nn.ReLU(True), nn.Linear(5, 1))),
        (2,),
    ),
}
PENALTIES = {
    "between": lambda D, x, y, **how: gradient_penalty(D, x, y, rng=seeded(3), **how),
    "R1": lambda D, x, y, **how: slope_penalty(D, x, **how),
    "around 1": lambda D, x, y, **how: slope_penalty(D, x, center=1.0, **how),
    "slopes": lambda D, x, y, **how: slopes(D, x, **how).sum(),
    "squares": lambda D, x, y, **how: squared_slopes(D, x, **how).sum(),
}


def learn(D, penalty, shape, **how):
    """The penalty, and the `.grad` that it leaves in each weight of D."""
    D.zero_grad()
    value = penalty(D, random(6, *shape), random(6, *shape, seed=1), **how)
    value.backward()
    return [value.detach()] + [weight.grad for weight in D.parameters()]


def assert_same(found, wanted):
    for one, other in zip(found, wanted, strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            torch.testing.assert_close(one, other, **CLOSE)


@pytest.mark.parametrize("penalty", PENALTIES.values(), ids=PENALTIES)
@pytest.mark.parametrize("critic", CRITICS)
@pytest.mark.parametrize("form", SLOPE_FORMS[1:])
def test_every_form_leaves_the_same_gradients(form, critic, penalty):
    """Zero where eager leaves zeros, None where it leaves None."""
    D, shape = CRITICS[critic]()
    eager = learn(D, penalty, shape)
    assert eager[1].abs().max() > 1e-6  # there is something to compare
    assert_same(learn(D, penalty, shape, form=form), eager)


@pytest.mark.parametrize("form", SLOPE_FORMS)
@pytest.mark.parametrize("critic", ["points", "in place"])
def test_the_gradient_of_every_form_is_its_finite_difference(critic, form):
    D, shape = CRITICS[critic]()

    def value():
        return PENALTIES["between"](D, random(6, *shape), random(6, *shape, seed=1))

    _, *found = learn(D, PENALTIES["between"], shape, form=form)
    for weight, derivative in zip(D.parameters(), found, strict=True):
        numbers, h = weight.data.view(-1), 1e-6
        for place, number in enumerate(numbers.clone()):
            numbers[place] = number + h
            above = value().detach()
            numbers[place] = number - h
            slope = (above - value().detach()) / (2 * h)
            numbers[place] = number
            one = slope * 0 if derivative is None else derivative.view(-1)[place]
            torch.testing.assert_close(one, slope, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("form", SLOPE_FORMS)
def test_every_form_can_be_differentiated_again(form):
    D = CRITICS["points"]()[0] if form == "spared" else smooth()
    weights = list(D.parameters())

    def value(*_):  # gradgradcheck nudges the weights in place
        return slopes(D, random(3, 2), form=form)

    assert torch.autograd.gradcheck(value, weights)
    assert torch.autograd.gradgradcheck(value, weights)


@pytest.mark.parametrize("form", SLOPE_FORMS)
def test_every_form_is_cut_at_both_batches(form):
    D, made = CRITICS["points"]()[0], []
    for seed in (0, 1):
        made.append(random(4, 2, seed=seed).requires_grad_())
    gradient_penalty(D, made[0] * 1, made[1] * 1, form=form).backward()
    assert D[0].weight.grad.any() and made[0].grad is None and made[1].grad is None


@pytest.mark.parametrize("form", SLOPE_FORMS)
def test_every_form_is_finite_where_the_critic_is_flat(form):
    D = mlp_critic(2, 5, 1)
    nn.init.zeros_(D[2].weight)
    gradient_penalty(D, torch.ones(4, 2), torch.zeros(4, 2), form=form).backward()
    assert D[0].weight.grad.isfinite().all() and D[2].weight.grad.isfinite().all()


def test_a_form_of_another_name_is_refused():
    with pytest.raises(ValueError, match="form is 'fast'; expected one of eager, func"):
        slopes(mlp_critic(), torch.ones(4, 2), form="fast")


def test_a_step_with_the_functional_form_compiles_to_the_same_gradients():
    D = smooth()
    x, y, mix = random(6, 2), random(6, 2, seed=1), random(6, seed=2).sigmoid()

    def loss_D(form):
        penalty = gradient_penalty(D, x, y, mix=mix, form=form)
        return wasserstein_loss_D(D(x), D(y)) + 10 * penalty

    wanted = torch.autograd.grad(loss_D("eager"), list(D.parameters()))
    step = torch.compile(loss_D, backend="aot_eager", fullgraph=True)
    found = torch.autograd.grad(step("functional"), list(D.parameters()))
    assert_same(found, wanted)


def test_a_spared_critic_compiles_in_the_functional_form():
    D, shape = CRITICS["16 pixels"]()
    penalty = torch.compile(
        lambda D, x, y, form: slope_penalty(spare(D), x, form=form),
        backend="aot_eager",
        fullgraph=True,
    )
    assert_same(
        learn(D, penalty, shape, form="functional"), learn(D, PENALTIES["R1"], shape)
    )


# The compiler looks at a `.grad` of its own making before it refuses.
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")
@pytest.mark.parametrize("form", ["eager", "spared"])
def test_a_step_with_an_eager_form_is_refused_by_the_compiler(form):
    """The reason that the functional form is there."""
    D = CRITICS["points"]()[0]
    penalty = torch.compile(slope_penalty, backend="aot_eager")
    with pytest.raises(
        RuntimeError, match="does not currently support double backward"
    ):
        penalty(D, random(4, 2), form=form).backward()


class Counted(TorchDispatchMode):
    """Counts the calls of one operator."""

    def __init__(self, operator):
        super().__init__()
        self.operator, self.calls = operator, 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.calls += func is self.operator
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize(
    ("form", "calls"), [("eager", 9), ("functional", 9), ("spared", 6), ("auto", 6)]
)
def test_a_third_of_the_backward_convolutions_carry_zeros(form, calls):
    """Three for the scores, three for the slope; and three of zeros, or none."""
    layers = []
    for channels in (3, 4, 4):
        layers += [nn.Conv2d(channels, 4, 4, 2, 1), nn.LeakyReLU(0.2)]
    D = nn.Sequential(*layers, nn.Flatten(), nn.Linear(16, 1))
    x, y = torch.randn(2, 3, 3, 16, 16, generator=seeded(0))
    with Counted(torch.ops.aten.convolution_backward.default) as counted:
        score_real, score_fake = D(torch.cat([x, y])).chunk(2)
        penalty = gradient_penalty(D, x, y, rng=seeded(1), form=form)
        (wasserstein_loss_D(score_real, score_fake) + 10 * penalty).backward()
    assert counted.calls == calls


def test_smooth_activations_send_more_than_zeros():
    """Seen in the first bias, which only the activation's curvature reaches."""
    _, _, bias, *_ = learn(smooth(), PENALTIES["R1"], (2,))
    assert bias.abs().max() > 0.01


@pytest.mark.parametrize("form", ["eager", "functional"])
def test_the_functional_form_alone_runs_the_critic_under_torch_func(form):
    D, seen = mlp_critic(), []
    D.register_forward_pre_hook(
        lambda _, given: seen.append(torch._C._functorch.is_gradtrackingtensor(*given))
    )
    slopes(D, torch.ones(4, 2), form=form)
    assert seen == [form == "functional"]
