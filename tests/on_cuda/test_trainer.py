"""The trainer on a CUDA device."""

from dataclasses import replace

import cuda_claims
import pytest
import torch
from train_runs import SMALL, pixels

from ganflow.training import begin
from ganflow.training.precision import HALF
from ganflow.training.settings import PRECISIONS

pytestmark = pytest.mark.cuda
# The stand-in rounds as the CPU does; kernels of a GPU add up in another order.
HERE = {"rtol": 1e-3, "atol": 1e-5}
THERE = HERE if cuda_claims.STOOD_IN else {"rtol": 0.05, "atol": 0.01}
every_precision = pytest.mark.parametrize("precision", PRECISIONS)
both_moves = pytest.mark.parametrize("fast", [True, False], ids=["fast", "plain"])


@both_moves
@every_precision
def test_the_host_waits_for_nothing_within_a_tick(precision, fast):
    cuda_claims.no_tick_waits(precision=precision, fast=fast)


@pytest.mark.parametrize("penalty", ["none", "R1", "R2"])
@both_moves
def test_nor_with_another_penalty(penalty, fast):
    cuda_claims.no_tick_waits(penalty=penalty, fast=fast, loss="relativistic")


@both_moves
@every_precision
def test_a_tick_is_that_of_the_cpu(precision, fast):
    half = precision in ("auto", *HALF)
    cuda_claims.moves_are_those_of_the_cpu(
        bounds=THERE if half else HERE, precision=precision, fast=fast
    )


@pytest.mark.parametrize("done", [0, 2])
@every_precision
def test_a_recorded_graph_plays_the_eager_moves(precision, done):
    cuda_claims.a_graph_plays_the_eager_moves(done, precision=precision)


@pytest.mark.parametrize(
    ("precision", "fast"),
    [*((name, True) for name in PRECISIONS), ("torch", False), ("fp16", False)],
)
def test_a_run_goes_on_from_its_checkpoint(precision, fast, tmp_path):
    cuda_claims.a_run_resumes(tmp_path, precision=precision, fast=fast)


def test_a_gpu_without_bfloat16_goes_on_in_float16(monkeypatch, tmp_path):
    """As Colab's T4; torch says of it that it supports bfloat16, which it emulates."""
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda *_: (7, 5))
    settings = replace(SMALL, precision="auto")
    run = begin(settings, pixels(40), "cuda")
    assert run.precision.name == "fp16"
    assert all(p.is_contiguous() for p in run.D.parameters())  # see run._form
    cuda_claims.no_tick_waits(precision="auto")
    cuda_claims.a_run_resumes(tmp_path, precision="auto")


def test_a_longer_run_waits_no_more():
    cuda_claims.a_longer_run_waits_no_more()


def test_a_run_can_be_looked_at():
    cuda_claims.a_run_can_be_looked_at()
