"""In which format a device multiplies: what is asked for, or what its units compute."""

from __future__ import annotations

from typing import NamedTuple

import torch

from ganflow.check import one_of
from ganflow.training.settings import PRECISIONS

HALF = {"fp16": torch.float16, "bf16": torch.bfloat16}  # what autocast casts to
FP16_UNITS, BF16_UNITS = (7, 0), (8, 0)  # compute capabilities of NVIDIA GPUs
LACKING = {
    "tf32": "tf32 is a way of multiplying of NVIDIA GPUs from capability 8.0 on",
    "bf16": "bf16 is only emulated by NVIDIA GPUs below capability 8.0",
}


class Precision(NamedTuple):
    """A precision, and the reason for it.

    Attributes
    ----------
    name : str
        One of PRECISIONS but "auto".
    why : str
        In words, for a record to keep.
    """

    name: str
    why: str


def precision_of(device: str | torch.device, asked: str = "auto") -> Precision:
    """Say in which precision a run on this device multiplies.

    "auto" takes half precision where the GPU has units for it: "bf16" from compute
    capability 8.0 on (A100, L4, H100), "fp16" with a scaler from 7.0 on (V100, T4), and
    "torch" everywhere else. `torch.cuda.is_bf16_supported()` would say True of a T4,
    which only emulates bfloat16. GTX 16 cards report 7.5 and have no tensor cores:
    "auto" takes "fp16" there as well, which need not be faster.

    Parameters
    ----------
    device : str or torch.device
        That trains.
    asked : str, default "auto"
        One of PRECISIONS.

    Returns
    -------
    Precision

    Raises
    ------
    ValueError
        Another name, or one that `offered` does not give for this device.

    Source: NVIDIA CUTLASS, `functionality.md` (tensor cores multiply float16 from 7.0
    on, bfloat16 and tf32 from 8.0 on); pytorch pull request 148322 (what emulates);
    llama.cpp pull request 4682 (GTX 16).
    """
    one_of("precision", asked, PRECISIONS)
    device = torch.device(device)
    told, own = _named(device), capability(device)
    if asked == "auto":
        if own is None:
            return Precision("torch", f"auto: {told} is no NVIDIA GPU")
        if own >= BF16_UNITS:
            return Precision("bf16", f"auto: {told} has units for bfloat16")
        if own >= FP16_UNITS:
            only = "has units for float16 and none for bfloat16"
            return Precision("fp16", f"auto: {told} {only}")
        return Precision("torch", f"auto: {told} has no tensor cores")
    if asked not in offered(device):
        raise ValueError(
            f"{LACKING[asked]}, and the device is {told}: pass precision auto or torch"
        )
    return Precision(asked, f"asked for, on {told}")


def offered(device: str | torch.device) -> tuple[str, ...]:
    """Name the precisions that a run on this device may ask for.

    Parameters
    ----------
    device : str or torch.device
        That trains.

    Returns
    -------
    tuple of str
        Of PRECISIONS; without "tf32" where nothing multiplies so, and without "bf16"
        where an NVIDIA GPU emulates it. On a CPU half precision is there to be tried
        out: it has the rounding of a GPU's, not its speed.
    """
    device = torch.device(device)
    lacking = set()
    if older_than(BF16_UNITS, device):
        lacking = {"tf32", "bf16"}
    elif device.type != "cuda":
        lacking = {"tf32"}
    return tuple(name for name in PRECISIONS if name not in lacking)


def older_than(wanted: tuple[int, int], device: torch.device) -> bool:
    """Say whether this is an NVIDIA GPU of a lower compute capability."""
    own = capability(device)
    return own is not None and own < wanted


def capability(device: torch.device) -> tuple[int, int] | None:
    """Compute capability of an NVIDIA GPU; AMD's, to torch cuda too, count otherwise.

    Parameters
    ----------
    device : torch.device
        That trains.

    Returns
    -------
    tuple of two int, or None
        By which a GPU's units for half precision are known; None of another device.
    """
    if device.type != "cuda" or torch.version.hip:
        return None
    return torch.cuda.get_device_capability(device)


def _named(device: torch.device) -> str:
    """What its maker calls a GPU, and NVIDIA's capability; else torch's name."""
    if device.type != "cuda":
        return str(device)
    name, own = torch.cuda.get_device_name(device), capability(device)
    return name if own is None else f"{name} (compute capability {own[0]}.{own[1]})"
