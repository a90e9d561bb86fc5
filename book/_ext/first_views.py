"""The picture of a lab's first view stands in the page until the lab is drawn.

A cell's output that has both a widget and a PNG with words in it (see
`ganflow.widgets.first_view`) becomes a figure and the widget; MyST-NB alone would show
one of them. The figure is what there is without JavaScript, and on paper.
"""

from html import escape
from pathlib import Path
from posixpath import join
from urllib.parse import quote

from docutils import nodes
from PIL import Image
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform

WIDGET, PICTURE = "application/vnd.jupyter.widget-view+json", "image/png"
FIGURE = """<figure class="gf-first-view">
<img src="{src}" alt="{alt}" width="{width}" height="{height}" loading="lazy" />
<figcaption>{sentence}</figcaption>
</figure>
"""


class first_view(nodes.image):
    """An image that Sphinx copies like any other; its HTML is written here."""


def words_of(path):
    """The alt text and the sentence that a picture bears, and its size in px.

    Raises
    ------
    ExtensionError : the picture bears none.
    """
    with Image.open(path) as picture:
        words = {key: picture.info.get(key) for key in ("Description", "Comment")}
        width, height = (side // 2 for side in picture.size)
    if not all(words.values()):
        raise ExtensionError(
            f"{path.name}, a picture beside a widget, bears no words: make it by "
            "ganflow.widgets.first_view"
        )
    return {
        "alt": words["Description"],
        "sentence": words["Comment"],
        "place": (width, height),
    }


class PlaceFirstViews(SphinxPostTransform):
    """Put the picture of each widget in front of it."""

    default_priority = 3  # before MyST-NB selects one of the types
    formats = ("html",)

    def run(self, **kwargs):
        """Called by Sphinx for each page."""
        for bundle in self.document.findall(is_bundle):
            kinds = {kind["mime_type"]: kind for kind in bundle.children}
            if WIDGET in kinds and PICTURE in kinds:
                (image,) = kinds[PICTURE].findall(nodes.image)
                words = words_of(Path(self.env.srcdir, image["uri"]))
                where = {key: image[key] for key in ("uri", "candidates")}
                kinds[WIDGET].insert(0, first_view("", **where, **words))


def is_bundle(node):
    """Whether this node holds one output of a cell, in several types."""
    held = isinstance(node, nodes.container)
    return held and node.get("nb_element") == "mime_bundle"


def write(translator, node):
    """Write the figure's HTML."""
    name = quote(translator.builder.images[node["uri"]])
    values = {key: escape(str(node[key])) for key in ("alt", "sentence")}
    (width, height), src = node["place"], join(translator.builder.imgpath, name)
    translator.body.append(FIGURE.format(src=src, width=width, height=height, **values))
    raise nodes.SkipNode


def setup(app):
    """Called by Sphinx."""
    app.add_node(first_view, html=(write, None))
    app.add_post_transform(PlaceFirstViews)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
