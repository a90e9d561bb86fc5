"""A thread that could not be read says so, in one form, wherever a page cites it."""

import re

import pytest
from book_links import files, text_of

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
