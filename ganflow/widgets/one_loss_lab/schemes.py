"""Six ways to move both players in one tick, and which losses each can serve.

Every way takes a `Pair`, a pair of losses, lambda and one batch; it finds both players'
gradients, G's lambda times as long, and steps both.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector

from ganflow.losses import LOSSES as PAIRS
from ganflow.losses import AdversarialLoss, score_derivatives
from ganflow.one_loss import one_pass, reverse_gradient, single_loss

LOSSES = ("saturating", "non-saturating", "hinge", "Wasserstein", "least squares")


@dataclass
class Pair:
    """Copies of both networks, each with an optimizer of its own.

    Parameters
    ----------
    G : nn.Module
    D : nn.Module
    optimizer : callable
        Parameters -> torch.optim.Optimizer.
    """

    G: nn.Module
    D: nn.Module
    optimizer: Callable[..., torch.optim.Optimizer]

    def __post_init__(self):
        self.G, self.D = deepcopy(self.G), deepcopy(self.D)
        self.rules = {
            "G": self.optimizer(self.G.parameters()),
            "D": self.optimizer(self.D.parameters()),
        }

    def clear(self) -> None:
        """Drop both players' gradients."""
        for rule in self.rules.values():
            rule.zero_grad()

    def move(self, players: str = "DG") -> None:
        """Step these players by the gradients that they hold.

        Parameters
        ----------
        players : str
            "D", "G", or both in their order.
        """
        for player in players:
            self.rules[player].step()

    def point(self) -> tuple[Tensor, Tensor]:
        """G's parameters in one row, and D's."""
        theta = parameters_to_vector(self.G.parameters())
        psi = parameters_to_vector(self.D.parameters())
        return theta.detach(), psi.detach()


def two_steps(
    pair: Pair, loss: AdversarialLoss, lam: float, x_real: Tensor, z: Tensor
) -> None:
    """Each player's loss by its own weights, then both step: the definition."""
    x_fake = pair.G(z)
    loss.D(pair.D(x_real), pair.D(x_fake.detach())).backward()
    _backward_to_G(pair, loss, lam, x_fake)
    pair.move()


def alternating(
    pair: Pair, loss: AdversarialLoss, lam: float, x_real: Tensor, z: Tensor
) -> None:
    """As two steps, but D has moved before G reads it."""
    x_fake = pair.G(z)
    loss.D(pair.D(x_real), pair.D(x_fake.detach())).backward()
    pair.move("D")
    _backward_to_G(pair, loss, lam, x_fake)
    pair.move("G")


def _backward_to_G(
    pair: Pair, loss: AdversarialLoss, lam: float, x_fake: Tensor
) -> None:
    (lam * loss.G(pair.D(x_fake))).backward(inputs=list(pair.G.parameters()))


def shared_graph(
    pair: Pair, loss: AdversarialLoss, lam: float, x_real: Tensor, z: Tensor
) -> None:
    """One graph, asked twice: each loss by its own player's weights."""
    score_real, score_fake = pair.D(x_real), pair.D(pair.G(z))
    loss_D, loss_G = loss.D(score_real, score_fake), lam * loss.G(score_fake)
    loss_D.backward(inputs=list(pair.D.parameters()), retain_graph=True)
    loss_G.backward(inputs=list(pair.G.parameters()))
    pair.move()


def su(
    pair: Pair, loss: AdversarialLoss, lam: float, x_real: Tensor, z: Tensor
) -> None:
    """D's loss and a zero whose gradient moves G."""
    x_fake = pair.G(z)
    scores = pair.D(x_real), pair.D(x_fake), pair.D(x_fake.detach())
    single_loss(loss, *scores, lam).backward()
    pair.move()


def reversal(
    pair: Pair, loss: AdversarialLoss, lam: float, x_real: Tensor, z: Tensor
) -> None:
    """D's loss alone, turned at the fakes."""
    score_fake = pair.D(reverse_gradient(pair.G(z), lam))
    loss.D(pair.D(x_real), score_fake).backward()
    pair.move()


def one(
    pair: Pair, loss: AdversarialLoss, lam: float, x_real: Tensor, z: Tensor
) -> None:
    """D's gradients in one pass, scaled at the fakes to be G's."""
    one_pass(pair.G, pair.D, loss, x_real, z, lam=lam, check=False)
    pair.move()


@dataclass(frozen=True)
class Scheme:
    """A way to move both players, and what it is in one sentence.

    Parameters
    ----------
    move : callable
        (pair, loss, lam, x_real, z) -> None.
    says : str
    """

    move: Callable[..., None]
    says: str


SCHEMES: dict[str, Scheme] = {
    "two steps": Scheme(
        two_steps,
        "Each loss walks back by itself, for its own player; then both step.",
    ),
    "alternating": Scheme(
        alternating,
        "D steps first, and G’s loss goes back through the D that has moved.",
    ),
    "shared graph": Scheme(
        shared_graph,
        "One forward pass, walked back twice: once for D, once for G.",
    ),
    "single loss (Su)": Scheme(
        su,
        "D’s loss and a term that is always zero, whose gradient moves G.",
    ),
    "gradient reversal": Scheme(
        reversal,
        "D’s own backward pass goes on into G, its sign turned at the fakes.",
    ),
    "one pass": Scheme(
        one,
        "D’s own backward pass goes on into G, rescaled at each fake; fakes "
        "where D’s loss is flat (hinge) go through D once more.",
    ),
}


def why_none(scheme: str, loss: str) -> str:
    """Why a scheme cannot serve a loss; found by differentiating.

    Parameters
    ----------
    scheme : str
        One of SCHEMES.
    loss : str
        One of LOSSES.

    Returns
    -------
    str
        Empty if it can.
    """
    if SCHEMES[scheme].move is not reversal or _is_reversed(PAIRS[loss]):
        return ""
    served = " and ".join(n for n in LOSSES if _is_reversed(PAIRS[n]))
    return (
        "Nothing is recorded here: gradient reversal hands G the negative of D’s own "
        f"loss, and that is not G’s {loss} loss. It is G’s own for {served}."
    )


def _is_reversed(loss: AdversarialLoss) -> bool:
    """Whether G climbs at the fakes what D descends."""
    scores = torch.linspace(-4, 4, 17, dtype=torch.float64)
    slopes = score_derivatives(loss, scores, scores)
    return torch.allclose(slopes.G_fake, -slopes.D_fake, rtol=1e-12, atol=0)
