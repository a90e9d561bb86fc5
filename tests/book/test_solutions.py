"""Every task has one solution, which is executed, and links lead there and back."""

import re
from pathlib import Path

import pytest
import yaml
from book_links import slug
from build_notebooks import chapters

ROOT = Path(__file__).parents[2]
FENCED = re.compile(r"^```.*?^```$", re.S | re.M)
CHECK = re.compile(r"^ *(assert |[\w.]*\bassert_\w+\(|with .*\braises\()", re.M)


def on_your_own(text):
    """What stands under that heading of a chapter's page."""
    return text.split("\n## On your own\n")[1].split("\n## ")[0]


def title(text):
    """The first heading of a page; a comment in code is none."""
    return re.search(r"^# (.+)$", FENCED.sub("", text), re.M)[1]


def tasks(text):
    """The tasks of a chapter's page, named as their solutions are."""
    numbers = re.findall(r"^(\d+)\. ", on_your_own(text), re.M)
    return [f"{title(text)}, task {number}" for number in numbers]


def solutions(text):
    """Heading and body of each solution on a page."""
    parts = re.split(r"^## (.+)$", text, flags=re.M)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


def faults(asked, solved):
    """What does not fit, in words; chapters and pages of solutions by their stem."""
    wanted = {stem: [] for stem in solved}
    for stem, text in asked.items():
        there, heads = f"solutions_{stem[:2]}", tasks(text)
        wanted.setdefault(there, []).extend(heads)
        if on_your_own(text).count(f"]({there}.ipynb#{slug(heads[0])})") != 1:
            yield f"{stem}: no link to its first solution"
        found = dict(solutions(solved.get(there, "")))
        for head in heads:
            if f"[task]({stem}.ipynb#on-your-own)" not in found.get(head, ""):
                yield f"{there}, {head}: no link back to {stem}"
    for stem, heads in wanted.items():
        found = [head for head, _ in solutions(solved.get(stem, ""))]
        if found != heads or not heads:
            yield f"{stem} solves {found}, the tasks are {heads}"


PAGES = {text.stem: text.read_text("utf-8") for text in chapters()}
SOLVED = {stem: text for stem, text in PAGES.items() if stem.startswith("solutions_")}
ASKED = {stem: text for stem, text in PAGES.items() if stem[0].isdigit()}
EACH = [(stem, *each) for stem, text in SOLVED.items() for each in solutions(text)]
NAMES = [head for _, head, _ in EACH]


def test_every_chapter_page_sets_two_tasks():
    assert {len(tasks(text)) for text in ASKED.values()} == {2}


def test_each_task_has_one_solution_and_they_link_to_each_other():
    assert list(faults(ASKED, SOLVED)) == []


@pytest.mark.parametrize(("stem", "head", "body"), EACH, ids=NAMES)
def test_a_solution_checks_itself(stem, head, body):
    code = "\n".join(re.findall(r"^```\{code-cell\}.*?^```$", body, re.S | re.M))
    assert CHECK.search(code), f"{stem}, {head}: nothing is asserted"


@pytest.mark.parametrize(("stem", "head", "body"), EACH, ids=NAMES)
def test_a_solution_that_is_dropped_is_missed(stem, head, body):
    less = SOLVED[stem].replace(f"## {head}{body}", "")
    assert any(head in fault for fault in faults(ASKED, SOLVED | {stem: less}))


@pytest.mark.parametrize(
    ("page", "was", "becomes", "said"),
    [
        ("solutions_04", "[task](04_take", "[task](05_take", "Take turns, task 1: no"),
        ("04_take_turns", "[Solutions](solutions_04", "[](solutions_05", "no link to"),
        ("04_take_turns", "\n2. ", "\n2. Say why.\n3. ", "solves"),
        ("solutions_04", "## Take turns, task 2", "## Turns, task 2", "solves"),
    ],
)
def test_a_page_that_is_changed_alone_is_noticed(page, was, becomes, said):
    assert was in PAGES[page]
    changed = {page: PAGES[page].replace(was, becomes)}
    asked, solved = ASKED | changed, SOLVED | changed
    asked = {stem: asked[stem] for stem in ASKED}
    solved = {stem: solved[stem] for stem in SOLVED}
    assert any(said in fault for fault in faults(asked, solved))


def test_solutions_to_no_chapter_are_noticed():
    more = SOLVED | {"solutions_11": "# Solutions to chapter 11\n"}
    assert list(faults(ASKED, more)) == ["solutions_11 solves [], the tasks are []"]


def test_the_contents_hold_every_page_of_solutions():
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text())["parts"]
    (appendix,) = (part for part in parts if part.get("caption") == "Appendix")
    (parent,) = (c for c in appendix["chapters"] if c["file"] == "book/solutions")
    held = [section["file"] for section in parent["sections"]]
    assert held == [f"notebooks/{stem}" for stem in SOLVED] and len(held) == 10
    text = (ROOT / "book" / "solutions.md").read_text("utf-8")
    assert re.findall(r"\]\(\.\./(\S+)\.ipynb\)", text) == held
