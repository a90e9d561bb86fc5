"""The matrix product: four rows by eight columns at a time, in vector registers.

Long sums are added in blocks, so that rounding grows with the length of a block and
with their number, not with their product.
"""

from __future__ import annotations

from collections.abc import Mapping

from ganflow.live.encoding import Code, Function
from ganflow.live.expressions import (
    Expression,
    Part,
    call,
    codes,
    constant,
    counted,
    function,
    let,
    load,
    select,
    splat,
    store,
    variable,
    variables,
    when,
)
from ganflow.live.loops import Product
from ganflow.live.values import Buffer, address

BLOCK = 16  # numbers of a sum that are added one after the other
TILES = (8, 4, 1)  # columns at a time
PANEL = "c a am ak b bk bias step M N K"
INNER = "m n left at_a at_b at_c at_bias row_a"


def product_functions(scratch: int) -> list[Function]:
    """The product and what it calls.

    `("call", "product", c, a, am, ak, b, bk, bn, bias, M, N, K)` stores in c (M, N),
    row by row, the product of a (M, K) and b (K, N), float32, plus `bias` (N,) on each
    row; 0 for none. am, ak, bk and bn are the strides of rows and columns in bytes.

    Parameters
    ----------
    scratch : int
        An address of memory for the largest b.

    Returns
    -------
    list of Function
    """
    return [_product(scratch), _packed(), _panel()]


def product_code(loop: Product, at: Mapping[Buffer, int]) -> Code:
    """One product as an instruction.

    Parameters
    ----------
    loop : Product
        What is multiplied.
    at : dict of int
        The addresses of its buffers.

    Returns
    -------
    Code
    """
    a, b = (
        (address(v, at), 4 * v.strides[1], 4 * v.strides[2]) for v in (loop.a, loop.b)
    )
    bias = address(loop.bias, at) if loop.bias else 0
    sizes = loop.a.shape[1], loop.b.shape[2], loop.a.shape[2]
    numbers = (address(loop.to, at), *a, *b, bias, *sizes)
    return ("call", "product", *(("i32.const", number) for number in numbers))


def _product(scratch: int) -> Function:
    """Blocks of the sum: the first on top of the bias, each other on what is there."""
    params = variables("i32", "c a am ak b bk bn bias M N K")
    c, a, am, ak, b, bk, bn, bias, M, N, K = params
    step, now = variables("i32", "step now")
    packed = constant("i32", scratch)
    block = [
        let(now, select(K, constant("i32", BLOCK), K < BLOCK)),
        call("", "panel", c, a, am, ak, b, bk, bias, step, M, N, now),
        let(bias, c),
        let(step, N * 4),
        let(a, a + now * ak),
        let(b, b + now * bk),
        let(K, K - now),
        ("br_if", "blocks", K.code),
    ]
    body = [
        when(
            (bn.equals(4) | N.equals(1)).of("eqz"),  # no rows of numbers side by side
            call("", "packed", packed, b, bk, bn, N, K),
            let(b, packed),
            let(bk, N * 4),
        ),
        ("loop", "blocks", codes(block)),
    ]
    return function("product", params, body, uses=[step, now])


def _packed() -> Function:
    """b (K, N) row by row, from strides of any kind."""
    to, b, bk, bn, N, K = params = variables("i32", "to b bk bn N K")
    at, n, k = uses = variables("i32", "at n k")
    one = [store(load("f32", at), to), let(to, to + 4), let(at, at + bn)]
    row = [let(at, b), *counted(n, N, *one), let(b, b + bk)]
    return function("packed", params, counted(k, K, *row), uses=uses)


def _panel() -> Function:
    """All rows and columns of one block of the sum."""
    m, n, M, N = variables("i32", "m n M N")
    body = []
    for rows in (4, 1):
        across = [_while(n, columns, N, _tile(rows, columns)) for columns in TILES]
        body.append(_while(m, rows, M, [let(n, 0), *across]))
    uses = variables("i32", INNER)
    for kind in ("f32x4", "f32"):
        sums, factors, factor = _terms(kind, rows=4, parts=2)
        uses += [*(one for row in sums for one in row), *factors, factor]
    return function("panel", variables("i32", PANEL), body, uses=uses)


def _terms(
    kind: str, rows: int, parts: int
) -> tuple[list[list[Expression]], list[Expression], Expression]:
    """Variables: sums by row and part, numbers of b by part, a number of a."""
    sums = [
        variables(kind, " ".join(f"{kind}_{row}_{part}" for part in range(parts)))
        for row in range(rows)
    ]
    factors = variables(kind, " ".join(f"b_{kind}_{part}" for part in range(parts)))
    return sums, factors, variable(kind, f"a_{kind}")


def _tile(rows: int, columns: int) -> list[Part]:
    """`rows` by `columns` numbers of c, from row m and column n."""
    c, a, am, ak, b, bk, bias, step, _, N, K = variables("i32", PANEL)
    m, n, left, at_a, at_b, at_c, at_bias, row_a = variables("i32", INNER)
    kind = "f32" if columns == 1 else "f32x4"
    sums, factors, factor = _terms(kind, rows, max(1, columns // 4))
    along = [let(f, load(kind, at_b, 16 * q)) for q, f in enumerate(factors)]
    along.append(let(row_a, at_a))
    for row in sums:
        along.append(let(factor, load(kind, row_a) if columns == 1 else splat(row_a)))
        along += [let(s, s + factor * f) for s, f in zip(row, factors, strict=True)]
        along += [let(row_a, row_a + am)] if row is not sums[-1] else []
    along += [let(at_a, at_a + ak), let(at_b, at_b + bk)]
    on_top, written = list[Part](), list[Part]()
    for row in sums:
        for q, s in enumerate(row):
            on_top.append(let(s, s + load(kind, at_bias, 16 * q)))
            written.append(store(s, at_c, 16 * q))
        if row is not sums[-1]:
            on_top.append(let(at_bias, at_bias + step))
            written.append(let(at_c, at_c + N * 4))
    return [
        *(let(s, 0) for row in sums for s in row),
        let(at_a, a + m * am),
        let(at_b, b + n * 4),
        *counted(left, K, *along),
        let(at_bias, bias + m * step + n * 4),
        when(bias, *on_top),
        let(at_c, c + (m * N + n) * 4),
        *written,
    ]


def _while(at: Expression, size: int, end: Expression, body: list[Part]) -> Code:
    """Do it from `at` on, as long as `size` more fit below `end`."""
    done = ("br_if", "done", (at + size > end).code)
    inside = [done, *codes(body), let(at, at + size), ("br", "again")]
    return ("block", "done", [("loop", "again", inside)])
