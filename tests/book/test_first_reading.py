"""Twelve pages in order for who learns this for the first time, and their marks."""

import re

import pytest
from book_links import text_of
from page_table import chapter_pages

ROW = re.search(
    r"^\| \*I learn this for the first time\* \|(.*)\|$",
    text_of("notebooks/intro"),
    re.M,
)[1]
FIRST = re.findall(r"\[([^\]]+)\]\(([\w/]+)\.ipynb\)", ROW)
PAGES = [page.removeprefix("notebooks/") for page in chapter_pages()]
# Bold and not slanted: the slanted letters are a font of 50 kB before the first paint.
MARK = re.compile(r"^\*\*((?:First reading|Going deeper):\*\* .*)$", re.M)
DEEPER = "Going deeper:** not part of the [first reading](../intro.ipynb#where-to-go)."


def mark_of(page):
    """What a page says of its place, and nothing of what it says besides."""
    (said,) = MARK.findall(text_of(f"notebooks/{page}"))
    return said


def test_twelve_pages_are_named_by_their_titles_in_the_book_s_order():
    assert len(FIRST) == 12
    for title, page in FIRST:
        assert f"\n# {title}\n" in text_of(f"notebooks/{page}")
    places = [PAGES.index(page) for _, page in FIRST]
    assert places == sorted(places)


@pytest.mark.parametrize("place", range(12))
def test_a_page_of_the_first_reading_says_its_place_and_the_next(place):
    said = mark_of(FIRST[place][1])
    assert said.startswith(f"First reading:** page {place + 1} of 12.")
    here = FIRST[place][1].split("/")[0]
    links = re.findall(r"\[([^\]]+)\]\(([\w/.]+)\.ipynb\)", said)
    expected = []
    for title, page in FIRST[place + 1 : place + 2]:
        near = page.removeprefix(f"{here}/")
        expected = [(title, near if near != page else f"../{page}")]
    assert links == expected


@pytest.mark.parametrize("page", [p for p in PAGES if p not in {at for _, at in FIRST}])
def test_any_other_page_says_that_it_goes_deeper(page):
    assert mark_of(page) == DEEPER
