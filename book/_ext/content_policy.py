"""A Content-Security-Policy for every page: no script but the book's own may run.

The pages are files, so no server sends the policy: it is a meta element, written when
the build is finished, since only then the text of every inline script is known.
"""

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

from sphinx.errors import ExtensionError

POLICY = re.compile(r'\n<meta http-equiv="Content-Security-Policy"[^>]*>')
CHARSET = re.compile(r'<meta charset="utf-8" ?/?>', re.I)
JAVASCRIPT = {"", "text/javascript", "module"}
WIDGETS = "application/vnd.jupyter.widget-state+json"


class InlineCode(HTMLParser):
    """The scripts that stand in a page's own text, and whether it holds widgets."""

    def __init__(self, html):
        super().__init__()
        self.scripts, self.handlers, self.has_widgets = set(), set(), False
        self._inside = False
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        """Note an event handler; remember that a script's text comes next."""
        values = dict(attributes)
        self.handlers |= {v for key, v in attributes if key.startswith("on") and v}
        if tag == "script":
            kind = values.get("type") or ""
            self.has_widgets |= kind == WIDGETS
            self._inside = "src" not in values and kind in JAVASCRIPT

    def handle_data(self, data):
        """Keep the text of an inline script."""
        if self._inside:
            self.scripts.add(data)

    def handle_endtag(self, tag):
        """A script ends."""
        self._inside &= tag != "script"


def name(code):
    """The hash by which a policy allows this code, and no other."""
    return f"'sha256-{b64encode(sha256(code.encode()).digest()).decode()}'"


def policy(html):
    """The strictest policy under which this page works."""
    code = InlineCode(html)
    scripts = ["'self'", *sorted(map(name, code.scripts))]
    if code.handlers:  # the theme's print button; only the handlers named here may run
        scripts += ["'unsafe-hashes'", *sorted(map(name, code.handlers))]
    if code.has_widgets:
        # Jupyter's widget manager compiles its check of the widgets' state with
        # `new Function`, and anywidget imports a widget's module from a blob.
        scripts += ["'unsafe-eval'", "blob:"]
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src {' '.join(scripts)}",
            # MathJax, the widgets and pandas write style elements and attributes.
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",  # the theme's and ganflow.css's small drawings
            "font-src 'self' data:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        ]
    )


def with_policy(html):
    """The page with its policy before its first script, instead of an older one."""
    plain = POLICY.sub("", html)
    meta = f'\n<meta http-equiv="Content-Security-Policy" content="{policy(plain)}">'
    protected, count = CHARSET.subn(lambda found: found[0] + meta, plain, count=1)
    if not count:
        raise ExtensionError('a page has no <meta charset="utf-8"> for its policy')
    return protected


def protect_pages(app, exception):
    """Write the policy into every page that this build wrote.

    An earlier build's page has one, and is written anew when this module changes.
    """
    if exception or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        if "_static" not in page.relative_to(app.outdir).parts:
            html = page.read_text("utf-8")
            if not POLICY.search(html):
                page.write_text(with_policy(html), "utf-8")


def setup(app):
    """Called by Sphinx."""
    app.connect("build-finished", protect_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
