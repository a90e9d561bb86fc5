"""Every task has one solution, which is executed, and links lead there and back."""

import re

import pytest
from book_links import CONTENTS, files, slug, solutions_of, text_of

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
    """What does not fit, in words; chapters and pages of solutions by their names."""
    wanted = {page: [] for page in solved}
    for page, text in asked.items():
        there, heads = solutions_of(page), tasks(text)
        wanted.setdefault(there, []).extend(heads)
        if on_your_own(text).count(f"]({link(there)}#{slug(heads[0])})") != 1:
            yield f"{page}: no link to its first solution"
        found = dict(solutions(solved.get(there, "")))
        for head in heads:
            if f"[task]({link(page)}#on-your-own)" not in found.get(head, ""):
                yield f"{there}, {head}: no link back to {page}"
    for page, heads in wanted.items():
        found = [head for head, _ in solutions(solved.get(page, ""))]
        if found != heads or not heads:
            yield f"{page} solves {found}, the tasks are {heads}"


def link(page):
    """How another page of the same chapter names this one."""
    return f"{page.split('/')[1]}.ipynb"


PAGES = {
    page.removeprefix("notebooks/"): text_of(page)
    for page in files()
    if page.startswith("notebooks/") and page != CONTENTS["root"]
}
SOLVED = {page: text for page, text in PAGES.items() if "/solutions_to_" in page}
ASKED = {page: text for page, text in PAGES.items() if page not in SOLVED}
EACH = [(page, *each) for page, text in SOLVED.items() for each in solutions(text)]
NAMES = [head for _, head, _ in EACH]
INDEX = "book/appendix/solutions"
PAGE_4, SOLVED_4 = "04_turns/take_turns", "04_turns/solutions_to_turns"


def test_every_chapter_page_sets_two_tasks():
    assert {len(tasks(text)) for text in ASKED.values()} == {2}


def test_each_task_has_one_solution_and_they_link_to_each_other():
    assert list(faults(ASKED, SOLVED)) == []


@pytest.mark.parametrize(("page", "head", "body"), EACH, ids=NAMES)
def test_a_solution_checks_itself(page, head, body):
    code = "\n".join(re.findall(r"^```\{code-cell\}.*?^```$", body, re.S | re.M))
    assert CHECK.search(code), f"{page}, {head}: nothing is asserted"


@pytest.mark.parametrize(
    ("page", "was", "becomes", "said"),
    [
        (SOLVED_4, "[task](take_turns", "[task](take_turn", "Take turns, task 1: no"),
        (PAGE_4, "[Solutions](solutions_to_turns", "[](solutions_to", "no link to"),
        (PAGE_4, "\n2. ", "\n2. Say why.\n3. ", "solves"),
        (SOLVED_4, "## Take turns, task 2", "## Turns, task 2", "solves"),
    ],
)
def test_a_page_that_is_changed_alone_is_noticed(page, was, becomes, said):
    assert was in PAGES[page]
    changed = {page: PAGES[page].replace(was, becomes)}
    asked, solved = ASKED | changed, SOLVED | changed
    asked = {page: asked[page] for page in ASKED}
    solved = {page: solved[page] for page in SOLVED}
    assert any(said in fault for fault in faults(asked, solved))


def test_solutions_to_no_chapter_are_noticed():
    more = SOLVED | {"12_more/solutions_to_more": "# Solutions to chapter 11\n"}
    assert list(faults(ASKED, more)) == [
        "12_more/solutions_to_more solves [], the tasks are []"
    ]


def test_the_contents_hold_every_page_of_solutions_in_the_order_of_the_chapters():
    held = list(dict.fromkeys(solutions_of(page) for page in ASKED))
    assert held == list(SOLVED)
    linked = re.findall(r"\]\(\.\./\.\./notebooks/(\S+)\.ipynb\)", text_of(INDEX))
    assert linked == held and len(held) == 11


@pytest.mark.parametrize("page", SOLVED)
def test_the_pages_of_a_chapter_are_named_where_their_tasks_are_solved(page):
    """In the index of all solutions, and on top of the chapter's own."""
    asked = [title(text) for each, text in ASKED.items() if solutions_of(each) == page]
    (row,) = (row for row in text_of(INDEX).split("\n- ") if page in row)
    stand = re.search(r"^The tasks stand on (.*?)\n\n", SOLVED[page], re.S | re.M)[1]
    in_index = re.findall(r"\*([^*]+)\*", " ".join(row.split()))
    on_top = re.findall(r"\[([^\]]+)\]", " ".join(stand.split()))
    assert in_index == on_top == asked
