"""What keeps a page's first paint quick: states and figures that come late, and light.

A recorded run weighs thirty times as much as the page that shows it, and Sphinx would
write it into the page's head. So each gets a script of its own, which live_widgets.js
loads when a reader gets near: a script, since a page that is opened from a folder may
read no other file.
"""

import json
import re
from pathlib import Path
from urllib.parse import unquote

STATE = "application/vnd.jupyter.widget-state+json"
FIGURE = re.compile(r'<img [^>]*\bsrc="[^":]*_images/([^"]+[.]svg)"')
SIZE = re.compile(r'<svg [^>]*width="([0-9.]+)pt" height="([0-9.]+)pt"')
OUTLINE = re.compile(r' d="([^"]*)"')
STEP = re.compile(r"([MLQz])([^MLQz]*)")
SUPERFLUOUS = re.compile(r"([.]\d\d)\d+")
TOLD = re.compile(r"[MLQz\d. \n-]*")  # the outlines that can be told in ways
MARK = re.compile(r"<use [^>]*>")


def move_states(app, pagename, templatename, context, doctree):
    """Write the state of the page's widgets into a script, and name it in the page.

    An element of this type is data: no browser loads its source.
    """
    scripts = context["script_files"]
    name = f"widget_states/{pagename}.js"
    path = Path(app.outdir, "_static", name)
    path.unlink(missing_ok=True)  # an earlier build's, if the page has none any more
    for script in [s for s in scripts if s.attributes.get("type") == STATE]:
        path.parent.mkdir(parents=True, exist_ok=True)
        state = json.dumps(script.attributes["body"])
        path.write_text(f"document.currentScript.state = {state};\n", "utf-8")
        scripts.remove(script)
        app.builder.add_js_file(name, type=STATE)


def load_figures_late(app, pagename, templatename, context, doctree):
    """Let the browser ask for a figure when a reader gets near; keep its place free."""
    files = {name: uri for uri, name in app.builder.images.items()}

    def late(found):
        svg = Path(app.srcdir, files[unquote(found[1])]).read_text("utf-8")
        if not (size := SIZE.search(svg)):
            return found[0]  # not Matplotlib's: which place to keep is not known
        width, height = (round(float(points) * 4 / 3) for points in size.groups())
        return f'{found[0]} width="{width}" height="{height}" loading="lazy"'

    if "body" in context:
        context["body"] = FIGURE.sub(late, context["body"])


def from_point_to_point(outline):
    """The same outline, each point told from the one before it, in hundredths.

    The points of a letter or of an arrow lie close together, far from the picture's
    corner: the ways between them take half the bytes, and what comes twice is the same
    twice.
    """
    x = y = 0
    written = []
    for kind, numbers in STEP.findall(outline):
        points = [round(100 * float(number)) for number in numbers.split()]
        if kind == "M":
            x = y = 0
        ways = (value - (y if i % 2 else x) for i, value in enumerate(points))
        name = kind if kind == "M" else kind.lower()
        written.append(name + " ".join(f"{way / 100:.10g}" for way in ways))
        if points:
            x, y = points[-2:]
    return "".join(written)


def lighter(svg):
    """The same figure, outlines and places of marks cut to the hundredth of a point;
    Matplotlib writes six decimals."""

    def light(outline):
        if TOLD.fullmatch(outline[1]):
            return f' d="{from_point_to_point(outline[1])}"'
        return SUPERFLUOUS.sub(r"\1", outline[0])

    marked = MARK.sub(lambda mark: SUPERFLUOUS.sub(r"\1", mark[0]), svg)
    return OUTLINE.sub(light, marked)


def lighten_figures(app, exception):
    """Make every figure of the site lighter, some by a third."""
    if exception or app.builder.format != "html":
        return
    for figure in Path(app.outdir, "_images").glob("*.svg"):
        svg = figure.read_text("utf-8")
        if (light := lighter(svg)) != svg:
            figure.write_text(light, "utf-8")


def setup(app):
    """Called by Sphinx."""
    app.connect("html-page-context", move_states, priority=800)
    app.connect("html-page-context", load_figures_late)
    app.connect("build-finished", lighten_figures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
