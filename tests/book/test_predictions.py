"""Each question that a reader answers before the cell runs is answered by a cell."""

import ast
import re

import nbformat
import pytest
from build_notebooks import CHECKED, chapters, is_tagged, notebook_path, page_name

FORM = re.compile(r"^:::\{predict\}$(.*?)^:::$", re.M | re.S)
CHOICE = re.compile(r"^\d[.] ", re.M)
LINK = re.compile(r"\]\([^)]*\)|<https?:|\{[a-z]+\}`")
CALL = re.compile(r"^ *answer(?:_number)?\(", re.M)
PAGES = {page_name(text): text for text in chapters()}


def cells(page, kind):
    notebook = nbformat.read(notebook_path(PAGES[page]), as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == kind]


def asked(page):
    """How many questions a page has."""
    return sum(len(FORM.findall(cell.source)) for cell in cells(page, "markdown"))


@pytest.mark.parametrize("page", [page for page in PAGES if asked(page)])
def test_each_answer_is_printed_by_a_cell_whose_output_is_compared(page):
    answering = [cell for cell in cells(page, "code") if CALL.search(cell.source)]
    assert all(is_tagged(cell, CHECKED) for cell in answering)
    printed = "".join(out.text for cell in answering for out in cell.outputs)
    assert len(re.findall(r"^Answer: ", printed, re.M)) == asked(page)


def claims(cell):
    """For each answer, in order, how many choices it decides: none of a number."""
    for node in ast.walk(ast.parse(cell.source)):
        name = getattr(getattr(node, "func", None), "id", "")
        if name == "answer":
            unpacked = any(isinstance(each, ast.Starred) for each in node.args)
            yield node.lineno, None if unpacked else len(node.args)
        elif name == "answer_number":
            yield node.lineno, 0


@pytest.mark.parametrize("page", [page for page in PAGES if asked(page)])
def test_each_choice_has_a_claim_that_decides_it(page):
    answering = [cell for cell in cells(page, "code") if CALL.search(cell.source)]
    decided = [count for cell in answering for _, count in sorted(claims(cell))]
    texts = "\n".join(cell.source for cell in cells(page, "markdown"))
    choices = [len(CHOICE.findall(form)) for form in FORM.findall(texts)]
    assert len(decided) == len(choices)
    pairs = zip(decided, choices, strict=True)
    assert all(count in (None, known) for count, known in pairs), (decided, choices)


@pytest.mark.parametrize("page", [page for page in PAGES if asked(page)])
def test_no_question_holds_a_link_or_a_role(page):
    """It is printed on sheets, its choices are buttons, and Colab shows roles."""
    texts = "\n".join(cell.source for cell in cells(page, "markdown"))
    assert not [form for form in FORM.findall(texts) if LINK.search(form)]
