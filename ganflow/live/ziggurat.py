"""The tables by which numpy draws normal numbers, read out of its own generator.

The density e^(-x^2 / 2) is cut into 256 layers of one area; layer i reaches from 0 to
x_i. A draw picks a layer and one of 2^52 places in it. The first places of each lie
under the curve whatever the height, and are kept as they are: 99 % of all.

numpy's tables are not quite those of the paper's recursion: a width is up to one part
in 10^14 off, which a float32 shows once in some 10^8 draws. So numpy itself is asked
what it makes of a layer: its generator SFC64 gives the very word that its state holds.

Source: Marsaglia and Tsang, *The ziggurat method for generating random variables*
(2000).
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

LAYERS = 256
PLACES = 2**52  # in a layer
NEW = np.random.SFC64(0).state  # of a generator that has drawn nothing


@dataclass(frozen=True)
class Ziggurat:
    """What a draw looks up, for each layer.

    Parameters
    ----------
    widths : tuple of float (256,)
        Of one place.
    heights : tuple of float (256,)
        Of the curve at the layer's end.
    kept : tuple of int (256,)
        How many places lie under the curve whatever the height.
    """

    widths: tuple[float, ...]
    heights: tuple[float, ...]
    kept: tuple[int, ...]

    @property
    def edge(self) -> float:
        """Where the curve's tail begins, which layer 0 holds."""
        return self.widths[-1] * PLACES


@cache
def ziggurat() -> Ziggurat:
    """The tables of the numpy that is installed; made in a fifth of a second.

    Returns
    -------
    Ziggurat
    """
    rng, half = np.random.Generator(np.random.SFC64(0)), PLACES // 2
    widths = [_drawn(rng, layer, half)[0] / half for layer in range(LAYERS)]
    ends = np.array(widths[1:]) * PLACES
    heights = [1.0, *np.exp(-ends * ends / 2).tolist()]
    kept = [_kept(rng, layer) for layer in range(LAYERS)]
    return Ziggurat(tuple(widths), tuple(heights), tuple(kept))


def _kept(rng: np.random.Generator, layer: int) -> int:
    """The first place for which numpy asks for another random word."""
    places = range(PLACES)
    return bisect_left(places, 2, key=lambda place: _drawn(rng, layer, place)[1])


def _drawn(rng: np.random.Generator, layer: int, place: int) -> tuple[float, int]:
    """What numpy makes of a place in a layer, and how many words it takes.

    A second word is 1, so the uniform number that it stands for is 0.
    """
    words = np.array([layer | place << 9, 0, 0, 0], np.uint64)  # the last one counts
    rng.bit_generator.state = NEW | {"state": {"state": words}}
    number = rng.standard_normal()
    after: Any = rng.bit_generator.state
    return number, int(after["state"]["state"][3])


def table_bytes() -> bytes:
    """The three tables as a module keeps them, 2,048 bytes each."""
    tables = ziggurat()
    numbers = (*tables.widths, *tables.heights, *tables.kept)
    return struct.pack("<256d256d256Q", *numbers)
