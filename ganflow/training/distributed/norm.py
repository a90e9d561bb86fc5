"""Batch norm over the batch of all processes."""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import Tensor, nn


class _MeanOverRanks(torch.autograd.Function):
    """The mean is linear and symmetric, so it is its own derivative."""

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        return mean_over_ranks(x.detach())

    @staticmethod
    def backward(ctx, slope: Tensor) -> Tensor:
        return _MeanOverRanks.apply(slope)


def mean_over_ranks(x: Tensor) -> Tensor:
    """Average one tensor of each process, to the same bits in each. Gradient: cut."""
    total = x.clone(memory_format=torch.contiguous_format)
    dist.all_reduce(total)
    return total / dist.get_world_size()


class JoinedBatchNorm(nn.BatchNorm2d):
    """nn.BatchNorm2d of the joined batch, its parts being of one size.

    nn.SyncBatchNorm is that for CUDA and refuses tensors on a CPU.

    Gradient: passes through mean and variance to the samples of every process. The mean
    of the processes' gradients is that of the joined batch.
    """

    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor
    momentum: float

    def forward(self, x: Tensor) -> Tensor:
        """Normalize x, (batch, channels, height, width).

        Of half precision it takes mean and variance in float32, as nn.BatchNorm2d does.
        """
        if not self.training:
            return super().forward(x)
        kind, x = x.dtype, x.to(torch.promote_types(x.dtype, torch.float32))
        mean = _MeanOverRanks.apply(x.mean((0, 2, 3)))
        off = x - mean[:, None, None]
        variance = _MeanOverRanks.apply(off.square().mean((0, 2, 3)))
        numbers = x.numel() // x.shape[1] * dist.get_world_size()
        with torch.no_grad():
            self.num_batches_tracked += 1
            self.running_mean.lerp_(mean, self.momentum)
            unbiased = variance * numbers / max(numbers - 1, 1)
            self.running_var.lerp_(unbiased, self.momentum)
        scale = self.weight * (variance + self.eps).rsqrt()
        return (off * scale[:, None, None] + self.bias[:, None, None]).to(kind)


def join_batch_norm(net: nn.Module) -> nn.Module:
    """Replace each batch norm among a network's layers by that of the joined batch.

    Parameters
    ----------
    net : Module
        Changed in place; its parameters and buffers stay.

    Returns
    -------
    Module
        The same network.

    Gradient: see `JoinedBatchNorm`.
    """
    if next(net.parameters()).is_cuda:
        return nn.SyncBatchNorm.convert_sync_batchnorm(net)
    for name, layer in list(net.named_children()):
        if isinstance(layer, nn.BatchNorm2d):
            joined = JoinedBatchNorm(layer.num_features, layer.eps, layer.momentum)
            joined._parameters = layer._parameters
            joined._buffers = layer._buffers
            net.register_module(name, joined)
    return net
