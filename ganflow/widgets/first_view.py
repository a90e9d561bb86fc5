"""A lab's first view as a still picture, for wherever the lab itself cannot run.

A saved notebook on a page that runs no script, paper, a reader without JavaScript or
WebAssembly: each gets the picture, its words and a sentence, beside the very lab. The
words travel inside the picture's file, so whoever has the file has them too.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING

import ipywidgets
from IPython.display import display

from ganflow.page import in_book_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PER_INCH = 96  # px of a page for an inch of a figure, as matplotlib's SVG has them
SHARP = 2  # pixels of the picture for a px of the page
COLORS = 256


class WithFirstView(ipywidgets.VBox):
    """A box that is shown as itself, or as a picture where no widget can be.

    Parameters
    ----------
    box : Widget
        The lab.
    draw : callable, () -> Figure
        Draws the lab as it opens; called in the book's style, when the box is shown.
    alt : str
        What the picture shows, for who cannot see it.
    sentence : str
        What stands below the picture: what the lab does where it runs.
    """

    def __init__(
        self,
        box: ipywidgets.Widget,
        draw: Callable[[], Figure],
        *,
        alt: str,
        sentence: str,
    ):
        super().__init__([box])
        self.draw, self.alt, self.sentence = draw, alt, sentence

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict, dict]:
        """The widget, the picture and its words; each reader shows what it can."""
        with in_book_style():
            picture, width, height = png_of(self.draw(), self.alt, self.sentence)
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        data = {
            "application/vnd.jupyter.widget-view+json": view,
            "image/png": b64encode(picture).decode(),
            "text/plain": f"{self.alt}\n{self.sentence}",
        }
        size = {"width": width, "height": height, "alt": self.alt}
        return data, {"image/png": size}

    def _ipython_display_(self) -> None:
        """Show all of that, whichever generation of ipywidgets this is.

        As a display and not as the result of a cell: to displays alone does Colab add
        which manager draws them.
        """
        data, metadata = self._repr_mimebundle_()
        display(data, metadata=metadata, raw=True)


def with_first_view(
    box: ipywidgets.Widget,
    draw: Callable[[], Figure],
    *,
    alt: str,
    sentence: str,
) -> WithFirstView:
    """Give a lab the picture that stands for it where it cannot run.

    Parameters
    ----------
    box : Widget
        The lab: a box with its controls and its view.
    draw : callable, () -> Figure
        Draws the lab as it opens, from what `play` gives at the first settings; called
        in the book's style each time the box is shown. Make the figure by
        `matplotlib.figure.Figure(figsize=...)`, 7.5 inches across for the book's
        column, so that no notebook shows it twice.
    alt : str
        What the picture shows, for who cannot see it.
    sentence : str
        What stands below the picture: what the lab does where it runs.

    Returns
    -------
    WithFirstView
        The box, to be returned to the cell in its place.

    Raises
    ------
    ValueError
        `alt` or `sentence` is empty, or more than one line.

    Gradient: none; what `draw` plays is its own.
    """
    for name, words in (("alt", alt), ("sentence", sentence)):
        if not words.strip() or "\n" in words:
            raise ValueError(f"{name} is {words!r}; expected words in one line")
    return WithFirstView(box, draw, alt=alt, sentence=sentence)


def png_of(figure: Figure, alt: str, sentence: str) -> tuple[bytes, int, int]:
    """A light PNG that bears its own words; its width and height on a page, in px.

    The file has `SHARP` pixels for each px, and `COLORS` colours.
    """
    from PIL import Image, PngImagePlugin

    shot = BytesIO()
    figure.savefig(shot, dpi=PER_INCH * SHARP, facecolor=figure.get_facecolor())
    colours = Image.open(shot).convert("RGB").quantize(COLORS, dither=Image.Dither.NONE)
    words = PngImagePlugin.PngInfo()
    words.add_itxt("Description", alt)
    words.add_itxt("Comment", sentence)
    light = BytesIO()
    colours.save(light, "PNG", optimize=True, pnginfo=words)
    width, height = (pixels // SHARP for pixels in colours.size)
    return light.getvalue(), width, height
