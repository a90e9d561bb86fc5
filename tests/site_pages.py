"""Which site the browser tests read, and what its pages hold."""

import os
from pathlib import Path

from build_notebooks import chapters, notebook_path

ROOT = Path(__file__).resolve().parent.parent
SITE = Path(os.environ.get("GANFLOW_SITE", ROOT / "_build" / "html"))
PAGES = sorted(
    str(page.relative_to(SITE))
    for page in SITE.rglob("*.html")
    if "_static" not in page.parts
) or ["no page was built"]


def parts(page):
    """The files of a page: its HTML, and the recorded state of its widgets."""
    state = SITE / "_static" / "widget_states" / Path(page).with_suffix(".js")
    return [part for part in (SITE / page, state) if part.exists()]


def heaviest(count):
    """The pages whose HTML has the most bytes."""
    built = [page for page in PAGES if (SITE / page).exists()]
    return sorted(built, key=lambda page: (SITE / page).stat().st_size)[-count:]


def holding(text):
    """The pages whose files hold the text, or one name that no page has."""
    return [
        page
        for page in PAGES
        if any(text in part.read_text("utf-8") for part in parts(page))
    ] or [f"no page with {text} was built"]


LIVE = holding("application/vnd.jupyter.widget-view+json")


def stale_notebooks():
    """Chapters whose notebook is not the one the site was built from."""
    return [
        path.name
        for path in map(notebook_path, chapters())
        if not (built := SITE / "_sources" / path.relative_to(ROOT)).exists()
        or built.read_bytes() != path.read_bytes()
    ]
