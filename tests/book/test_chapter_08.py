"""Chapter 8 on a free GPU: nothing is fetched unasked, and progress is seen at once."""

import os
import re
import signal

import build_notebooks
import pytest
import torch
from book_links import ROOT

from ganflow import notebook, training
from ganflow.data import load_images
from ganflow.records.gpu_runs import GROUPS
from ganflow.training import loop

PAGE = ROOT / "book" / "08_gpu" / "train_on_a_gpu.md"
CELLS = [
    cell.source
    for cell in build_notebooks.read_text(PAGE).cells
    if cell.cell_type == "code" and "remove-cell" not in cell.metadata.get("tags", [])
]
FIRST = CELLS.index("FLOWERS = False")


def cell_with(words):
    """The one cell of the page that has these words."""
    (found,) = [source for source in CELLS if words in source]
    return found


@pytest.fixture
def on_a_gpu(monkeypatch):
    """The page's names after its settings, where torch says that it sees a GPU."""
    threads = torch.get_num_threads()
    with monkeypatch.context() as patch:
        patch.setattr(torch.cuda, "is_available", lambda: True)
        names = {}
        for source in CELLS[FIRST : CELLS.index(cell_with("chosen =")) + 1]:
            exec(source, names)
    assert names["on_gpu"]
    yield names
    torch.set_num_threads(threads)


class Bar:
    """Notes what a progress bar is told, and after how many ticks."""

    told = []

    def __init__(self, **how):
        self.n, self.shown = how["initial"], not how["disable"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def set_postfix(self, shown, refresh):
        self.last = shown

    def update(self, count):
        self.n += count
        self.told.append((self.n, self.last))
        if self.shown and [bool(last) for _, last in self.told].count(True) == 1:
            os.kill(os.getpid(), signal.SIGTERM)


def test_a_reader_with_a_gpu_sees_progress_after_one_tick(on_a_gpu, monkeypatch):
    """The page's own cell and settings for a GPU; it is stopped when that is seen."""
    looks = []
    monkeypatch.setattr(loop, "tqdm", Bar)
    monkeypatch.setattr(Bar, "told", [])
    grid = type("Grid", (), {"__call__": lambda _self, tick, _: looks.append(tick)})
    on_a_gpu |= {"LiveGrid": grid, "out": None}
    assert on_a_gpu["settings"].data == "digits"  # which scikit-learn has
    exec(cell_with("done = train("), on_a_gpu)
    (before, nothing), (after, seen), *_ = Bar.told
    assert (before, nothing, after) == (0, {}, 1) and looks[0] == 0
    assert {"images/s", "slope"} <= seen.keys() and float(seen["images/s"]) > 0
    assert on_a_gpu["done"].stopped == signal.SIGTERM


def test_the_switch_takes_flowers_and_only_then_drive(on_a_gpu, monkeypatch):
    asked, mounted = [], []

    def load(data, *, size):
        asked.append((data, size))
        return load_images("digits", size=size, channels=3)

    on_a_gpu |= {"load_images": load, "drive_folder": mounted.append}
    drive = cell_with("out = drive_folder")
    exec(drive, on_a_gpu)
    assert on_a_gpu["out"] is None and not mounted
    on_a_gpu["FLOWERS"] = True
    exec(cell_with("chosen ="), on_a_gpu)
    exec(drive, on_a_gpu)
    assert asked == [("flowers", 64)] and mounted == ["ganflow/flowers"]
    assert on_a_gpu["settings"].data == "flowers"


def test_the_time_is_said_before_the_training_begins():
    told, train = cell_with("pace(settings"), cell_with("done = train(")
    assert CELLS.index(told) < CELLS.index(train)
    assert notebook.LiveGrid.__name__ in train and training.pace.__name__ in told


def test_what_only_a_gpu_can_say_has_a_command_that_is_there():
    listed = (ROOT / "book" / "appendix" / "only_a_gpu.md").read_text()
    for path in set(re.findall(r"(?:bench|tests|tools)/[\w/]+\.py", listed)):
        assert (ROOT / path).exists(), path
    named = set(re.findall(r"--ways (\w+)", listed))
    assert named == set(GROUPS) - {"eager"}  # which needs no word
    assert "appendix/only_a_gpu.md" in PAGE.read_text()
