"""The random numbers of `dynamics.batches.Stream`, bit for bit, drawn in a module.

They are numpy's: the counter-based generator Philox4x64-10 with key (seed, player) and
counter (0, 0, 0, move + 1); whole numbers below n from 32 bits; normals by the
ziggurat; doubles from 53 bits. The functions call `exp` and `log1p` of `arithmetic`.

Source: Salmon et al., *Parallel random numbers: as easy as 1, 2, 3* (2011); Lemire,
*Fast random integer generation in an interval* (2019).
"""

from __future__ import annotations

from ganflow.live.encoding import Code, Function
from ganflow.live.expressions import (
    Expression,
    call,
    constant,
    function,
    give,
    let,
    load,
    repeat,
    select,
    shared,
    store,
    variables,
    when,
)
from ganflow.live.ziggurat import LAYERS, PLACES, ziggurat

MULTIPLIERS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
KEY_STEPS = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
LOW = 2**32 - 1

WORDS = "seed player block batch o0 o1 o2 o3"
COUNTS = "next kept half kind count"
GLOBALS = (
    *((name, "i64", 0) for name in WORDS.split()),
    *((name, "i32", 0) for name in COUNTS.split()),
    ("spread", "f64", 0),
)
SEED, PLAYER, BLOCK, BATCH, *OUT = shared("i64", WORDS)
NEXT, KEPT, HALF, KIND, COUNT = shared("i32", COUNTS)
(SPREAD,) = shared("f64", "spread")


def draws(*, tables: int, points: int) -> tuple[Function, ...]:
    """The functions that draw; the module also needs `GLOBALS` and `arithmetic()`.

    Exported are `seed(number)` and `data(kind, count, spread)`, where kind is 0 for a
    mixture of normals around the points and 1 for a cloud of the points themselves.
    For the module: `start(player, number)` begins the batch of a move, G is player 0;
    then `draw_data(n, to)`, `normals(n, to)` and `doubles(n, to)` write n points or n
    numbers as f32, in the order in which `Stream` draws.

    Parameters
    ----------
    tables : int
        Where `ziggurat.table_bytes()` lies, in bytes.
    points : int
        Where the points lie, pairs of f64, in bytes.

    Returns
    -------
    tuple of Function
    """
    return (
        *_settings(),
        _block(),
        _next_64(),
        _next_32(),
        _double(),
        _below(),
        _normal(tables),
        _draw_data(points),
        _many("normals", "normal"),
        _many("doubles", "double"),
    )


def _settings() -> tuple[Function, ...]:
    (number,) = variables("i64", "number")
    player, kind, count = variables("i32", "player kind count")
    (spread,) = variables("f64", "spread")
    begin = [
        let(PLAYER, player.to("i64", "extend_i32_u")),
        let(BATCH, number + 1),
        let(BLOCK, 0),
        let(NEXT, 4),  # no word of a block is left
        let(HALF, 0),
    ]
    data = [let(KIND, kind), let(COUNT, count), let(SPREAD, spread)]
    return (
        function("seed", [number], [let(SEED, number)], export=True),
        function("data", [kind, count, spread], data, export=True),
        function("start", [player, number], begin),
    )


def _upper(
    a: int, b: Expression, middle: Expression, other: Expression
) -> tuple[list[Code], Expression]:
    """The upper 64 of the 128 bits of a * b; needs two variables."""
    high, low = a >> 32, a & LOW
    products = [let(middle, (b >> 32) * low), let(other, (b & LOW) * high)]
    carried = (((b & LOW) * low) >> 32) + (middle & LOW) + (other & LOW)
    return products, (b >> 32) * high + (middle >> 32) + (other >> 32) + (carried >> 32)


def _block() -> Function:
    """Ten rounds of Philox make the next four words of the counter, raised before.

    Its two middle words stay 0: no batch has 2^64 blocks.
    """
    a, b, c, d, key_0, key_1, *spare = variables("i64", "a b c d k0 k1 p q e")
    (rounds,) = variables("i32", "rounds")
    middle, other, first = spare
    upper_a, high_a = _upper(MULTIPLIERS[0], a, middle, other)
    upper_c, high_c = _upper(MULTIPLIERS[1], c, middle, other)
    turn = [
        *upper_c,
        let(first, high_c ^ b ^ key_0),
        *upper_a,
        let(b, c * MULTIPLIERS[1]),
        let(c, high_a ^ d ^ key_1),
        let(d, a * MULTIPLIERS[0]),
        let(a, first),
        let(key_0, key_0 + KEY_STEPS[0]),
        let(key_1, key_1 + KEY_STEPS[1]),
    ]
    body = [
        let(BLOCK, BLOCK + 1),
        *(let(a, BLOCK), let(b, 0), let(c, 0), let(d, BATCH)),
        *(let(key_0, SEED), let(key_1, PLAYER)),
        let(rounds, 10),
        repeat(rounds, *turn),
        *(let(out, word) for out, word in zip(OUT, (a, b, c, d), strict=True)),
    ]
    uses = [a, b, c, d, key_0, key_1, *spare, rounds]
    return function("block", [], body, uses=uses)


def _next_64() -> Function:
    fill = when(NEXT.equals(4), ("call", "block"), let(NEXT, 0))
    front = select(OUT[0], OUT[1], NEXT.equals(1))
    back = select(OUT[2], OUT[3], NEXT.equals(3))
    body = [fill, let(NEXT, NEXT + 1), select(front, back, NEXT <= 2)]
    return function("next 64", [], body, result="i64")


def _next_32() -> Function:
    """The lower half of a word; then, whatever came between, its upper half."""
    (word,) = variables("i64", "word")
    body = [
        when(HALF, let(HALF, 0), give(KEPT)),
        let(word, call("i64", "next 64")),
        let(HALF, 1),
        let(KEPT, (word >> 32).to("i32", "wrap_i64")),
        word.to("i32", "wrap_i64"),
    ]
    return function("next 32", [], body, result="i32", uses=[word])


def _double() -> Function:
    """Uniform on [0, 1), a multiple of 2^-53."""
    whole = (call("i64", "next 64") >> 11).to("f64", "convert_i64_u")
    return function("double", [], [whole * 2.0**-53], result="f64")


def _below() -> Function:
    """A whole number below n, each as likely; without a draw if n is 1."""
    n, low = variables("i32", "n low")
    (wide,) = variables("i64", "wide")
    drawn = call("i32", "next 32").to("i64", "extend_i32_u")
    refused = low < (constant("i32", 0) - n) % n
    again = [
        let(wide, drawn * n.to("i64", "extend_i32_u")),
        let(low, wide.to("i32", "wrap_i64")),
        ("br_if", "again", refused.code),
    ]
    body = [
        when(n.equals(1), give(constant("i32", 0))),
        ("loop", "again", again),
        (wide >> 32).to("i32", "wrap_i64"),
    ]
    return function("below", [n], body, result="i32", uses=[wide, low])


def _normal(tables: int) -> Function:
    """One standard normal number, from a layer of the ziggurat."""
    word, place = variables("i64", "word place")
    (layer,) = variables("i32", "layer")  # times 8, as its numbers lie
    x, u, w = variables("f64", "x u w")
    widths, heights, kept = (tables + 8 * LAYERS * k for k in range(3))
    edge = ziggurat().edge
    height = load("f64", layer, heights)
    slope = load("f64", layer, heights - 8) - height
    double = call("f64", "double")
    under = slope * double + height < call("f64", "exp", x * -0.5 * x)
    fell = -call("f64", "log1p", -double)  # exponentially distributed
    tail = [
        let(u, fell * (1 / edge)),
        let(w, fell),
        ("br_if", "tail", (w + w <= u * u).code),
    ]
    beyond = edge + u
    sign_of_tail = ((place >> 8) & 1).to("i32", "wrap_i64")
    again = [
        let(word, call("i64", "next 64")),
        let(layer, (word.to("i32", "wrap_i64") & (LAYERS - 1)) << 3),
        let(place, (word >> 9) & (PLACES - 1)),
        let(x, place.to("f64", "convert_i64_u") * load("f64", layer, widths)),
        when(((word >> 8) & 1).to("i32", "wrap_i64"), let(x, -x)),
        when(place < load("i64", layer, kept), give(x)),
        when(
            layer.equals(0),
            ("loop", "tail", tail),
            give(select(-beyond, beyond, sign_of_tail)),
        ),
        when(under, give(x)),
        ("br", "again"),
    ]
    body = [("loop", "again", again), ("unreachable",)]
    uses = [word, place, layer, x, u, w]
    return function("normal", [], body, result="f64", uses=uses)


def _draw_data(points: int) -> Function:
    """First which points, then the noise around them, as `Mixture.sample` does.

    The place of an f32 pair holds the number of its point until the pair is known.
    """
    n, to, left, at = variables("i32", "n to left at")
    (first,) = variables("f64", "first")
    point = load("i32", at) << 4
    x, y = (load("f64", point, points + 8 * axis) for axis in range(2))
    noise = call("f64", "normal") * SPREAD
    choose = [store(call("i32", "below", COUNT), at), let(at, at + 8)]
    cloud = repeat(left, let(first, x), *_pair(first, y, at))
    mixture = repeat(left, let(first, noise + x), *_pair(first, noise + y, at))
    body = [
        *(let(left, n), let(at, to), repeat(left, *choose)),
        *(let(left, n), let(at, to)),
        ("if", None, KIND.code, [cloud], [mixture]),
    ]
    return function("draw_data", [n, to], body, uses=[left, at, first])


def _pair(x: Expression, y: Expression, at: Expression) -> list[Code]:
    """Write y, for which the place of x may still be read, then x; and go on."""
    write_y = store(y.to("f32", "demote_f64"), at, 4)
    return [write_y, store(x.to("f32", "demote_f64"), at), let(at, at + 8)]


def _many(name: str, one: str) -> Function:
    """The function `name(n, to)`, which writes what the function `one` gives."""
    n, to = variables("i32", "n to")
    number = call("f64", one).to("f32", "demote_f64")
    body = repeat(n, store(number, to), let(to, to + 4))
    return function(name, [n, to], [body])
