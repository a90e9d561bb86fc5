"""The ways to take a tick that `tick_cost.py` compares, each on a run of its own."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import functional_call

from ganflow.losses import gradient_penalty
from ganflow.training import Precision, Run, begin, offered, recipe, tick, turns
from ganflow.training.graphs import recorded_turns
from ganflow.training.moves import fast as fast_moves
from ganflow.training.sampling import Batches
from ganflow.training.updates import Turns, cuda_precision

# name: precision, whether the moves are the fast ones, how they are played
BASE = {"plain": ("torch", False, "eager"), "fast": ("torch", True, "eager")}
WAYS = BASE | {"fast, channels first": ("torch", True, "channels first")}
GPU_WAYS = {
    "fast, fp32": ("fp32", True, "eager"),
    "fast, tf32": ("tf32", True, "eager"),
    "fast, bf16": ("bf16", True, "eager"),
    "fast, fp16": ("fp16", True, "eager"),
    "fast, CUDA graph": ("torch", True, "graph"),
    "fast, tf32, CUDA graph": ("tf32", True, "graph"),
    "fast, bf16, CUDA graph": ("bf16", True, "graph"),
    "fast, fp16, CUDA graph": ("fp16", True, "graph"),
}
COMPILED = BASE | {"fast, compiled": ("torch", True, "compiled")}
GPU_COMPILED = {"fast, tf32, compiled": ("tf32", True, "compiled")}
TENSORFLOW = BASE | {"TensorFlow": ("torch", False, "tensorflow")}
GROUPS = {
    "eager": (WAYS, GPU_WAYS),
    "compiled": (COMPILED, GPU_COMPILED),
    "tensorflow": (TENSORFLOW, {}),
}
EVERY_WAY = WAYS | GPU_WAYS | COMPILED | GPU_COMPILED | TENSORFLOW


def names(group: str, device: torch.device) -> list[str]:
    """The ways of a group that a device has units for, the plain one first."""
    anywhere, on_gpu = GROUPS[group]
    ways = anywhere | (on_gpu if device.type == "cuda" else {})
    return [name for name, (asked, *_) in ways.items() if asked in offered(device)]


@dataclass(frozen=True)
class Way:
    """A run, what does one tick of it, and in which precision."""

    run: Run
    tick: Callable[[], Tensor]
    precision: Precision


def prepare(
    name: str, device: torch.device, size: int, options: argparse.Namespace
) -> Way:
    """Begin a run for this way, on images of noise: what they show costs nothing."""
    precision, fast, played = EVERY_WAY[name]
    settings = recipe(
        "wgan-gp",
        size=size,
        channels=3,
        width=options.width,
        batch=options.batch,
        precision=precision,
        fast=fast,
    )
    rng = torch.Generator().manual_seed(0)
    images = torch.rand(4 * options.batch, 3, size, size, generator=rng) * 2 - 1
    run = begin(settings, images, device)
    if played == "channels first":  # as torch makes them, not as `begin` does
        for net in (run.G, run.D):
            net.to(memory_format=torch.contiguous_format)
        run.images = run.images.contiguous()
    if played == "tensorflow":
        from tensorflow_tick import tensorflow_tick  # may not be installed

        why = "TensorFlow as it comes: tf32 on GPUs that have it"
        return Way(run, tensorflow_tick(run), Precision(precision, why))
    with cuda_precision(settings):
        moves = {"graph": recorded_turns, "compiled": compiled_turns}
        play = moves[played](run) if played in moves else turns

    def one_tick() -> Tensor:
        with cuda_precision(settings):
            return tick(run, turns=play)

    return Way(run, one_tick, run.precision)


def compiled_turns(run: Run) -> Turns:
    """The fast moves, D's loss compiled as a function of its weights.

    Gradient: as the fast moves; the first derivative is inside what is compiled.
    """
    weights, strength = dict(run.D.named_parameters()), run.settings.strength

    def loss_D(weights, x_real, x_fake, mix):
        def D(x):
            return functional_call(run.D, weights, (x,))

        score_real, score_fake = D(torch.cat([x_real, x_fake])).chunk(2)
        held = gradient_penalty(D, x_real, x_fake, mix=mix, form="functional")
        return run.loss.D(score_real, score_fake) + strength * held

    compiled = torch.compile(loss_D)

    def play(run: Run, batches: Batches) -> Tensor:
        for k in range(run.settings.critic_steps):
            with torch.no_grad():
                x_fake = run.make(batches.z[k])
            x_real = run.images[batches.indices[k]]
            run.step("D", compiled(weights, x_real, x_fake, batches.mix[k]))
        return fast_moves.move_G(run, x_real, batches.z[-1])["loss_G"]

    return play
