"""The first cell of each page, as Colab's kernel and any other run it."""

import os
from pathlib import Path

import jupytext
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from older_widgets import KERNEL, LISTED, ROOT, STAMP
from site_browser import cannot

FAKE = Path(__file__).parents[1] / "fake_colab"
VIEW = "application/vnd.jupyter.widget-view+json"
FIRST_CELL = (ROOT / "tools" / "first_cell.md").read_text()
SHOWS = """import ipywidgets
from matplotlib.figure import Figure
from ganflow.widgets.first_view import with_first_view
print(ipywidgets.__version__, "google.colab" in sys.modules)"""
BOX = "ipywidgets.VBox()"
WORDS = 'alt="A.", sentence="B."'
LAB = f"with_first_view({BOX}, lambda: Figure(figsize=(2, 1)), {WORDS})"


def run(*before):
    """What is told, and how a box and a lab are shown, in a kernel like Colab's."""
    if not STAMP.exists():
        cannot("no older widgets: run tools/older_widgets.py")
    (first,) = jupytext.reads(FIRST_CELL, fmt="md:myst").cells
    sources = (*before, first.source, SHOWS, BOX, LAB)
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    places = os.pathsep.join(map(str, (KERNEL, FAKE, ROOT)))
    client = NotebookClient(notebook, timeout=120, kernel_name="python3")
    client.execute(env=os.environ | {"PYTHONPATH": places, "PYTHONWARNINGS": "ignore"})
    told, box, lab = (cell.outputs for cell in notebook.cells[-3:])
    return told[0].text.split(), box[0], lab[0]


@pytest.mark.timeout(180)
def test_on_colab_every_widget_names_the_manager_that_draws_it():
    told, box, lab = run("import google.colab")
    assert told == [LISTED["ipywidgets"], "True"]
    for shown in (box, lab):
        assert shown.output_type == "display_data" and VIEW in shown.data
        assert "custom_widget_manager" in shown.metadata[VIEW]["colab"]
    assert {"image/png", "text/plain"} < set(lab.data)
    assert lab.metadata["image/png"]["alt"] == "A."


@pytest.mark.timeout(180)
def test_elsewhere_colab_is_neither_looked_for_nor_named():
    told, box, lab = run()
    assert told == [LISTED["ipywidgets"], "False"]
    for shown in (box, lab):
        assert VIEW in shown.data and VIEW not in shown.metadata
    assert lab.metadata["image/png"]["alt"] == "A."
