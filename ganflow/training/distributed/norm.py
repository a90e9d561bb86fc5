"""Batch norm over the batch of all processes. Taught in book/09."""

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
    """The mean of one tensor of each process, the same bits in each. Gradient: cut."""
    total = x.clone(memory_format=torch.contiguous_format)
    dist.all_reduce(total)
    return total / dist.get_world_size()


class JoinedBatchNorm(nn.BatchNorm2d):
    """nn.BatchNorm2d of the joined batch, its parts being of one size.

    nn.SyncBatchNorm is that for CUDA and refuses tensors on a CPU.

    Gradient: passes through mean and variance to the samples of every process. The mean
    of the processes' gradients is that of the joined batch.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Normalize x, (batch, channels, height, width)."""
        if not self.training:
            return super().forward(x)
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
        return off * scale[:, None, None] + self.bias[:, None, None]


def join_batch_norm(net: nn.Sequential) -> nn.Sequential:
    """Replace each batch norm by that of the joined batch; the parameters stay."""
    if next(net.parameters()).is_cuda:
        return nn.SyncBatchNorm.convert_sync_batchnorm(net)
    for place, layer in enumerate(net):
        if isinstance(layer, nn.BatchNorm2d):
            joined = JoinedBatchNorm(layer.num_features, layer.eps, layer.momentum)
            joined._parameters = layer._parameters
            joined._buffers = layer._buffers
            net[place] = joined
    return net
