"""Weights given to a network: the same values and derivatives, nothing written over."""

import pytest
import torch
from torch import nn
from torch.func import functional_call, stack_module_state, vmap

from ganflow.dynamics.functional import call

NETS = {
    "ReLU": lambda: nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)),
    "leaky": lambda: nn.Sequential(nn.Linear(3, 4), nn.LeakyReLU(0.2), nn.Linear(4, 1)),
    "starts with ReLU": lambda: nn.Sequential(nn.ReLU(), nn.Linear(3, 2), nn.ReLU()),
    "two in a row": lambda: nn.Sequential(
        nn.Linear(3, 4), nn.ReLU(), nn.LeakyReLU(0.1), nn.Tanh(), nn.Linear(4, 1)
    ),
    "negative slope": lambda: nn.Sequential(nn.Linear(3, 4), nn.LeakyReLU(-0.5)),
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
