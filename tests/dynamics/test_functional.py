"""Weights given to a network: the same values and derivatives, nothing written over."""

import copy

import pytest
import torch
from torch import nn
from torch.func import functional_call, stack_module_state, vmap

from ganflow.dynamics.functional import call

RUNS, N = 3, 5

NETS = {
    "ReLU": lambda: nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)),
    "leaky": lambda: nn.Sequential(nn.Linear(3, 4), nn.LeakyReLU(0.2), nn.Linear(4, 1)),
    "starts with ReLU": lambda: nn.Sequential(nn.ReLU(), nn.Linear(3, 2), nn.ReLU()),
    "two in a row": lambda: nn.Sequential(
        nn.Linear(3, 4), nn.ReLU(), nn.LeakyReLU(0.1), nn.Tanh(), nn.Linear(4, 1)
    ),
    "negative slope": lambda: nn.Sequential(nn.Linear(3, 4), nn.LeakyReLU(-0.5)),
    "smooth": lambda: nn.Sequential(
        *[nn.Linear(3, 3), nn.SiLU(), nn.Softplus(), nn.ELU(), nn.Sigmoid()]
    ),
    "no bias": lambda: nn.Sequential(nn.Linear(3, 4, bias=False), nn.ReLU()),
}


def stacked(name, runs=3):
    """Several networks of one kind, their weights stacked, and points for each."""
    torch.manual_seed(0)
    nets = [NETS[name]().double() for _ in range(runs)]
    params, _ = stack_module_state(nets)
    return nets[0], params, torch.randn(runs, 5, 3, dtype=torch.float64)


def second(y, params, x):
    """The derivative by x, and that of its square's sum by the weights."""
    (slope,) = torch.autograd.grad(y.square().sum(), x, create_graph=True)
    return slope, *torch.autograd.grad(slope.square().sum(), params, allow_unused=True)


@pytest.mark.parametrize("name", NETS)
def test_stacked_networks_equal_torch_func_up_to_second_derivatives(name):
    net, params, x = stacked(name)
    x.requires_grad_()
    found = call(net, tuple(params.values()), x)
    expected = vmap(lambda p, x: functional_call(net, p, (x,)))(params, x)
    torch.testing.assert_close(found, expected)
    weights = list(params.values())
    for a, b in zip(
        second(found, weights, x), second(expected, weights, x), strict=True
    ):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("name", NETS)
def test_no_input_is_written_over(name):
    net, params, x = stacked(name)
    before = x.clone()
    call(net, tuple(params.values()), x)
    call(net, tuple(net.parameters()), x[0])
    assert torch.equal(x, before)


def stacks(net, runs=RUNS):
    """Other weights for each run, (runs, *shape) each."""
    rng = torch.Generator().manual_seed(2)
    return tuple(
        torch.randn((runs, *p.shape), generator=rng).to(p) for p in net.parameters()
    )


def by_functional_call(net, params, x):
    names = [name for name, _ in net.named_parameters()]
    return functional_call(net, dict(zip(names, params, strict=True)), (x,))


def odd_ones():
    shared = nn.Linear(2, 2)
    tied = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2))
    tied[2].weight = tied[0].weight
    spectral = nn.utils.parametrizations.spectral_norm(nn.Linear(2, 3))
    return {
        "shared": nn.Sequential(shared, nn.ReLU(), shared),
        "tied": tied,
        "nested": nn.Sequential(nn.Sequential(nn.Linear(2, 3)), nn.ReLU()),
        "BatchNorm1d": nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)),
        "ParametrizedLinear": nn.Sequential(spectral.eval(), nn.ReLU()),
        "Bilinear": type("Own", (nn.Bilinear,), {"forward": lambda s, x: x})(2, 2, 1),
    }


@pytest.mark.parametrize("name", odd_ones())
def test_one_run_of_any_module_is_functional_call(name):
    net = odd_ones()[name]
    params = tuple(p.detach() + 0.1 for p in net.parameters())
    x = torch.randn(N, 2)
    wanted = by_functional_call(copy.deepcopy(net), params, x)
    torch.testing.assert_close(call(net, params, x), wanted, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", odd_ones())
def test_several_runs_of_another_layer_are_refused(name):
    net = odd_ones()[name]
    with pytest.raises(TypeError, match="several runs at once need a Sequential of"):
        call(net, stacks(net), torch.randn(RUNS, N, 2))


def test_the_refusal_names_the_layer():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Linear(2, 1))
    with pytest.raises(TypeError, match="this Sequential holds Conv2d: play one run"):
        call(net, stacks(net), torch.randn(RUNS, 1, 1, 3, 3))
