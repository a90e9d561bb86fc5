"""Instructions to bytes: node compiles every one of them, and does what they say."""

import struct

import numpy as np
import pytest
from live_module import call, read, run, write

from ganflow.live.binary import signed, unsigned
from ganflow.live.encoding import Function, Module, encode
from ganflow.live.expressions import function
from ganflow.live.opcodes import OPCODES


def module(*functions, variables=(), table=(), data=()):
    return Module(functions, tuple(variables), 1, tuple(table), tuple(data))


def exported(*body, params=(), result=None, variables=(), name="f"):
    return Function(name, tuple(params), result, tuple(variables), body, export=True)


def value(result, *body, **others):
    """What an exported function of this body returns."""
    return run(encode(module(exported(*body, result=result, **others))), [call("f")])[0]


def local(name):
    return ("local.get", name)


def i32(number):
    return ("i32.const", number)


# -- every instruction -----------------------------------------------------------------

CONSTANTS = {
    "i32": i32(4),
    "i64": ("i64.const", 3),
    "f32": ("f32.const", 1.5),
    "f64": ("f64.const", -2.5),
    "v128": ("v128.const", bytes(range(16))),
}
IMMEDIATES = {"offset": 8, "lane": 1, "v128": bytes(range(16)), "label": "out"}
SHAPES = ("i32x4", "i64x2", "f32x4", "f64x2", "i8x16")


def operands(name, count):
    """The types that an instruction takes, from its name."""
    of, what = name.split(".")
    if name in ("memory.copy", "memory.fill"):
        return ["i32"] * 3
    if what.startswith(("load", "store")):
        held = ["v128"] if "lane" in what or of == "v128" else [of]
        return ["i32", *held][:count]
    if of in SHAPES:
        lane = {"i32x4": "i32", "i64x2": "i64", "f32x4": "f32", "f64x2": "f64"}.get(of)
        if what == "splat":
            return [lane]
        if what == "replace_lane":
            return ["v128", lane]
        return (
            ["v128", "i32"]
            if what.startswith("sh") and of != "i8x16"
            else (["v128"] * count)
        )
    given = [part for part in what.split("_") if part in CONSTANTS]
    return given or [of] * count


def complete(name):
    """An instruction with constants for all that it takes; its value is dropped."""
    opcode = OPCODES[name]
    immediates = [IMMEDIATES.get(kind, 1) for kind in opcode.immediates]
    taken = [CONSTANTS[kind] for kind in operands(name, opcode.operands)]
    code = (name, *immediates, *taken)
    silent = name.startswith("memory") or ".store" in name
    return code if silent else ("drop", code)


OTHERS = "unreachable nop br br_if drop select".split()
PLAIN = [
    n for n in OPCODES if n not in OTHERS and not n.startswith(("local", "global"))
]


def test_the_engine_takes_every_number_and_memory_instruction():
    """Wrong bytes of one would be another one, with another type or none."""
    assert len(PLAIN) > 280
    functions = [exported(complete(name), name=name) for name in PLAIN]
    run(encode(module(*functions)), [])
    runs = [name for name in PLAIN if "trunc_f" not in name]
    run(encode(module(*functions)), [call(name) for name in runs])


LAST = """i64.load32_u 35  i64.store32 3e  f64.const 44  i32.ge_u 4f  i64.ge_u 5a
f32.ge 60  f64.ge 66  i32.rotr 78  i64.rotr 8a  f32.sqrt 91  f32.copysign 98
f64.copysign a6  i32.trunc_f64_u ab  i64.trunc_f64_u b1  f32.demote_f64 b6
f64.promote_f32 bb  f64.reinterpret_i64 bf  i64.extend32_s c4  i64.trunc_sat_f64_u fc07
memory.copy fc0a0000  memory.fill fc0b00  v128.load64_splat fd0a  i8x16.shuffle fd0d
f64x2.splat fd14  f64x2.replace_lane fd22  i32x4.ge_u fd40  f32x4.ge fd46  f64x2.ge fd4c
v128.any_true fd53  v128.store64_lane fd5b  f64x2.promote_low_f32x4 fd5f
f32x4.nearest fd6a  f64x2.nearest fd9401  i32x4.bitmask fda401  i32x4.add fdae01
i32x4.max_u fdb901  i64x2.bitmask fdc401  i64x2.add fdce01  i64x2.ge_s fddb01
f32x4.sqrt fde301  f32x4.pmax fdeb01  f64x2.pmax fdf701
f64x2.convert_low_i32x4_u fdff01""".split()


@pytest.mark.parametrize(("name", "code"), [*zip(LAST[::2], LAST[1::2], strict=True)])
def test_runs_of_instructions_end_at_the_number_of_the_specification(name, code):
    assert OPCODES[name].code.hex() == code


I32 = {  # of -7 and 3
    "add": -4, "sub": -10, "mul": -21, "div_s": -2, "rem_s": -1, "and": 1, "or": -5,
    "xor": -6, "shl": -56, "shr_s": -1, "shr_u": 536870911, "rotl": -49, "eq": 0,
    "ne": 1, "lt_s": 1, "lt_u": 0, "gt_s": 0, "gt_u": 1, "le_s": 1, "le_u": 0,
    "ge_s": 0, "ge_u": 1, "div_u": 1431655763, "rem_u": 0, "rotr": 1073741823,
}  # fmt: skip


@pytest.mark.parametrize("kind", ["i32", "i64"])
def test_whole_numbers_are_calculated_as_named(kind):
    wide = {"shr_u": 2**61 - 1, "div_u": (2**64 - 7) // 3, "rotr": 2**62 - 1}
    wide |= {"rem_u": (2**64 - 7) % 3, "rotl": -49}
    compared = "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u".split()
    functions, expected = [], []
    for name, number in (I32 | (wide if kind == "i64" else {})).items():
        result = "i32" if name in compared else kind
        body = (f"{kind}.{name}", (f"{kind}.const", -7), (f"{kind}.const", 3))
        functions.append(exported(body, result=result, name=name))
        expected.append(number)
    calls = [call(function.name) for function in functions]
    assert run(encode(module(*functions)), calls) == expected


FLOATS = {  # of -1.75 and 0.5
    "add": -1.25, "sub": -2.25, "mul": -0.875, "div": -3.5, "min": -1.75, "max": 0.5,
    "copysign": 1.75, "eq": 0, "ne": 1, "lt": 1, "gt": 0, "le": 1, "ge": 0,
}  # fmt: skip
ROUNDED = {
    "abs": 1.75,
    "neg": 1.75,
    "ceil": -1,
    "floor": -2,
    "trunc": -1,
    "nearest": -2,
}


@pytest.mark.parametrize("kind", ["f32", "f64"])
def test_floats_are_calculated_as_named(kind):
    left, right = (f"{kind}.const", -1.75), (f"{kind}.const", 0.5)
    two = [(name, (f"{kind}.{name}", left, right)) for name in FLOATS]
    one = [(name, (f"{kind}.{name}", left)) for name in ROUNDED]
    compared = "eq ne lt gt le ge".split()
    functions = [
        exported(body, result="i32" if name in compared else kind, name=name)
        for name, body in two + one
    ]
    functions.append(exported((f"{kind}.sqrt", (f"{kind}.const", 9)), result=kind))
    answers = run(encode(module(*functions)), [call(f.name) for f in functions])
    assert answers == [*FLOATS.values(), *ROUNDED.values(), 3]


VECTORS = {
    "f32x4": np.array([1.5, -2, 4, 0.25], np.float32),
    "f64x2": np.array([1.5, -2]),
    "i32x4": np.array([5, -7, 2**31 - 1, 3], np.int32),
    "i64x2": np.array([5, -7]),
}
LANES = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide,
    "min": np.minimum, "max": np.maximum, "min_s": np.minimum, "max_s": np.maximum,
    "neg": np.negative, "abs": np.abs, "eq": np.equal, "ne": np.not_equal,
    "lt": np.less, "gt": np.greater, "le": np.less_equal, "ge": np.greater_equal,
    "lt_s": np.less, "gt_s": np.greater, "le_s": np.less_equal,
    "ge_s": np.greater_equal, "ceil": np.ceil, "floor": np.floor, "trunc": np.trunc,
    "nearest": np.rint,
}  # fmt: skip


@pytest.mark.parametrize("shape", VECTORS)
def test_lanes_are_calculated_as_named(shape):
    left = VECTORS[shape]
    right = left[::-1].copy()
    names = [name for name in LANES if f"{shape}.{name}" in OPCODES]
    assert len(names) > 10
    body, steps = [], []
    for place, name in enumerate(names):
        given = [("v128.load", 16 * k, i32(0)) for k in range(2)]
        given = given[: OPCODES[f"{shape}.{name}"].operands]
        at = 64 + 16 * place
        body.append(("v128.store", at, i32(0), (f"{shape}.{name}", *given)))
        steps.append(read(at, 16))
    code = encode(module(exported(*body)))
    answers = run(code, [write(0, [left, right]), call("f"), *steps])[2:]
    for name, answer in zip(names, answers, strict=True):
        of = LANES[name]
        with np.errstate(over="ignore"):
            expected = of(left) if of.nin == 1 else of(left, right)
        found = np.frombuffer(answer, left.dtype)
        if expected.dtype == bool:  # a mask: all bits or none
            expected, found = expected * -1, np.frombuffer(answer, f"i{left.itemsize}")
        assert (found == expected).all(), name


def test_memory_is_read_and_written_where_offset_and_address_say():
    body = (
        ("f32.store", 100, i32(4), ("f32.load", 3, i32(7))),
        ("v128.store", 0, i32(200), ("v128.load32_splat", 10, i32(0))),
        ("memory.copy", i32(300), i32(10), i32(4)),
        ("memory.fill", i32(304), i32(255), i32(4)),
    )
    number = np.float32(0.1).tobytes()
    steps = [write(10, number), call("f"), read(104, 4), read(200, 16), read(300, 9)]
    answers = run(encode(module(exported(*body))), steps)
    assert answers[2:] == [number, number * 4, number + b"\xff" * 4 + b"\0"]


def test_bits_are_selected_by_a_mask():
    left, right, mask = bytes(range(16)), bytes([9] * 16), b"\xff\0" * 8
    code = ("v128.bitselect", *(("v128.const", x) for x in (left, right, mask)))
    code = encode(module(exported(("v128.store", 0, i32(0), code))))
    expected = bytes(x if keep else y for x, y, keep in zip(left, right, mask))  # noqa: B905
    assert run(code, [call("f"), read(0, 16)])[1] == expected


# -- control ---------------------------------------------------------------------------


def test_labels_find_their_block_however_deep():
    """Counts to 10 in an inner loop, five times, and leaves the outer one by `br`."""
    n, total = local("n"), local("total")
    inner = [
        ("local.set", "total", ("i32.add", total, i32(1))),
        ("br_if", "inner", ("i32.ne", ("i32.rem_u", total, i32(10)), i32(0))),
    ]
    outer = [
        ("br_if", "done", ("i32.eqz", n)),
        ("local.set", "n", ("i32.sub", n, i32(1))),
        ("loop", "inner", inner),
        ("if", None, ("i32.eq", n, i32(0)), [("br", "done")], [("br", "outer")]),
    ]
    blocks = ("block", "done", [("loop", "outer", outer), ("unreachable",)])
    function = exported(
        blocks, total, params=[("n", "i32")], result="i32", variables=[("total", "i32")]
    )
    assert run(encode(module(function)), [call("f", 5), call("f", 0)]) == [50, 0]


def test_the_nearest_block_of_a_name_is_meant():
    inside = ("block", "b", [("br", "b"), ("unreachable",)])
    assert value("i32", ("block", "b", [inside, ("br", "b")]), i32(7)) == 7


def test_an_if_gives_a_value_and_may_have_one_side():
    chosen = ("if", "f64", local("x"), [("f64.const", 1.5)], [("f64.const", 2.5)])
    both = exported(chosen, params=[("x", "i32")], result="f64")
    left = ("if", None, local("x"), [("return", i32(3))])
    one = exported(left, i32(4), params=[("x", "i32")], result="i32", name="one")
    steps = [call(name, x) for name in ("f", "one") for x in (1, 0)]
    assert run(encode(module(both, one)), steps) == [1.5, 2.5, 3, 4]


def test_functions_call_each_other_by_name_and_by_place():
    two = [("a", "i32"), ("b", "i32")]
    less = Function(
        "less", tuple(two), "i32", (), (("i32.sub", local("a"), local("b")),)
    )
    more = Function(
        "more", tuple(two), "i32", (), (("i32.add", local("a"), local("b")),)
    )
    direct = exported(("call", "less", i32(9), i32(2)), result="i32", name="direct")
    taken = (("i32", "i32"), "i32")
    by_place = ("call_indirect", taken, local("which"), i32(9), i32(2))
    chosen = exported(by_place, params=[("which", "i32")], result="i32")
    code = encode(module(chosen, direct, less, more, table=["more", "less"]))
    assert run(code, [call("direct"), call("f", 0), call("f", 1)]) == [7, 11, 7]


def test_globals_start_at_their_number_and_keep_what_is_set():
    """One of each type, with the highest unsigned number for an i64."""
    variables = [("k", "i64", 2**64 - 1), ("x", "f64", 0.1), ("n", "i32", -5)]
    more = ("global.set", "n", ("i32.add", ("global.get", "n"), i32(1)))
    functions = [
        exported(more, ("global.get", "n"), result="i32", name="n"),
        exported(("global.get", "k"), result="i64", name="k"),
        exported(("global.get", "x"), result="f64", name="x"),
    ]
    code = encode(module(*functions, variables=variables))
    assert run(code, [call(name) for name in "nnkx"]) == [-4, -3, -1, 0.1]


def test_tee_keeps_and_gives_and_select_takes_the_first_where_true():
    kept = ("local.tee", "x", ("f64.const", 2.5))
    chosen = ("select", kept, ("f64.const", 0), ("i32.const", 1))
    assert value("f64", ("f64.add", chosen, local("x")), variables=[("x", "f64")]) == 5


def test_variables_of_many_types_are_found_after_the_parameters():
    variables = [(f"v{k}", kind) for k, kind in enumerate(["f64", "f64", "i32"] * 50)]
    sets = [("local.set", "v147", local("p")), ("local.set", "v149", i32(3))]
    sum_of = ("f64.add", local("v147"), ("f64.convert_i32_s", local("v149")))
    function = exported(
        *sets, sum_of, params=[("p", "f64")], result="f64", variables=variables
    )
    assert run(encode(module(function)), [call("f", 0.5)]) == [3.5]


def test_data_lies_where_it_is_put():
    code = encode(module(exported(), data=[(3, b"abc"), (65000, bytes(200))]))
    assert run(code, [read(2, 5)]) == [b"\0abc\0"]


def test_a_call_of_no_function_and_a_trap_are_told():
    code = encode(module(exported(("unreachable",))))
    with pytest.raises(RuntimeError, match="unreachable"):
        run(code, [call("f")])
    with pytest.raises(RuntimeError, match="not a function"):
        run(code, [call("g")])


# -- numbers in code -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, "00"),
        (127, "7f"),
        (128, "8001"),
        (624485, "e58e26"),
        (2**32 - 1, "ffffffff0f"),
    ],
)
def test_unsigned_numbers_are_written_as_the_specification_has_them(number, written):
    assert unsigned(number).hex() == written


@pytest.mark.parametrize(
    ("number", "written"),
    [(0, "00"), (63, "3f"), (64, "c000"), (-1, "7f"), (-64, "40"), (-65, "bf7f"),
     (-123456, "c0bb78"), (2**31 - 1, "ffffffff07"), (-(2**31), "8080808078")],
)  # fmt: skip
def test_signed_numbers_are_written_as_the_specification_has_them(number, written):
    assert signed(number).hex() == written


EDGES = sorted(
    sign * (2**k + d) for k in range(64) for d in (-1, 0, 1) for sign in (1, -1)
)


def test_whole_constants_arrive_at_every_edge():
    """Also those above the highest signed one, which mean the same bits."""
    small = [n for n in {*EDGES, 2**32 - 1} if -(2**31) <= n < 2**32]
    large = [n for n in {*EDGES, 2**64 - 1} if -(2**63) <= n < 2**64]
    body = [("i32.store", 4 * k, i32(0), i32(n)) for k, n in enumerate(small)]
    body += [
        ("i64.store", 4096 + 8 * k, i32(0), ("i64.const", n))
        for k, n in enumerate(large)
    ]
    steps = [call("f"), read(0, 4 * len(small)), read(4096, 8 * len(large))]
    _, first, second = run(encode(module(exported(*body))), steps)
    assert np.frombuffer(first, "<u4").tolist() == [n % 2**32 for n in small]
    assert np.frombuffer(second, "<u8").tolist() == [n % 2**64 for n in large]


@pytest.mark.parametrize("offset", [0, 127, 128, 16383, 16384, 65532])
def test_offsets_arrive(offset):
    code = encode(module(exported(("i32.store", offset, i32(0), i32(-2)))))
    assert run(code, [call("f"), read(offset, 4)])[1] == b"\xfe\xff\xff\xff"


def test_a_large_offset_is_unsigned():
    """It traps out of bounds, and does not wrap."""
    code = encode(module(exported(("i32.store", 2**32 - 4, i32(8), i32(1)))))
    with pytest.raises(RuntimeError, match="out of bounds"):
        run(code, [call("f")])


@pytest.mark.parametrize("x", [0.1, -0.0, 5e-324, 1.7e308, np.inf, -np.inf, np.nan])
def test_float_constants_arrive_bit_for_bit(x):
    code = encode(module(exported(("f64.store", 0, i32(0), ("f64.const", x)))))
    assert run(code, [call("f"), read(0, 8)])[1] == struct.pack("<d", x)


# -- mistakes --------------------------------------------------------------------------

X = (("x", "i32"),)
WRONG = [
    (("i32.power", i32(1)), "f: .*'i32.power'.* is no instruction"),
    (7, "f: 7 is no instruction"),
    ((), r"f: \(\) is no instruction"),
    (("drop", 1.5), "f: 1.5 is no instruction"),
    (("block", ["no label"]), "'block'.* is no instruction"),
    (("local.get", "y"), "f: no variable of f is called 'y'; known: x"),
    (("global.get", "y"), "f: no global is called 'y'; known: k"),
    (("call", "g"), "f: no function is called 'g'; known: f"),
    (("br", "b"), "f: no block around has the label 'b'"),
    (("block", "b", [("block", "c", []), ("br", "c")]), "label 'c'"),
    (("call", "f"), "call f has 0 immediates and operands; expected 1"),
    (("call_indirect", (("i32",), None), i32(0)), "call_indirect has 0"),
    (("return", i32(1)), "return has 1 immediates and operands; expected 0"),
    (("i32.add", i32(1)), "i32.add has 1 immediates and operands; expected 2"),
    (("f32.load", i32(1)), "f32.load has 1 immediates and operands; expected 2"),
    (("f32.load", -1, i32(1)), "offset is -1"),
    (("drop", i32(2**32)), "i32 is 4294967296"),
    (("drop", i32(1.0)), "i32 is 1.0"),
    (("drop", ("i64.const", -(2**63) - 1)), "i64 is -9223372036854775809"),
    (("drop", ("f32.const", 1e39)), "f32 is 1e[+]39; expected a number that fits"),
    (("drop", ("f64.const", "1")), "f64 is '1'; expected a number that fits"),
    (("drop", ("v128.const", b"abc")), "v128 is b'abc'; expected 16 bytes"),
    (("drop", ("f32x4.extract_lane", 16, CONSTANTS["v128"])), "lane is 16"),
    (("if", "f16", i32(1), [], []), "no type is called 'f16'; known: i32"),
]


@pytest.mark.parametrize(("code", "told"), WRONG, ids=[told for _, told in WRONG])
def test_a_mistake_is_told_with_the_function_that_has_it(code, told):
    function = Function("f", X, None, (), (code,))
    with pytest.raises(ValueError, match=told):
        encode(module(function, variables=[("k", "i32", 0)]))


def test_a_name_given_twice_is_told():
    for twice, told in (
        (module(exported(), exported()), "function 'f' is given twice"),
        (module(exported(params=X, variables=X)), "variable of f 'x' is given twice"),
        (module(variables=[("k", "i32", 0), ("k", "i64", 1)]), "global 'k' is given"),
    ):
        with pytest.raises(ValueError, match=told):
            encode(twice)


def test_the_table_knows_only_functions_of_the_module():
    with pytest.raises(ValueError, match="no function is called 'g'; known: f"):
        encode(module(exported(), table=["g"]))


def test_wrong_types_are_refused_by_the_engine():
    code = encode(module(exported(("drop", ("f32.add", i32(1), i32(2))))))
    with pytest.raises(RuntimeError, match="expected type f32"):
        run(code, [])


def test_a_function_is_exported_only_if_asked():
    made = [function("own", [], []), function("lent", [], [], export=True)]
    assert [one.export for one in made] == [False, True]
