"""Print what watching costs: a 64x64 DCGAN pair with a gradient penalty, as ratios.

Run it as `python tools/bench_trace.py`. Watched and plain rounds alternate in one
process; the ratio is the median over neighbours, the seconds are this machine's.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import torch
from torch import Tensor

from ganflow.nets import dcgan_critic, dcgan_generator
from ganflow.trace.watch import watch


@dataclass(frozen=True)
class Overhead:
    """Seconds of a plain and of a watched forward pass, and of asking for the trace."""

    plain: float
    watched: float
    ratio: float
    trace: float
    nodes: int


class Pair:
    """A 64x64 DCGAN generator and critic with one batch, all seeded."""

    def __init__(self, batch: int, width: int):
        rng = torch.Generator().manual_seed(0)
        self.G = dcgan_generator(64, width=width, generator=rng)
        self.D = dcgan_critic(64, width=width, generator=rng)
        self.z = torch.randn(batch, 100, generator=rng)
        self.x_real = torch.rand(batch, 3, 64, 64, generator=rng) * 2 - 1
        self.epsilon = torch.rand(batch, 1, 1, 1, generator=rng)

    def loss_D(self) -> Tensor:
        """The critic's WGAN-GP loss: scores of real and fake, and the slope between.

        Gradient: cut from G by `detach`; the slope keeps its graph (create_graph=True).
        """
        x_fake = self.G(self.z).detach()
        x_hat = self.x_real + self.epsilon * (x_fake - self.x_real)
        x_hat.requires_grad_()
        (slope,) = torch.autograd.grad(self.D(x_hat).sum(), x_hat, create_graph=True)
        penalty = ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return self.D(x_fake).mean() - self.D(self.x_real).mean() + 10 * penalty

    def named(self) -> dict[str, object]:
        """What to watch."""
        return {"G": self.G, "D": self.D, "x_real": self.x_real, "z": self.z}


def measure(*, batch: int = 4, width: int = 64, rounds: int = 9) -> Overhead:
    """Time plain and watched forward passes in turn; the first of each does not count.

    Parameters
    ----------
    batch, width : images, and channels of the widest picture's layer. rounds : >= 1.

    Returns
    -------
    Overhead, medians over the rounds.
    """
    pair = Pair(batch, width)
    plain, watched, asked, trace = [], [], [], None
    for _ in range(rounds + 1):
        start = perf_counter()
        pair.loss_D()
        plain.append(perf_counter() - start)
        start = perf_counter()
        with watch(**pair.named()) as seen:
            loss = pair.loss_D()
        watched.append(perf_counter() - start)
        start = perf_counter()
        trace = seen.trace(loss)
        asked.append(perf_counter() - start)
        del loss
    ratios = [w / p for w, p in zip(watched[1:], plain[1:], strict=True)]
    middle = [median(times[1:]) for times in (plain, watched)]
    return Overhead(*middle, median(ratios), median(asked[1:]), len(trace.nodes))


def main() -> None:
    """Measure with the options of the command line, and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--batch", type=int, default=4)
    options.add_argument("--width", type=int, default=64)
    options.add_argument("--rounds", type=int, default=9)
    found = measure(**vars(options.parse_args()))
    print(f"plain forward    {1e3 * found.plain:8.1f} ms")
    print(f"watched forward  {1e3 * found.watched:8.1f} ms, {found.ratio:.2f} x")
    print(f"trace of loss_D  {1e3 * found.trace:8.1f} ms, {found.nodes} nodes")


if __name__ == "__main__":
    main()
