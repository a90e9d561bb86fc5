"""A lab is shown as itself, and beside it is a picture for where it cannot run."""

import io
from base64 import b64decode
from unittest.mock import Mock

import ipywidgets
import matplotlib
import pytest
from matplotlib.figure import Figure
from PIL import Image

from ganflow.page import INK, PAPER
from ganflow.widgets.first_view import COLORS, with_first_view

VIEW = "application/vnd.jupyter.widget-view+json"
WORDS = {"alt": "A line θ that rises.", "sentence": "In the lab it also falls."}


def rising():
    figure = Figure(figsize=(5, 2.5))
    figure.subplots().plot([0, 1])
    return figure


@pytest.fixture
def shown():
    """What a notebook gets: data and metadata by their types."""
    box = with_first_view(ipywidgets.VBox(), rising, **WORDS)
    return box, *box._repr_mimebundle_()


def picture_in(data):
    return Image.open(io.BytesIO(b64decode(data["image/png"])))


def test_a_notebook_gets_the_lab_and_its_picture(shown):
    box, data, _ = shown
    assert set(data) == {VIEW, "image/png", "text/plain"}
    assert data[VIEW]["model_id"] == box.model_id
    assert data["text/plain"] == f"{WORDS['alt']}\n{WORDS['sentence']}"


def test_the_picture_is_sharp_and_says_its_size_on_a_page(shown):
    _, data, metadata = shown
    size = {"width": 480, "height": 240, "alt": WORDS["alt"]}
    assert metadata == {"image/png": size}
    assert picture_in(data).size == (960, 480)


def test_the_picture_bears_its_words_and_the_books_style(shown):
    picture = picture_in(shown[1])
    assert picture.text == {"Description": WORDS["alt"], "Comment": WORDS["sentence"]}
    colours = picture.convert("RGB").getcolors(COLORS)
    ((_, paper), *_) = sorted(colours, reverse=True)
    assert matplotlib.colors.to_hex([part / 255 for part in paper]) == PAPER
    ink = [round(255 * part) for part in matplotlib.colors.to_rgb(INK)]
    assert any(max(map(abs, map(int.__sub__, rgb, ink))) < 3 for _, rgb in colours)


def test_the_style_of_other_figures_stays_as_it_was():
    before = dict(matplotlib.rcParams)
    with_first_view(ipywidgets.VBox(), rising, **WORDS)._repr_mimebundle_()
    assert dict(matplotlib.rcParams) == before


def test_a_lab_that_is_never_shown_draws_no_picture():
    draw = Mock()
    with_first_view(ipywidgets.VBox(), draw, **WORDS)
    assert not draw.called


@pytest.mark.parametrize("words", [" ", "two\nlines"])
@pytest.mark.parametrize("name", WORDS)
def test_a_picture_without_words_in_one_line_is_refused(name, words):
    with pytest.raises(ValueError, match=f"{name} is .*; expected words in one line"):
        with_first_view(ipywidgets.VBox(), rising, **WORDS | {name: words})
