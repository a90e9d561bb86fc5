"""Every loss against its formula written out, and the slope it gives each sample."""

import pytest
import torch

from ganflow.losses import LOSSES

REAL = torch.tensor([-2.0, 0.3, 1.7, 4.0], dtype=torch.float64)
FAKE = torch.tensor([-3.0, -0.5, 0.2, 1.5], dtype=torch.float64)


def prob(score):
    """D(x) as the 2014 paper writes it."""
    return 1 / (1 + torch.exp(-score))


WRITTEN_D = {
    "saturating": lambda r, f: -(prob(r).log().mean() + (1 - prob(f)).log().mean()),
    "non-saturating": lambda r, f: -(prob(r).log().mean() + (1 - prob(f)).log().mean()),
    "hinge": lambda r, f: (
        -(torch.minimum(r - 1, torch.zeros_like(r))).mean()
        - torch.minimum(-f - 1, torch.zeros_like(f)).mean()
    ),
    "Wasserstein": lambda r, f: sum(f) / len(f) - sum(r) / len(r),
}
WRITTEN_G = {
    "saturating": lambda f: (1 - prob(f)).log().mean(),
    "non-saturating": lambda f: -prob(f).log().mean(),
    "hinge": lambda f: -sum(f) / len(f),
    "Wasserstein": lambda f: -sum(f) / len(f),
}
SLOPE_G = {
    "saturating": lambda f: -prob(f),
    "non-saturating": lambda f: -(1 - prob(f)),
    "hinge": lambda f: -torch.ones_like(f),
    "Wasserstein": lambda f: -torch.ones_like(f),
}


@pytest.mark.parametrize("name", LOSSES)
def test_losses_equal_their_formulas(name):
    torch.testing.assert_close(LOSSES[name].D(REAL, FAKE), WRITTEN_D[name](REAL, FAKE))
    torch.testing.assert_close(LOSSES[name].G(FAKE), WRITTEN_G[name](FAKE))


@pytest.mark.parametrize("name", LOSSES)
def test_slope_of_each_fake_score_is_the_closed_form(name):
    """book/03b: the loss only sets how long each sample's arrow is."""
    score = FAKE.clone().requires_grad_()
    (slope,) = torch.autograd.grad(LOSSES[name].G(score), score)
    torch.testing.assert_close(slope, SLOPE_G[name](FAKE) / len(FAKE))


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_falls_when_its_player_does_better(name):
    """Higher = more real: D wants reals up and fakes down, G wants fakes up."""
    better = 0.1
    pair = LOSSES[name]
    assert pair.D(REAL + better, FAKE) < pair.D(REAL, FAKE)
    assert pair.D(REAL, FAKE - better) < pair.D(REAL, FAKE)
    assert pair.G(FAKE + better) < pair.G(FAKE)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", LOSSES)
def test_losses_and_slopes_stay_finite_at_scores_of_100(name, dtype):
    extreme = torch.tensor([-100.0, 100.0], dtype=dtype, requires_grad=True)
    for loss in (LOSSES[name].D(extreme, extreme), LOSSES[name].G(extreme)):
        (slope,) = torch.autograd.grad(loss, extreme)
        assert loss.isfinite() and slope.isfinite().all()


def test_the_written_out_log_is_not_finite_there():
    """Why the stable form: sigmoid(-100) is 0 in float32, and log(1 - 1) is -inf."""
    extreme = torch.tensor([100.0])
    assert WRITTEN_G["saturating"](extreme) == -torch.inf
    torch.testing.assert_close(LOSSES["saturating"].G(extreme), torch.tensor(-100.0))


@pytest.mark.parametrize("name", ["saturating", "Wasserstein"])
def test_minimax_pairs_send_opposite_slopes_to_a_fake(name):
    score = FAKE.clone().requires_grad_()
    (for_D,) = torch.autograd.grad(LOSSES[name].D(REAL, score), score)
    (for_G,) = torch.autograd.grad(LOSSES[name].G(score), score)
    torch.testing.assert_close(for_D, -for_G, rtol=0, atol=0)
