"""Asserts that cannot fail, or that hide what they let pass: their forms."""

import ast
import re
from itertools import pairwise

from idle_claims import idle, is_itself
from page_code import (
    Each,
    Names,
    arguments,
    called,
    inside,
    is_empty,
    operands,
    parse,
    root,
)

CHECKS = re.compile(r"assert_\w+")
CLOSE = re.compile(r"(assert_)?(allclose|isclose|close)")
ALMOST = re.compile(r"assert_(array_)?almost_equal(_nulp)?|assert_approx_equal")
EQUAL = re.compile(r"equal|array_equal|array_equiv|same")
ABSOLUTE, RELATIVE = {"atol", "abs_tol"}, {"rtol", "rel_tol"}
CLOCK = re.compile(
    r"(perf_counter|process_time|thread_time|monotonic|clock_gettime|time)(_ns)?"
    r"|elapsed\w*|(\w+_)?seconds|timeit|(blocked|adaptive)_autorange|getrusage"
    r"|\w*duration|utcnow|now|repeat"
)
COMMON = {"time", "time_ns", "now", "repeat"}  # clocks if they belong to one of these
OWNERS = {"time", "datetime", "timeit", "Timer"}
EVERYTHING = {"BaseException", "Exception"}
LETTERS = 10  # of a message that is no other's


def weak(cells):
    """Each line of a page's cells that shows nothing, with the reason."""
    program = parse(cells)
    names = Names(program)
    return [
        (ast.unparse(node).splitlines()[0], why)
        for node in ast.walk(program)
        for form in FORMS
        for why in form(node, names)
    ]


def is_check(node):
    return isinstance(node, ast.Assert) or bool(CHECKS.fullmatch(called(node)))


def claims(test):
    """The single things that an assert says: the parts of `and`, of all(… for …)."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return [claim for value in test.values for claim in claims(value)]
    bare = test.operand if isinstance(test, ast.UnaryOp) else test
    for_all = called(bare) == ("all" if bare is test else "any") and bare.args
    if for_all and isinstance(bare.args[0], (ast.ListComp, ast.GeneratorExp)):
        return [test, *claims(bare.args[0].elt)]
    return [test]


def idle_claim(node, names):
    """A claim of an assert that holds whatever the page computes."""
    if isinstance(node, ast.Assert):
        for claim in claims(node.test):
            yield from idle(claim, names)


# What hides its tolerance -------------------------------------------------------------


def atol_alone(node, names):
    """An absolute tolerance beside a relative one that is not said."""
    if CLOSE.fullmatch(called(node)):
        said = tolerances(node, names)
        if said & ABSOLUTE and not said & RELATIVE:
            yield "says atol, and rtol is 1e-7 or 1e-5: say rtol=0"


def no_tolerance(node, names):
    """A tolerance that the reader has to look up."""
    if CLOSE.fullmatch(called(node)):
        if not tolerances(node, names) & (RELATIVE | ABSOLUTE | {"**"}):
            yield "says no tolerance: say rtol"
    if ALMOST.fullmatch(called(node)):
        yield "counts decimals: use assert_allclose and say rtol"


def tolerances(call, names):
    """The names of a call's keywords, those of **these, too; "**" for unknown ones."""
    method = called(call) in ("allclose", "isclose") and len(call.args) == 1
    said = RELATIVE.copy() if len(call.args) > (1 if method else 2) else set()
    for each in call.keywords:
        value = names.meant(each.value)
        if each.arg:
            said.add(each.arg)
        elif isinstance(value, ast.Dict):
            said |= {getattr(key, "value", "**") for key in value.keys}
        else:
            said |= tolerances(value, names) if called(value) == "dict" else {"**"}
    return said


def wide_tolerance(node, names):
    """A relative tolerance that lets zero pass for anything."""
    for each in getattr(node, "keywords", ()):
        value = getattr(each.value, "value", 0)
        if getattr(each, "arg", "") in RELATIVE and type(value) in (int, float):
            if value >= 1:
                yield f"{each.arg} of {value} lets zero pass"


# What the machine decides -------------------------------------------------------------


def clock(node, names):
    """A reading of a clock, under whatever name."""
    if is_check(node) and reads_clock(node, names, set()):
        yield "depends on a clock: print it, and assert on what is counted"


def reads_clock(node, names, seen):
    if node is None:
        return False
    if isinstance(node, Each):
        return any(reads_clock(value, names, seen) for value in shares_of(node, names))
    return any(is_clock(part, names, seen) for part in ast.walk(node))


def is_clock(part, names, seen):
    if isinstance(part, ast.Call):
        word = called(part)
        owner = getattr(root(part.func), "id", "")
        return bool(CLOCK.fullmatch(word)) and (
            word not in COMMON or owner in OWNERS or names.imported(part.func, OWNERS)
        )
    if isinstance(part, ast.Attribute):
        return bool(CLOCK.fullmatch(part.attr)) and part.attr not in COMMON
    if isinstance(part, ast.Subscript):
        key = getattr(part.slice, "value", "")
        return isinstance(key, str) and bool(CLOCK.fullmatch(key)) and key not in COMMON
    if isinstance(part, ast.Name) and id(facts := names.of(part)) not in seen:
        seen.add(id(facts))
        known = [*names.given(part), *facts.returns]
        return any(reads_clock(value, names, seen) for value in known)
    return False


def has_place(value, place):
    """Whether a tuple as written has this many elements, none of them starred."""
    return (
        isinstance(value, ast.Tuple)
        and place < len(value.elts)
        and not any(isinstance(one, ast.Starred) for one in value.elts)
    )


def shares_of(each, names):
    """What an element comes from: of a function's tuples only the ones at its place."""
    known = each.place is not None and isinstance(each.of, ast.Call)
    if known and isinstance(each.of.func, ast.Name):
        returns = names.of(each.of.func).returns
        if returns and all(has_place(value, each.place) for value in returns):
            return [value.elts[each.place] for value in returns]
    return [each.of]


# What compares nothing ----------------------------------------------------------------


def equal_to_itself(node, names):
    """torch.equal(a, a), assert_close(a, a), under other names, too; typed-in pairs."""
    word = called(node)
    if any(kind.fullmatch(word) for kind in (CHECKS, CLOSE, EQUAL)):
        pair = operands(node)[:2] if CHECKS.fullmatch(word) else compared(node)
        if len(pair) > 1 and any(map(is_check, inside(node))):
            if is_itself(*pair, names):
                yield "compares a thing with itself"
            elif all(map(names.typed_in, pair)):
                yield "compares what is typed in"


def compared(call):
    """The two sides of torch.equal(a, b) and of a.equal(b)."""
    method = isinstance(call.func, ast.Attribute) and len(call.args) == 1
    return [call.func.value, *call.args] if method else call.args[:2]


def a_setting(node, names):
    """Numbers of the package's settings against the same numbers."""
    if isinstance(node, ast.Compare) and any(map(is_check, inside(node))):
        sides = [node.left, *node.comparators]
        given = [each for each in sides if is_setting(each)]
        if given and all(names.typed_in(each) for each in sides if each not in given):
            yield "compares a setting with what is typed in"


def is_setting(node):
    return isinstance(node, ast.Attribute) and called(node.value) in (
        "recipe",
        "GanSetting",
        "GameSetting",
    )


# What is not reached, or not heard ----------------------------------------------------


def not_reached(node, names):
    """A check that no run comes to, or whose failure nobody hears."""
    if not is_check(node):
        return
    for part, around in pairwise(inside(node)):
        if isinstance(around, (ast.If, ast.While)) and part is not around.test:
            if names.typed_in(around.test):
                yield "stands under a condition that is typed in"
        if isinstance(around, ast.For) and is_nothing(around.iter):
            yield "stands in a loop over nothing"
        if isinstance(around, ast.FunctionDef) and not is_used(around, names):
            yield "stands in a function that is never called"
        if isinstance(around, ast.ExceptHandler) and may_be_skipped(around):
            yield "stands in an `except` that may never run: let an `else` raise"
        if isinstance(around, ast.Try) and part in around.body:
            if any(map(hears_all, around.handlers)):
                yield "is caught by the `except` around it"
        if is_behind_an_end(part, around):
            yield "stands behind a return or raise"


def is_nothing(node):
    stops = [getattr(each, "value", None) for each in getattr(node, "args", [])]
    return is_empty(node) or called(node) == "range" and stops == [0]


def may_be_skipped(handler):
    """Whether nobody notices if the `try` comes to its end without an error."""
    tells = (ast.Assign, ast.AugAssign, ast.Return)
    told = any(isinstance(statement, tells) for statement in handler.body)
    attempt = handler.parent
    return not (attempt.orelse or told or any(map(is_end, attempt.body)))


def is_end(statement):
    false = isinstance(statement, ast.Assert) and isinstance(
        statement.test, ast.Constant
    )
    jumps = (ast.Return, ast.Raise, ast.Break, ast.Continue)
    return isinstance(statement, jumps) or false and not statement.test.value


def is_behind_an_end(part, around):
    body = getattr(around, "body", None)
    listed = isinstance(body, list) and part in body
    return listed and any(map(is_end, body[: body.index(part)]))


def is_used(function, names):
    """Whether the page names a function outside it."""
    words = (
        node
        for node in ast.walk(names.program)
        if function.name in (getattr(node, "id", ""), getattr(node, "attr", ""))
    )
    named = any(function not in inside(word) for word in words)
    return named or bool(function.decorator_list) or function.name.startswith("__")


def hears_all(handler):
    """Whether a handler takes an AssertionError and goes on."""
    kinds = ast.walk(handler.type or ast.Name("Exception"))
    broad = EVERYTHING | {"AssertionError"}
    takes = any(getattr(kind, "id", "") in broad for kind in kinds)
    return takes and not any(isinstance(each, ast.Raise) for each in ast.walk(handler))


def swallowed(node, names):
    """An error that nobody hears of."""
    if isinstance(node, ast.ExceptHandler):
        if node.type is None:
            yield "catches whatever comes: name the error"
        if all(map(is_silent, node.body)):
            yield "swallows an error"
    if called(node) == "suppress":
        yield "swallows an error"


def is_silent(statement):
    text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return text or isinstance(statement, (ast.Pass, ast.Continue))


def any_error(node, names):
    """A block that may fail in whatever way."""
    if called(node) in ("raises", "warns", "assertRaises", "assertWarns"):
        given = arguments(node)
        words = [each.value for each in given if isinstance(each, ast.Constant)]
        computed = any(not isinstance(each, ast.Constant) for each in given[1:])
        exact = len(node.args) == 2 and "" in words  # so says ganflow.page.raises
        if not (computed or exact or any(len(word) >= LETTERS for word in words)):
            yield "takes any message: say some words of it"
        if {getattr(each, "id", "") for each in given} & EVERYTHING:
            yield "takes any error: name its class"


FORMS = (
    idle_claim,
    atol_alone,
    no_tolerance,
    wide_tolerance,
    clock,
    equal_to_itself,
    a_setting,
    not_reached,
    swallowed,
    any_error,
)
