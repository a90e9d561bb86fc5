"""A picture that is drawn again in place, and Colab's Drive, each on a stand-in."""

import sys
from io import BytesIO
from types import ModuleType

import numpy as np
import pytest
from PIL import Image
from train_runs import SMALL, pixels

from ganflow.notebook import DRIVE, LiveGrid, drive_folder
from ganflow.training import train


@pytest.fixture
def outputs(monkeypatch):
    """What a front end would hold, by the name of the output: all that it was sent."""
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell

    sent = {}

    class FrontEnd(DisplayPublisher):
        def publish(self, data, metadata=None, *, transient=None, update=False, **_):
            sent.setdefault(transient["display_id"], []).append(
                (data, update, metadata)
            )

    shell = InteractiveShell.instance()
    monkeypatch.setattr(shell, "display_pub", FrontEnd())
    yield sent
    InteractiveShell.clear_instance()


def test_the_grid_stays_one_output_and_is_drawn_again(outputs):
    grid = LiveGrid()
    pictures = np.random.default_rng(0).integers(0, 255, (25, 4, 4, 3), np.uint8)
    for tick in (0, 7):
        grid(tick, pictures + np.uint8(tick))
    ((first, second),) = outputs.values()
    assert not first[1] and second[1] and first[0] != second[0]
    for tick, (data, _, metadata) in ((0, first), (7, second)):
        shown = np.asarray(Image.open(BytesIO(as_bytes(data["image/png"]))))
        side = shown.shape[0] // 5
        corner = shown[: side : side // 6, : side : side // 6]  # with its frame
        np.testing.assert_array_equal(corner[1:-1, 1:-1], pictures[0] + np.uint8(tick))
        assert (corner[[0, -1]] == 128).all() and (corner[:, [0, -1]] == 128).all()
        assert f"after {tick} ticks" in metadata["image/png"]["alt"]


def as_bytes(png):
    """IPython gives a display the bytes or their base64, by its version."""
    from base64 import b64decode

    return png if isinstance(png, bytes) else b64decode(png)


def test_another_run_of_the_cell_makes_another_output(outputs):
    pictures = np.zeros((25, 4, 4, 1), np.uint8)
    for grid in (LiveGrid(), LiveGrid()):
        grid(0, pictures)
    assert len(outputs) == 2


def test_a_long_run_leaves_one_picture(outputs):
    train(SMALL, pixels(40), look=LiveGrid(), progress=False)
    assert [[update for _, update, _ in sent] for sent in outputs.values()] == [
        [False, True]
    ]


@pytest.fixture
def colab(monkeypatch):
    """Its module `google.colab.drive`, which notes where it was mounted."""
    mounted = []
    drive = ModuleType("google.colab.drive")
    drive.mount = mounted.append
    for name in ("google", "google.colab"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "google.colab.drive", drive)
    return mounted


def test_on_colab_the_folder_lies_on_drive_and_it_says_so(colab, capsys):
    folder = drive_folder("ganflow/flowers")
    assert colab == [DRIVE] and folder.parts[-2:] == ("ganflow", "flowers")
    assert str(folder).startswith(f"{DRIVE}/MyDrive/")
    assert f"checkpoints go to {folder}" in capsys.readouterr().out


def test_elsewhere_nothing_is_mounted_said_or_kept(capsys):
    assert "google.colab" not in sys.modules
    assert drive_folder("ganflow/flowers") is None
    assert capsys.readouterr().out == ""


def test_a_disconnect_costs_the_ticks_since_the_checkpoint(
    colab, tmp_path, monkeypatch
):
    """The cell of the page, lost after its fifth tick and run again."""
    monkeypatch.setattr("ganflow.notebook.DRIVE", str(tmp_path))
    done = []

    def cell(watch):
        how = {"every": 3, "snapshots": 30, "progress": False, "watch": watch}
        out = drive_folder("ganflow/small")
        return train(SMALL, pixels(40), out=out, resume=True, **how)

    def lost(record):
        if record.ticks[-1] == 5:
            raise ConnectionError("the runtime is gone")

    with pytest.raises(ConnectionError):
        cell(lost)
    whole = cell(lambda record: done.append(int(record.ticks[-1])))
    assert done[0] == 4 and whole.run.tick == SMALL.ticks
