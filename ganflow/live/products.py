"""The matrix product: four rows by eight columns at a time, in vector registers.

Long sums are added in blocks, so that rounding grows with the length of a block and
with their number, not with their product.
"""

from __future__ import annotations

from collections.abc import Mapping

from ganflow.live.encoding import Code, Function
from ganflow.live.instructions import get, plus, times, whole
from ganflow.live.kinds import Product
from ganflow.live.values import Buffer, address

BLOCK = 16  # numbers of a sum that are added one after the other
TILES = (8, 4, 1)  # columns at a time
NUMBERS = ("c", "a", "am", "ak", "b", "bk", "bias", "step", "M", "N", "K")


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
    return ("call", "product", *map(whole, numbers))


def _product(scratch: int) -> Function:
    """Blocks of the sum: the first on top of the bias, each other on what is there."""
    params = ("c", "a", "am", "ak", "b", "bk", "bn", "bias", "M", "N", "K")
    lies_in_rows = (
        "i32.or",
        ("i32.eq", get("bn"), whole(4)),
        ("i32.eq", get("N"), whole(1)),
    )
    pack = [
        ("call", "packed", whole(scratch), *map(get, ("b", "bk", "bn", "N", "K"))),
        ("local.set", "b", whole(scratch)),
        ("local.set", "bk", times(get("N"), whole(4))),
    ]
    short = ("i32.lt_u", get("K"), whole(BLOCK))
    given = {"K": get("now")}
    block = [
        ("local.set", "now", ("select", get("K"), whole(BLOCK), short)),
        ("call", "panel", *(given.get(name, get(name)) for name in NUMBERS)),
        ("local.set", "bias", get("c")),
        ("local.set", "step", times(get("N"), whole(4))),
        _further("a", times(get("now"), get("ak"))),
        _further("b", times(get("now"), get("bk"))),
        ("br_if", "blocks", ("local.tee", "K", ("i32.sub", get("K"), get("now")))),
    ]
    body = (("if", None, lies_in_rows, [], pack), ("loop", "blocks", block))
    return _function("product", params, ("step", "now"), body)


def _packed() -> Function:
    """b (K, N) row by row, from strides of any kind."""
    row = [
        ("f32.store", 0, get("to"), ("f32.load", 0, get("at"))),
        _further("to", whole(4)),
        _further("at", get("bn")),
        _until("row", "n", 1, "N"),
    ]
    rows = [
        ("local.set", "at", get("b")),
        ("local.set", "n", whole(0)),
        ("loop", "row", row),
        _further("b", get("bk")),
        _until("rows", "k", 1, "K"),
    ]
    params = ("to", "b", "bk", "bn", "N", "K")
    return _function("packed", params, ("at", "n", "k"), (("loop", "rows", rows),))


def _panel() -> Function:
    """All rows and columns of one block of the sum."""
    body = (*_while("M", "m", 4, _columns(4)), *_while("M", "m", 1, _columns(1)))
    numbers = ("m", "n", "left", "at_a", "at_b", "at_c", "at_bias", "row_a")
    vectors = [f"v{r}{q}" for r in range(4) for q in range(2)] + ["bv0", "bv1", "av"]
    single = [f"f{r}0" for r in range(4)] + ["bf0", "af"]
    kinds = [(name, "v128") for name in vectors] + [(name, "f32") for name in single]
    return _function("panel", NUMBERS, numbers, body, kinds)


def _columns(rows: int) -> list[Code]:
    """All columns of `rows` rows, from row m."""
    tiles = [code for n in TILES for code in _while("N", "n", n, _tile(rows, n))]
    return [("local.set", "n", whole(0)), *tiles]


def _tile(rows: int, columns: int) -> list[Code]:
    """`rows` by `columns` numbers of c, from row m and column n."""
    kind, load, splat, store, letter = (
        ("f32", "f32.load", "f32.load", "f32.store", "f")
        if columns == 1
        else ("f32x4", "v128.load", "v128.load32_splat", "v128.store", "v")
    )
    parts = range(max(1, columns // 4))
    zero = ("f32.const", 0.0) if columns == 1 else ("v128.const", bytes(16))
    sums = [(f"{letter}{r}{q}", r, q) for r in range(rows) for q in parts]
    across = times(get("n"), whole(4))
    step: list[Code] = [
        ("local.set", f"b{letter}{q}", (load, 16 * q, get("at_b"))) for q in parts
    ]
    step.append(("local.set", "row_a", get("at_a")))
    for r in range(rows):
        step.append(("local.set", f"a{letter}", (splat, 0, get("row_a"))))
        for q in parts:
            term = (f"{kind}.mul", get(f"a{letter}"), get(f"b{letter}{q}"))
            name = f"{letter}{r}{q}"
            step.append(("local.set", name, (f"{kind}.add", get(name), term)))
        step += [_further("row_a", get("am"))] if r + 1 < rows else []
    step += [_further("at_a", get("ak")), _further("at_b", get("bk"))]
    less = ("local.tee", "left", ("i32.sub", get("left"), whole(1)))
    step.append(("br_if", "along", less))
    on_top = []
    for name, r, q in sums:
        below = (load, 16 * q, get("at_bias"))
        on_top.append(("local.set", name, (f"{kind}.add", get(name), below)))
        if q == parts[-1] and r + 1 < rows:
            on_top.append(_further("at_bias", get("step")))
    row = plus(times(get("m"), get("step")), across)
    written = []
    for name, r, q in sums:
        written.append((store, 16 * q, get("at_c"), get(name)))
        if q == parts[-1] and r + 1 < rows:
            written.append(_further("at_c", times(get("N"), whole(4))))
    return [
        *(("local.set", name, zero) for name, _, _ in sums),
        ("local.set", "at_a", plus(get("a"), times(get("m"), get("am")))),
        ("local.set", "at_b", plus(get("b"), across)),
        ("local.set", "left", get("K")),
        ("loop", "along", step),
        ("local.set", "at_bias", plus(get("bias"), row)),
        ("if", None, get("bias"), on_top, []),
        (
            "local.set",
            "at_c",
            plus(get("c"), times(plus(times(get("m"), get("N")), get("n")), whole(4))),
        ),
        *written,
    ]


def _while(end: str, at: str, size: int, body: list[Code]) -> list[Code]:
    """Do it from `at` on, as long as `size` more fit below `end`."""
    done, again = f"done {at} {size}", f"again {at} {size}"
    full = ("br_if", done, ("i32.gt_u", plus(get(at), whole(size)), get(end)))
    inside = [full, *body, _further(at, whole(size)), ("br", again)]
    return [("block", done, [("loop", again, inside)])]


def _until(label: str, at: str, by: int, end: str) -> Code:
    """Go on at the label until `at` has reached `end`."""
    next_ = ("local.tee", at, plus(get(at), whole(by)))
    return ("br_if", label, ("i32.lt_u", next_, get(end)))


def _further(name: str, by: Code) -> Code:
    return ("local.set", name, plus(get(name), by))


def _function(
    name: str,
    params: tuple[str, ...],
    numbers: tuple[str, ...],
    body: tuple[Code, ...],
    others: list[tuple[str, str]] | None = None,
) -> Function:
    """A function of i32 without a result."""
    variables = [(own, "i32") for own in numbers] + (others or [])
    taken = tuple((own, "i32") for own in params)
    return Function(name, taken, None, tuple(variables), body)
