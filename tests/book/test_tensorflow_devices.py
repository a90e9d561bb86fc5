"""A page that loads TensorFlow keeps it off a GPU, whose memory it would take."""

import ast

import build_notebooks
import pytest
from IPython.core.inputtransformer2 import TransformerManager

TENSORFLOW = ("tensorflow", "keras", "ganflow.tf")


def program(text):
    """The code of a page, as one program."""
    cells = build_notebooks.read_text(text).cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    return ast.parse("\n".join(map(TransformerManager().transform_cell, code)))


def is_tensorflow(name):
    return any(name == each or name.startswith(f"{each}.") for each in TENSORFLOW)


def loads(tree):
    """The first line that loads TensorFlow; None if there is none."""
    lines = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        and any(is_tensorflow(alias.name) for alias in node.names)
        or isinstance(node, ast.ImportFrom)
        and is_tensorflow(node.module or "")
    ]
    return min(lines, default=None)


def quiet(tree):
    """The lines of every block that `quiet_start` opens: it hides the GPUs."""
    return {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.With)
        and any("quiet_start" in ast.unparse(item.context_expr) for item in node.items)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }


PAGES = {text.stem: program(text) for text in build_notebooks.chapters()}
LOADING = [name for name, tree in PAGES.items() if loads(tree) is not None]


@pytest.mark.parametrize("name", LOADING)
def test_tensorflow_is_loaded_where_the_gpus_are_hidden(name):
    assert loads(PAGES[name]) in quiet(PAGES[name])


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("with quiet_start():\n    import keras\nfrom ganflow.tf import flow", True),
        ("from ganflow.tf import flow\nwith quiet_start():\n    import keras", False),
        ("import tensorflow.keras as keras", False),
    ],
)
def test_the_first_import_counts(text, hidden):
    tree = ast.parse(text)
    assert (loads(tree) in quiet(tree)) == hidden


def test_there_are_pages_that_load_it():
    assert {"take_less_time", "train_with_one_loss", "share_one_pass"} <= {*LOADING}
