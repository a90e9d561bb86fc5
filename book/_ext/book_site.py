"""What the book's site needs beyond its configuration file.

Colab buttons when the environment names a repository, and page heads that load only
what the page uses.
"""

import hashlib
import os
import re
from pathlib import Path

from docutils import nodes
from sphinx.errors import ConfigError

COLAB = "https://colab.research.google.com"
FULL_NAME = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
# Font Awesome weighs half a megabyte for ten icons, which ganflow.css draws; the search
# index is needed on the search page only, since results are not shown while typing.
UNUSED_SCRIPT = re.compile(
    r'<script[^>]* src="[^"]*/'
    r'(?:fontawesome|searchtools|language_data|searchindex)\.js[^"]*"></script>\s*'
)
FOLD = '<summary aria-label="Toggle hidden content">'

# Where files that are named after pages are: the pages, their sources, their widgets.
WRITTEN = {"": "*.html", "_sources": "*.*", "_static/widget_states": "*.js"}


def point_at_repository(app, config):
    """Add the Colab and repository buttons that REPOSITORY=owner/name asks for."""
    name = os.environ.get("REPOSITORY") or os.environ.get("GITHUB_REPOSITORY")
    if not name:
        return
    if not FULL_NAME.fullmatch(name):
        raise ConfigError(f"REPOSITORY is {name!r}; expected owner/name, as on GitHub")
    config.html_theme_options |= {
        "repository_url": f"https://github.com/{name}",
        "repository_branch": "colab",  # notebooks there install ganflow themselves
        "use_repository_button": True,
        "launch_buttons": {"colab_url": COLAB},
    }


def check_assets(app, config):
    """Refuse to build a site whose pages would miss their scripts."""
    if not Path(app.confdir, "book/_static/vendor/made-from.txt").exists():
        raise ConfigError("book/_static/vendor is missing: run tools/vendor_assets.py")


def help_search(app, config):
    """Let a pasted error message find its entry: see search_words.js."""
    config.html_search_scorer = str(Path(__file__).with_name("search_words.js"))


def digest(root, *patterns):
    """One hash of all the files below `root` that the patterns name."""
    files = [path for pattern in patterns for path in sorted(root.glob(pattern))]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def notice_changed_assets(app, config):
    """Let a changed style, script, template or extension rewrite every page."""
    patterns = ("_ext/*.*", "_static/*.*", "_static/vendor/*.txt", "_templates/*.html")
    config.book_assets = digest(Path(app.confdir, "book"), *patterns)


def lean_head(html):
    """The same HTML without the scripts that its page does not use."""
    return UNUSED_SCRIPT.sub("", html)


def add_filter(app):
    """Give book/_templates the filter `lean_head`."""
    app.builder.templates.environment.filters["lean_head"] = lean_head


def name_folds_by_their_words(app, pagename, templatename, context, doctree):
    """Take off the label that MyST-NB gives a folded cell: who says "click *Show code
    cell source*" to a computer means the words that are seen.
    """
    if "body" in context:
        context["body"] = context["body"].replace(FOLD, "<summary>")


def leave_out_mathjax(app, pagename, templatename, context, doctree):
    """Load MathJax on pages with formulas only; Sphinx adds it to their parents too."""
    if doctree is None or not any(doctree.findall(is_formula)):
        context["script_files"] = [
            script
            for script in context["script_files"]
            if app.config.mathjax_path not in str(script.filename)
            and not script.attributes.get("body", "").startswith("window.MathJax")
        ]


def is_formula(node):
    """Whether this node of a page is an inline or a displayed formula."""
    return isinstance(node, (nodes.math, nodes.math_block))


def remove_old_pages(app, exception):
    """Take away what an earlier build wrote of pages that the book has no more."""
    if exception or app.builder.format != "html":
        return
    out = Path(app.outdir)
    here = {*app.env.all_docs, *app.config.html_additional_pages, "search"}
    for folder, kind in WRITTEN.items():
        for path in sorted((out / folder).rglob(kind)):
            page = path.relative_to(out / folder).with_suffix("").as_posix()
            if page not in here and not page.startswith("_"):
                path.unlink()


def setup(app):
    """Called by Sphinx."""
    app.connect("config-inited", point_at_repository)
    app.connect("config-inited", check_assets)
    app.connect("config-inited", help_search)
    app.add_config_value("book_assets", "", "html", [str])
    app.connect("config-inited", notice_changed_assets)
    app.connect("builder-inited", add_filter)
    app.connect("html-page-context", name_folds_by_their_words)
    app.connect("html-page-context", leave_out_mathjax, priority=900)
    app.connect("build-finished", remove_old_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
