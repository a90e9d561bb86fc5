"""Every cut that the pages of chapter 2 teach is held by an assert on the same page."""

import linecache
import re

import build_notebooks
import matplotlib
import matplotlib.pyplot as plt
import pytest
import torch

CUT = ".detach()"
PAGES = [
    text
    for text in build_notebooks.chapters()
    if text.parent.name == "02_cuts" and not text.stem.startswith("solutions_")
]


def torch_cells(text):
    """The sources of the page's code cells that need no TensorFlow and no figure."""
    return [
        cell.source
        for cell in build_notebooks.read_text(text).cells
        if cell.cell_type == "code"
        and "remove-cell" not in cell.metadata.get("tags", [])
        and not re.search(r"\btf\b|_tf\b|pyplot|widgets", cell.source)
    ]


def places(text):
    """Where the page's code cuts: (cell, how many characters in) of each `detach`."""
    return [
        (number, found.start())
        for number, source in enumerate(torch_cells(text))
        for found in re.finditer(re.escape(CUT), source)
    ]


def run(cells):
    names = {}
    for number, source in enumerate(cells):
        file = f"<cell {number}>"  # whose lines can be looked up, as in a notebook
        linecache.cache[file] = (len(source), None, source.splitlines(True), file)
        exec(compile(source, file, "exec"), names)


@pytest.fixture(autouse=True)
def settings():
    """The pages set torch's precision and threads and the style of figures."""
    precision, threads = torch.get_default_dtype(), torch.get_num_threads()
    with matplotlib.rc_context():
        yield
    plt.close("all")
    torch.set_default_dtype(precision)
    torch.set_num_threads(threads)


@pytest.mark.parametrize("text", PAGES, ids=lambda text: text.stem)
def test_the_torch_cells_of_the_page_run_alone(text):
    assert places(text)
    run(torch_cells(text))


@pytest.mark.parametrize(
    ("text", "number", "start"),
    [(text, *place) for text in PAGES for place in places(text)],
    ids=lambda value: getattr(value, "stem", str(value)),
)
def test_taking_any_one_detach_out_breaks_an_assert(text, number, start):
    cells = torch_cells(text)
    source = cells[number]
    cells[number] = source[:start] + source[start + len(CUT) :]
    refusals = (AssertionError, RuntimeError, KeyError, BufferError)  # DLPack: the last
    with pytest.raises(refusals):
        run(cells)
