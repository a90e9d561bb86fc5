"""What G and D minimise: four adversarial losses, one sign convention.

A score is any real number, higher = more real (a logit, not a probability). Every
function returns a batch mean to be *minimised*. Taught in book/03b.
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
    score_real, score_fake : Tensor of any shape, the critic's scores of the two batches

    Returns
    -------
    Tensor (), > 0; 2 log 2 where D cannot tell.

    Gradient: reaches whatever the scores depend on; cut the fakes yourself (`detach`).
    Source: Goodfellow et al. 2014 (arXiv 1406.2661), eq. 1 with the sign turned.
    """
    return softplus(-score_real).mean() + softplus(score_fake).mean()


def saturating_loss_G(score_fake: Tensor) -> Tensor:
    """mean log(1 - D(G(z))), the minimax loss: flat where D is sure of a fake.

    Parameters
    ----------
    score_fake : Tensor of any shape

    Returns
    -------
    Tensor (), < 0

    Gradient: d/d score = -sigmoid(score) / n for each sample; cuts nothing.
    Source: Goodfellow et al. 2014 (arXiv 1406.2661), eq. 1 and algorithm 1.
    """
    return -softplus(score_fake).mean()


def non_saturating_loss_G(score_fake: Tensor) -> Tensor:
    """-mean log D(G(z)): steepest where D is sure of a fake.

    Parameters
    ----------
    score_fake : Tensor of any shape

    Returns
    -------
    Tensor (), > 0

    Gradient: d/d score = -sigmoid(-score) / n for each sample; cuts nothing.
    Source: Goodfellow et al. 2014 (arXiv 1406.2661), end of section 3.
    """
    return softplus(-score_fake).mean()


def hinge_loss_D(score_real: Tensor, score_fake: Tensor) -> Tensor:
    """mean max(0, 1 - score_real) + mean max(0, 1 + score_fake).

    Parameters
    ----------
    score_real, score_fake : Tensor of any shape

    Returns
    -------
    Tensor (), >= 0; exactly zero, with a zero derivative, beyond both margins.

    Gradient: reaches whatever the scores depend on; cut the fakes yourself (`detach`).
    Source: Miyato et al. 2018 (arXiv 1802.05957), eq. 16 with the sign turned.
    """
    return relu(1 - score_real).mean() + relu(1 + score_fake).mean()


def wasserstein_loss_D(score_real: Tensor, score_fake: Tensor) -> Tensor:
    """mean score_fake - mean score_real; it needs a critic of bounded slope.

    Parameters
    ----------
    score_real, score_fake : Tensor of any shape

    Returns
    -------
    Tensor (), of any sign; its negative estimates the distance of the two batches.

    Gradient: reaches whatever the scores depend on; cut the fakes yourself (`detach`).
    Source: Arjovsky et al. 2017 (arXiv 1701.07875), algorithm 1 with the sign turned.
    """
    return score_fake.mean() - score_real.mean()


def score_loss_G(score_fake: Tensor) -> Tensor:
    """-mean score_fake: G's loss beside the hinge and beside the Wasserstein loss.

    Parameters
    ----------
    score_fake : Tensor of any shape

    Returns
    -------
    Tensor (), of any sign

    Gradient: d/d score = -1 / n for each sample, however sure D is; cuts nothing.
    Source: Miyato et al. 2018, eq. 17; Arjovsky et al. 2017, algorithm 1.
    """
    return -score_fake.mean()


@dataclass(frozen=True)
class AdversarialLoss:
    """A pair of losses: `D(score_real, score_fake)` and `G(score_fake)`.

    G_reads_real : G's loss compares the fakes with the reals; it is then called as
        `G(score_real, score_fake)`. `for_G` calls either kind.
    """

    name: str
    D: Callable[[Tensor, Tensor], Tensor]
    G: Callable[..., Tensor]
    G_reads_real: bool = False

    def for_G(self, score_real: Tensor, score_fake: Tensor) -> Tensor:
        """G's loss of both batches of scores, whether or not it reads the reals.

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
        )
    }
)
