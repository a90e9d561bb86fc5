"""The trainer on a CUDA device."""

import cuda_claims
import pytest

from ganflow.training.settings import PRECISIONS

pytestmark = pytest.mark.cuda
ROUNDED = {"rtol": 0.05, "atol": 0.01}  # by 8 bits, and by what autocast rounds where
EXACT = {"rtol": 1e-3, "atol": 1e-5}
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
    bounds = ROUNDED if precision == "bf16" else EXACT
    cuda_claims.moves_are_those_of_the_cpu(
        bounds=bounds, precision=precision, fast=fast
    )


@pytest.mark.parametrize("done", [0, 2])
@every_precision
def test_a_recorded_graph_plays_the_eager_moves(precision, done):
    cuda_claims.a_graph_plays_the_eager_moves(done, precision=precision)


@both_moves
@every_precision
def test_a_run_goes_on_from_its_checkpoint(precision, fast, tmp_path):
    cuda_claims.a_run_resumes(tmp_path, precision=precision, fast=fast)


def test_a_longer_run_waits_no_more():
    cuda_claims.a_longer_run_waits_no_more()


def test_a_run_can_be_looked_at():
    cuda_claims.a_run_can_be_looked_at()
