"""The page of the package's public names, made from the package and the pages' imports.

Public is what `ganflow` and `ganflow.tf` lend, and what a page of the book imports.
Sphinx's autodoc and napoleon write the entries. Added here: which names there are, the
paragraphs *Gradient* and *Source* as parts of their own, and the pages that use a name.
"""

import ast
import re
import textwrap
from collections import defaultdict
from functools import cache
from typing import NamedTuple

from package_imports import PACKAGE, file_of, imported, stub_of
from page_runs import notebook_of, plain, read

PAGE = "book/appendix/api"
FACES = (PACKAGE, f"{PACKAGE}.tf")
PART = re.compile(r"^(Gradient|Source): ?")
KINDS = {ast.FunctionDef: "function", ast.ClassDef: "class"}


class Defined(NamedTuple):
    """Where a public name is defined, and as what; of data, the statement, too."""

    module: str
    name: str
    kind: str
    statement: str = ""


@cache
def statements(module):
    """What stands in a module, and in its stub."""
    text = file_of(module).read_text("utf-8")
    return ast.parse(text).body + ast.parse(stub_of(module)).body


@cache
def defined(path):
    """Where the name behind a dotted path is defined, or None if it is a module."""
    module, _, name = path.rpartition(".")
    if file_of(path) or not (module and file_of(module)):
        return None
    for node in statements(module):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == name:
            return Defined(module, name, KINDS[type(node)])
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [n for target in targets for n in ast.walk(target)]
            if name in (n.id for n in names if isinstance(n, ast.Name)):
                return Defined(module, name, "data", ast.unparse(node))
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if name == (alias.asname or alias.name):
                    return defined(f"{node.module}.{alias.name}")
    raise ValueError(f"{path} is imported, and nothing in {module} defines it")


def imports_of(notebook):
    """The paths that the code cells of a notebook import from the package."""
    code = [plain(cell) for cell in notebook.cells if cell.cell_type == "code"]
    return sorted({path for cell in code for path in imported(cell)})


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
        what: (min(paths[what], key=len), list(dict.fromkeys(pages[what])))
        for what in paths
    }


def room_of(what):
    """The package or module below `ganflow` that a name belongs to."""
    return ".".join(what.module.split(".")[:2])


def summary(module):
    """The first sentence of a module's docstring."""
    return ast.get_docstring(ast.parse(file_of(module).read_text("utf-8"))).split(
        "\n\n"
    )[0]


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
    shown += [f"      {line}" for line in in_lines(what.statement)]
    return "\n".join([*shown, "", f"   **Used in** {links(pages)}", "", ""])


def in_lines(statement):
    """A statement in lines that a page has room for."""
    return textwrap.wrap(statement, 80, subsequent_indent="    ")[:12]


def links(pages):
    """The pages by their titles."""
    return ", ".join(f":doc:`/{page}`" for page in pages) or "no page yet"


def parts(app, kind, name, thing, options, lines):
    """Give *Gradient* and *Source* headings of their own, and name the pages."""
    made = []
    for line in lines:
        if found := PART.match(line):
            made += [found[1], "-" * len(found[1]), line[found.end() :]]
        else:
            made.append(line)
    for path, pages in app.env.public_names.values():
        if path == name and pages:
            made += ["", "Used in", "-------", links(pages), ""]
    lines[:] = made


def read_again(app, env, added, changed, removed):
    """Let Sphinx read the page when a name is new, or a page uses another one."""
    if PAGE in env.found_docs and getattr(env, "public_names", None) != public(env):
        return [PAGE]
    return []


def setup(app):
    """Called by Sphinx."""
    app.connect("source-read", write_entries)
    app.connect("env-get-outdated", read_again)
    app.connect("autodoc-process-docstring", parts, priority=400)  # before napoleon
    return {"parallel_read_safe": True, "parallel_write_safe": True}
