"""What chapter 7 says of recurrent critics on a GPU, where no page of the book runs."""

import pytest
import torch
from torch import nn

RECURRENT = [nn.RNN, nn.GRU, nn.LSTM]


def squared_slope(layer, x):
    """The squared derivative of a recurrent critic's score by its input."""
    x = x.clone().requires_grad_()
    (slope,) = torch.autograd.grad(layer(x)[0].square().sum(), x, create_graph=True)
    return slope.square().sum()


@pytest.mark.parametrize("kind", RECURRENT)
def test_a_recurrent_critic_on_the_cpu_is_differentiable_twice(kind):
    torch.manual_seed(0)
    layer, x = kind(2, 3).double(), torch.randn(4, 2, 2, dtype=torch.float64)
    squared_slope(layer, x).backward()
    found, by = layer.weight_ih_l0.grad[0, 0].item(), 1e-5
    ends = []
    for shift in (by, -2 * by):
        with torch.no_grad():
            layer.weight_ih_l0[0, 0] += shift
        ends.append(squared_slope(layer, x).item())
    assert found == pytest.approx((ends[0] - ends[1]) / (2 * by), rel=1e-5)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("kind", RECURRENT)
def test_cudnn_refuses_and_passes_when_it_is_switched_off(kind):
    layer, x = kind(2, 3).cuda(), torch.randn(4, 2, 2).cuda()
    with pytest.raises(NotImplementedError, match="_cudnn_rnn_backward"):
        squared_slope(layer, x).backward()
    with torch.backends.cudnn.flags(enabled=False):
        loss = squared_slope(layer, x)
    loss.backward()
    assert layer.weight_ih_l0.grad.norm() > 0
