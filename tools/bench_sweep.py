"""Print what a run costs alone and among many: one small GAN of the plane, as ratios.

Run it as `python tools/bench_sweep.py`. Three ways to train the same networks take
turns in one process: the loop of most public code, `play`, and `sweep` of many seeds
at once. Each round compares neighbours in time; the table shows medians over rounds,
the milliseconds are this machine's.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from statistics import median
from time import perf_counter

import numpy as np
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from ganflow.dynamics import play
from ganflow.sweeps import GanSetting, sweep
from ganflow.sweeps.stack import Stack

RUNS = (1, 8, 32, 128)
ALONE = 4  # runs in a row of a way that trains one at a time


def textbook(setting: GanSetting, ticks: int, device: str) -> None:
    """Alternating play as most public code writes it: modules, torch.optim, BCE.

    Gradient: the fakes are detached in D's step; G's step also fills D's .grad, which
    D's next zero_grad throws away.
    """
    players = setting.players()
    G, D = players.G.to(device), players.D.to(device)
    betas = (setting.beta1, setting.beta2)
    optimizer_G = torch.optim.Adam(G.parameters(), setting.step_size, betas)
    optimizer_D = torch.optim.Adam(D.parameters(), setting.step_size, betas)
    loss, rng = nn.BCEWithLogitsLoss(), np.random.default_rng(setting.seed)
    ones = torch.ones(setting.batch, 1, device=device)
    zeros = torch.zeros(setting.batch, 1, device=device)
    for _ in range(ticks):
        x_real = torch.from_numpy(setting.data.sample(setting.batch, rng))
        x_real = x_real.float().to(device)
        optimizer_D.zero_grad()
        x_fake = G(torch.randn(setting.batch, setting.latent, device=device))
        loss_D = loss(D(x_real), ones) + loss(D(x_fake.detach()), zeros)
        loss_D.backward()
        optimizer_D.step()
        optimizer_G.zero_grad()
        x_fake = G(torch.randn(setting.batch, setting.latent, device=device))
        loss_G = loss(D(x_fake), ones)
        loss_G.backward()
        optimizer_G.step()


def alone(setting: GanSetting, ticks: int) -> None:
    """One run of `play`, recorded at its start and at its end."""
    how = {"rule": setting.rules(), "ticks": ticks, "record_every": ticks}
    play(setting.players(), setting.schedule, **how)


def together(setting: GanSetting, ticks: int, device: str, runs: int) -> None:
    """As many runs of `sweep`, one seed each, recorded as `alone`."""
    how = {"ticks": ticks, "record_every": ticks, "device": device, "progress": False}
    sweep(setting, over={"seed": range(runs)}, **how)


def seconds(do: Callable[[], None], device: str, repeat: int = 1) -> float:
    """What one call takes, as a mean over a few in a row."""
    start = perf_counter()
    for _ in range(repeat):
        do()
    if device == "cuda":
        torch.cuda.synchronize()
    return (perf_counter() - start) / repeat


def matmul_rate(setting: GanSetting, device: str, runs: int = 32) -> float:
    """FLOP a second of D's widest layer alone, as one batched product of many runs."""
    x = torch.randn(runs, 2 * setting.batch, setting.width, device=device)
    weight = torch.randn(runs, setting.width, setting.width, device=device)
    taken = [seconds(lambda: torch.bmm(x, weight), device, 10) for _ in range(20)]
    return 2 * x.numel() * setting.width / min(taken)


def flops(setting: GanSetting, runs: int = 2) -> float:
    """FLOP of one tick of one run, counted in the products that torch really does."""
    stack = Stack.of([setting] * runs, torch.device("cpu"))
    with FlopCounterMode(display=False) as counted:
        stack.tick()
    return counted.get_total_flops() / runs


def ways(setting: GanSetting, ticks: int, device: str) -> dict[str, Callable]:
    """Name -> how many seconds that way takes for one tick of one run."""
    ms = 1e3 / ticks
    one_by_one = {"textbook loop": partial(textbook, setting, ticks, device)}
    if device == "cpu":
        one_by_one["play"] = partial(alone, setting, ticks)
    found = {
        name: lambda do=do: ms * seconds(do, device, ALONE)
        for name, do in one_by_one.items()
    }
    for runs in RUNS:
        do = partial(together, setting, ticks, device, runs)
        name = f"sweep of {runs}"
        found[name] = lambda do=do, runs=runs: ms * seconds(do, device) / runs
    return found


def measure(setting: GanSetting, device: str, ticks: int, rounds: int) -> None:
    """Let the ways take turns, and print the table of one device."""
    taken = {name: [] for name in ways(setting, ticks, device)}
    for number in range(rounds + 1):
        for name, way in ways(setting, ticks if number else 3, device).items():
            spent = way()
            if number:  # the first round warms up
                taken[name].append(spent)
    rate, work = matmul_rate(setting, device), flops(setting)
    print(
        f"{device}: matmul {rate / 1e9:.0f} GFLOP/s, {torch.get_num_threads()} threads;"
        f" a tick of a run {work / 1e6:.1f} MFLOP; torch {torch.__version__}"
    )
    print(f"{'':16}ms a tick of a run   textbook / this   share of matmul")
    for name, spent in taken.items():
        first = zip(taken["textbook loop"], spent, strict=True)
        ratio = median(textbook / this for textbook, this in first)
        share = work / (median(spent) / 1e3) / rate
        print(f"{name:16}{median(spent):18.3f}{ratio:18.2f}{share:18.0%}")


def main() -> None:
    """Measure with the options of the command line, on every device that there is."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--ticks", type=int, default=50)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--batch", type=int, default=256)
    options.add_argument("--width", type=int, default=64)
    chosen = options.parse_args()
    setting = GanSetting(batch=chosen.batch, width=chosen.width)
    for device in ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",):
        measure(setting, device, chosen.ticks, chosen.rounds)


if __name__ == "__main__":
    main()
