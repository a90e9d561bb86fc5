"""In a page, a lab's picture stands before the lab, with its words and its size."""

import subprocess
import sys

import ipywidgets
import nbformat
import pytest
from bs4 import BeautifulSoup
from first_views import words_of
from matplotlib.figure import Figure
from nbformat.v4 import new_code_cell, new_notebook, new_output
from package_imports import ROOT
from PIL import Image
from sphinx.errors import ExtensionError

from ganflow.widgets.first_view import with_first_view

CONF = f"""import sys
sys.path.insert(0, {str(ROOT / "book" / "_ext")!r})
extensions = ["myst_nb", "first_views"]
nb_execution_mode = "off"
"""
WORDS = {"alt": 'A "line" & θ.', "sentence": "In the lab it <also> falls."}


def line():
    figure = Figure(figsize=(5, 2.5))
    figure.subplots().plot([0, 1])
    return figure


def output_of(shown):
    """The output of a cell that shows this."""
    told = shown._repr_mimebundle_()
    data, metadata = told if isinstance(told, tuple) else (told, {})
    return new_output("display_data", data, metadata=metadata)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder of a small site, and its page's cells: one has a picture, one none."""
    folder = tmp_path_factory.mktemp("small")
    lab = with_first_view(ipywidgets.VBox(), line, **WORDS)
    cells = [
        new_code_cell(source, outputs=[output_of(shown)], execution_count=1)
        for source, shown in (("lab", lab), ("plain", ipywidgets.VBox()))
    ]
    (folder / "part").mkdir()
    nbformat.write(new_notebook(cells=cells), folder / "part" / "page.ipynb")
    (folder / "conf.py").write_text(CONF)
    (folder / "index.md").write_text("# Labs\n\n```{toctree}\npart/page\n```\n")
    command = [sys.executable, "-m", "sphinx", "-q", str(folder), str(folder / "out")]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    page = folder / "out" / "part" / "page.html"
    return page, BeautifulSoup(page.read_text("utf-8"), "html.parser")


def test_the_picture_stands_in_front_of_the_widget(built):
    _, page = built
    lab, plain = page.select(".cell_output")
    names = [child.name for child in lab.find_all(recursive=False)]
    assert names == ["figure", "script"]
    assert lab.figure["class"] == ["gf-first-view"]
    assert [child.name for child in plain.find_all(recursive=False)] == ["script"]


def test_the_picture_has_its_words_and_its_place(built):
    page, tree = built
    image = tree.figure.img
    assert image["alt"] == WORDS["alt"]
    assert tree.figure.figcaption.text == WORDS["sentence"]
    assert (image["width"], image["height"]) == ("480", "240")


def test_the_picture_is_a_file_of_its_own_that_comes_late(built):
    page, tree = built
    image = tree.figure.img
    assert image["loading"] == "lazy"
    with Image.open((page.parent / image["src"]).resolve()) as picture:
        assert picture.size == (960, 480)


def test_a_picture_without_words_is_refused(tmp_path):
    path = tmp_path / "mute.png"
    Image.new("RGB", (4, 4)).save(path)
    with pytest.raises(ExtensionError, match="mute.png.* bears no words"):
        words_of(path)
