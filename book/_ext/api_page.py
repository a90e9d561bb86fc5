"""The page of the package's public names, made from the package and the pages' imports.

Public is what `ganflow` and `ganflow.tf` lend, and what a page of the book imports.
Sphinx's autodoc and napoleon write the entries. Added here: which names there are, the
paragraphs *Gradient* and *Source* as parts of their own, and the pages that use a name.
"""

import ast
import hashlib
import inspect
import re
import sys
from collections import defaultdict
from functools import cache
from typing import NamedTuple

from package_imports import PACKAGE, ROOT, file_of, imported, stub_of
from page_runs import imports_of, notebook_of, read
from sphinx.errors import PycodeError
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.inspect import stringify_signature

PAGE = "book/appendix/api"
FACES = (PACKAGE, f"{PACKAGE}.tf")
PART = re.compile(r"^(Gradient|Source): ?")
WORD = re.compile(r"^[a-z](?=[a-z]*[ ,;])")  # which begins a sentence, as d/dx does not
KINDS = {ast.FunctionDef: "function", ast.ClassDef: "class"}
LONG = 24  # letters of a default that a signature has no room for


class Defined(NamedTuple):
    """Where a public name is defined, and as what; of data, the source, too."""

    module: str
    name: str
    kind: str
    source: str = ""


@cache
def statements(module):
    """What stands in a module, and in its stub, each with its source."""
    texts = file_of(module).read_text("utf-8"), stub_of(module)
    return [
        (node, ast.get_source_segment(text, node))
        for text in texts
        for node in ast.parse(text).body
    ]


@cache
def defined(path):
    """Where the name behind a dotted path is defined, or None if it is a module."""
    module, _, name = path.rpartition(".")
    if file_of(path) or not (module and file_of(module)):
        return None
    for node, source in statements(module):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == name:
            return Defined(module, name, KINDS[type(node)])
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [n for target in targets for n in ast.walk(target)]
            if name in (n.id for n in names if isinstance(n, ast.Name)):
                return Defined(module, name, "data", source)
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if name == (alias.asname or alias.name):
                    return defined(f"{node.module}.{alias.name}")
    raise ValueError(f"{path} is imported, and nothing in {module} defines it")


def public(env):
    """Each public name: where it is defined -> (its shortest path, the pages)."""
    paths, pages = defaultdict(set), defaultdict(list)
    for face in FACES:
        for path in imported(stub_of(face)):
            if found := defined(path):
                paths[found].add(f"{face}.{found.name}")
    for page in sorted(env.found_docs):
        if path := notebook_of(env, page):
            for name in imports_of(read(path)):
                if found := defined(name):
                    paths[found].add(name)
                    pages[found].append(page)
    return {
        what: (min(sorted(paths[what]), key=len), list(dict.fromkeys(pages[what])))
        for what in paths
    }


def room_of(what):
    """The package or module below `ganflow` that a name belongs to."""
    return ".".join(what.module.split(".")[:2])


def summary(module):
    """The first sentence of a module's docstring."""
    told = ast.get_docstring(ast.parse(file_of(module).read_text("utf-8")))
    return told.split("\n\n")[0]


def write_entries(app, page, source):
    """End the page with an entry for each public name, room by room."""
    if page != PAGE:
        return
    found = app.env.public_names = public(app.env)
    for room in sorted({room_of(what) for what in found}):
        source[0] += f"\n## {room}\n\n{summary(room)}\n\n```{{eval-rst}}\n"
        for what in sorted(w for w in found if room_of(w) == room):
            source[0] += entry(what, *found[what])
        source[0] += "```\n"


def entry(what, path, pages):
    """The directives for one name; data shows how it is made."""
    if what.kind != "data":
        members = "   :members:\n" if what.kind == "class" else ""
        return f".. auto{what.kind}:: {path}\n{members}\n"
    shown = [f".. py:data:: {path}", "", "   .. code-block:: python", ""]
    shown += [f"      {line}" for line in what.source.splitlines()]
    used = ["   .. rubric:: Used in", "", f"   {links(pages)}"] if pages else []
    return "\n".join([*shown, "", *used, "", ""])


def links(pages):
    """The pages by their titles."""
    return ", ".join(f":doc:`/{page}`" for page in pages)


def parts(app, kind, name, thing, options, lines):
    """Give *Gradient* and *Source* headings of their own, and name the pages."""
    made = []
    for line in lines:
        if found := PART.match(line):
            made += [found[1], "-" * len(found[1])]
            made.append(WORD.sub(lambda word: word[0].upper(), line[found.end() :]))
        else:
            made.append(line)
    for path, pages in app.env.public_names.values():
        if path == name and pages:
            made += ["", "Used in", "-------", links(pages), ""]
    lines[:] = made


class Named:
    """A value that is written by its name."""

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return self.name


def called(thing):
    """How a function or class is called; a class by the package's own __init__, if any.

    Else what a base class takes in its __new__ would be told: anything.
    """
    makers = [
        vars(base)["__init__"]
        for base in getattr(thing, "__mro__", ())
        if base.__module__.startswith(PACKAGE) and "__init__" in vars(base)
    ]
    given = inspect.signature(makers[0] if makers else thing)
    return given.replace(parameters=list(given.parameters.values())[len(makers[:1]) :])


def signature_of(app, kind, name, thing, options, signature, returned):
    """Write a long default by the name that the thing's module has for it."""
    if kind not in KINDS.values() or not signature:
        return None
    module, given = vars(sys.modules[thing.__module__]), called(thing)
    names = {id(value): Named(key) for key, value in module.items()}
    written = [
        one.replace(default=names.get(id(one.default), one.default))
        if len(repr(one.default)) > LONG
        else one
        for one in given.parameters.values()
    ]
    given = given.replace(parameters=written)
    return stringify_signature(given, show_annotation=False), returned


def load_nothing_mocked(app, config):
    """Keep autodoc from looking for overloads where it would load what it mocks."""
    for name in config.autodoc_mock_imports:
        ModuleAnalyzer.cache["module", name] = PycodeError(f"{name} is mocked")


def made_from(env):
    """What the page comes from: the package's files, and what each page imports."""
    files = [*(ROOT / PACKAGE).rglob("*.py"), *(ROOT / PACKAGE).rglob("*.pyi")]
    package = hashlib.sha256(b"".join(p.read_bytes() for p in sorted(files)))
    notebooks = {page: notebook_of(env, page) for page in sorted(env.found_docs)}
    pages = [(page, imports_of(read(path))) for page, path in notebooks.items() if path]
    return package.hexdigest(), pages


def read_again(app, env, added, changed, removed):
    """Let Sphinx read the page when the package changed, or a page's imports did."""
    source = made_from(env)
    outdated = PAGE in env.found_docs and getattr(env, "api_made_from", 0) != source
    env.api_made_from = source
    return [PAGE] if outdated else []


def setup(app):
    """Called by Sphinx."""
    app.connect("config-inited", load_nothing_mocked)
    app.connect("source-read", write_entries)
    app.connect("env-get-outdated", read_again)
    app.connect("autodoc-process-signature", signature_of)
    app.connect("autodoc-process-docstring", parts, priority=400)  # before napoleon
    return {"parallel_read_safe": True, "parallel_write_safe": True}
