"""Where a report leads to in the book, there is a section that has it."""

import re
from os.path import normpath
from pathlib import Path

import pytest
from docutils.nodes import make_id
from myst_parser.mdit_to_docutils.base import default_slugify

from ganflow.loop_report import words
from ganflow.loop_report.catalogue import CATALOGUE

BOOK = Path(__file__).parents[2] / "book"
LINKS = {
    *(entry.link for entry in CATALOGUE.values()),
    *words.SECTIONS.values(),
    words.CRITIC_STEPS,
    words.NO_SCHEDULE,
}


def sections(page):
    """For "notebooks/04_turns/take_turns": what a text and the site call its parts."""
    text = BOOK / f"{page.removeprefix('notebooks/')}.md"
    prose = re.sub(r"^```.*?^```", "", text.read_text("utf-8"), flags=re.S | re.M)
    titles = [t.replace("`", "") for t in re.findall(r"^#+ (.+)$", prose, re.M)]
    return {default_slugify(title): make_id(title) for title in titles}


@pytest.mark.parametrize("link", sorted(LINKS))
def test_a_report_leads_to_a_section_of_the_site(link):
    page, anchor = re.fullmatch(
        r"(notebooks/[\w/]+)\.html(?:#([a-z0-9-]+))?", link
    ).groups()
    assert anchor is None or anchor in sections(page).values()


def test_every_finding_has_its_entry_in_the_clinic_and_links_to_it():
    text = (BOOK / "10_errors" / "name_the_finding.md").read_text("utf-8")
    told = {}
    for name, page, section in re.findall(
        r"^\| \[`([\w-]+)`\]\((\S*?)(?:\.ipynb)?#(\S+?)\) \|", text, re.M
    ):
        place = normpath(f"notebooks/10_errors/{page or 'name_the_finding'}")
        told[name] = f"{place}.html#{sections(place)[section]}"
    assert told == {name: entry.link for name, entry in CATALOGUE.items()}
