"""What must hold of the trainer on a CUDA device, asserted claim by claim.

`on_cuda/test_faults.py` plants a mistake for each, and sees that it fails: so a claim
needs no argument, and imports the trainer only when it is called.
"""

import sys
import tempfile
import warnings
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from unittest import mock

import torch
from train_runs import SMALL, pixels

STOOD_IN = "cuda_stand_in.face" in sys.modules  # else the device is a real one
TICKS = 4  # of 16 images, out of 40: the third begins an epoch
# The stand-in rounds as the CPU does; kernels of a GPU add up in another order.
EXACT = {"rtol": 1e-3, "atol": 1e-5}
HALF = EXACT if STOOD_IN else {"rtol": 0.05, "atol": 0.01}


@contextmanager
def no_wait():
    """Raise where the host would wait for the device."""
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


@contextmanager
def host_waits():
    """A list which then holds what made the host wait, and where."""
    found = []
    torch.cuda.set_sync_debug_mode("warn")
    try:
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            yield found
    finally:
        torch.cuda.set_sync_debug_mode("default")
    said = (str(warning.message) for warning in seen)
    found += [text for text in said if "synchronizing CUDA operation" in text]


def weights_of(run):
    """Every number that a tick changes, on the CPU."""
    nets = (run.G, run.D, run.averaged)
    return [v.detach().cpu() for net in nets for v in net.state_dict().values()]


def assert_same(ours, theirs, what, *, rtol=1e-4, atol=1e-6):
    """Compare two lists of tensors."""
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(
            one, other, rtol=rtol, atol=atol, msg=lambda told: f"{what}: {told}"
        )


def assert_no_tick_waits(**changes):
    """The host only launches; what it reads, `train` reads between ticks."""
    from ganflow.training import begin, tick

    run = begin(replace(SMALL, **changes), pixels(40), "cuda")
    with no_wait():
        for _ in range(TICKS):
            tick(run)
    assert all(value.isfinite().all() for value in weights_of(run))


def assert_moves_are_those_of_the_cpu(**changes):
    """On the same draws; a GPU's own generator makes other noise."""
    from ganflow.training import begin, sample_batches, turns
    from ganflow.training.sampling import Batches
    from ganflow.training.updates import cuda_precision

    settings = replace(SMALL, **changes)
    there = begin(settings, pixels(40), "cuda")
    settings = there.settings  # what auto chose
    plain = {"tf32": "fp32"}.get(settings.precision, settings.precision)
    here = begin(replace(settings, precision=plain), pixels(40))
    bounds = HALF if plain in ("bf16", "fp16") else EXACT
    for k in range(TICKS):
        batches = sample_batches(settings, 40, k, "cpu")
        moved = Batches(*(x.to("cuda") for x in batches))
        with cuda_precision(settings):
            rows = [turns(here, batches), turns(there, moved).cpu()]
        assert_same([rows[1]], [rows[0]], "other losses than on the CPU", **bounds)
    assert_same(weights_of(there), weights_of(here), "other weights", **bounds)


def assert_a_graph_plays_the_eager_moves(done=1, **changes):
    """Recorded after some ticks; losses, weights and averages are the same after it."""
    from ganflow.training import begin, tick
    from ganflow.training.graphs import recorded_turns

    rows, ends = [], []
    for graphs in (False, True):
        run = begin(replace(SMALL, **changes), pixels(40), "cuda")
        for _ in range(done):
            tick(run)
        moves = {"turns": recorded_turns(run)} if graphs else {}
        with no_wait():
            rows.append([tick(run, **moves) for _ in range(TICKS)])
        ends.append(weights_of(run))
    eager, played = ([row.cpu() for row in each] for each in rows)
    assert_same(played, eager, "a replayed graph gives other losses")
    assert_same(ends[1], ends[0], "a replayed graph leaves other weights")


def assert_a_run_can_be_looked_at():
    """At what its networks make, between two ticks."""
    from ganflow.training import begin
    from ganflow.training.keep.snapshots import real_images, snapshot

    run = begin(SMALL, pixels(40), "cuda")
    seen = snapshot(run) | {"real": real_images(run)}
    assert all(value.device.type == "cpu" for value in seen.values())


def assert_a_run_resumes(**changes):
    """With graphs, from a checkpoint, as one that went through without them."""
    from ganflow.training import train

    settings = replace(SMALL, **changes)
    half = replace(settings, ticks=settings.ticks // 2)
    how = {"device": "cuda", "progress": False, "snapshots": 2}
    with tempfile.TemporaryDirectory() as folder:
        kept = how | {"out": folder, "graphs": settings.fast}
        train(half, pixels(40), **kept)
        ended = train(settings, pixels(40), resume=True, **kept)
    straight = train(settings, pixels(40), **how)
    what = "a resumed run ends elsewhere"
    assert_same(weights_of(ended.run), weights_of(straight.run), what)
    rows = (torch.tensor(each.record.series["loss_D"]) for each in (ended, straight))
    assert_same(*([row] for row in rows), "a resumed run has other losses")


def assert_a_longer_run_waits_no_more(**changes):
    """The host waits to look and to save, not at each tick; by no clock."""
    from ganflow.training import loop

    found = []
    for ticks in (2, 8):
        settings = replace(SMALL, ticks=ticks, **changes)
        with mock.patch.object(loop, "READ", float("inf")), host_waits() as waits:
            loop.train(settings, pixels(40), device="cuda", snapshots=2, progress=False)
        found.append(Counter(waits))
    more = found[1] - found[0]
    assert not more, f"the host waits at each tick: {', '.join(more)}"
