"""Runs shared by one, two and three processes, for `test_distributed.py`.

`python tests/training/distributed_runs.py FILE` saves what they found. The processes
are forks of one that itself never trains, so that torch is imported once.
"""

import sys
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path
from unittest import mock

import matplotlib.figure  # noqa: F401, or every child would import it
import torch
import torch.distributed as dist
from train_runs import SMALL, pixels, states

from ganflow.training import CannotGoOn, Ranks, begin, loop, sample_batches, tick, train
from ganflow.training.distributed.bytes import exchange, sent_bytes
from ganflow.training.distributed.fork import in_processes
from ganflow.training.distributed.loss import share
from ganflow.training.moves import fast, plain
from ganflow.training.sampling import Batches

SHARED = replace(SMALL, batch=12)
MOVES = {"plain": plain, "fast": fast}
CHANGES = {
    "WGAN-GP": {},
    "R1": {"penalty": "R1", "loss": "non-saturating"},
    "R2": {"penalty": "R2", "loss": "relativistic"},
    "no penalty": {"penalty": "none", "loss": "hinge"},
}


def gradients(rank, way, changes, dtype):
    """Of one move of D and one of G, each flat, by this process."""
    settings = replace(SHARED, fast=way == "fast", **changes)
    run = begin(settings, pixels(40))
    ranks = Ranks(rank, dist.get_world_size())
    run.G.to(dtype), run.D.to(dtype)
    share(run, ranks)
    batches = sample_batches(settings, 40, 0, "cpu")
    own = Batches(*(x[:, ranks.part(12)] for x in batches))
    x_real, z = run.images[own.indices[0]].to(dtype), own.z.to(dtype)
    run.make, run.score = run.G, run.D  # without the cast to float32
    MOVES[way].move_D(run, x_real, z[0], own.mix[0].to(dtype))
    of_D = torch.cat([p.grad.flatten() for p in run.D.parameters()])
    MOVES[way].move_G(run, x_real, z[-1])
    of_G = torch.cat([p.grad.flatten() for p in run.G.parameters()])
    buffers = [b.double().flatten() for b in run.G.buffers()]
    return {"D": of_D, "G": of_G, "buffers": torch.cat(buffers)}


def trained(_rank, out, ticks, **changes):
    """All that a short training leaves in this process, flat."""
    settings = replace(SHARED, ticks=ticks, **changes)
    how = {"every": 3, "snapshots": 3, "progress": False, "device": "cpu"}
    run = train(settings, pixels(40), out=out, resume=True, **how).run
    return weights(run)


def weights(run):
    """All numbers of the networks, by name."""
    nets = {"G": run.G, "D": run.D, "averaged": run.averaged}
    return {
        f"{name} {key}": value
        for name, net in nets.items()
        for key, value in net.state_dict().items()
    }


def trained_in_float64(rank, ticks):
    """The weights after some ticks with twice the digits."""
    run = begin(SHARED, pixels(40))
    ranks = Ranks(rank, dist.get_world_size())
    for net in (run.G, run.D, run.averaged):
        net.double()
    run.images = run.images.double()
    share(run, ranks)
    run.make, run.score = run.G, run.D  # without the cast to float32
    for done in range(ticks):
        indices, z, mix = sample_batches(SHARED, 40, done, "cpu")
        ranks.turns(run, Batches(indices, z.double(), mix.double()))
        run.average()
        run.tick += 1
    return weights(run)


def trained_in_half(rank, precision):
    """The weights after six ticks, and how many steps of each player were left out."""
    settings = replace(SHARED, precision=precision)
    run = begin(settings, pixels(40))
    ranks = Ranks(rank, dist.get_world_size())
    share(run, ranks)
    for done in range(6):
        ranks.turns(run, sample_batches(settings, 40, done, "cpu"))
    counts = {f"left out of {p}": s.skipped for p, s in run.scalers.items()}
    return weights(run) | counts


def sent(rank, steps):
    """Bytes that a tick sent, and what it should have."""
    settings = replace(SHARED, critic_steps=steps, width=64)
    run = begin(settings, pixels(40))
    ranks = Ranks(rank, dist.get_world_size())
    share(run, ranks)
    batches = sample_batches(settings, 40, 0, "cpu")
    for _ in range(2):  # DDP still arranges its buckets, and tells the others
        ranks.turns(run, batches)
    before = sent_bytes()
    ranks.turns(run, batches)
    own, expected = sent_bytes() - before, exchange(run, ranks.count)
    return own, expected.gradients, expected.statistics


def refused(work):
    """The sentence of the error that processes raise."""
    try:
        in_processes(2, work)
    except ValueError as error:
        return str(error)


def uneven(_rank):
    train(replace(SMALL, batch=7), pixels(40), device="cpu", progress=False)


def other_images(rank):
    train(SHARED, pixels(40 + rank), device="cpu", progress=False)


def bursting(_rank, out):
    """What a process says if D bursts before tick 5."""

    def burst(run, **how):
        if run.tick == 4:
            run.D[0].weight.data.mul_(1e30)
        return tick(run, **how)

    loop.tick = burst
    try:
        trained(0, out, 9)
    except CannotGoOn as error:
        return str(error)


def main(path):
    """Everything, by the number of processes."""
    warnings.simplefilter("error")
    found = {"uneven": refused(uneven), "other images": refused(other_images)}
    with tempfile.TemporaryDirectory() as place:
        for n in (1, 2, 3):
            out = Path(place, str(n))
            found[n] = in_processes(n, lambda rank, out=out: everything(rank, out))
        bad = Path(place, "bad")
        found["burst"] = in_processes(2, lambda rank: bursting(rank, bad))
        again = Path(place, "again")
        in_processes(2, lambda rank: trained(rank, again, 3))
        found["2 then 3"] = in_processes(3, lambda rank: trained(rank, again, 6))
        found["files"] = {p.name for p in again.iterdir()}
        found["log"] = [states(Path(place, str(n)))["log"] for n in (1, 2)]
    torch.save(found, path)


def everything(rank, out):
    """All that this process finds."""
    cases = [(name, torch.float64) for name in CHANGES] + [("WGAN-GP", torch.float32)]
    grads = {
        (way, name, str(dtype)): gradients(rank, way, CHANGES[name], dtype)
        for way in MOVES
        for name, dtype in cases
    }
    with mock.patch("ganflow.training.scaling.START", 2.0**22):
        overflowing = trained_in_half(rank, "fp16")
    return {
        "gradients": grads,
        "overflowing": overflowing,
        "fp16": trained_in_half(rank, "fp16"),
        "bf16": trained_in_half(rank, "bf16"),
        "trained": trained(rank, out, 6),
        "float64": trained_in_float64(rank, 6),
        "sent": [sent(rank, steps) for steps in (1, 5)],
    }


if __name__ == "__main__":
    main(sys.argv[1])
