"""Each question that a reader answers before the cell runs is answered by a cell."""

import re

import nbformat
import pytest
from build_notebooks import CHECKED, chapters, is_tagged, notebook_path, page_name

FORM = re.compile(r"^:::\{predict\}$", re.M)
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
