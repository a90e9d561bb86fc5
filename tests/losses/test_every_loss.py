"""The two losses of book/06 against their formulas, and what each score is sent."""

import pytest
import torch

from ganflow.losses import EVERY_LOSS, LOSSES, score_derivatives

REAL = torch.tensor([-2.0, 0.3, 1.7, 4.0], dtype=torch.float64)
FAKE = torch.tensor([-3.0, -0.5, 0.2, 1.5], dtype=torch.float64)
NEW = sorted(set(EVERY_LOSS) - set(LOSSES))


def prob(score):
    """The logistic function as the papers write it."""
    return 1 / (1 + torch.exp(-score))


WRITTEN = {
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


def test_two_losses_join_the_four_and_leave_them_as_they_are():
    assert NEW == ["least squares", "relativistic"]
    assert {name: EVERY_LOSS[name] for name in LOSSES} == dict(LOSSES)


@pytest.mark.parametrize("name", NEW)
def test_losses_equal_their_formulas(name):
    pair, (for_D, for_G) = EVERY_LOSS[name], WRITTEN[name]
    torch.testing.assert_close(pair.D(REAL, FAKE), for_D(REAL, FAKE))
    torch.testing.assert_close(pair.for_G(REAL, FAKE), for_G(REAL, FAKE))


@pytest.mark.parametrize("name", EVERY_LOSS)
def test_each_score_is_sent_its_closed_form(name):
    found = score_derivatives(EVERY_LOSS[name], REAL, FAKE)
    sent = (found.D_real, found.D_fake, found.G_fake)
    for slope, closed in zip(sent, SENT[name](REAL, FAKE), strict=True):
        torch.testing.assert_close(slope, closed / len(FAKE), rtol=1e-12, atol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", NEW)
def test_losses_and_slopes_stay_finite_at_scores_of_100(name, dtype):
    score = torch.tensor([-100.0, 100.0], dtype=dtype)
    for real, fake in ((score, score), (score, -score)):
        found = score_derivatives(EVERY_LOSS[name], real, fake)
        assert all(value.isfinite().all() for value in vars(found).values())


@pytest.mark.parametrize("name", EVERY_LOSS)
def test_G_wants_its_fakes_up_and_D_wants_them_down(name):
    """Higher = more real; least squares only below the real's score of 1."""
    score = torch.tensor([0.1, 0.4, 0.9], dtype=torch.float64)
    found = score_derivatives(EVERY_LOSS[name], score, score)
    assert (found.D_real < 0).all() and (found.D_fake > 0).all()
    assert (found.G_fake < 0).all()


def test_relativistic_scores_come_in_pairs():
    with pytest.raises(ValueError, match=r"each real is compared with one fake"):
        EVERY_LOSS["relativistic"].D(REAL, FAKE[:2])


def test_asking_for_the_derivatives_moves_nothing():
    """They are cut from what made the scores, also where nobody records."""
    score = REAL.clone().requires_grad_()
    with torch.no_grad():
        found = score_derivatives(EVERY_LOSS["hinge"], score, score)
    assert score.grad is None
    assert not any(value.requires_grad for value in vars(found).values())
