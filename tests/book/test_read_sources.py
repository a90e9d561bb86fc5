"""What could not be read says so: a thread where it is cited, a paper in Sources."""

import re

import pytest
from book_links import ROOT, files, text_of

SOURCES, QUESTIONS = "book/appendix/sources", "book/appendix/questions"
MARK = "(not read)"
LINK = re.compile(r"\[[^\]]+\]\((https?://[^)\s]+)\)((?:\s+\(not read\))?)")
LIKE_IT = re.compile(r"\(\s*(?:un|not\s+(?:yet\s+)?)read\s*\)", re.I)
TEXTS = {page: text_of(page) for page in files()}
CITED = [
    (page, address, bool(mark))
    for page, text in TEXTS.items()
    for address, mark in LINK.findall(text)
]
UNREAD = {address for _, address, mark in CITED if mark}


def stray(text):
    """Marks that stand behind no link, and other words for the mark."""
    rest = LINK.sub(lambda link: " " * len(link[0]), text)
    return [" ".join(found[0].split()) for found in LIKE_IT.finditer(rest)]


@pytest.mark.parametrize("page", [page for page in TEXTS if page != SOURCES])
def test_a_mark_stands_behind_a_link(page):
    assert stray(TEXTS[page]) == []


def test_a_mark_elsewhere_or_in_other_words_is_found():
    link = "[keras 1](https://github.com/keras-team/keras/issues/1)"
    assert stray(f"{link} (not read), and {link}\n(not read)") == []
    assert stray(f"{link}, (not read)") == [MARK]
    assert stray(f"{link} (unread); {link} (not yet read)") == [
        "(unread)",
        "(not yet read)",
    ]


def test_what_is_marked_on_one_page_is_marked_on_all():
    """The questions name where each was asked, and rest on cells alone."""
    unmarked = [(page, a) for page, a, mark in CITED if a in UNREAD and not mark]
    assert [(page, a) for page, a in unmarked if page != QUESTIONS] == []


def test_the_page_of_sources_says_what_the_mark_means():
    assert UNREAD and f"*{MARK}*" in TEXTS[SOURCES]


CITE = re.compile(r"\{cite\}`([^`]+)`")
NUMBER = re.compile(
    r"\b(?:eqs?|equation|algorithm|table|theorem|lemma|proposition|section|figure)"
    r"\.?\s+\(?\d",
    re.I,
)
ENTRIES = re.split(r"\n(?=@)", (ROOT / "book/references.bib").read_text("utf-8"))[1:]
ON_ARXIV = {  # the number of each paper that has one
    re.search(r"\{(\w+),", entry)[1]: (re.findall(r"arxiv\.org/abs/([\d.]+)", entry))
    for entry in ENTRIES
}


def keys(text):
    """The keys of all papers that a text cites."""
    return [key for several in CITE.findall(text) for key in several.split(",")]


NOT_READ = set(keys(TEXTS[SOURCES]))
NAMES = NOT_READ | {number for key in NOT_READ for number in ON_ARXIV[key]}


def numbered(text, papers=NAMES):
    """Clauses that give the number of an equation, a table … of one of `papers`.

    A page names a paper by its key, a docstring by its number on arXiv.
    """
    clauses = re.split(r";|(?<!\bal)(?<!\beq)\.\s|\n\n", text)
    return [
        " ".join(clause.split())
        for clause in clauses
        if NUMBER.search(clause) and set(re.findall(r"[\w.]*\w", clause)) & papers
    ]


def test_the_papers_that_were_not_read_are_among_those_that_are_cited():
    everywhere = {key for page in TEXTS if page != SOURCES for key in keys(TEXTS[page])}
    assert NOT_READ <= everywhere <= set(ON_ARXIV)


@pytest.mark.parametrize("page", list(TEXTS))
def test_a_page_gives_no_number_of_a_paper_that_was_not_read(page):
    assert numbered(TEXTS[page]) == []


@pytest.mark.parametrize(
    "module",
    [str(path.relative_to(ROOT)) for path in sorted((ROOT / "ganflow").rglob("*.py"))],
)
def test_a_docstring_gives_no_number_of_a_paper_that_was_not_read(module):
    assert numbered((ROOT / module).read_text("utf-8")) == []


def test_a_number_is_found_beside_a_key_and_beside_an_address_alone():
    page = "A: {cite}`a2001`, algorithm 1. B: {cite}`b2002`, eq. 3; {cite}`a2001`."
    assert numbered(page, {"a2001"}) == ["A: {cite}`a2001`, algorithm 1"]
    assert numbered(page, {"b2002"}) == ["B: {cite}`b2002`, eq. 3"]
    source = "Source: A et al. 2001 (arXiv 1234.5678), section (4)\n    with a sign."
    assert numbered(source, {"1234.5678"}) != [] == numbered(source, {"1234.567"})
