"""One loss for both players: its value is D's loss, its gradient is everybody's."""

import pytest
import torch
from one_loss_steps import (
    by_reversal,
    by_single_loss,
    largest_difference,
    setting,
    two_step,
)
from torch import nn

from ganflow.losses import LOSSES
from ganflow.one_loss import single_loss


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("lam", [1.0, 0.1, 10.0])
def test_single_loss_gives_the_gradients_of_two_steps(name, lam):
    """Also for losses that are not linear in D."""
    made, loss = setting(), LOSSES[name]
    found, expected = by_single_loss(made, loss, lam), two_step(made, loss, lam)
    assert largest_difference(found, expected) < 1e-12


@pytest.mark.parametrize("name", LOSSES)
def test_its_value_is_the_loss_of_D_whatever_lambda_is(name):
    made, loss = setting(), LOSSES[name]
    x_fake = made.G(made.z)
    scores = made.D(made.x_real), made.D(x_fake), made.D(x_fake.detach())
    for lam in (0.0, 1.0, 100.0):
        assert single_loss(loss, *scores, lam) == loss.D(scores[0], scores[2])


@pytest.mark.parametrize("name", LOSSES)
def test_reversal_serves_both_players_of_a_minimax_pair_only(name):
    made, loss = setting(), LOSSES[name]
    found, expected = by_reversal(made, loss, 0.3), two_step(made, loss, 0.3)
    difference = largest_difference(found, expected)
    assert (difference < 1e-12) == (name in ("saturating", "Wasserstein"))


def test_dropout_breaks_the_cancellation():
    """Two calls of D are then two functions: D hears a part of G's loss."""
    torch.manual_seed(0)
    made, loss = setting(), LOSSES["hinge"]
    D = nn.Sequential(*list(made.D)[:-2], nn.Dropout(0.5), *list(made.D)[-2:])
    x_fake = made.G(made.z)
    zero = loss.G(D(x_fake)) - loss.G(D(x_fake.detach()))
    slopes = torch.autograd.grad(zero, list(D.parameters()))
    assert zero != 0 and any((slope != 0).any() for slope in slopes)


def test_scores_of_two_sizes_are_refused():
    score = torch.zeros(3)
    with pytest.raises(ValueError, match="scores of the same fakes"):
        single_loss(LOSSES["hinge"], score, score, score[:2])
