"""What the bench compares is the same tick, and what it prints is what it measured."""

import json

import pytest
import tick_cost
import tick_ways
import torch

from ganflow.losses import gradient_penalty
from ganflow.nets import dcgan_critic
from ganflow.train import tick

TINY = "--sizes 16 --width 4 --batch 4 --rounds 2 --device cpu".split()
OPTIONS = tick_cost.parser().parse_args(TINY)
CPU = torch.device("cpu")


def test_each_way_is_measured_against_the_plain_one(tmp_path, capsys):
    path = tmp_path / "rows.json"
    assert tick_cost.main([*TINY, "--no-tensorflow", "--json", str(path)]) == 0
    plain, fast = json.loads(path.read_text())
    assert (plain["way"], fast["way"]) == ("plain", "fast") and plain["times"] == 1
    assert fast["gflop"] < 0.9 * plain["gflop"]
    assert all(0 < row["share"] < 1.2 and row["ms"] > 0 for row in (plain, fast))
    assert fast["share"] == pytest.approx(
        fast["gflop"] * 1e9 / (fast["ms"] / 1e3) / fast["peak"]
    )
    printed = capsys.readouterr().out
    assert all(tick_cost.shown(row) in printed for row in (plain, fast))


def test_times_compares_round_by_round():
    """The machine gets slower from round to round; the ways do not change."""
    plain, own = (
        [tick_cost.Spent(scale * k, scale * k) for k in (1, 2, 8)] for scale in (3, 2)
    )
    assert tick_cost._times(plain, own, "clock") == 1.5


def test_the_compiled_moves_are_the_fast_ones(monkeypatch):
    """Without the compiler, which would change no formula and take a minute."""
    monkeypatch.setattr(torch, "compile", lambda function: function)
    fast = tick_ways.prepare("fast", CPU, 16, OPTIONS).run
    compiled = tick_ways.prepare("fast, compiled", CPU, 16, OPTIONS)
    for _ in range(2):
        tick(fast)
        compiled.tick()
    for name in ("G", "D"):
        nets = (getattr(run, name).state_dict() for run in (fast, compiled.run))
        for one, other in zip(*(net.values() for net in nets), strict=True):
            torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-5)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("name", [*tick_ways.GPU_WAYS, *tick_ways.GPU_COMPILED])
def test_the_ways_of_a_gpu_move_as_the_plain_one(name):
    """A tick's weights, relative to how far it went; bf16 keeps 8 bits."""
    device = torch.device("cuda")
    runs = [
        tick_ways.prepare(way, device, 32, tick_cost.parser().parse_args([]))
        for way in ("plain", name)
    ]
    start = [p.detach().clone() for p in runs[0].run.D.parameters()]
    for way in runs:
        way.tick()
    pairs = zip(runs[0].run.D.parameters(), runs[1].run.D.parameters(), strict=True)
    apart = sum((a - b).square().sum() for a, b in pairs)
    went = zip(runs[0].run.D.parameters(), start, strict=True)
    assert apart < 0.1 * sum((a - b).square().sum() for a, b in went)


def test_the_gradients_in_tensorflow_are_torchs():
    from tick_tensorflow import as_torch, gradients_tf

    rng = torch.Generator().manual_seed(0)
    D = dcgan_critic(16, 4, 3, generator=rng)
    x_real, x_fake = torch.rand(2, 6, 3, 16, 16, generator=rng) * 2 - 1
    mix = torch.rand(6, generator=rng)
    loss = D(x_fake).mean() - D(x_real).mean()
    loss = loss + 10 * gradient_penalty(D, x_real, x_fake, mix=mix)
    expected = torch.autograd.grad(loss, list(D.parameters()))
    for of_tf, of_torch in zip(
        gradients_tf(D, x_real, x_fake, mix)(), expected, strict=True
    ):
        torch.testing.assert_close(as_torch(of_tf), of_torch, rtol=1e-3, atol=1e-6)


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a GPU")
def test_without_a_gpu_it_says_so(capsys):
    assert tick_cost.main(["--device", "cuda"]) == 1
    assert capsys.readouterr().err == "tick_cost: torch sees no CUDA device here\n"
