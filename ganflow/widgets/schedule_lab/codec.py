"""The schedule lab as its page reads it: names, sentences, and arrays as few bytes."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from itertools import groupby

import numpy as np

from ganflow.widgets.schedule_lab.record import DECADES, ScheduleLab, measured, rows

RADII = 27_600  # levels of a radius, in steps of 0.2 %
ANGLES = 8192  # levels of a turn
GONE = 65_535  # the level of a radius beyond DECADES, or of one that is no number


def sent(record: ScheduleLab) -> dict:
    """The record as the page reads it: names, and arrays as deflated bytes.

    Parameters
    ----------
    record : ScheduleLab

    Returns
    -------
    dict
        Of JSON types and bytes. Paths as `packed` makes them; eigenvalues float32, real
        and imaginary part; the field's direction in 255 levels of a turn, 255 where
        there is none.
    """
    share = np.rint(record.field / (2 * np.pi) * 255) % 255
    field = np.where(np.isnan(share), 255, share).astype(np.uint8)
    return {
        **{name: list(options) for name, options in record.choices.items()},
        "told": [told(reads) for reads in record.reads],
        "grows": _all_grow(record),
        "start": list(record.start),
        "ticks": record.ticks,
        "fine": record.fine,
        "length": record.theta.shape[-1],
        "decades": DECADES,
        "radii": RADII,
        "angles": ANGLES,
        "gone": GONE,
        "why": [list(row) for row in record.why_none],
        "extents": list(record.extents),
        "side": record.field.shape[-1],
        "bounds": list(record.bounds),
        "paths": packed(record.theta, record.psi),
        "eigenvalues": zlib.compress(pairs(record.eigenvalues), 9),
        "field": zlib.compress(field.tobytes(), 9),
    }


def told(reads: Sequence[Sequence[str]]) -> dict:
    """A schedule in words.

    Parameters
    ----------
    reads : sequence of sequence of str
        By turn: what its moves read, such as "G reads D1".

    Returns
    -------
    dict
        "turns" holds its turns one by one, "tick" a whole tick in one line, "text"
        what `Schedule.from_text` reads.
    """
    turns, tick = [" and ".join(turn) for turn in reads], []
    for text, same in groupby(turns):
        times = len(list(same))
        tick.append(text + f" ({times} times)" * (times > 1))
    text = " ".join("".join(move[0] for move in turn) for turn in reads)
    return {"turns": turns, "tick": ", then ".join(tick), "text": text}


def grows(eigenvalues: np.ndarray, found: tuple | None) -> str:
    """The growth of the radius, as predicted and as measured, in one line.

    Parameters
    ----------
    eigenvalues : ndarray
        Complex, the largest first; NaN or nothing where there are none.
    found : (int, int, float) or None
        As `measured` gives it.

    Returns
    -------
    str
    """
    known = eigenvalues[np.isfinite(eigenvalues)]
    said = (
        f"|\u2060λ\u2060|\u2060\u00a0=\u00a0{abs(known[0]):.4f}"
        if len(known)
        else "nothing, see the circle"
    )
    seen = (
        f"ticks {found[0]} to {found[1]}: ×\u00a0{found[2]:.3f}"
        if found
        else "the path is too short"
    )
    return f"Radius, each tick. Predicted near (0, 0): {said}. Measured, {seen}."


def _all_grow(record: ScheduleLab) -> list[str]:
    """`grows` of every state."""
    turns = [len(reads) for reads in record.reads]
    whole = [rows(record.ticks, record.fine, n) for n in turns]
    said = []
    for state in np.ndindex(record.theta.shape[:-1]):
        at = (*state, whole[state[1]])
        found = measured(record.theta[at], record.psi[at])
        said.append(grows(record.eigenvalues[state], found))
    return said


def pairs(values: np.ndarray) -> bytes:
    """Complex numbers as float32, real and imaginary part side by side.

    Parameters
    ----------
    values : ndarray
        Complex, of any shape.

    Returns
    -------
    bytes
    """
    return np.stack([np.real(values), np.imag(values)], axis=-1).astype("<f4").tobytes()


def packed(theta: np.ndarray, psi: np.ndarray) -> bytes:
    """Paths as few bytes: levels of radius and angle, their differences, deflated.

    Parameters
    ----------
    theta : ndarray
        (..., T).
    psi : ndarray
        (..., T).

    Returns
    -------
    bytes
        The radius within 0.11 % and the angle within 4e-4. A path that passes a radius
        of 1e12, or is not finite, is gone from there on; 1e-12 is the smallest.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        radius = np.hypot(theta, psi)
    gone = np.logical_or.accumulate(~(radius <= 10.0**DECADES), axis=-1)
    share = np.log10(np.clip(np.where(gone, 1, radius), 10.0**-DECADES, None))
    level = np.where(gone, GONE, np.rint((share / DECADES + 1) / 2 * RADII))
    angle = np.arctan2(np.where(gone, 0, psi), np.where(gone, 1, theta))
    both = np.stack([level, np.rint(angle / (2 * np.pi) * ANGLES)], axis=-2)
    steps = np.diff(both.astype(int), axis=-1, prepend=0)
    turn = steps[..., 1, :]  # the shorter way round
    steps[..., 1, :] = (turn + ANGLES // 2) % ANGLES - ANGLES // 2
    split = (steps % 65_536).astype("<u2").reshape(-1).view(np.uint8).reshape(-1, 2)
    return zlib.compress(split.T.tobytes(), 9)  # the low bytes, then the high ones
