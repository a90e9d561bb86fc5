"""Every pair of losses against its formulas, and what it sends to each score."""

import pytest
import torch

from ganflow.losses import LOSSES, score_derivatives

REAL = torch.tensor([-2.0, 0.3, 1.7, 4.0], dtype=torch.float64)
FAKE = torch.tensor([-3.0, -0.5, 0.2, 1.5], dtype=torch.float64)


def prob(score):
    """The logistic function, D(x) as the 2014 paper writes it."""
    return 1 / (1 + torch.exp(-score))


def cross_entropy(r, f):
    return -(prob(r).log().mean() + (1 - prob(f)).log().mean())


# Each pair as its paper writes it: D's loss, and G's.
WRITTEN = {
    "saturating": (cross_entropy, lambda r, f: (1 - prob(f)).log().mean()),
    "non-saturating": (cross_entropy, lambda r, f: -prob(f).log().mean()),
    "hinge": (
        lambda r, f: (
            -(torch.minimum(r - 1, torch.zeros_like(r))).mean()
            - torch.minimum(-f - 1, torch.zeros_like(f)).mean()
        ),
        lambda r, f: -sum(f) / len(f),
    ),
    "Wasserstein": (
        lambda r, f: sum(f) / len(f) - sum(r) / len(r),
        lambda r, f: -sum(f) / len(f),
    ),
    "least squares": (
        lambda r, f: sum((r - 1) ** 2) / len(r) / 2 + sum((f - 0) ** 2) / len(f) / 2,
        lambda r, f: sum((f - 1) ** 2) / len(f) / 2,
    ),
    "relativistic": (
        lambda r, f: -sum(torch.log(prob(r - f))) / len(r),
        lambda r, f: -sum(torch.log(prob(f - r))) / len(f),
    ),
}
# What each loss sends to each score, times the batch: D to real, D to fake, G to fake.
SENT = {
    "saturating": lambda r, f: (prob(r) - 1, prob(f), -prob(f)),
    "non-saturating": lambda r, f: (prob(r) - 1, prob(f), prob(f) - 1),
    "hinge": lambda r, f: (-(r < 1).to(r), (f > -1).to(f), -torch.ones_like(f)),
    "Wasserstein": lambda r, f: (
        -torch.ones_like(r),
        torch.ones_like(f),
        -torch.ones_like(f),
    ),
    "least squares": lambda r, f: (r - 1, f, f - 1),
    "relativistic": lambda r, f: (prob(r - f) - 1, 1 - prob(r - f), -prob(r - f)),
}


def test_the_table_has_six_pairs_under_their_own_names():
    assert set(LOSSES) == set(WRITTEN) == set(SENT)
    assert all(pair.name == name for name, pair in LOSSES.items())


@pytest.mark.parametrize("name", LOSSES)
def test_losses_equal_their_formulas(name):
    pair, (for_D, for_G) = LOSSES[name], WRITTEN[name]
    torch.testing.assert_close(pair.D(REAL, FAKE), for_D(REAL, FAKE))
    torch.testing.assert_close(pair.for_G(REAL, FAKE), for_G(REAL, FAKE))


@pytest.mark.parametrize("name", LOSSES)
def test_G_is_called_with_the_reals_only_where_it_reads_them(name):
    pair = LOSSES[name]
    scores = (REAL, FAKE) if pair.G_reads_real else (FAKE,)
    torch.testing.assert_close(pair.G(*scores), pair.for_G(REAL, FAKE), rtol=0, atol=0)


@pytest.mark.parametrize("name", LOSSES)
def test_each_score_is_sent_its_closed_form(name):
    found = score_derivatives(LOSSES[name], REAL, FAKE)
    sent = (found.D_real, found.D_fake, found.G_fake)
    for slope, closed in zip(sent, SENT[name](REAL, FAKE), strict=True):
        torch.testing.assert_close(slope, closed / len(FAKE), rtol=1e-12, atol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", LOSSES)
def test_losses_and_slopes_stay_finite_at_scores_of_100(name, dtype):
    score = torch.tensor([-100.0, 100.0], dtype=dtype)
    for real, fake in ((score, score), (score, -score)):
        found = score_derivatives(LOSSES[name], real, fake)
        assert all(value.isfinite().all() for value in vars(found).values())


def test_the_written_out_log_is_not_finite_there():
    """Why the stable form: sigmoid(-100) is 0 in float32, and log(1 - 1) is -inf."""
    extreme = torch.tensor([100.0])
    assert WRITTEN["saturating"][1](None, extreme) == -torch.inf
    torch.testing.assert_close(LOSSES["saturating"].G(extreme), torch.tensor(-100.0))


def test_relativistic_scores_come_in_pairs():
    for loss in (LOSSES["relativistic"].D, LOSSES["relativistic"].G):
        with pytest.raises(ValueError, match=r"each real is compared with one fake"):
            loss(REAL, FAKE[:2])


def test_asking_for_the_derivatives_moves_nothing():
    """They are cut from what made the scores, also where nobody records."""
    score = REAL.clone().requires_grad_()
    with torch.no_grad():
        found = score_derivatives(LOSSES["hinge"], score, score)
    assert score.grad is None
    assert not any(value.requires_grad for value in vars(found).values())
