"""Two players with one number each: GANs small enough for closed forms.

The real data are all 0, G puts its fakes at theta, D scores a point x by
`scale * psi * x`. Both players follow minus the derivative of their own loss; `field`
is that motion and `jacobian` its derivative. The functions take numbers, numpy arrays
and torch tensors alike, so `strength` and `scale` may be one value or one per run.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ganflow.check import one_of
from ganflow.games.loss_derivatives import LOSS_DERIVATIVES, Number

PENALTIES = ("none", "R1", "R2", "WGAN-GP", "clipping", "consensus")


@dataclass(frozen=True)
class Game:
    """A GAN of two numbers: the Dirac-GAN, and the bilinear game within it.

    Parameters
    ----------
    loss : str
        A name of `ganflow.losses.LOSSES`. The relativistic game is the non-saturating
        one: beside a real that scores 0, the lead of the fake is its score.
    penalty : str
        A name of PENALTIES; D's slope is scale * psi at every point.

        - "R1", "R2": strength/2 slope^2 in D's loss, at the data and at the fakes.
        - "WGAN-GP": strength/2 (|slope| - target)^2 in D's loss.
        - "clipping": psi is put back into [-strength, strength] after each move.
        - "consensus": strength/2 |field|^2 in both losses, of the field without it.
    strength : float or array (runs,)
        gamma >= 0; the bound, for clipping.
    target : float
        The slope that WGAN-GP aims at, >= 0.
    scale : float or array (runs,)
        The score's factor a; a bilinear game has loss_D = a theta psi.

    Raises
    ------
    ValueError
        A loss or penalty of another name.

    Source: the Dirac-GAN, R1 and R2, Mescheder et al. 2018 (arXiv 1801.04406); there D
    scores the fake high, here the real, so psi has the other sign. WGAN-GP, Gulrajani
    et al. 2017 (arXiv 1704.00028), with lambda = strength/2. Clipping, Arjovsky et al.
    2017 (arXiv 1701.07875), algorithm 1. Consensus, Mescheder et al. 2017 (arXiv
    1705.10461): v - gamma grad |v|^2 / 2.
    """

    loss: str = "saturating"
    penalty: str = "none"
    strength: Number = 0.0
    target: float = 1.0
    scale: Number = 1.0

    def __post_init__(self):
        one_of("loss", self.loss, LOSS_DERIVATIVES)
        one_of("penalty", self.penalty, PENALTIES)

    def field(self, theta: Number, psi: Number) -> tuple[Number, Number]:
        """How fast each player moves: minus the derivative of its own loss.

        Parameters
        ----------
        theta : float, array or Tensor
            Where the fakes are.
        psi : float, array or Tensor
            D's slope, over `scale`.

        Returns
        -------
        tuple (v_theta, v_psi)
            Each shaped as theta and psi are.
        """
        v_theta, v_psi = self._plain_field(theta, psi)
        if self.penalty in ("R1", "R2"):
            v_psi = v_psi - self.strength * self.scale * (self.scale * psi)
        elif self.penalty == "WGAN-GP":
            slope = self.scale * psi
            beyond = (abs(slope) - self.target) * _sign(slope)
            v_psi = v_psi - self.strength * self.scale * beyond
        elif self.penalty == "consensus":
            (a, b), (c, d) = self._plain_jacobian(theta, psi)
            pull_theta, pull_psi = a * v_theta + c * v_psi, b * v_theta + d * v_psi
            v_theta = v_theta - self.strength * pull_theta
            v_psi = v_psi - self.strength * pull_psi
        return v_theta, v_psi

    def jacobian(self, theta: Number, psi: Number) -> np.ndarray:
        """The field's derivative, rows (v_theta, v_psi) by columns (theta, psi).

        Parameters
        ----------
        theta : float or array
            Where the fakes are.
        psi : float or array
            D's slope, over `scale`.

        Returns
        -------
        array (2, 2, *shape), float64
        """
        j = np.array(self._plain_jacobian(theta, psi), float)
        if self.penalty in ("R1", "R2"):
            j[1, 1] -= self.strength * self.scale**2
        elif self.penalty == "WGAN-GP":
            j[1, 1] -= self.strength * self.scale**2 * (np.abs(psi) > 0)
        elif self.penalty == "consensus":
            v = self._plain_field(theta, psi)
            square = np.einsum("ki...,kj...->ij...", j, j)
            curl = sum(a * b for a, b in zip(v, self._bends(theta, psi), strict=True))
            j = j - self.strength * (square + curl)
        return j

    def project(self, psi: Number) -> Number:
        """D's number after a move: within the bound if weights are clipped."""
        if self.penalty != "clipping":
            return psi
        clip = psi.clip if hasattr(psi, "clip") else np.float64(psi).clip
        return clip(-self.strength, self.strength)

    def _plain_field(self, theta: Number, psi: Number) -> tuple[Number, Number]:
        """The field without a penalty."""
        loss_G, loss_D = LOSS_DERIVATIVES[self.loss]
        t = self.scale * theta * psi
        return -self.scale * psi * loss_G(t)[0], -self.scale * theta * loss_D(t)[0]

    def _plain_jacobian(self, theta: Number, psi: Number) -> tuple:
        """Its derivative: rows (v_theta, v_psi) by columns (theta, psi)."""
        a, t = self.scale, self.scale * theta * psi
        (g1, g2, _), (d1, d2, _) = (loss(t) for loss in LOSS_DERIVATIVES[self.loss])
        return (
            (-((a * psi) ** 2) * g2, -a * (g1 + t * g2)),
            (-a * (d1 + t * d2), -((a * theta) ** 2) * d2),
        )

    def _bends(self, theta: Number, psi: Number) -> tuple[np.ndarray, np.ndarray]:
        """Second derivatives of v_theta and of v_psi, two arrays (2, 2, *shape)."""
        a, t = self.scale, self.scale * theta * psi
        (_, g2, g3), (_, d2, d3) = (loss(t) for loss in LOSS_DERIVATIVES[self.loss])
        g_mixed, d_mixed = -(a**2) * (2 * g2 + t * g3), -(a**2) * (2 * d2 + t * d3)
        of_theta = [
            [-((a * psi) ** 3) * g3, psi * g_mixed],
            [psi * g_mixed, theta * g_mixed],
        ]
        of_psi = [
            [psi * d_mixed, theta * d_mixed],
            [theta * d_mixed, -((a * theta) ** 3) * d3],
        ]
        return np.array(of_theta, float), np.array(of_psi, float)


def dirac(loss: str = "saturating", penalty: str = "none", **numbers: float) -> Game:
    """The Dirac-GAN under a loss and a penalty.

    Parameters
    ----------
    loss : str, default "saturating"
        A name of `ganflow.losses.LOSSES`.
    penalty : str, default "none"
        A name of `ganflow.games.PENALTIES`.
    **numbers : float
        `strength`, `target` and `scale`, as for Game.

    Returns
    -------
    Game

    Raises
    ------
    ValueError
        A loss or penalty of another name.

    Source: Mescheder et al. 2018 (arXiv 1801.04406).
    """
    return Game(loss, penalty, **numbers)


def bilinear(scale: float = 1.0) -> Game:
    """loss_D = scale * theta * psi = -loss_G: the simplest game that turns in circles.

    Parameters
    ----------
    scale : float, default 1.0
        The factor a.

    Returns
    -------
    Game

    Source: Gidel et al. 2019 (arXiv 1807.04740).
    """
    return Game("Wasserstein", scale=scale)


def _sign(x: Number) -> Number:
    return (x > 0) * 1.0 - (x < 0) * 1.0
