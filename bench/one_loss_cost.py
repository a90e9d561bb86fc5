"""Print what a training step costs, written in nine ways: a DCGAN pair, as ratios.

`.venv/bin/python bench/one_loss_cost.py`, or, with nothing but torch installed,
`PYTHONPATH=. python3 bench/one_loss_cost.py`. A step is: clear, find both players'
gradients, move both by Adam. The ways take turns; each round compares its ways with its
own first one; shown are medians and middle halves, on a CPU of processor time too.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from statistics import median, quantiles

import torch
from rounds import Spent, ratios, rounds_of
from torch import Tensor

from ganflow.cost import cost_of, cost_table
from ganflow.losses import LOSSES
from ganflow.nets import dcgan_critic, dcgan_generator, frozen
from ganflow.one_loss import one_pass, reverse_gradient, single_loss

BETAS = (0.5, 0.999)


class Pair:
    """A DCGAN generator and critic with their optimizers and one batch, all seeded."""

    def __init__(self, size: int, batch: int, width: int, loss: str, device: str):
        rng = torch.Generator().manual_seed(0)
        self.G = dcgan_generator(size, width=width, generator=rng).to(device)
        self.D = dcgan_critic(size, width=width, generator=rng).to(device)
        self.loss = LOSSES[loss]
        self.x_real = torch.rand(batch, 3, size, size, generator=rng).to(device) * 2 - 1
        self.optimizer_G = torch.optim.Adam(self.G.parameters(), 2e-4, BETAS)
        self.optimizer_D = torch.optim.Adam(self.D.parameters(), 2e-4, BETAS)

    def z(self) -> Tensor:
        """Fresh noise."""
        return torch.randn(len(self.x_real), 100, device=self.x_real.device)

    def clear(self) -> None:
        """Drop both players' gradients."""
        self.optimizer_G.zero_grad()
        self.optimizer_D.zero_grad()

    def move(self) -> None:
        """Step both players."""
        self.optimizer_D.step()
        self.optimizer_G.step()


def two_steps(pair: Pair, *, fresh: bool, freeze: bool) -> None:
    """D, then G. Unless D is frozen, G's step fills D's .grad for nothing."""
    pair.clear()
    x_fake = pair.G(pair.z())
    pair.loss.D(pair.D(pair.x_real), pair.D(x_fake.detach())).backward()
    pair.optimizer_D.step()
    if fresh:
        x_fake = pair.G(pair.z())
    with frozen(pair.D, freeze):
        score_real = pair.D(pair.x_real).detach() if pair.loss.G_reads_real else None
        pair.loss.for_G(score_real, pair.D(x_fake)).backward()
    pair.optimizer_G.step()


def shared_graph(pair: Pair) -> None:
    """One graph, asked twice: each loss by its own player's weights."""
    pair.clear()
    scores = pair.D(pair.x_real), pair.D(pair.G(pair.z()))
    loss_D, loss_G = pair.loss.D(*scores), pair.loss.for_G(*scores)
    loss_D.backward(inputs=list(pair.D.parameters()), retain_graph=True)
    loss_G.backward(inputs=list(pair.G.parameters()))
    pair.move()


def su(pair: Pair) -> None:
    """D's loss and a zero whose gradient moves G."""
    pair.clear()
    x_fake = pair.G(pair.z())
    scores = pair.D(pair.x_real), pair.D(x_fake), pair.D(x_fake.detach())
    single_loss(pair.loss, *scores).backward()
    pair.move()


def reversal(pair: Pair) -> None:
    """D's loss alone, turned at the fakes. G's gradient is the saturating loss's."""
    pair.clear()
    score_fake = pair.D(reverse_gradient(pair.G(pair.z())))
    pair.loss.D(pair.D(pair.x_real), score_fake).backward()
    pair.move()


def one(pair: Pair, *, check: bool) -> None:
    """D's gradients in one pass, scaled at the fakes to be G's."""
    pair.clear()
    one_pass(pair.G, pair.D, pair.loss, pair.x_real, pair.z(), check=check)
    pair.move()


WAYS: dict[str, Callable[[Pair], None]] = {
    "fresh noise": partial(two_steps, fresh=True, freeze=False),
    "same fakes": partial(two_steps, fresh=False, freeze=False),
    "fresh, D frozen": partial(two_steps, fresh=True, freeze=True),
    "same, D frozen": partial(two_steps, fresh=False, freeze=True),
    "shared graph": shared_graph,
    "Su's one loss": su,
    "gradient reversal": reversal,
    "one pass": partial(one, check=True),
    "one pass, unchecked": partial(one, check=False),
}


def allocated(step: Callable[[], None]) -> float:
    """The most megabytes that CUDA's allocator held beyond those before the step."""
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    step()
    return (torch.cuda.max_memory_allocated() - before) / 1e6


def measure(pair: Pair, device: str, rounds: int, repeat: int) -> None:
    """Let the ways take turns on one pair, and print the tables."""
    steps = {name: partial(way, pair) for name, way in WAYS.items()}
    taken = rounds_of(steps, rounds, repeat)
    nets = {"G": pair.G, "D": pair.D, "batch": len(pair.x_real)}
    costs = {name: cost_of(step, **nets) for name, step in steps.items()}
    print(cost_table(costs) + "\n")
    last = "CUDA MB" if device == "cuda" else "processor time (middle half)"
    print(f"{'':24}ms a step   FLOPs   clock (middle half)     {last}")
    first = next(iter(WAYS))
    for name, spent in taken.items():
        work = costs[name].flops / costs[first].flops
        line = f"{name:24}{1e3 * median(s.clock for s in spent):9.1f}{work:8.3f}"
        line += shares(spent, taken[first], "clock")
        cuda = device == "cuda"
        more = f"{allocated(steps[name]):10.0f}" if cuda else ""
        print(line + (more or shares(spent, taken[first], "processor")))


def shares(own: list[Spent], first: list[Spent], kind: str) -> str:
    """The median share of the first way's seconds, with its middle half."""
    low, middle, high = quantiles(ratios(own, first, kind), n=4)
    return f"{middle:8.3f} ({low:.3f}-{high:.3f})"


def main() -> None:
    """Measure with the options of the command line, on every device that there is."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sizes", type=int, nargs="+", default=[32, 64])
    for name, default in (("--batch", 64), ("--width", 64), ("--rounds", 7)):
        options.add_argument(name, type=int, default=default)
    options.add_argument("--loss", choices=LOSSES, default="non-saturating")
    chosen = options.parse_args()
    if chosen.rounds < 2:
        options.error(f"--rounds is {chosen.rounds}: a spread needs two or more")
    torch.backends.cudnn.benchmark = True
    for device in ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",):
        for size in chosen.sizes:
            torch.manual_seed(0)
            pair = Pair(size, chosen.batch, chosen.width, chosen.loss, device)
            print(f"\n{device}: {size}x{size}, batch {chosen.batch}, {chosen.loss}")
            print(f"{torch.get_num_threads()} threads, torch {torch.__version__}\n")
            measure(pair, device, chosen.rounds, 10 if device == "cuda" else 1)


if __name__ == "__main__":
    main()
