"""The page of the package's names has each of them, and says what is known of it."""

import api_page
import nbformat
import package_imports
import page_runs
import pytest
from api_page import Defined, defined, parts, public, signature_of
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_notebook
from package_imports import ROOT
from public_names import PUBLIC, as_sphinx_knows
from site_browser import cannot
from site_pages import SITE, stale_notebooks
from sphinx.errors import PycodeError
from sphinx.pycode import ModuleAnalyzer

CACHES = (
    api_page.defined,
    api_page.statements,
    package_imports.file_of,
    package_imports.needed,
)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A small `ganflow` in place of the real one: package(name, text) writes a file."""

    def forget():
        for cache in CACHES:
            cache.cache_clear()

    def write(name, text):
        path = tmp_path / "ganflow" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        forget()

    monkeypatch.setattr(package_imports, "ROOT", tmp_path)
    monkeypatch.setattr(page_runs, "ROOT", tmp_path)
    write("__init__.py", "")
    write("tf/__init__.py", "")
    yield write
    monkeypatch.undo()
    forget()


@pytest.fixture
def pages(tmp_path):
    """pages(name=cells) writes notebooks and returns what Sphinx knows of them."""

    def write(**cells):
        for name, sources in cells.items():
            code = [new_code_cell(source) for source in sources]
            nbformat.write(new_notebook(cells=code), tmp_path / f"{name}.ipynb")
        return as_sphinx_knows(tmp_path)

    return write


# ---- where a name is defined


def test_a_name_that_a_stub_lends_is_found_where_it_is_defined(package):
    package("__init__.pyi", "from ganflow.trace import watch as watch")
    package("trace.py", "class Watch: ...\ndef watch(): ...")
    assert defined("ganflow.watch") == Defined("ganflow.trace", "watch", "function")
    assert defined("ganflow.trace.Watch") == Defined("ganflow.trace", "Watch", "class")


def test_a_name_that_is_handed_on_is_found_under_the_name_it_was_given_first(package):
    package("games/__init__.py", "from ganflow.games.two import dirac as game")
    package("games/two.py", "from ganflow.games.one import dirac")
    package("games/one.py", "def dirac(): ...")
    found = Defined("ganflow.games.one", "dirac", "function")
    assert defined("ganflow.games.game") == defined("ganflow.games.two.dirac") == found


def test_a_constant_is_shown_as_its_module_writes_it(package):
    written = "INK, PAPER = (\n    1,  # dark\n    2,\n)"
    package("page.py", f"{written}\nLOSSES: dict[str, int] = {{}}\n")
    ink = Defined("ganflow.page", "INK", "data", written)
    assert defined("ganflow.page.INK") == ink
    assert defined("ganflow.page.PAPER").source == written
    assert defined("ganflow.page.LOSSES").source == "LOSSES: dict[str, int] = {}"


def test_a_module_is_no_name_of_the_package(package):
    package("games/one.py", "")
    assert defined("ganflow") is None
    assert defined("ganflow.games.one") is None


def test_a_name_that_nothing_defines_is_an_error(package):
    package("page.py", "def raises(): ...")
    with pytest.raises(ValueError, match=r"ganflow\.page\.rises is imported"):
        defined("ganflow.page.rises")


# ---- which names are public


def test_public_is_what_the_faces_lend_and_what_pages_import(package, pages):
    package("__init__.pyi", "from ganflow.schedule import Schedule as Schedule")
    package("tf/__init__.pyi", "from ganflow.tf.tape import flow as flow")
    package("tf/tape.py", "def flow(): ...")
    package("schedule.py", "class Schedule: ...\ndef critic_steps(): ...\nPAUSE = 1\n")
    env = pages(
        one=["%matplotlib inline\nfrom ganflow import Schedule"],
        two=["x = 1", "from ganflow.schedule import Schedule, critic_steps"],
    )
    one, two = sorted(env.found_docs)
    assert public(env) == {
        Defined("ganflow.schedule", "Schedule", "class"): (
            "ganflow.Schedule",
            [one, two],
        ),
        Defined("ganflow.schedule", "critic_steps", "function"): (
            "ganflow.schedule.critic_steps",
            [two],
        ),
        Defined("ganflow.tf.tape", "flow", "function"): ("ganflow.tf.flow", []),
    }


# ---- what an entry says


def told(lines, **names):
    """The docstring of ganflow.f after `parts`; names are path -> pages."""

    class App:
        class env:
            public_names = {path: (f"ganflow.{path}", p) for path, p in names.items()}

    lines = list(lines)
    parts(App, "function", "ganflow.f", None, None, lines)
    return lines


def test_gradient_and_source_get_headings_of_their_own():
    lines = ["Say it.", "", "Gradient: cuts nothing,", "or little.", "Source: `a`."]
    assert told(lines) == [
        *("Say it.", ""),
        *("Gradient", "--------", "Cuts nothing,", "or little."),
        *("Source", "------", "`a`."),
    ]
    assert told(["Gradient: d/d score is 1."])[-1] == "d/d score is 1."
    assert told(["The Gradient: not here."]) == ["The Gradient: not here."]


def test_an_entry_names_the_pages_that_use_the_name():
    used = told(["Say it."], f=["book/one", "two"], g=["three"])
    assert used == ["Say it.", "", "Used in", "-------", PAGES, ""]
    assert told(["Say it."], f=[]) == ["Say it."]


PAGES = ":doc:`/book/one`, :doc:`/two`"
RATES = dict.fromkeys("abcdefgh", 0.25)


def example(rates: dict = RATES, *, ticks: int = 3, move=told, words=tuple("abcdefg")):
    """A function with long defaults: two have a name here, one has none."""


class Made:
    """A class whose __new__ takes anything, made as its __init__ says."""

    def __new__(cls, *given, **named):
        return super().__new__(cls)

    def __init__(self, name: str, turns=()):
        pass


def test_a_long_default_is_written_by_its_name():
    text, _ = signature_of(None, "function", "", example, None, "(…)", None)
    words = "('a', 'b', 'c', 'd', 'e', 'f', 'g')"
    assert text == f"(rates=RATES, *, ticks=3, move=told, words={words})"


def test_a_class_is_called_as_its_init_says(monkeypatch):
    monkeypatch.setattr(api_page, "PACKAGE", __name__)
    text, _ = signature_of(None, "class", "", Made, None, "(*given, **named)", None)
    assert text == "(name, turns=())"
    assert signature_of(None, "method", "", example, None, "(…)", None) is None


def test_what_is_mocked_is_not_loaded_to_look_for_overloads(monkeypatch):
    class Config:
        autodoc_mock_imports = ("colorsys_of_nobody",)

    monkeypatch.setattr(ModuleAnalyzer, "cache", {})
    api_page.load_nothing_mocked(None, Config)
    with pytest.raises(PycodeError, match="is mocked"):
        ModuleAnalyzer.for_module("colorsys_of_nobody")


# ---- the built page


@pytest.fixture(scope="module")
def built():
    """The page, if the site was built."""
    page = SITE / f"{api_page.PAGE}.html"
    if not page.exists() or stale_notebooks():
        cannot(f"no {page.name} of these notebooks in {SITE.name}/: run make book")
    return BeautifulSoup(page.read_text("utf-8"), "html.parser")


def test_each_public_name_has_an_entry_and_no_other_has_one(built):
    entries = {entry["id"] for entry in built.select("section > dl.py > dt[id]")}
    assert entries == {path for path, _ in PUBLIC.values()}, "run make book"


def test_each_entry_leads_to_the_pages_that_use_its_name(built):
    folder = SITE / "book" / "appendix"
    for path, pages in PUBLIC.values():
        entry = built.find("dt", id=path).find_next_sibling("dd")
        targets = {link["href"].partition("#")[0] for link in entry.select("a[href]")}
        found = {(folder / target).resolve() for target in targets}
        names = [page.removeprefix(f"{ROOT}/") for page in pages]
        wanted = {(SITE / f"{name}.html").resolve() for name in names}
        assert wanted <= found, f"{path} lacks {wanted - found}: run make book"


def test_reST_read_every_docstring_of_the_page(built):
    assert not built.select(".problematic, .system-message")
    assert "Used in" in {part.get_text() for part in built.select("dd > .rubric")}
