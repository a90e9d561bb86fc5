"""The trainer's numbers: what it draws, what it moves, and that fast is plain."""

import copy
import hashlib
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from train_runs import SMALL, pixels, small_run

from ganflow.losses import LOSSES, gradient_penalty
from ganflow.nets import dcgan_critic, dcgan_generator
from ganflow.training import Settings, begin, recipe, sample_batches, tick, turns
from ganflow.training.keep.checkpoint import save
from ganflow.training.keep.snapshots import snapshot, snapshot_ticks
from ganflow.training.moves import fast as fast_moves
from ganflow.training.moves import plain as plain_moves
from ganflow.training.sampling import image_indices
from ganflow.training.updates import columns, cuda_precision

BOTH = {"plain": plain_moves, "fast": fast_moves}


def moved(moves, *, dtype=torch.float64, **changes):
    """A run after one move of D and one of G, with what they saw."""
    run = small_run(**changes)
    run.G.to(dtype), run.D.to(dtype)
    batches = sample_batches(run.settings, len(run.images), 0, "cpu")
    x_real, z = run.images[batches.indices[0]].to(dtype), batches.z.to(dtype)
    run.make, run.score = run.G, run.D  # without the cast to float32
    seen = moves.move_D(run, x_real, z[0], batches.mix[0].to(dtype))
    grads = [p.grad.clone() for p in run.D.parameters()]
    seen |= moves.move_G(run, x_real, z[-1])
    grads += [p.grad for p in run.G.parameters()]
    return run, grads, seen


@pytest.mark.parametrize("penalty", ["none", "WGAN-GP", "R1", "R2"])
@pytest.mark.parametrize("loss", list(LOSSES))
def test_the_fast_gradients_are_the_plain_ones(loss, penalty):
    """In float64, so that only the order of sums may differ."""
    changes = {"loss": loss, "penalty": penalty}
    _, plain, seen = moved(plain_moves, fast=False, **changes)
    _, fast, seen_fast = moved(fast_moves, fast=True, **changes)
    assert (
        seen.keys() == seen_fast.keys() == set(columns(small_run(**changes).settings))
    )
    for ours, theirs in zip(fast, plain, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-12)
    for name in seen:
        torch.testing.assert_close(seen_fast[name], seen[name], rtol=1e-9, atol=1e-12)


def test_the_fast_ticks_are_the_plain_ones_in_float32():
    """Losses of three ticks; Adam's first steps divide by tiny numbers, so 1e-3."""
    rows = []
    for fast in (False, True):
        run = small_run(fast=fast)
        rows.append(torch.stack([tick(run) for _ in range(3)]))
    torch.testing.assert_close(*rows, rtol=2e-3, atol=1e-4)


def test_the_plain_move_is_algorithm_1():
    """Against the algorithm written out here, on the same draws, to rounding."""
    run = small_run(fast=False)
    G, D = copy.deepcopy(run.G), copy.deepcopy(run.D)
    optimizer_D = torch.optim.Adam(D.parameters(), 1e-4, (0.0, 0.9))
    optimizer_G = torch.optim.Adam(G.parameters(), 1e-4, (0.0, 0.9))
    batches = sample_batches(run.settings, len(run.images), 0, "cpu")
    for indices, z, mix in zip(batches.indices, batches.z, batches.mix, strict=False):
        x, x_fake = run.images[indices], G(z).detach()
        x_hat = torch.lerp(x_fake, x, mix.reshape(-1, 1, 1, 1)).requires_grad_()
        (slope,) = torch.autograd.grad(D(x_hat).sum(), x_hat, create_graph=True)
        penalty = (slope.flatten(1).norm(dim=1) - 1).square().mean()
        optimizer_D.zero_grad()
        (D(x_fake).mean() - D(x).mean() + 10 * penalty).backward()
        optimizer_D.step()
    optimizer_G.zero_grad()
    (-D(G(batches.z[-1])).mean()).backward()
    optimizer_G.step()
    tick(run)
    for net, own in ((G, run.G), (D, run.D)):
        for ours, theirs in zip(own.parameters(), net.parameters(), strict=True):
            torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("fast", [False, True])
def test_the_logged_penalty_is_that_of_losses(fast):
    run = small_run(critic_steps=1, fast=fast)
    batches = sample_batches(run.settings, len(run.images), 0, "cpu")
    x_real, mix = run.images[batches.indices[0]], batches.mix[0]
    x_fake = copy.deepcopy(run.G)(batches.z[0])
    expected = gradient_penalty(copy.deepcopy(run.D), x_real, x_fake, mix=mix)
    row = dict(zip(columns(run.settings), tick(run).tolist(), strict=True))
    assert row["penalty"] == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize("way", BOTH)
def test_the_penalty_counts_by_its_strength(way):
    """Half the strength: halfway between none of it and all of it."""
    none, half, whole = (
        torch.cat([g.flatten() for g in grads[:6]])  # of D
        for _, grads, _ in (
            moved(BOTH[way], fast=way == "fast", strength=s) for s in (0, 2, 4)
        )
    )
    torch.testing.assert_close(half, (none + whole) / 2, rtol=1e-9, atol=1e-12)
    assert not torch.allclose(none, whole)


def test_a_plain_move_of_D_runs_on_into_the_gradients_of_G():
    run = small_run(fast=False)
    batches = sample_batches(run.settings, len(run.images), 0, "cpu")
    plain_moves.move_D(run, run.images[:8], batches.z[0], batches.mix[0])
    assert list(run.G.parameters())[-1].grad.abs().sum() > 0


def test_a_fast_move_of_G_that_fails_leaves_D_able_to_learn():
    run = small_run(fast=True)
    with pytest.raises(RuntimeError):
        fast_moves.move_G(run, run.images[:8], torch.zeros(8, 3))  # no such noise
    assert all(p.requires_grad for p in run.D.parameters())


@pytest.mark.parametrize("fails", [False, True])
def test_a_fast_move_of_G_wakes_no_weight_that_was_frozen_before(fails):
    run = small_run(fast=True)
    first, *others = run.D.parameters()
    first.requires_grad_(False)
    z = torch.zeros(8, 3) if fails else torch.zeros(8, run.settings.latent)
    with pytest.raises(RuntimeError) if fails else nullcontext():
        fast_moves.move_G(run, run.images[:8], z)
    assert not first.requires_grad and all(p.requires_grad for p in others)


def test_a_fast_move_of_D_makes_no_graph_through_G():
    run, *_ = moved(fast_moves)
    before = [p.grad.clone() for p in run.G.parameters()]
    batches = sample_batches(run.settings, len(run.images), 1, "cpu")
    x_real, z = run.images[batches.indices[0]].double(), batches.z[0].double()
    fast_moves.move_D(run, x_real, z, batches.mix[0].double())
    for p, old in zip(run.G.parameters(), before, strict=True):
        assert torch.equal(p.grad, old)


@pytest.mark.parametrize("way", BOTH)
def test_only_the_plain_move_of_G_fills_the_gradients_of_D(way):
    run = small_run(fast=way == "fast")
    batches = sample_batches(run.settings, len(run.images), 0, "cpu")
    BOTH[way].move_G(run, run.images[:8], batches.z[-1])
    filled = [p.grad is not None for p in run.D.parameters()]
    assert all(filled) if way == "plain" else not any(filled)
    assert all(p.requires_grad for p in run.D.parameters())


def test_every_image_is_read_once_an_epoch():
    seen = image_indices(3, 10, 0, 50)
    for epoch in seen.reshape(5, 10):
        assert sorted(epoch.tolist()) == list(range(10))
    assert not torch.equal(seen[:10], seen[10:20])


@pytest.mark.parametrize("cut", [1, 7, 10, 13, 49])
def test_the_order_does_not_depend_on_where_one_begins_to_read(cut):
    whole = image_indices(3, 10, 0, 50)
    assert torch.equal(image_indices(3, 10, cut, 50), whole[cut:])


def test_a_tick_reads_the_same_whatever_came_before():
    settings = SMALL
    torch.manual_seed(1)
    first = [sample_batches(settings, 40, t, "cpu") for t in range(4)][3]
    torch.manual_seed(2)
    again = sample_batches(settings, 40, 3, "cpu")
    other = sample_batches(settings, 40, 4, "cpu")
    seeded = sample_batches(replace(settings, seed=1), 40, 3, "cpu")
    for name in ("indices", "z", "mix"):
        assert torch.equal(getattr(first, name), getattr(again, name))
        assert not torch.equal(getattr(first, name), getattr(other, name))
        assert not torch.equal(getattr(first, name), getattr(seeded, name))


def test_a_row_is_of_the_first_move_that_went_wrong():
    """The second of three reads a NaN; by the third D's weights are NaN as well."""
    run = small_run(critic_steps=3)
    run.images[sample_batches(run.settings, 40, 0, "cpu").indices[1]] = float("nan")
    row = dict(zip(columns(run.settings), tick(run).isfinite().tolist(), strict=True))
    assert not row["score_real"] and row["score_fake"]


def test_each_tick_reads_on_where_the_one_before_stopped():
    ticks = [sample_batches(SMALL, 40, tick, "cpu") for tick in range(6)]
    read = torch.cat([batches.indices.flatten() for batches in ticks])
    assert torch.equal(read, image_indices(SMALL.seed, 40, 0, len(read)))
    assert len(read) > 2 * 40  # so that an epoch ends within a tick


def test_what_is_sampled_has_the_law_it_is_said_to_have():
    """z normal, mix uniform on [0, 1): mean and variance of 20,000 numbers."""
    batches = sample_batches(replace(SMALL, batch=2000, critic_steps=10), 40, 0, "cpu")
    for numbers, mean, variance in ((batches.z, 0, 1), (batches.mix, 1 / 2, 1 / 12)):
        assert numbers.mean().item() == pytest.approx(mean, abs=0.02)
        assert numbers.var().item() == pytest.approx(variance, rel=0.05)
    assert batches.mix.min() >= 0 and batches.mix.max() < 1


def test_torch_s_own_stream_is_left_alone():
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    tick(small_run())
    assert torch.equal(torch.rand(3), expected)


def test_a_snapshot_changes_nothing():
    run, unseen = small_run(), small_run()
    for _ in range(2):
        snapshot(run)
        rows = tick(run), tick(unseen)
        assert torch.equal(*rows)
    for ours, theirs in zip(
        run.G.state_dict().values(), unseen.G.state_dict().values(), strict=True
    ):
        assert torch.equal(ours, theirs)


def test_every_snapshot_is_of_the_same_z_and_points():
    """What differs between two snapshots is then what the networks learned."""
    run = small_run()
    first = snapshot(run)
    run.tick = 5
    for name, value in snapshot(run).items():
        assert torch.equal(value, first[name]), name


def test_a_snapshot_shows_the_generator_and_its_average():
    run = small_run()
    tick(run)
    seen = snapshot(run)
    assert seen["samples"].shape == seen["averaged"].shape == (25, 16, 16, 1)
    assert seen["samples"].dtype == torch.uint8
    assert not torch.equal(seen["samples"], seen["averaged"])
    assert (seen["slopes"].diff() >= 0).all()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_average_follows_by_its_decay_and_so_do_its_statistics(seed):
    """decay = min(ema, (1 + t) / (10 + t)): 0.1, then 2/11."""
    run = small_run(ema=0.15, seed=seed)
    taken = [copy.deepcopy(run.G.state_dict())]
    for _ in range(2):
        tick(run)
        taken.append(copy.deepcopy(run.G.state_dict()))
    averaged = run.averaged.state_dict()
    statistics = [name for name in averaged if "running" in name]
    assert statistics and averaged.keys() == run.G.state_dict().keys()
    for name in ("1.weight", *statistics):
        start, first, second = (state[name] for state in taken)
        expected = 0.15 * (0.1 * start + 0.9 * first) + 0.85 * second
        assert (first - start).abs().max() > 1e-5  # a tick is seen in the sum
        close = {"rtol": 1e-6, "atol": 2e-8}
        torch.testing.assert_close(averaged[name], expected, **close)


def test_snapshots_are_taken_from_the_start_to_the_end():
    assert snapshot_ticks(1000, 5) == {0, 1, 10, 100, 1000}
    assert snapshot_ticks(1, 24) == {0, 1}
    assert snapshot_ticks(1000, 2) == {0, 1000}
    with pytest.raises(ValueError, match="snapshots is 1"):
        snapshot_ticks(10, 1)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"size": 20}, "size is 20; expected one of 16, 32, 64"),
        ({"loss": "wgan"}, "loss is 'wgan'; expected one of saturating"),
        ({"penalty": "GP"}, "penalty is 'GP'; expected one of none, WGAN-GP"),
        (
            {"precision": "half"},
            "precision is 'half'; expected one of torch, auto, fp32, tf32, bf16, fp16",
        ),
        ({"ticks": 0}, "ticks is 0; expected a whole number, at least 1"),
        ({"batch": 2.5}, "batch is 2.5; expected a whole number"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 2**63}, "seed is 9.*; expected a whole number, .* 0 and below 9"),
        ({"ema": 1.0}, "ema is 1.0; expected a finite number, at least 0 and below 1"),
        ({"rate_D": 11.0}, "rate_D is 11.0; expected .*, at least 0 and at most 10"),
        ({"rate_G": float("nan")}, "rate_G is nan"),
        ({"strength": -1.0}, "strength is -1.0"),
    ],
)
def test_settings_refuse_what_cannot_be(wrong, told):
    with pytest.raises(ValueError, match=told):
        Settings(**wrong)


def test_a_whole_number_serves_as_a_float():
    """Adam wants two floats, and a checkpoint compares values."""
    assert isinstance(Settings(beta1=0).beta1, float)


def test_recipes_are_those_of_the_papers():
    ours = recipe("wgan-gp")
    assert (ours.loss, ours.penalty, ours.strength) == ("Wasserstein", "WGAN-GP", 10)
    assert (ours.critic_steps, ours.beta1, ours.beta2) == (5, 0.0, 0.9)
    assert recipe("gan").penalty == "none" and recipe("gan").critic_steps == 1
    assert recipe("hinge", batch=7) == replace(recipe("gan"), loss="hinge", batch=7)
    assert recipe("Wasserstein") == ours
    with pytest.raises(ValueError, match="loss is 'wgan'"):
        recipe("wgan")


@pytest.mark.parametrize(
    ("images", "told"),
    [
        (pixels(8, channels=3), r"images have shape \(8, 3, 16, 16\)"),
        (pixels(8)[:0], r"shape \(0, 1, 16, 16\)"),
        (pixels(8).astype(np.float64), "images are torch.float64"),
        (pixels(8) * 127, "a pixel is not in"),
        (pixels(8) * np.float32("nan"), "a pixel is not in"),
    ],
)
def test_images_that_do_not_fit_are_refused(images, told):
    with pytest.raises(ValueError, match=told):
        begin(SMALL, images)


def test_the_images_are_read_once_however_often_a_run_is_saved(tmp_path, monkeypatch):
    run, read = small_run(), []
    monkeypatch.setattr(
        hashlib,
        "sha256",
        lambda data, sha=hashlib.sha256: (read.append(len(data)), sha(data))[1],
    )
    for name in ("one.pt", "two.pt"):
        save(tmp_path / name, run, {})
    assert read == [len(run.images)]
    other = small_run()
    other.images = other.images.flip(0)
    assert other.fingerprint != run.fingerprint


def test_tf32_is_refused_without_a_gpu():
    with pytest.raises(ValueError, match="tf32 is a way of multiplying of NVIDIA"):
        small_run(precision="tf32")


@pytest.mark.parametrize("fast", [False, True])
def test_bf16_learns_in_float32_and_stays_near_it(fast):
    rows = []
    for precision in ("fp32", "bf16"):
        run = small_run(precision=precision, fast=fast)
        rows.append(torch.stack([tick(run) for _ in range(2)]))
        assert all(p.grad.dtype == torch.float32 for p in run.D.parameters())
    assert not torch.equal(*rows)
    torch.testing.assert_close(*rows, rtol=0.05, atol=0.05)


def test_how_cuda_multiplies_is_restored():
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matmul.fp32_precision, cudnn.benchmark
    with pytest.raises(KeyError), cuda_precision(replace(SMALL, precision="bf16")):
        assert matmul.fp32_precision == "tf32" and cudnn.benchmark
        raise KeyError
    assert (matmul.fp32_precision, cudnn.benchmark) == before


@pytest.mark.parametrize("precision", ["torch", "fp32", "tf32", "bf16", "fp16"])
def test_who_asks_by_an_older_name_how_cuda_multiplies_is_answered(precision):
    """Set by the newer names alone, torch would refuse to answer."""
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    default = cudnn.allow_tf32, matmul.allow_tf32
    expected = {"torch": default, "fp32": (False, False)}.get(precision, (True, True))
    with cuda_precision(replace(SMALL, precision=precision)):
        assert (cudnn.allow_tf32, matmul.allow_tf32) == expected
        high = torch.get_float32_matmul_precision() != "highest"
        assert high == matmul.allow_tf32
    assert (cudnn.allow_tf32, matmul.allow_tf32) == default


def test_what_was_set_by_a_newer_name_is_set_again():
    matmul = torch.backends.cuda.matmul
    before = matmul.fp32_precision
    matmul.fp32_precision = "tf32"
    try:
        with cuda_precision(replace(SMALL, precision="fp32")):
            assert matmul.fp32_precision == "ieee"
        assert matmul.fp32_precision == "tf32"
    finally:
        matmul.fp32_precision = before


def test_torch_as_it_comes_convolves_in_tf32_and_multiplies_in_fp32():
    """What the settings say of "torch", asked of a process that has set nothing."""
    code = (
        "import torch; b = torch.backends;"
        "print(b.cudnn.allow_tf32, b.cuda.matmul.allow_tf32)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert told.stdout.split() == ["True", "False"]


def test_networks_are_those_of_nets_at_the_same_seed():
    run = small_run(width=4)
    G = dcgan_generator(16, 8, 4, 1)
    D = dcgan_critic(16, 4, 1)
    for own, net in ((run.G, G), (run.D, D)):
        assert [type(layer) for layer in own] == [type(layer) for layer in net]
    again = small_run(width=4)
    for ours, theirs in zip(run.G.parameters(), again.G.parameters(), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("fast", [False, True])
def test_each_player_s_adam_has_its_own_rate(fast):
    run = small_run(fast=fast, rate_G=0.01, rate_D=0.02, beta1=0.3, beta2=0.7)
    for optimizer, rate in ((run.optimizer_G, 0.01), (run.optimizer_D, 0.02)):
        (group,) = optimizer.param_groups
        assert (group["lr"], tuple(group["betas"])) == (rate, (0.3, 0.7))


def test_without_batch_norm_none_is_made():
    run = small_run(batch_norm=False)
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in run.G)


@pytest.mark.parametrize("precision", ["torch", "fp16"])
@pytest.mark.parametrize("done", [0, 2])
def test_the_warm_up_of_a_graph_is_undone(done, precision):
    """Also Adam's memory, which does not exist before the first tick, and the scale."""
    from ganflow.training.graphs import _kept, _restore, _values

    run, expected = small_run(precision=precision), small_run(precision=precision)
    for _ in range(done):
        tick(run), tick(expected)
    before = _kept(run)
    for _ in range(3):
        turns(run, sample_batches(run.settings, len(run.images), run.tick, "cpu"))
    _restore(run, before)
    for _ in range(2):
        assert torch.equal(tick(run), tick(expected))
    for ours, theirs in zip(_values(run), _values(expected), strict=True):
        assert torch.equal(ours, theirs)
    for player, scaler in run.scalers.items():
        assert scaler.state_dict() == expected.scalers[player].state_dict()


def test_a_graph_is_refused_without_a_gpu():
    from ganflow.training.graphs import recorded_turns

    with pytest.raises(ValueError, match="on a CUDA device; here fast is True"):
        recorded_turns(small_run())


@pytest.mark.parametrize(("fast", "share"), [(False, None), (True, "a share")])
def test_a_graph_is_refused_of_plain_moves_and_of_several_processes(fast, share):
    """On a GPU, too, of which nothing is asked before."""
    from ganflow.training.graphs import recorded_turns

    settings = SimpleNamespace(fast=fast)
    run = SimpleNamespace(device=torch.device("cuda"), settings=settings, share=share)
    with pytest.raises(ValueError, match=f"here fast is {fast} and the device cuda"):
        recorded_turns(run)
