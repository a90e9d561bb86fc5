"""Train a small pair by every scheme, loss, optimizer and lambda; count each scheme.

Two players of the plane in float64, every run from one start on one list of batches:
what differs between two runs is what their names say.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from functools import partial
from itertools import product

import numpy as np
import torch
from torch import Tensor, nn

from ganflow.cost import StepCost, cost_of
from ganflow.data import ring
from ganflow.losses import LOSSES as PAIRS
from ganflow.nets import dcgan_critic, dcgan_generator, mlp_critic, mlp_generator
from ganflow.widgets.one_loss_lab.record import OneLossLab
from ganflow.widgets.one_loss_lab.schemes import LOSSES, SCHEMES, Pair, why_none

LAMBDAS = (0.01, 0.1, 1.0, 10.0, 100.0)
TICKS = (1, 20)
OPTIMIZERS = {
    "SGD": partial(torch.optim.SGD, lr=2e-4),
    "Adam": partial(torch.optim.Adam, lr=1e-3, betas=(0.5, 0.999)),
    "RMSProp": partial(torch.optim.RMSprop, lr=1e-3),
}
POINTS, HIDDEN = 32, 16  # in the plane: samples of a batch, width of the networks
SIZE, WIDTH, PICTURES = 32, 8, 16  # of the image networks whose steps are counted
Points = tuple[Tensor, Tensor]  # G's parameters and D's, (T + 1, n) each
COUNTED = f"a DCGAN pair of width {WIDTH} on {PICTURES} pictures of {SIZE} × {SIZE}"


def record_one_loss_lab(
    *,
    losses: Sequence[str] = LOSSES,
    lambdas: Sequence[float] = LAMBDAS,
    ticks: Sequence[int] = TICKS,
    seed: int = 0,
) -> OneLossLab:
    """Train every combination with each of OPTIMIZERS, and count each scheme's passes.

    Parameters
    ----------
    losses : sequence of str
        Names of LOSSES.
    lambdas : sequence of float
        > 0, 1 among them.
    ticks : sequence of int
        When to measure, rising, >= 1.
    seed : int, default 0
        Of the networks, the data and the noise.

    Returns
    -------
    OneLossLab

    Raises
    ------
    ValueError
        A loss of another name; ticks that do not rise; no lambda of 1.

    Gradient: each scheme's own, as in SCHEMES.
    """
    _check(losses, ticks)
    ways = [(s, loss) for s in SCHEMES for loss in losses if not why_none(s, loss)]
    runs = {
        (*way, *how): points(*way, *how, ticks=ticks, seed=seed)
        for way, how in product(ways, product(OPTIMIZERS, lambdas))
    }
    first, choices = next(iter(SCHEMES)), (SCHEMES, losses, OPTIMIZERS, lambdas)
    moved = {key: lengths(run) for key, run in runs.items()}
    apart = {
        key: lengths(run, runs[first, *key[1:]]) / moved[first, *key[1:]]
        for key, run in runs.items()
    }
    costs = [counted(scheme) for scheme in SCHEMES]
    return OneLossLab(
        schemes=tuple(SCHEMES),
        losses=tuple(losses),
        optimizers=tuple(OPTIMIZERS),
        lambdas=tuple(lambdas),
        ticks=tuple(ticks),
        says=tuple(scheme.says for scheme in SCHEMES.values()),
        why_none=tuple(tuple(why_none(s, name) for name in losses) for s in SCHEMES),
        moved=_filled(moved, choices),
        apart=_filled(apart, choices),
        passes=np.array([list(cost.passes) for cost in costs]),
        flops=np.array([cost.flops for cost in costs]),
        saved=np.array([cost.saved_bytes for cost in costs]),
        counted=COUNTED,
    )


def _check(losses: Sequence[str], ticks: Sequence[int]) -> None:
    if strange := [name for name in losses if name not in LOSSES]:
        raise ValueError(f"losses {strange} are not of these: {', '.join(LOSSES)}")
    if not ticks or list(ticks) != sorted(set(ticks)) or ticks[0] < 1:
        raise ValueError(f"ticks are {ticks}; they must rise, from 1 or more")


@contextmanager
def _computing_in(dtype: torch.dtype):
    """One type and one thread, whatever a page has chosen; its choice comes back.

    Threads that wait for each other over networks this small cost more than they save:
    a hundredfold, where other programs hold the cores.
    """
    chosen, threads = torch.get_default_dtype(), torch.get_num_threads()
    torch.set_default_dtype(dtype)
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_default_dtype(chosen)
        torch.set_num_threads(threads)


@_computing_in(torch.float64)
def start(ticks: int, seed: int) -> tuple[nn.Module, nn.Module, Tensor, Tensor]:
    """The players before they move, and what they will see; all in float64.

    Parameters
    ----------
    ticks : int
        How many batches.
    seed : int
        Of the networks, the data and the noise.

    Returns
    -------
    G : nn.Module
    D : nn.Module
    x_real : Tensor
        (ticks, POINTS, 2).
    z : Tensor
        (ticks, POINTS, 2).
    """
    rng = torch.Generator().manual_seed(seed)
    G = mlp_generator(2, HIDDEN, 1, generator=rng)
    D = mlp_critic(2, HIDDEN, 1, generator=rng)
    z = torch.randn(ticks, POINTS, 2, generator=rng)
    x_real = ring().sample(ticks * POINTS, np.random.default_rng(seed))
    with torch.no_grad():  # a D that knows some fakes: a hinge is flat there
        D[-1].weight /= 2 * D(G(z[0])).std()
        D[-1].bias -= D(G(z[0])).mean() + 1
    return G, D, torch.tensor(x_real).reshape(z.shape), z


@_computing_in(torch.float64)
def points(
    scheme: str,
    loss: str,
    optimizer: str,
    lam: float,
    *,
    ticks: Sequence[int],
    seed: int,
) -> Points:
    """Train, and keep where both players are: at the start, then after `ticks`.

    Parameters
    ----------
    scheme : str
        One of SCHEMES.
    loss : str
        One of LOSSES.
    optimizer : str
        One of OPTIMIZERS.
    lam : float
        How much longer G's gradient is made, > 0.
    ticks : sequence of int
        T of them, rising, >= 1.
    seed : int
        Of the networks, the data and the noise.

    Returns
    -------
    G : Tensor
        (T + 1, n), its parameters in one row each time.
    D : Tensor
        (T + 1, m), likewise.

    Gradient: the scheme's own; the rows carry none.
    """
    G, D, x_real, z = start(max(ticks), seed)
    pair, seen = Pair(G, D, OPTIMIZERS[optimizer]), []
    for tick in range(max(ticks) + 1):
        if tick in (0, *ticks):
            seen.append(pair.point())
        if tick < max(ticks):
            pair.clear()
            SCHEMES[scheme].move(pair, PAIRS[loss], lam, x_real[tick], z[tick])
    rows_G, rows_D = zip(*seen, strict=True)
    return torch.stack(rows_G), torch.stack(rows_D)


def lengths(run: Points, other: Points | None = None) -> np.ndarray:
    """How far G and D are from their start, or from another run's places.

    Parameters
    ----------
    run : (Tensor, Tensor)
        As `points` gives it, for T ticks.
    other : (Tensor, Tensor), optional
        Another run at the same ticks.

    Returns
    -------
    ndarray
        (T, 2), Euclidean distances of G's parameters and of D's.
    """
    from_where = [rows[0] for rows in run] if other is None else [r[1:] for r in other]
    both = zip(run, from_where, strict=True)
    return torch.stack([(rows[1:] - b).norm(dim=1) for rows, b in both], dim=1).numpy()


def _filled(found: dict, choices: Sequence) -> np.ndarray:
    """What was found as one array over the choices; NaN where there is nothing."""
    none = np.full_like(next(iter(found.values())), np.nan)
    every = np.array([found.get(key, none) for key in product(*choices)])
    return every.reshape(*map(len, choices), *none.shape)


@_computing_in(torch.float32)
def counted(scheme: str) -> StepCost:
    """What one step takes of image networks; by a loss that every scheme serves.

    Parameters
    ----------
    scheme : str
        One of SCHEMES.

    Returns
    -------
    StepCost
    """
    rng = torch.Generator().manual_seed(0)
    G = dcgan_generator(SIZE, width=WIDTH, generator=rng)
    D = dcgan_critic(SIZE, width=WIDTH, generator=rng)
    x_real = torch.rand(PICTURES, 3, SIZE, SIZE, generator=rng) * 2 - 1
    z = torch.randn(PICTURES, 100, generator=rng)
    pair, loss = Pair(G, D, OPTIMIZERS["SGD"]), PAIRS["saturating"]
    step = partial(SCHEMES[scheme].move, pair, loss, 1.0, x_real, z)
    return cost_of(step, G=pair.G, D=pair.D, batch=PICTURES)
