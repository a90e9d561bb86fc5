"""What pages do where torch sees a CUDA device, which no build of the book does."""

import re
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from build_notebooks import ROOT, files, read_text
from IPython.core.inputtransformer2 import TransformerManager
from small_pair import small_pair

import ganflow
import ganflow.data

pytestmark = pytest.mark.cuda
ASKS = "torch.cuda.is_available()"
TEXTS = {text.stem: text for text in files(ROOT / "book", "md")}
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)


def cells(text):
    """The source of each cell of a page, as IPython reads it."""
    code = [c.source for c in read_text(text).cells if c.cell_type == "code"]
    return map(TransformerManager().transform_cell, code)


def blocks(text):
    """The source of each block of Python that a page shows and does not run."""
    return BLOCK.findall(text.read_text())


def test_these_pages_ask_for_a_device():
    """Another one that does is to be run here, too."""
    asking = {name for name, text in TEXTS.items() if ASKS in text.read_text()}
    assert asking == {"train_on_a_gpu", "rosetta"}


@pytest.fixture
def small(monkeypatch):
    """Let who asks for flowers get digits in grey, and a run of the page be short."""
    load, recipe = ganflow.data.load_images, ganflow.recipe

    def load_small(name, size=16, **how):
        digits = load("digits", size=size, **how)
        if name != "flowers":
            return digits
        return replace(digits, name=name, pixels=digits.pixels.repeat(3, axis=1))

    def small_recipe(name, **changes):
        if "data" in changes:
            changes |= {"size": 16, "width": 4, "batch": 8, "ticks": 21}
        return recipe(name, **changes)

    monkeypatch.setattr(ganflow.data, "load_images", load_small)
    monkeypatch.setattr(ganflow, "recipe", small_recipe)
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
    plt.close("all")


@pytest.mark.parametrize(
    ("switch", "told"),
    [("False", "digits (1, 16, 16)"), ("True", "flowers (3, 16, 16)")],
)
def test_the_page_that_trains_on_a_gpu_runs_to_its_end(switch, told, small, capsys):
    names = {"__name__": "__main__"}
    for source in cells(TEXTS["train_on_a_gpu"]):
        source = source.replace("FLOWERS = False", f"FLOWERS = {switch}")
        exec(compile(source, "a cell of train_on_a_gpu", "exec"), names)
    assert names["on_gpu"] and names["done"].run.device.type == "cuda"
    assert told in capsys.readouterr().out and str(names["FLOWERS"]) == switch
    assert all(np.isfinite(v).all() for v in names["done"].record.series.values())
    assert all(np.isfinite(v) for v in names["found"].values())


def test_the_rosetta_moves_a_network_and_its_noise():
    (source,) = (block for block in blocks(TEXTS["rosetta"]) if ASKS in block)
    names = {"torch": torch} | small_pair()
    exec(source, names)
    assert names["x_fake"].device.type == "cuda" and names["x_fake"].shape == (3, 2)
