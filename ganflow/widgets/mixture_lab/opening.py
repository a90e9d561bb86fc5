"""What the lab shows before the page trains: a run at one tick, played by Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor

from ganflow.data import Cloud, Mixture
from ganflow.dynamics import Networks
from ganflow.dynamics.batches import Batch
from ganflow.dynamics.functional import call
from ganflow.dynamics.loop import begin, take
from ganflow.dynamics.scalars import Values
from ganflow.losses import LOSSES
from ganflow.metrics import captured_modes, high_quality_share, sliced_wasserstein
from ganflow.sweeps import GanSetting
from ganflow.sweeps.settings import RING

SIDE = 24  # points of D's surface along a side
REACH = 1.25 * RING.extent  # half the picture's width, for all data
COUNTED, DIRECTIONS = 2500, 16  # what is measured: fakes and real points, and how
FAR = 2**40  # number of a batch that no move reads


@dataclass(frozen=True)
class Picture:
    """A run at one tick, as the page draws it.

    Parameters
    ----------
    samples : ndarray
        (n, 2), the fakes of one noise.
    push : ndarray
        (n, 2), -d loss_G / d fake.
    scores : ndarray
        (side * side,), D's, row after row from y = -REACH.
    mark : dict
        tick, modes, share and distance, measured on COUNTED fakes; captured, whether
        each mode is.
    """

    samples: np.ndarray
    push: np.ndarray
    scores: np.ndarray
    mark: dict


def opening(setting: GanSetting, *, ticks: int) -> Picture:
    """Play a run, and give its picture.

    Parameters
    ----------
    setting : GanSetting
        Its data is a Mixture or a Cloud.
    ticks : int
        >= 0.

    Returns
    -------
    Picture

    Gradient: `play`'s, cut between turns; `push` is cut at both players' weights.
    """
    players, rules = setting.players(), setting.rules()
    state = begin(players, rules)
    for _ in range(ticks):
        for turn in setting.schedule.turns:
            state = take(turn, players, rules, state)
    data = cast("Mixture | Cloud", setting.data)
    return _picture(players, state.values, data, ticks)


def _picture(
    players: Networks, values: Values, data: Mixture | Cloud, tick: int
) -> Picture:
    along = torch.linspace(-REACH, REACH, SIDE)
    y, x = torch.meshgrid(along, along, indexing="ij")
    batch = players.draw("G", -1, players.shown)
    counted = players.draw("G", FAR, COUNTED)
    with torch.no_grad():
        samples, many = (call(players.G, values["G"], b.z) for b in (batch, counted))
        scores = players.score(values["D"], torch.stack([x, y], -1).reshape(-1, 2))
    push = _push(players, values, batch, samples)
    mark = _mark(many.numpy(), counted.x_real.numpy(), data)
    return Picture(samples.numpy(), push, scores.numpy(), {"tick": tick} | mark)


def _push(
    players: Networks, values: Values, batch: Batch, samples: Tensor
) -> np.ndarray:
    """-d loss_G / d fake."""
    pair, leaf = LOSSES[players.loss], samples.clone().requires_grad_()
    read = (batch.x_real, leaf) if pair.G_reads_real else (leaf,)
    loss = pair.G(*(players.score(values["D"], x) for x in read))
    return -torch.autograd.grad(loss, leaf)[0].numpy()


def _mark(fakes: np.ndarray, real: np.ndarray, data: Mixture | Cloud) -> dict:
    distance = float(sliced_wasserstein(fakes, real, directions=DIRECTIONS))
    if not isinstance(data, Mixture):
        return {"distance": distance, "captured": []}
    alone = [Mixture("", centre[None], data.spread) for centre in data.centres]
    return {
        "modes": float(captured_modes(fakes, data)),
        "share": float(high_quality_share(fakes, data)),
        "distance": distance,
        "captured": [bool(captured_modes(fakes, one)) for one in alone],
    }


def packed(picture: Picture) -> dict:
    """A picture in few bytes.

    Parameters
    ----------
    picture : Picture

    Returns
    -------
    dict
        samples and push, int8: -127 to 127 from -REACH to REACH, and of the largest
        push along an axis; a sample outside lies on the edge; scores, uint8: 0 to 255
        from `low` to `high`; mark.
    """
    low, high = float(picture.scores.min()), float(picture.scores.max())
    samples = picture.samples.clip(-REACH, REACH) / REACH
    push = picture.push / np.abs(picture.push).max()
    level = (picture.scores - low) / (high - low)
    return {
        "samples": np.rint(127 * samples).astype("i1").tobytes(),
        "push": np.rint(127 * push).astype("i1").tobytes(),
        "scores": np.rint(255 * level).astype("u1").tobytes(),
        "low": low,
        "high": high,
        "mark": picture.mark,
    }
