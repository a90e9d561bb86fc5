"""Find what a figure has drawn, and measure it in px of its card."""

import numpy as np
from matplotlib.patches import FancyBboxPatch
from matplotlib.transforms import Bbox


def pieces(ax, kind):
    """The artists of one kind, by what follows in their id."""
    found = [(a.get_gid() or "", a) for a in ax.get_children()]
    start = f"{kind} "
    return [(gid.removeprefix(start), a) for gid, a in found if gid.startswith(start)]


def paper_of(ax):
    """The sheet that all is drawn on."""
    return next(a for a in ax.get_children() if a.get_gid() == "paper")


def words_of(ax):
    """All words of a drawing, in the order in which they were written."""
    return [words for words, _ in pieces(ax, "words")]


def boxes_of(ax):
    """All boxes of a drawing in the order in which they were drawn, but its sheet."""
    found = [p for p in ax.patches if isinstance(p, FancyBboxPatch)]
    return [p for p in found if p.get_gid() != "paper"]


def extent(patch):
    """The bounds of a shape on the card, px; of a curve, of its control points."""
    path = patch.get_path()
    corners = path.vertices if path.codes is None else path.vertices[path.codes != 79]
    return Bbox([corners.min(axis=0), corners.max(axis=0)])


def middle(patch):
    """The middle of a shape's bounds."""
    return extent(patch).get_points().mean(axis=0)


def assert_inside(inner, outer, slack=0.1):
    a, b = extent(inner), extent(outer)
    assert a.x0 >= b.x0 - slack and a.x1 <= b.x1 + slack, inner.get_gid()
    assert a.y0 >= b.y0 - slack and a.y1 <= b.y1 + slack, inner.get_gid()


def assert_on_paper(ax):
    """No shape of a drawing, as it is painted, leaves its sheet."""
    ax.figure.canvas.draw()
    paper = paper_of(ax).get_window_extent()
    for patch in ax.patches:
        box = patch.get_window_extent()
        assert paper.x0 <= box.x0 and box.x1 <= paper.x1, patch.get_gid()
        assert paper.y0 <= box.y0 and box.y1 <= paper.y1, patch.get_gid()


def assert_arrow_head(corners, tip, back):
    """Three corners: the tip, and two as far behind it as they are apart.

    Parameters
    ----------
    corners : array (3 or 4, 2)
        The first is the tip; a fourth closes the triangle.
    tip : (float, float)
        Where it should point to.
    back : (float, float)
        The direction that the line comes from, one of its numbers 0.
    """
    first, left, right = np.asarray(corners)[:3]
    np.testing.assert_allclose(first, tip, rtol=0, atol=1e-9)
    back = np.asarray(back) / np.linalg.norm(back)
    behind = [(corner - first) @ back for corner in (left, right)]
    aside = [(corner - first) @ back[::-1] for corner in (left, right)]
    np.testing.assert_allclose(behind[0], behind[1], rtol=1e-9)
    np.testing.assert_allclose(aside[0], -aside[1], rtol=1e-9)
    np.testing.assert_allclose(behind[0], abs(aside[0] - aside[1]), rtol=1e-9)
