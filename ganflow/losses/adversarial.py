"""What G and D minimise: six pairs of adversarial losses, one sign convention.

A score is any real number, higher = more real (a logit, not a probability). Every
function returns a batch mean to be *minimised*.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from torch import Tensor
from torch.nn.functional import relu, softplus


def log_loss_D(score_real: Tensor, score_fake: Tensor) -> Tensor:
    """Cross-entropy of "real or fake", -mean log D(x) - mean log(1 - D(G(z))).

    D(x) = sigmoid(score) is never formed: softplus(-s) = -log sigmoid(s) stays finite.

    Parameters
    ----------
    score_real : Tensor of any shape
        The critic's scores of the reals.
    score_fake : Tensor of any shape
        The critic's scores of the fakes.

    Returns
    -------
    Tensor ()
        > 0; 2 log 2 where D cannot tell.

    Gradient: reaches whatever the scores depend on; cut the fakes yourself (`detach`).
    Source: Goodfellow et al. 2014 (arXiv 1406.2661), eq. 1 with the sign turned.
    """
    return softplus(-score_real).mean() + softplus(score_fake).mean()


def saturating_loss_G(score_fake: Tensor) -> Tensor:
    """mean log(1 - D(G(z))), the minimax loss: flat where D is sure of a fake.

    Parameters
    ----------
    score_fake : Tensor of any shape
        The critic's scores of the fakes.

    Returns
    -------
    Tensor ()
        < 0.

    Gradient: d/d score = -sigmoid(score) / n for each sample; cuts nothing.
    Source: Goodfellow et al. 2014 (arXiv 1406.2661), eq. 1 and algorithm 1.
    """
    return -softplus(score_fake).mean()


def non_saturating_loss_G(score_fake: Tensor) -> Tensor:
    """-mean log D(G(z)): steepest where D is sure of a fake.

    Parameters
    ----------
    score_fake : Tensor of any shape
        The critic's scores of the fakes.

    Returns
    -------
    Tensor ()
        > 0.

    Gradient: d/d score = -sigmoid(-score) / n for each sample; cuts nothing.
    Source: Goodfellow et al. 2014 (arXiv 1406.2661), end of section 3.
    """
    return softplus(-score_fake).mean()


def hinge_loss_D(score_real: Tensor, score_fake: Tensor) -> Tensor:
    """mean max(0, 1 - score_real) + mean max(0, 1 + score_fake).

    Parameters
    ----------
    score_real : Tensor of any shape
        The critic's scores of the reals.
    score_fake : Tensor of any shape
        The critic's scores of the fakes.

    Returns
    -------
    Tensor ()
        >= 0; exactly zero, with a zero derivative, beyond both margins.

    Gradient: reaches whatever the scores depend on; cut the fakes yourself (`detach`).
    Source: Miyato et al. 2018 (arXiv 1802.05957), the hinge loss with the sign turned.
    """
    return relu(1 - score_real).mean() + relu(1 + score_fake).mean()


def wasserstein_loss_D(score_real: Tensor, score_fake: Tensor) -> Tensor:
    """mean score_fake - mean score_real; it needs a critic of bounded slope.

    Parameters
    ----------
    score_real : Tensor of any shape
        The critic's scores of the reals.
    score_fake : Tensor of any shape
        The critic's scores of the fakes.

    Returns
    -------
    Tensor ()
        Of any sign; its negative estimates the distance of the two batches.

    Gradient: reaches whatever the scores depend on; cut the fakes yourself (`detach`).
    Source: Arjovsky et al. 2017 (arXiv 1701.07875), algorithm 1 with the sign turned.
    """
    return score_fake.mean() - score_real.mean()


def score_loss_G(score_fake: Tensor) -> Tensor:
    """-mean score_fake: G's loss beside the hinge and beside the Wasserstein loss.

    Parameters
    ----------
    score_fake : Tensor of any shape
        The critic's scores of the fakes.

    Returns
    -------
    Tensor ()
        Of any sign.

    Gradient: d/d score = -1 / n for each sample, however sure D is; cuts nothing.
    Source: Miyato et al. 2018, the hinge loss; Arjovsky et al. 2017, algorithm 1.
    """
    return -score_fake.mean()


def least_squares_loss_D(score_real: Tensor, score_fake: Tensor) -> Tensor:
    """Half the mean squared distance of reals from 1, and of fakes from 0.

    A score above 1 of a real costs too: D is not asked for more than that.

    Parameters
    ----------
    score_real : Tensor of any shape
        The critic's scores of the reals.
    score_fake : Tensor of any shape
        The critic's scores of the fakes.

    Returns
    -------
    Tensor ()
        >= 0; 1/4 where D cannot tell and scores 1/2.

    Gradient: reaches whatever the scores depend on; cut the fakes yourself (`detach`).
    It is zero for a fake that scores exactly 0.
    Source: Mao et al. 2017 (arXiv 1611.04076), with a = 0 and b = 1.
    """
    return ((score_real - 1).square().mean() + score_fake.square().mean()) / 2


def least_squares_loss_G(score_fake: Tensor) -> Tensor:
    """Half the mean squared distance of fakes from 1, the score of a real.

    Parameters
    ----------
    score_fake : Tensor of any shape
        The critic's scores of the fakes.

    Returns
    -------
    Tensor ()
        >= 0.

    Gradient: d/d score = (score - 1) / n for each sample; cuts nothing.
    Source: Mao et al. 2017 (arXiv 1611.04076), with c = 1.
    """
    return (score_fake - 1).square().mean() / 2


def relativistic_loss_D(score_real: Tensor, score_fake: Tensor) -> Tensor:
    """-mean log sigmoid(score_real - score_fake): the real is to score more.

    Only the lead of a real over the fake beside it counts.

    Parameters
    ----------
    score_real : Tensor of any shape
        The critic's scores of the reals.
    score_fake : Tensor of the same shape
        The critic's scores of the fakes; the k-th is compared with the k-th real.

    Returns
    -------
    Tensor ()
        > 0; log 2 where D cannot tell.

    Raises
    ------
    ValueError
        The two batches differ in shape.

    Gradient: reaches whatever the scores depend on; cut the fakes yourself (`detach`).
    Source: Jolicoeur-Martineau 2018 (arXiv 1807.00734), L_D of RSGAN.
    """
    return softplus(-_lead(score_real, score_fake)).mean()


def relativistic_loss_G(score_real: Tensor, score_fake: Tensor) -> Tensor:
    """-mean log sigmoid(score_fake - score_real): the fake is to score more.

    Parameters
    ----------
    score_real : Tensor of any shape
        The critic's scores of the reals.
    score_fake : Tensor of the same shape
        The critic's scores of the fakes; the k-th is compared with the k-th real.

    Returns
    -------
    Tensor ()
        > 0; log 2 where D cannot tell.

    Raises
    ------
    ValueError
        The two batches differ in shape.

    Gradient: d/d score of a fake = -sigmoid(score_real - score_fake) / n; reaches what
    the reals' scores depend on as well, with the opposite sign.
    Source: Jolicoeur-Martineau 2018 (arXiv 1807.00734), L_G of RSGAN.
    """
    return softplus(_lead(score_real, score_fake)).mean()


def _lead(score_real: Tensor, score_fake: Tensor) -> Tensor:
    """How much more each real scores than the fake beside it."""
    if score_real.shape != score_fake.shape:
        raise ValueError(
            f"score_real {tuple(score_real.shape)} and score_fake "
            f"{tuple(score_fake.shape)} must have one shape: each real is compared "
            "with one fake"
        )
    return score_real - score_fake


@dataclass(frozen=True)
class AdversarialLoss:
    """A pair of losses, D's and G's.

    Parameters
    ----------
    name : str
        What tables and settings call it.
    D : callable
        D's loss of (score_real, score_fake).
    G : callable
        G's loss of (score_fake), or of (score_real, score_fake). `for_G` calls either.
    G_reads_real : bool, default False
        Whether G's loss compares the fakes with the reals, and so is called with both.
    """

    name: str
    D: Callable[[Tensor, Tensor], Tensor]
    G: Callable[..., Tensor]
    G_reads_real: bool = False

    def for_G(self, score_real: Tensor, score_fake: Tensor) -> Tensor:
        """G's loss of both batches of scores, whether or not it reads the reals.

        Parameters
        ----------
        score_real : Tensor of any shape
            The critic's scores of the reals.
        score_fake : Tensor of any shape
            The critic's scores of the fakes.

        Returns
        -------
        Tensor ()

        Gradient: reaches whatever the scores that it reads depend on; cuts nothing.
        """
        return self.G(*([score_real] * self.G_reads_real), score_fake)


LOSSES: Mapping[str, AdversarialLoss] = MappingProxyType(
    {
        pair.name: pair
        for pair in (
            AdversarialLoss("saturating", log_loss_D, saturating_loss_G),
            AdversarialLoss("non-saturating", log_loss_D, non_saturating_loss_G),
            AdversarialLoss("hinge", hinge_loss_D, score_loss_G),
            AdversarialLoss("Wasserstein", wasserstein_loss_D, score_loss_G),
            AdversarialLoss(
                "least squares", least_squares_loss_D, least_squares_loss_G
            ),
            AdversarialLoss(
                "relativistic",
                relativistic_loss_D,
                relativistic_loss_G,
                G_reads_real=True,
            ),
        )
    }
)
