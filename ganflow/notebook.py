"""What a notebook lends to a run: a picture drawn again, a folder that stays."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from ganflow.training.keep.pictures import grid_png

GREY = 128
DRIVE = "/content/drive"  # where Colab's own examples put it


class LiveGrid:
    """A grid of pictures in the output of a cell, drawn again in the same place.

    `train(..., look=LiveGrid())`. The page that is built of a notebook keeps the last.
    """

    def __init__(self):
        self._shown: Any = None

    def __call__(self, tick: int, pictures: np.ndarray) -> None:
        """Draw 25 pictures.

        Parameters
        ----------
        tick : int
            How many were done.
        pictures : array (25, size, size, channels), uint8
        """
        from IPython.display import Image, display

        told = {"alt": f"25 pictures that the averaged G makes after {tick} ticks"}
        edge = ((0, 0), (1, 1), (1, 1), (0, 0))  # a grey line around each
        framed = np.pad(pictures, edge, constant_values=GREY)
        image = Image(grid_png(framed), format="png", metadata=told)
        if self._shown is None:
            self._shown = display(image, display_id=True)
        else:
            self._shown.update(image)


def drive_folder(name: str) -> Path | None:
    """On Colab, a folder of the reader's Google Drive; elsewhere None, and no more.

    Colab's own disk goes with the runtime, Drive stays. Colab asks before it lends it.

    Parameters
    ----------
    name : str
        Of the folder, such as "ganflow/flowers"; it need not exist.

    Returns
    -------
    Path or None
        For `train(..., out=..., resume=True)`.
    """
    if "google.colab" not in sys.modules:
        return None
    import_module("google.colab.drive").mount(DRIVE)
    folder = Path(DRIVE, "MyDrive", name)
    print(f"checkpoints go to {folder}: run all cells again, and the run goes on there")
    return folder
