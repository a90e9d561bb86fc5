"""What the code of a page gives to its names, read without running it."""

import ast
import re
from collections import defaultdict
from dataclasses import dataclass, field

PURE = set(
    "abs all any bool complex dict divmod float frozenset int len list max min pow"
    " range repr reversed round set sorted str sum tuple zip".split()
)
TO_BE_FILLED = set("empty full ones zeros random seed default_rng".split())
CHANGES = set(
    "add append clear discard extend insert pop popitem remove reverse setdefault sort"
    " update".split()
)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
LOOPS = (ast.For, ast.AsyncFor, ast.comprehension)


@dataclass(frozen=True)
class Each:
    """One element of what a loop runs over, or of what is unpacked."""

    of: ast.AST
    place: int | None = None  # among the names that one value is unpacked to


@dataclass
class Facts:
    """What the page does to one name."""

    values: list = field(default_factory=list)  # (value, number of its cell)
    returns: list = field(default_factory=list)  # if it is a function of the page
    changes: list = field(default_factory=list)  # what is put into it, likewise
    binders: list = field(default_factory=list)
    opaque: bool = False  # an argument, an import, or changed in place
    loop: bool = False
    defined: bool = False


class Names:
    """The names of a page, each with what happens to it in its scope."""

    def __init__(self, program):
        self.program = program
        self.facts = defaultdict(Facts)
        for node in ast.walk(program):
            self.read(node)
        for node in ast.walk(program):
            self.note_change(node)

    def of(self, name):
        """The facts of a name where it stands."""
        for scope in inside(name):
            if (id(scope), name.id) in self.facts:
                return self.facts[id(scope), name.id]
        return Facts(opaque=True)

    def in_scope(self, node, name):
        """The facts of a name that is bound at this node."""
        scopes = (each for each in inside(node) if isinstance(each, FUNCTIONS))
        return self.facts[id(next(scopes, self.program)), name]

    def read(self, node):
        """Note what a node binds."""
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self.bind(target, node.value)
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value:
            self.bind(node.target, node.value)
        elif isinstance(node, LOOPS):
            self.bind(node.target, Each(node.iter), loop=True)
        elif isinstance(node, ast.withitem) and node.optional_vars:
            self.bind(node.optional_vars, None)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for each in node.names:
                name = (each.asname or each.name).split(".")[0]
                self.in_scope(node, name).opaque = True
        elif isinstance(node, ast.arg):
            self.in_scope(node, node.arg).opaque = True
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            for name in node.names:
                self.facts[id(self.program), name].opaque = True
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            facts = self.in_scope(node.parent, node.name)
            facts.defined = True
            facts.binders.append(node)
        elif isinstance(node, ast.Return) and node.value:
            owner = next(each for each in inside(node) if isinstance(each, FUNCTIONS))
            self.in_scope(owner.parent, owner.name).returns.append(node.value)

    def bind(self, target, value, loop=False):
        """Note what an assignment gives, also to each name of `a, b = 1, 2`."""
        if isinstance(target, ast.Starred):
            self.bind(target.value, value, loop)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for part, given in zip(target.elts, shares(target, value), strict=True):
                self.bind(part, given, loop)
        elif isinstance(target, ast.Name):
            above = getattr(target.parent, "parent", None)
            within = [
                p for p in (target.parent, above) if isinstance(p, ast.comprehension)
            ]
            if within:
                facts = self.facts[id(within[0].parent), target.id]
            else:
                facts = self.in_scope(target, target.id)
            facts.values.append((value, target.cell))
            facts.binders.append(target)
            facts.loop |= loop

    def note_change(self, node):
        """Note what is changed in place, and with what."""
        if isinstance(node, ast.AugAssign):
            self.change(node.target, [node.value])
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if not isinstance(target, ast.Name):
                    self.change(target, [node.value])
        elif isinstance(node, ast.Delete):
            for target in node.targets:
                self.change(target, [])
        elif called(node) in CHANGES and isinstance(node.func, ast.Attribute):
            self.change(node.func, arguments(node))

    def change(self, target, values):
        if isinstance(target, (ast.Tuple, ast.List)):
            for part in target.elts:
                if not isinstance(part, ast.Name):
                    self.change(part, values)
        elif name := root(target):
            facts = self.of(name)
            facts.opaque = True
            facts.changes += [(value, target.cell) for value in values]

    def given(self, name):
        """What a name may be where it stands: the values of the last cell before it.

        In a function all values count, since it may be called after any of them.
        """
        facts = self.of(name)
        if any(isinstance(each, FUNCTIONS) for each in inside(name)):
            return [value for value, _ in facts.values + facts.changes]
        before = [each for each in facts.values if each[1] <= name.cell]
        last = max((cell for _, cell in before), default=name.cell)
        seen = [value for value, cell in before if cell == last]
        return seen + [v for v, cell in facts.changes if last <= cell <= name.cell]

    def imported(self, node, modules):
        """Whether a name was imported from one of these modules."""
        return isinstance(node, ast.Name) and any(
            isinstance(each, ast.ImportFrom)
            and each.module in modules
            and node.id in [alias.asname or alias.name for alias in each.names]
            for each in ast.walk(self.program)
        )

    def single(self, node):
        """The one value that a name has wherever it stands, or None."""
        if not isinstance(node, ast.Name):
            return None
        facts, values = self.of(node), self.given(node)
        known = len(values) == 1 and not facts.opaque and not facts.defined
        return values[0] if known else None

    def meant(self, node):
        """The node, or what it stands for as a name of one value only."""
        value = self.single(node)
        while isinstance(value, ast.AST):
            node, value = value, self.single(value)
        return node

    def typed_in(self, node, seen=()):
        """Whether no run of the page could make this another value."""
        if isinstance(node, Each):
            return not is_empty(node.of) and self.typed_in(node.of, seen)
        if isinstance(node, ast.Name):
            facts = self.of(node)
            values = self.given(node)
            if facts.opaque or facts.defined or not values or id(facts) in seen:
                return False
            return all(self.typed_in(value, (*seen, id(facts))) for value in values)
        if isinstance(node, ast.Call):
            return is_pure(node) and all(self.typed_in(p, seen) for p in operands(node))
        opaque = (ast.Lambda, ast.Attribute, ast.Await, ast.Yield, *COMPREHENSIONS)
        if not isinstance(node, ast.expr) or isinstance(node, opaque) or is_empty(node):
            return False
        return all(self.typed_in(part, seen) for part in parts(node))


def parse(cells):
    """The cells as one program, where each node knows its cell and what it is in."""
    program = ast.Module([], [])
    program.parent = None
    for number, source in enumerate(cells):
        plain = re.sub(r"^( *)[%!].*", r"\1pass", source, flags=re.M)
        for node in ast.walk(tree := ast.parse(plain)):
            node.cell = number
            for child in ast.iter_child_nodes(node):
                child.parent = node
        for statement in tree.body:
            statement.parent = program
        program.body += tree.body
    return program


def shares(target, value):
    """For each name of `a, b = value` what it gets."""
    whole = isinstance(value, (ast.Tuple, ast.List))
    if whole and len(value.elts) == len(target.elts):
        if not any(isinstance(e, ast.Starred) for e in target.elts + value.elts):
            return value.elts
    value = value.of if isinstance(value, Each) else value
    return [value and Each(value, place) for place in range(len(target.elts))]


def inside(node):
    """The node, then what it stands in, outwards."""
    while node is not None:
        yield node
        node = getattr(node, "parent", None)


def root(node):
    """The name at the start of `a.b[c].d()`, or None."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node if isinstance(node, ast.Name) else None


def called(node):
    """The last word of what a call calls; "" if it is no call, or of no name."""
    what = node.func if isinstance(node, ast.Call) else None
    return getattr(what, "attr", getattr(what, "id", ""))


def parts(node):
    return [each for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr)]


def arguments(call):
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def operands(call):
    """The arguments, and what a method belongs to."""
    of = [call.func.value] if isinstance(call.func, ast.Attribute) else []
    return [*arguments(call), *(each for each in of if not is_module(each))]


def is_module(node):
    return isinstance(node, ast.Name) and node.id in ("math", "np", "numpy")


def is_empty(node):
    """Whether this is a container that may still be filled."""
    if called(node) in ("list", "dict", "set"):
        return not arguments(node)
    return isinstance(node, (ast.List, ast.Dict, ast.Set)) and not parts(node)


def is_pure(call):
    """Whether a call gives the same each time: len, math.sqrt, "a".upper."""
    what = call.func
    if isinstance(what, ast.Name):
        return what.id in PURE and bool(arguments(call))
    if not isinstance(what, ast.Attribute):
        return False
    if is_module(what.value):
        return what.attr not in TO_BE_FILLED and bool(arguments(call))
    return what.attr not in CHANGES  # a method of what is typed in
