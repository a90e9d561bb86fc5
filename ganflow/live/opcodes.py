"""The instructions of WebAssembly: name -> its bytes, immediates and operands.

Only what numbers need: no references, no threads; of the vectors, lanes of 32 and 64
bits. What has blocks, or as many operands as it pleases, is in `encoding`.

Source: WebAssembly core specification 2.0, *Index of Instructions*.
"""

from __future__ import annotations

from dataclasses import dataclass

from ganflow.live.binary import unsigned


@dataclass(frozen=True)
class Opcode:
    """How an instruction is written.

    Parameters
    ----------
    code : bytes
        What it starts with.
    immediates : tuple of str
        What follows in the code itself, such as "i32", "offset", "local".
    operands : int
        How many values it takes from the instructions before it.
    """

    code: bytes
    immediates: tuple[str, ...]
    operands: int


def _of(kind: str, names: str) -> str:
    return " ".join(f"{kind}.{name}" for name in names.split())


SIGNED = "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u"
ORDERED = "eq ne lt gt le ge"
BITS = "clz ctz popcnt"
WHOLE = "add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr"
ROUND = "abs neg ceil floor trunc nearest sqrt"
FLOAT = "add sub mul div min max copysign"
CUT = "trunc_f32_s trunc_f32_u trunc_f64_s trunc_f64_u"
MADE = "convert_i32_s convert_i32_u convert_i64_s convert_i64_u"
NARROW = "load8_s load8_u load16_s load16_u"
ARITHMETIC = "add sub mul div min max pmin pmax"

# (number of the first name, operands of each, immediates of each, names in a run)
SCALARS = (
    (0x00, 0, "", "unreachable nop"),
    (0x0C, 0, "label", "br"),
    (0x0D, 1, "label", "br_if"),
    (0x1A, 1, "", "drop"),
    (0x1B, 3, "", "select"),
    (0x20, 0, "local", "local.get"),
    (0x21, 1, "local", "local.set local.tee"),
    (0x23, 0, "global", "global.get"),
    (0x24, 1, "global", "global.set"),
    (0x28, 1, "offset", "i32.load i64.load f32.load f64.load"),
    (0x2C, 1, "offset", _of("i32", NARROW)),
    (0x30, 1, "offset", _of("i64", f"{NARROW} load32_s load32_u")),
    (0x36, 2, "offset", "i32.store i64.store f32.store f64.store"),
    (0x3A, 2, "offset", "i32.store8 i32.store16 i64.store8 i64.store16 i64.store32"),
    (0x41, 0, "i32", "i32.const"),
    (0x42, 0, "i64", "i64.const"),
    (0x43, 0, "f32", "f32.const"),
    (0x44, 0, "f64", "f64.const"),
    (0x45, 1, "", "i32.eqz"),
    (0x46, 2, "", _of("i32", SIGNED)),
    (0x50, 1, "", "i64.eqz"),
    (0x51, 2, "", _of("i64", SIGNED)),
    (0x5B, 2, "", _of("f32", ORDERED) + " " + _of("f64", ORDERED)),
    (0x67, 1, "", _of("i32", BITS)),
    (0x6A, 2, "", _of("i32", WHOLE)),
    (0x79, 1, "", _of("i64", BITS)),
    (0x7C, 2, "", _of("i64", WHOLE)),
    (0x8B, 1, "", _of("f32", ROUND)),
    (0x92, 2, "", _of("f32", FLOAT)),
    (0x99, 1, "", _of("f64", ROUND)),
    (0xA0, 2, "", _of("f64", FLOAT)),
    (0xA7, 1, "", _of("i32", f"wrap_i64 {CUT}")),
    (0xAC, 1, "", _of("i64", f"extend_i32_s extend_i32_u {CUT}")),
    (0xB2, 1, "", _of("f32", f"{MADE} demote_f64")),
    (0xB7, 1, "", _of("f64", f"{MADE} promote_f32")),
    (0xBC, 1, "", "i32.reinterpret_f32 i64.reinterpret_f64"),
    (0xBE, 1, "", "f32.reinterpret_i32 f64.reinterpret_i64"),
    (0xC0, 1, "", "i32.extend8_s i32.extend16_s"),
    (0xC2, 1, "", "i64.extend8_s i64.extend16_s i64.extend32_s"),
)
SATURATED = "trunc_sat_f32_s trunc_sat_f32_u trunc_sat_f64_s trunc_sat_f64_u"
CONVERSIONS = ((0, 1, "", _of("i32", SATURATED) + " " + _of("i64", SATURATED)),)
VECTORS = (  # after 0xfd
    (0, 1, "offset", "v128.load"),
    (9, 1, "offset", "v128.load32_splat v128.load64_splat"),
    (11, 2, "offset", "v128.store"),
    (12, 0, "v128", "v128.const"),
    (13, 2, "v128", "i8x16.shuffle"),
    (17, 1, "", "i32x4.splat i64x2.splat f32x4.splat f64x2.splat"),
    (27, 1, "lane", "i32x4.extract_lane"),
    (28, 2, "lane", "i32x4.replace_lane"),
    (29, 1, "lane", "i64x2.extract_lane"),
    (30, 2, "lane", "i64x2.replace_lane"),
    (31, 1, "lane", "f32x4.extract_lane"),
    (32, 2, "lane", "f32x4.replace_lane"),
    (33, 1, "lane", "f64x2.extract_lane"),
    (34, 2, "lane", "f64x2.replace_lane"),
    (55, 2, "", _of("i32x4", SIGNED)),
    (65, 2, "", _of("f32x4", ORDERED) + " " + _of("f64x2", ORDERED)),
    (77, 1, "", "v128.not"),
    (78, 2, "", "v128.and v128.andnot v128.or v128.xor"),
    (82, 3, "", "v128.bitselect"),
    (83, 1, "", "v128.any_true"),
    (86, 2, "offset lane", "v128.load32_lane v128.load64_lane"),
    (90, 2, "offset lane", "v128.store32_lane v128.store64_lane"),
    (92, 1, "offset", "v128.load32_zero v128.load64_zero"),
    (94, 1, "", "f32x4.demote_f64x2_zero f64x2.promote_low_f32x4"),
    (103, 1, "", "f32x4.ceil f32x4.floor f32x4.trunc f32x4.nearest"),
    (116, 1, "", "f64x2.ceil f64x2.floor"),
    (122, 1, "", "f64x2.trunc"),
    (148, 1, "", "f64x2.nearest"),
    (160, 1, "", "i32x4.abs i32x4.neg"),
    (163, 1, "", "i32x4.all_true i32x4.bitmask"),
    (171, 2, "", "i32x4.shl i32x4.shr_s i32x4.shr_u i32x4.add"),
    (177, 2, "", "i32x4.sub"),
    (181, 2, "", "i32x4.mul i32x4.min_s i32x4.min_u i32x4.max_s i32x4.max_u"),
    (192, 1, "", "i64x2.abs i64x2.neg"),
    (195, 1, "", "i64x2.all_true i64x2.bitmask"),
    (203, 2, "", "i64x2.shl i64x2.shr_s i64x2.shr_u i64x2.add"),
    (209, 2, "", "i64x2.sub"),
    (213, 2, "", _of("i64x2", "mul eq ne lt_s gt_s le_s ge_s")),
    (224, 1, "", "f32x4.abs f32x4.neg"),
    (227, 1, "", "f32x4.sqrt"),
    (228, 2, "", _of("f32x4", ARITHMETIC)),
    (236, 1, "", "f64x2.abs f64x2.neg"),
    (239, 1, "", "f64x2.sqrt"),
    (240, 2, "", _of("f64x2", ARITHMETIC)),
    (248, 1, "", "i32x4.trunc_sat_f32x4_s i32x4.trunc_sat_f32x4_u"),
    (250, 1, "", "f32x4.convert_i32x4_s f32x4.convert_i32x4_u"),
    (252, 1, "", "i32x4.trunc_sat_f64x2_s_zero i32x4.trunc_sat_f64x2_u_zero"),
    (254, 1, "", "f64x2.convert_low_i32x4_s f64x2.convert_low_i32x4_u"),
)
OPCODES = {
    name: Opcode(
        start + (unsigned(number) if start else bytes([number])),
        tuple(immediates.split()),
        operands,
    )
    for start, rows in ((b"", SCALARS), (b"\xfc", CONVERSIONS), (b"\xfd", VECTORS))
    for first, operands, immediates, names in rows
    for number, name in enumerate(names.split(), first)
} | {  # the zeros say which memory
    "memory.copy": Opcode(b"\xfc\x0a\0\0", (), 3),
    "memory.fill": Opcode(b"\xfc\x0b\0", (), 3),
}
