"""The tables by which numpy draws normal numbers: 256 layers of one area.

Layer i of the density e^(-x^2 / 2) reaches from 0 to x_i. A draw picks a layer and a
place in it; below x_(i - 1) the place lies under the curve, as 99 % do, and is kept.

Source: Marsaglia and Tsang, *The ziggurat method for generating random variables*
(2000); numpy's `ziggurat_constants.h` has these tables, here the recursion makes them.
"""

from __future__ import annotations

import struct
from decimal import Decimal, localcontext

EDGE = Decimal("3.6541528853610087963519472518")  # where the last layer ends
AREA = Decimal("0.00492867323397465524494")  # of a layer, the tail with the last
LAYERS = 256
PLACES = 2**52  # in a layer


def tables() -> tuple[list[float], list[float], list[int]]:
    """Width of a place, height of the curve and places kept, for each layer.

    Returns
    -------
    tuple of three lists
        256 numbers each. Layer 0 is the one with the tail.
    """
    with localcontext() as context:
        context.prec = 60
        ends = [EDGE]  # from layer 255 down to 1
        while len(ends) < LAYERS - 1:
            height = AREA / ends[-1] + _curve(ends[-1])
            ends.append((-2 * height.ln()).sqrt())
        ends.reverse()
        base = AREA / _curve(EDGE)  # a rectangle with the area of the tail's layer
        widths = [base / PLACES] + [x / PLACES for x in ends]
        heights = [Decimal(1)] + [_curve(x) for x in ends]
        inner = [below / x for below, x in zip(ends, ends[1:], strict=False)]
        kept = [EDGE / base * PLACES, 0] + [share * PLACES for share in inner]
        return (
            [float(x) for x in widths],
            [float(x) for x in heights],
            [*map(int, kept)],
        )


def _curve(x: Decimal) -> Decimal:
    return (-x * x / 2).exp()


def table_bytes() -> bytes:
    """The three tables as the module keeps them, 2,048 bytes each."""
    widths, heights, kept = tables()
    return struct.pack("<256d256d256Q", *widths, *heights, *kept)
