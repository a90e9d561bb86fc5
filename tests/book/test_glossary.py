"""The first use of each term on a chapter's page leads to the glossary."""

import re

import glossary_links
import pytest
from book_links import CHAPTER, text_of
from build_notebooks import chapters
from docutils import nodes
from page_table import chapter_pages
from sphinx.application import Sphinx

GLOSSARY = text_of(glossary_links.GLOSSARY)
ENTRIES = GLOSSARY.split("```{glossary}\n")[1].split("\n\n")
TERMS = re.findall(r"^\w.*$", "\n\n".join(ENTRIES), re.M)
NO_PROSE = re.compile(r"```.*?```|`.*?`|\$.*?\$|\s", re.S)
PROSE = [NO_PROSE.sub(" ", chapter.read_text("utf-8")) for chapter in chapters()]
HOW_IT_STANDS = {
    "Two ticks, and a tick more.": "Two [ticks], and a tick more.",
    "Ticks end.": "[Ticks] end.",
    "`tick` and *tick*": "tick and [tick]",
    "[tick](https://example.org) first, tick then": "tick first, [tick] then",
    "Sticks, ticking, a tick-tock and non-tick.": None,
    "A flow table with a table.": "A [flow table] with a table.",
    "$tick$ in a formula": None,
    "D and G turn; a turn ends": "D and G turn; a [turn] ends",
    "*turn* it": "[turn] it",
    "*turn it round*": None,
    "a turn, each tick, the turn": "a [turn], each [tick], the turn",
    "a tick\n\n## tick\n\nthe tick": "a [tick]\ntick\nthe tick",
    "    tick": None,
    "## tick": None,
}
SMALL = """
# Glossary

```{glossary}
tick
  One pass of a {term}`turn`. And more.

table
flow table
  Who hears whom.

turn
  All at once.
```
"""


@pytest.fixture(scope="module")
def small_book(tmp_path_factory):
    """The HTML of a page for each way in which a term may stand."""
    folder = tmp_path_factory.mktemp("book")
    pages = {f"notebooks/01_a/p{i}": text for i, text in enumerate(HOW_IT_STANDS)}
    pages |= {"book/other": "a tick", glossary_links.GLOSSARY: SMALL, "index": ""}
    for name, text in pages.items():
        page = folder / f"{name}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(f"---\norphan: true\n---\n\n{text}\n")
    extensions = ["myst_parser", "sphinx.ext.mathjax", "glossary_links"]
    config = {"extensions": extensions, "myst_enable_extensions": ["dollarmath"]}
    out = folder / "_build"
    app = Sphinx(folder, None, out, out, "html", config, status=None, warning=None)
    app.build()
    return {name: (out / f"{name}.html").read_text("utf-8") for name in pages}


def body(html):
    """A page's own text; each link to the glossary as [words]."""
    inside = html.split('role="main">')[1].split('<div class="sphinxsidebar"')[0]
    marked = re.sub(r'<a class="gf-term[^>]*>(.*?)</a>', r"[\1]", inside)
    plain = re.sub(r"<a class=\"headerlink.*?</a>|<[^>]*>", "", marked)
    return re.sub(r"\n+", "\n", plain).strip()


@pytest.mark.parametrize(("text", "shown"), HOW_IT_STANDS.items())
def test_the_first_use_of_a_term_is_a_link_and_nothing_else_is(small_book, text, shown):
    page = small_book[f"notebooks/01_a/p{[*HOW_IT_STANDS].index(text)}"]
    if shown is None:
        assert "gf-term" not in page
    else:
        assert body(page) == shown


def test_a_link_leads_to_its_term_and_says_the_first_sentence(small_book):
    page = small_book["notebooks/01_a/p0"]
    (link,) = re.findall(r"<a class=\"gf-term[^>]*>", page)
    assert 'href="../../book/appendix/glossary.html#term-tick"' in link
    assert 'title="One pass of a turn."' in link
    assert 'id="term-tick"' in small_book[glossary_links.GLOSSARY]


def test_pages_that_are_no_chapter_stay_as_they_are(small_book):
    assert "gf-term" not in small_book["book/other"]
    assert "gf-term" not in small_book[glossary_links.GLOSSARY]


def test_the_terms_stand_in_order():
    firsts = [entry.splitlines()[0] for entry in ENTRIES]
    assert firsts == sorted(firsts, key=str.lower)
    assert len(firsts) >= 25


@pytest.mark.parametrize("term", TERMS)
def test_a_term_is_a_word_of_the_chapters(term):
    """So that no term is without a link from a page."""
    pattern = glossary_links.any_of([term])
    uses = [
        found
        for text in PROSE
        for found in pattern.finditer(text)
        if glossary_links.is_meant(found, nodes.Text(text))
    ]
    assert uses, f"no chapter speaks of {term}"


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_definition_is_short_and_leads_to_a_chapter(entry):
    words = re.sub(r"\]\(.*?\)", "]", entry).split()
    assert len(words) <= 60
    assert any(section for _, section in CHAPTER.findall(entry))


@pytest.mark.parametrize("page", chapter_pages())
def test_a_chapter_has_no_role_for_a_term_which_colab_shows_as_it_is_typed(page):
    """The site links each page's first use of a term by itself."""
    assert "{term}" not in text_of(page)
