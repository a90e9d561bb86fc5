"""The ways whose cost is measured are ways to take the same step."""

import numpy as np
import one_loss_cost
import page_ticks
import pytest
import tick_cost
import tick_ways
import torch
from cuda_claims import STOOD_IN
from site_browser import cannot
from train_runs import pixels

from ganflow.training import begin, recipe, sample_batches, tick

TINY = "--sizes 16 --width 4 --batch 4 --rounds 2 --device cpu".split()


def test_the_compiled_moves_are_the_fast_ones(monkeypatch):
    """Without the compiler, which would change no formula and take a minute."""
    monkeypatch.setattr(torch, "compile", lambda function: function)
    options, cpu = tick_cost.parser().parse_args(TINY), torch.device("cpu")
    fast = tick_ways.prepare("fast", cpu, 16, options).run
    compiled = tick_ways.prepare("fast, compiled", cpu, 16, options)
    for _ in range(2):
        tick(fast)
        compiled.tick()
    for name in ("G", "D"):
        nets = (getattr(run, name).state_dict() for run in (fast, compiled.run))
        for one, other in zip(*(net.values() for net in nets), strict=True):
            torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-5)


def test_a_way_that_fails_is_named_with_the_reason_and_the_others_are_measured(
    capsys, monkeypatch
):
    def broken(_loss):
        raise RuntimeError("backend failed\nand much more")

    monkeypatch.setattr(torch, "compile", broken)
    assert tick_cost.main([*TINY, "--ways", "compiled"]) == 0
    told = capsys.readouterr().out
    assert (
        "fast, compiled                 not run: RuntimeError: backend failed\n" in told
    )
    assert all(f"\n{name} " in told for name in ("plain", "fast"))


def test_a_plain_tick_that_fails_ends_it(monkeypatch):
    def broken(*_):
        raise RuntimeError("out of memory")

    monkeypatch.setattr(tick_cost, "prepare", broken)
    with pytest.raises(RuntimeError, match="out of memory"):
        tick_cost.main(TINY)


def test_tensorflow_makes_the_moves_of_the_plain_tick():
    """From the same weights, on the same draws, but for little of how far they went."""
    from tensorflow_tick import TensorFlowRun, tf, twin

    run = begin(recipe("wgan-gp", size=16, width=4, batch=8, fast=False), pixels(40))
    own = TensorFlowRun(run)
    shapes = {"G": (100,), "D": (16, 16, 1)}
    before = {name: getattr(own, name).get_weights() for name in shapes}
    batches = sample_batches(run.settings, 40, 0, "cpu")
    x_real = run.images[batches.indices].permute(0, 1, 3, 4, 2)
    own.moves(*(tf.constant(x.numpy()) for x in (x_real, batches.z, batches.mix)))
    tick(run)
    for name, shape in shapes.items():
        expected = twin(getattr(run, name), shape).get_weights()
        found = getattr(own, name).get_weights()
        apart, went = (
            sum(np.square(a - b).sum() for a, b in zip(expected, other, strict=True))
            for other in (found, before[name])
        )
        print(name, apart / went)
        assert 0 < apart < 0.01 * went


@pytest.mark.cuda
@pytest.mark.parametrize("name", [*tick_ways.GPU_WAYS, *tick_ways.GPU_COMPILED])
def test_the_ways_of_a_gpu_move_as_the_plain_one(name, monkeypatch):
    """A tick's weights, relative to how far it went; bf16 keeps 8 bits."""
    if STOOD_IN:  # torch compiles for no such device
        monkeypatch.setattr(torch, "compile", lambda function: function)
    device, options = torch.device("cuda"), tick_cost.parser().parse_args(TINY)
    runs = [tick_ways.prepare(way, device, 16, options) for way in ("plain", name)]
    start = [p.detach().clone() for p in runs[0].run.D.parameters()]
    for way in runs:
        way.tick()
    pairs = zip(runs[0].run.D.parameters(), runs[1].run.D.parameters(), strict=True)
    apart = sum((a - b).square().sum() for a, b in pairs)
    went = zip(runs[0].run.D.parameters(), start, strict=True)
    assert apart < 0.1 * sum((a - b).square().sum() for a, b in went)


def test_the_costs_of_a_single_loss_are_shown_for_every_way(capsys, monkeypatch):
    options = "--sizes 16 --batch 4 --width 2 --rounds 2"
    monkeypatch.setattr("sys.argv", ["one_loss_cost.py", *options.split()])
    one_loss_cost.main()
    shown = capsys.readouterr().out
    assert all(shown.count(f"{name} ") >= 2 for name in one_loss_cost.WAYS)
    assert "GFLOP" in shown and "ms a step" in shown


def test_a_page_is_measured_beside_play_for_every_penalty(capsys, monkeypatch):
    """Without TensorFlow.js, which npm would have to install."""
    if page_ticks.CHROMIUM is None:
        cannot("no chromium on this machine: apt-get install chromium")
    options = "--alone --width 4 --batch 8 --seconds 0.1 --rounds 1"
    monkeypatch.setattr("sys.argv", ["page_ticks.py", *options.split()])
    threads = torch.get_num_threads()
    try:
        page_ticks.main()
    finally:
        torch.set_num_threads(threads)
    table = capsys.readouterr().out
    for penalty in page_ticks.PENALTIES:
        own, python = (
            next(
                row
                for row in table.splitlines()
                if row.startswith(f"{who}, {penalty} ")
            )
            for who in ("page", "play")
        )
        assert len(own.split()) == 6 and len(python.split()) == 4
        assert float(own.split()[2]) > float(python.split()[2]) > 0
