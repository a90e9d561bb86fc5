"""The trainer on a CUDA device."""

from dataclasses import replace

import cuda_claims
import pytest
import torch
from train_runs import SMALL, pixels

from ganflow.training import begin
from ganflow.training.settings import PRECISIONS

pytestmark = pytest.mark.cuda
every_precision = pytest.mark.parametrize("precision", PRECISIONS)
both_moves = pytest.mark.parametrize("fast", [True, False], ids=["fast", "plain"])


@both_moves
@every_precision
def test_the_host_waits_for_nothing_within_a_tick(precision, fast):
    cuda_claims.assert_no_tick_waits(precision=precision, fast=fast)


@pytest.mark.parametrize("penalty", ["none", "R1", "R2"])
@both_moves
def test_nor_with_another_penalty(penalty, fast):
    cuda_claims.assert_no_tick_waits(penalty=penalty, fast=fast, loss="relativistic")


@both_moves
@every_precision
def test_a_tick_is_that_of_the_cpu(precision, fast):
    cuda_claims.assert_moves_are_those_of_the_cpu(precision=precision, fast=fast)


@pytest.mark.parametrize("done", [0, 2])
@every_precision
def test_a_recorded_graph_plays_the_eager_moves(precision, done):
    cuda_claims.assert_a_graph_plays_the_eager_moves(done, precision=precision)


@pytest.mark.parametrize(
    ("precision", "fast"),
    [*((name, True) for name in PRECISIONS), ("torch", False), ("fp16", False)],
)
def test_a_run_goes_on_from_its_checkpoint(precision, fast):
    cuda_claims.assert_a_run_resumes(precision=precision, fast=fast)


def test_a_gpu_without_bfloat16_goes_on_in_float16(monkeypatch):
    """As Colab's T4; torch says of it that it supports bfloat16, which it emulates."""
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda *_: (7, 5))
    settings = replace(SMALL, precision="auto")
    run = begin(settings, pixels(40), "cuda")
    assert run.precision.name == "fp16"
    assert all(p.is_contiguous() for p in run.D.parameters())  # see run._form
    cuda_claims.assert_no_tick_waits(precision="auto")
    cuda_claims.assert_a_run_resumes(precision="auto")


def test_a_longer_run_waits_no_more():
    cuda_claims.assert_a_longer_run_waits_no_more()


def test_a_run_can_be_looked_at():
    cuda_claims.assert_a_run_can_be_looked_at()
