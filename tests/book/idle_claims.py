"""Claims that hold whatever the page computes."""

import ast
from itertools import pairwise

from page_code import COMPREHENSIONS, called, is_empty, parts

TRUE = (ast.JoinedStr, ast.Lambda, *COMPREHENSIONS)
ITERATORS = {"enumerate", "filter", "iter", "map", "parameters", "reversed", "zip"}
METHODS = set(
    "all allclose any count_nonzero endswith equal exists is_dir is_file isdigit"
    " isfinite isnan item keys nelement numel startswith strip tolist values".split()
)
TYPES = {"callable", "hasattr", "is_tensor", "isinstance", "issubclass", "type"}
OF_A_NAME = {"name", "names", "__class__", "__module__", "__name__", "__qualname__"}
LENGTHS = {"abs", "count_nonzero", "len", "nelement", "norm", "numel", "square", "std"}
MAKERS = set(
    "arange detach eye full item linspace numpy ones rand randint randn tensor"
    " zeros".split()
)
CUTS = {"detach", "item", "numpy", "tolist"}
OF_ITS_LINE = {"dtype", "grad_fn", "is_leaf", "ndim", "requires_grad", "shape"}
TURNED = {
    ast.Eq: ast.NotEq,
    ast.Lt: ast.GtE,
    ast.Gt: ast.LtE,
    ast.In: ast.NotIn,
    ast.Is: ast.IsNot,
}
TURNED |= {other: one for one, other in TURNED.items()}
BOTH = "takes one outcome and the other"


def idle(claim, names):
    """Why a claim cannot fail, once for each reason."""
    if isinstance(claim, ast.Constant) and not claim.value:
        return  # `assert False`, which never holds
    yield from true_as_it_stands(claim, names)
    if names.typed_in(claim):
        yield "compares what is typed in"
    elif isinstance(claim, ast.BoolOp):
        yield from excused(claim, names)
    elif isinstance(claim, ast.Compare):
        sides = [claim.left, *claim.comparators]
        for (left, right), op in zip(pairwise(sides), claim.ops, strict=True):
            yield from idle_pair(left, right, op, names)
    for node in ast.walk(claim):
        yield from of_types(node, names)
        yield from of_its_line(node, names)
        yield from used_up(node, names)


def true_as_it_stands(claim, names):
    """`assert (a == b, "why")`, `assert close`, `assert x.isfinite`."""
    bare = claim.operand if isinstance(claim, ast.UnaryOp) else claim
    if isinstance(bare, TRUE) or isinstance(bare, ast.Tuple) and bare.elts:
        yield "is true whatever it holds: a tuple, a text, a list or a generator"
    elif isinstance(bare, ast.Name) and names.of(bare).defined:
        yield "is a function and not what it gives: call it"
    elif isinstance(bare, ast.Attribute) and bare.attr in METHODS:
        yield "is a method and not what it gives: call it"
    elif called(bare) in ITERATORS:
        yield "is an iterator, which is true also when nothing is in it"


def excused(claim, names):
    """An `or` that a loop's variable decides, or that takes both outcomes."""
    if any(is_known(value, names) for value in claim.values):
        yield "shows nothing where the other side of `or` is known beforehand"
    single = [
        value
        for value in claim.values
        if isinstance(value, ast.Compare) and len(value.ops) == 1
    ]
    for value in single:
        if not is_known(value, names):
            yield from idle(value, names)
    for one, other in pairwise(single):
        if isinstance(one.ops[0], ast.In) and isinstance(other.ops[0], ast.In):
            if ast.dump(one.comparators[0]) == ast.dump(other.comparators[0]):
                yield BOTH
        elif isinstance(other.ops[0], TURNED.get(type(one.ops[0]), ())):
            if list(map(ast.dump, parts(one))) == list(map(ast.dump, parts(other))):
                yield BOTH


def is_known(value, names):
    """Whether only what a loop runs over decides: `name == "Adam"`."""
    if any(isinstance(node, ast.Call) for node in ast.walk(value)):
        return names.typed_in(value)
    used = [node for node in ast.walk(value) if isinstance(node, ast.Name)]
    facts = [names.of(name) for name in used]
    return all(
        each.loop or each.defined or names.typed_in(name)
        for name, each in zip(used, facts, strict=True)
    )


def idle_pair(left, right, op, names):
    """A comparison whose own words decide it."""
    if (
        is_length(left)
        and is_lowest(right, op)
        or is_length(right)
        and is_highest(left, op)
    ):
        yield "is never below zero"
    if isinstance(op, ast.IsNot) and isinstance(left, ast.Name):
        if isinstance(right, ast.Name) and is_made(left, right, names):
            yield "is another object: a call made it"
    if isinstance(op, ast.In) and is_key(left, names.meant(right)):
        yield "was typed into what it is looked for in"
    if called(left) == "len" and left.args and names.typed_in(right):
        if has_typed_length(names.meant(left.args[0]), names):
            yield "counts what is typed in"
    if not isinstance(op, (ast.NotEq, ast.Lt, ast.Gt, ast.IsNot)):
        if is_itself(left, right, names):
            yield "compares a thing with itself"
    if any(getattr(side, "attr", "") in OF_A_NAME for side in (left, right)):
        yield "compares a name: compare what it stands for"


def is_length(node):
    power = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow)
    return called(node) in LENGTHS or power and getattr(node.right, "value", 0) == 2


def is_lowest(node, op):
    zero = isinstance(node, ast.Constant) and node.value == 0
    negative = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
    at_least = isinstance(op, ast.GtE) and zero
    return at_least or isinstance(op, (ast.Gt, ast.GtE)) and negative


def is_highest(node, op):
    turned = {ast.LtE: ast.GtE(), ast.Lt: ast.Gt()}
    return type(op) in turned and is_lowest(node, turned[type(op)])


def is_made(left, right, names):
    return any(isinstance(names.single(each), ast.Call) for each in (left, right))


def is_key(left, right):
    keys = right.keys if isinstance(right, ast.Dict) else getattr(right, "elts", [])
    typed = [key.value for key in keys if isinstance(key, ast.Constant)]
    return isinstance(left, ast.Constant) and left.value in typed


def has_typed_length(node, names):
    if isinstance(node, (ast.DictComp, ast.ListComp)):
        whole = not any(each.ifs for each in node.generators)
        return whole and all(names.typed_in(each.iter) for each in node.generators)
    typed = isinstance(node, (ast.Dict, ast.List, ast.Tuple)) and not is_empty(node)
    return typed and not any(isinstance(part, ast.Starred) for part in parts(node))


def is_itself(left, right, names):
    """Whether both are one value, by another name or in the same words."""
    one, other = names.meant(left), names.meant(right)
    calls = any(isinstance(node, ast.Call) for node in ast.walk(one))
    return one is other or ast.dump(one) == ast.dump(other) and not calls


def of_types(node, names):
    """Types follow from the line that makes a value, not from what happened."""
    if called(node) in TYPES and node.args:
        of = node.args[0]
        if not (isinstance(of, ast.Name) and names.of(of).loop):
            yield "asks for a type, which the line that makes the value decides"


def of_its_line(node, names):
    """What the line that makes a tensor says already."""
    if isinstance(node, ast.Attribute) and node.attr in OF_ITS_LINE:
        if called(node.value) in CUTS:
            yield "asks at the cut itself whether it cuts"
        made = names.meant(node.value)
        if called(made) in MAKERS and is_untouched(node.value, made, names):
            yield "follows from the line that made it, just before"


def is_untouched(name, made, names):
    """Whether a value was made in the same cell and nothing has used it since."""
    if not isinstance(name, ast.Name) or made.cell != name.cell:
        return False
    return not any(
        isinstance(node, ast.Name)
        and node.id == name.id
        and node.cell == name.cell
        and isinstance(node.ctx, ast.Load)
        and node.lineno < name.lineno
        for node in ast.walk(names.program)
    )


def used_up(node, names):
    """all(…) of an iterator that may have been read to its end."""
    if called(node) in ("all", "any") and node.args:
        read = node.args[0]
        if isinstance(read, COMPREHENSIONS):
            read = read.generators[0].iter
        elif called(read) in ITERATORS and read.args:
            read = read.args[-1]
        value = names.single(read)
        if isinstance(value, ast.GeneratorExp) or called(value) in ITERATORS:
            yield "reads an iterator that may be at its end: make it a list"
        elif is_empty(read):
            yield "looks at nothing"
