"""What watching costs: the time of a tick under `audit`, over that of the same tick.

    PYTHONPATH=. python bench/audit_cost.py

Both are measured in one run. The two loops take turns, a few ticks each, and the
smallest processor time of a tick counts: what other programs do on the machine then
falls on both, or on neither. One thread, no GPU.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import nn
from torch.nn.functional import softplus

from ganflow.loop_audit.block import audit

WARM = 3  # ticks that no clock sees
TURN = 4  # ticks of one loop before the other has its turn


@dataclass(frozen=True)
class Game:
    """Two networks, what they are given, and the optimizer's class."""

    G: nn.Module
    D: nn.Module
    noise: tuple[int, ...]
    real: tuple[int, ...]
    optimizer: Callable

    def loop(self) -> Callable[[], None]:
        """One tick of an alternating loop with shared fakes, as a call."""
        G, D = self.G, self.D
        opt_G, opt_D = self.optimizer(G.parameters()), self.optimizer(D.parameters())

        def tick() -> None:
            x_real, fake = torch.randn(self.real), G(torch.randn(self.noise))
            opt_D.zero_grad()
            loss = softplus(-D(x_real)).mean() + softplus(D(fake.detach())).mean()
            loss.backward()
            opt_D.step()
            opt_G.zero_grad()
            softplus(-D(fake)).mean().backward()
            opt_G.step()

        return tick


SGD = partial(torch.optim.SGD, lr=1e-3)
ADAM = partial(torch.optim.Adam, lr=1e-4)


def points(optimizer: Callable) -> Game:
    """Points in the plane: three layers of 64 each, a batch of 128."""

    def net(out: int, act: Callable[[], nn.Module]) -> nn.Module:
        layers = nn.Linear(2, 64), act(), nn.Linear(64, 64), act(), nn.Linear(64, out)
        return nn.Sequential(*layers)

    G, D = net(2, nn.ReLU), net(1, partial(nn.LeakyReLU, 0.2))
    return Game(G, D, (128, 2), (128, 2), optimizer)


def pictures(optimizer: Callable) -> Game:
    """A DCGAN for 64 x 64 pictures, 16 to 128 channels, a batch of 8."""

    def layer(kind: type, i: int, o: int, act: nn.Module, *how: int) -> list[nn.Module]:
        return [kind(i, o, 4, *how, bias=False), nn.BatchNorm2d(o), act]

    up = partial(layer, nn.ConvTranspose2d)
    down = partial(layer, nn.Conv2d)
    relu, leaky = nn.ReLU(True), nn.LeakyReLU(0.2, True)
    G = nn.Sequential(
        *up(64, 128, relu, 1, 0),
        *up(128, 64, relu, 2, 1),
        *up(64, 32, relu, 2, 1),
        *up(32, 16, relu, 2, 1),
        nn.ConvTranspose2d(16, 3, 4, 2, 1),
        nn.Tanh(),
    )
    D = nn.Sequential(
        nn.Conv2d(3, 16, 4, 2, 1),
        leaky,
        *down(16, 32, leaky, 2, 1),
        *down(32, 64, leaky, 2, 1),
        *down(64, 128, leaky, 2, 1),
        nn.Conv2d(128, 1, 4, 1, 0),
        nn.Flatten(),
    )
    return Game(G, D, (8, 64, 1, 1), (8, 3, 64, 64), optimizer)


GAMES = {
    "points, SGD": lambda: points(SGD),
    "points, Adam": lambda: points(ADAM),
    "pictures, SGD": lambda: pictures(SGD),
    "pictures, Adam": lambda: pictures(ADAM),
}


def measure(make: Callable[[], Game], rounds: int) -> tuple[float, float]:
    """The processor time of a tick, without the audit and with it.

    Parameters
    ----------
    make : callable
        Gives the game; called twice.
    rounds : int, >= 1
        So often each loop has its turn.

    Returns
    -------
    off, on : float
        Seconds, the smallest of all.
    """
    torch.manual_seed(0)
    bare, watched = make(), make()
    ticks = bare.loop(), watched.loop()
    least = [float("inf"), float("inf")]
    seen = audit(G=watched.G, D=watched.D)
    for _ in range(WARM):
        ticks[0]()
    for _ in range(rounds):
        least[0] = min(least[0], *map(_time, [ticks[0]] * TURN))
        with seen:
            for _ in range(WARM):
                ticks[1]()
            least[1] = min(least[1], *map(_time, [ticks[1]] * TURN))
    return least[0], least[1]


def _time(tick: Callable[[], None]) -> float:
    start = time.process_time()
    tick()
    return time.process_time() - start


def rounds(name: str) -> int:
    """How often the loops of a game have their turn: for some seconds."""
    return 40 if name.startswith("points") else 6


def report() -> None:
    """Print a line for each game."""
    torch.set_num_threads(1)
    for name, make in GAMES.items():
        off, on = measure(make, rounds(name))
        times = f"{off * 1e3:7.2f} ms  {on * 1e3:7.2f} ms"
        print(f"{name:<15} {times}  {on / off:4.2f} times as long")


if __name__ == "__main__":
    report()
