"""What a run is: everything that decides its numbers, in one value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from ganflow.check import number, one_of, whole
from ganflow.losses import LOSSES

PENALTIES = ("none", "WGAN-GP", "R1", "R2")
PRECISIONS = ("torch", "auto", "fp32", "tf32", "bf16", "fp16")
FREE = ("ticks", "data")  # may change when a run goes on: how long, and a folder's name


@dataclass(frozen=True)
class Settings:
    """A training run of images; the defaults are WGAN-GP as its paper has it.

    Parameters
    ----------
    data : str, default "digits"
        Name or folder of the images.
    size : int, pixels, default 32
        Of a side: 16, 32 or 64.
    channels : int, default 1
        1 or 3.
    ticks : int, >= 1, default 1000
        Each of `critic_steps` moves of D and one of G.
    critic_steps : int, >= 1, default 5
        Each on its own batch.
    batch : int, >= 1, default 64
        Images in a batch.
    latent : int, >= 1, default 100
        Numbers of z.
    width : int, >= 1, default 64
        Channels of the widest picture's layer, as in `nets.dcgan_generator`.
    loss : str, default "Wasserstein"
        A name of LOSSES.
    penalty : str, default "WGAN-GP"
        One of PENALTIES. WGAN-GP: strength (slope - 1)^2 between real and fake. R1 (at
        real) and R2 (at fakes): strength / 2 slope^2.
    strength : float, in [0, 1e9], default 10.0
        Of the penalty.
    rate_G : float, in [0, 10], default 1e-4
        Of G's Adam.
    rate_D : float, in [0, 10], default 1e-4
        Of D's Adam.
    beta1 : float, in [0, 1), default 0.0
        Of both.
    beta2 : float, in [0, 1), default 0.9
        Of both.
    ema : float, in [0, 1), default 0.999
        Decay per tick of the averaged generator.
    batch_norm : bool, default True
        In G. It mixes the samples of a batch; N processes mix those of all.
    precision : str, default "torch"
        One of PRECISIONS. "torch" is torch as it comes: on NVIDIA GPUs from compute
        capability 8.0 on it convolves in tf32 and multiplies in fp32, elsewhere it does
        both in fp32; "fp32" and "tf32" do both in one of them. "bf16" and "fp16" are
        half precision, the penalty and the weights in float32; "fp16" scales the
        losses, and leaves out a step whose gradient overflows. "auto" is what
        `precision.precision_of` says of the device, and `begin` writes that here.
    fast : bool, default True
        The same updates in less time; if not, the loop of most public code.
    seed : int, in [0, 2^63), default 0
        Of the weights, the order of the images and all noise.

    Raises
    ------
    ValueError
        A name that is not offered, a number out of its range.
    """

    data: str = "digits"
    size: int = 32
    channels: int = 1
    ticks: int = 1000
    critic_steps: int = 5
    batch: int = 64
    latent: int = 100
    width: int = 64
    loss: str = "Wasserstein"
    penalty: str = "WGAN-GP"
    strength: float = 10.0
    rate_G: float = 1e-4
    rate_D: float = 1e-4
    beta1: float = 0.0
    beta2: float = 0.9
    ema: float = 0.999
    batch_norm: bool = True
    precision: str = "torch"
    fast: bool = True
    seed: int = 0

    def __post_init__(self):
        one_of("size", self.size, (16, 32, 64))
        one_of("channels", self.channels, (1, 3))
        one_of("loss", self.loss, LOSSES)
        one_of("penalty", self.penalty, PENALTIES)
        one_of("precision", self.precision, PRECISIONS)
        for name in ("ticks", "critic_steps", "batch", "latent", "width"):
            self._take(name, whole, least=1)
        self._take("seed", whole, least=0, below=2**63)
        self._take("strength", number, least=0, most=1e9)
        for name in ("rate_G", "rate_D"):
            self._take(name, number, least=0, most=10)
        for name in ("beta1", "beta2", "ema"):
            self._take(name, number, least=0, below=1)

    def _take(self, name: str, check: Callable, **limits: float) -> None:
        """Keep the value as the check gives it back: Adam wants floats, 0.0 not 0."""
        object.__setattr__(self, name, check(name, getattr(self, name), **limits))

    def differences(self, other: Mapping[str, object]) -> tuple[str, ...]:
        """Name the settings that stop another run from going on here.

        Parameters
        ----------
        other : dict of str to object
            The settings of that run, by name.

        Returns
        -------
        tuple of str
            Each with both values; empty if it may go on.
        """
        own = asdict(self)
        names = [field.name for field in fields(self)]
        names += [name for name in other if name not in own]
        absent = object()
        return tuple(
            f"{name} ({other.get(name, 'none')} there, {own.get(name, 'none')} here)"
            for name in names
            if name not in FREE and own.get(name, absent) != other.get(name, absent)
        )


RECIPES = {
    "wgan-gp": {},
    "gan": {
        "loss": "non-saturating",
        "penalty": "none",
        "strength": 0.0,
        "critic_steps": 1,
        "rate_G": 2e-4,
        "rate_D": 2e-4,
        "beta1": 0.5,
        "beta2": 0.999,
    },
}


def recipe(name: str, **changes: Any) -> Settings:
    """Make the settings of a paper, with changes.

    Parameters
    ----------
    name : str
        "wgan-gp", "gan" or a name of LOSSES, which replaces the loss of "gan";
        "Wasserstein" is "wgan-gp".
    **changes : Any
        Fields of Settings.

    Returns
    -------
    Settings

    Raises
    ------
    ValueError
        Another name, or what Settings raises.

    Source: Gulrajani et al. 2017 (arXiv 1704.00028), algorithm 1; Radford et al. 2015
    (arXiv 1511.06434), section 4.
    """
    one_of("loss", name, (*RECIPES, *LOSSES))
    if name == "Wasserstein":
        name = "wgan-gp"
    if name in LOSSES:
        return Settings(**RECIPES["gan"] | {"loss": name} | changes)
    return Settings(**RECIPES[name] | changes)
