"""Docstrings of public names: one parameter a line, read from the syntax tree.

Public is what the API page of the book lists.
"""

import ast
import io
import re
from itertools import pairwise
from pathlib import Path

import pytest
from docutils.core import publish_doctree
from package_imports import PACKAGE, ROOT, file_of
from public_names import PUBLIC

NAMES = sorted(name for name in PUBLIC if name.kind != "data")
FILES = sorted((ROOT / PACKAGE).rglob("*.py"))
ENTRY = re.compile(r"(\*{0,2}\w+) : \S")
TWO = re.compile(r"\w+ : .*\b\w+ : ")
END = re.compile(r"(Gradient|Source): ")


def tree(path):
    return ast.parse(path.read_text("utf-8"))


def node_of(name):
    """The function or class that a public name is, and the classes beside it."""
    body = tree(file_of(name.module)).body
    found = {n.name: n for n in body if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    classes = {key: n for key, n in found.items() if isinstance(n, ast.ClassDef)}
    return found[name.name], classes


def parameters(function):
    """The parameters of a function or method as its docstring is to name them."""
    given = function.args
    names = [arg.arg for arg in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    names += [f"*{given.vararg.arg}"] if given.vararg else []
    names += [f"**{given.kwarg.arg}"] if given.kwarg else []
    return [name for name in names if name not in ("self", "cls")]


def fields(node, classes):
    """What makes an object of a class: what __init__ takes, or the fields it has."""
    for part in node.body:
        if isinstance(part, ast.FunctionDef) and part.name == "__init__":
            return parameters(part)
    bases = [classes[b.id] for b in node.bases if getattr(b, "id", "") in classes]
    found = [name for base in bases for name in fields(base, classes)]
    marks = [ast.unparse(mark) for mark in (*node.decorator_list, *node.bases)]
    if any(mark.startswith(("dataclass", "NamedTuple")) for mark in marks):
        found += [
            part.target.id
            for part in node.body
            if isinstance(part, ast.AnnAssign)
            and "ClassVar" not in ast.unparse(part.annotation)
        ]
    return list(dict.fromkeys(found))


def defaults(node):
    """What each parameter that may be left out then is, where that is no name."""
    made = [n for n in node.body if getattr(n, "name", "") == "__init__"]
    if made:
        return defaults(made[0])
    if isinstance(node, ast.ClassDef):
        fields = [part for part in node.body if isinstance(part, ast.AnnAssign)]
        pairs = [(part.target.id, part.value) for part in fields if part.value]
    else:
        given = node.args
        names = [arg.arg for arg in (*given.posonlyargs, *given.args)]
        last = names[len(names) - len(given.defaults) :]
        pairs = [*zip(last, given.defaults, strict=True)]
        pairs += [
            (arg.arg, value)
            for arg, value in zip(given.kwonlyargs, given.kw_defaults, strict=True)
            if value
        ]
    return {name: literal(value) for name, value in pairs if literal(value) != ""}


def literal(node):
    """What an expression says by itself; None as well for what is made elsewhere."""
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None


def section(doc, title):
    """The lines of a section that are not indented: one for each thing it names."""
    lines, found, inside = doc.split("\n"), [], False
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        if after and set(after) == {"-"}:
            inside = line == title
        elif END.match(line):
            inside = False
        elif inside and line and line[0] not in " -":
            found.append(line)
    return found


def documented(doc):
    """The names that *Parameters* gives a line, a type and a sentence below."""
    lines = doc.split("\n")
    told = [line for line, below in pairwise(lines) if below.startswith("    ")]
    found = [line for line in section(doc, "Parameters") if line in told]
    return [match[1] for line in found if (match := ENTRY.match(line))]


def described(name):
    """A function, or a class and its public methods; the parameters of each."""
    node, classes = node_of(name)
    if isinstance(node, ast.FunctionDef):
        return [(node, parameters(node))]
    methods = [part for part in node.body if isinstance(part, ast.FunctionDef)]
    public = [part for part in methods if not part.name.startswith("_")]
    return [(node, fields(node, classes))] + [(m, parameters(m)) for m in public]


def test_public_is_what_the_faces_lend_and_what_pages_import():
    assert {"ganflow.trace.flow", "ganflow.tf.flow_table", "ganflow.nets"} <= {
        name.module for name in NAMES
    }


@pytest.mark.parametrize("name", NAMES, ids=lambda n: f"{n.module}.{n.name}")
def test_each_parameter_has_a_line_of_its_own(name):
    """A method may say in its first sentence alone what it takes."""
    for node, wanted in described(name):
        doc = ast.get_docstring(node)
        assert doc, f"{node.name} has no docstring"
        if node.name != name.name and not section(doc, "Parameters"):
            continue
        found = documented(doc)
        if "**others" in found:
            of_its_own = [
                p.target.id for p in node.body if isinstance(p, ast.AnnAssign)
            ]
            wanted = ["**others", *(n for n in wanted if n in of_its_own)]
        assert sorted(found) == sorted(wanted), (
            f"{node.name}: give each parameter a line `name : type`, then its sentence"
        )


@pytest.mark.parametrize("name", NAMES, ids=lambda n: f"{n.module}.{n.name}")
def test_what_a_parameter_is_by_default_is_said_and_true(name):
    """At the end of its line; not where it is None, a name, or no text at all."""
    for node, _ in described(name):
        lines = section(ast.get_docstring(node), "Parameters")
        if not lines:
            continue
        said = {
            line.split(" : ")[0]: ast.literal_eval(default)
            for line in lines
            for _, told, default in [line.partition(", default ")]
            if told
        }
        true = {
            key: value for key, value in defaults(node).items() if value is not None
        }
        assert said == {
            key: true[key] for key in true if f"{key} : " in "\n".join(lines)
        }


@pytest.mark.parametrize("name", NAMES, ids=lambda n: f"{n.module}.{n.name}")
def test_what_comes_and_what_is_raised_stand_alone_on_their_lines(name):
    """`ValueError : why` would be read as something called ValueError of type why."""
    for node, _ in described(name):
        doc = ast.get_docstring(node)
        raised = [line for line in section(doc, "Raises") if not line.isidentifier()]
        returned = [line for line in section(doc, "Returns") if " : " in line]
        assert not raised + returned, f"{node.name}: the sentence goes below"
        assert not section(doc, "Attributes"), f"{node.name}: they are Parameters"


GIVING = [name for name in NAMES if name.kind == "function"]


@pytest.mark.parametrize("name", GIVING, ids=lambda n: f"{n.module}.{n.name}")
def test_a_function_says_what_it_returns(name):
    """But for one of nothing, and one to be entered by `with`."""
    node, _ = node_of(name)
    entered = any("contextmanager" in ast.unparse(d) for d in node.decorator_list)
    gives = node.returns is not None and ast.unparse(node.returns) != "None"
    said = section(ast.get_docstring(node), "Returns")
    assert bool(said) == (gives and not entered), f"{node.name} -> {said}"


def docstrings(path):
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree(path)):
        if isinstance(node, kinds) and (doc := ast.get_docstring(node)):
            yield doc


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_docstring_repeats_what_the_api_page_knows(path: Path):
    for doc in docstrings(path):
        assert "Taught in book/" not in " ".join(doc.split())


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_line_of_a_docstring_names_two_parameters(path: Path):
    for doc in docstrings(path):
        two = [line for line in doc.split("\n") if TWO.match(line.strip())]
        assert not two, "one parameter a line"


@pytest.mark.parametrize("name", NAMES, ids=str)
def test_the_words_of_a_docstring_are_sound_markup(name):
    """As the API page reads them, up to the sections, which napoleon reads."""
    node, _ = node_of(name)
    methods = [part for part in node.body if isinstance(part, ast.FunctionDef)]
    for part in [node, *methods]:
        words = (ast.get_docstring(part) or "").split("\n\nParameters\n")[0]
        said = io.StringIO()
        options = {"report_level": 2, "halt_level": 5, "warning_stream": said}
        publish_doctree(words, settings_overrides=options)
        marks = re.findall(r"start-string without end-string.*", said.getvalue())
        assert not marks, f"{name} {part.name}: {marks}"
