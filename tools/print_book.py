"""Print the built site as one PDF, _build/where-the-gradient-goes.pdf.

The pages become one document in the order of the table of contents, so that links from
one to the other still lead there, all is numbered through, and the browser makes the
outline.
"""

import re
import sys
from pathlib import Path
from posixpath import normpath
from urllib.parse import unquote, urljoin, urlsplit

from bs4 import BeautifulSoup
from page_cost import CHROMIUM, DRAWN
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
PDF = ROOT / "_build" / "where-the-gradient-goes.pdf"
HOST, FIRST = "http://book.localhost/", "notebooks/intro.html"
SCALE = 0.8  # 88 columns of code fit between the margins
PAPER = {"width": 822, "height": 1180}  # what is between them, at that scale, in px
FOOTER = """<p style="width: 100%; text-align: center; font: 8px sans-serif">
<span class="pageNumber"></span> / <span class="totalPages"></span></p>"""
LAYOUT = {
    "format": "A4",
    "scale": SCALE,
    "margin": {"top": "18mm", "bottom": "20mm", "left": "18mm", "right": "18mm"},
    "outline": True,
    "tagged": True,
    "display_header_footer": True,
    "header_template": "<p></p>",
    "footer_template": FOOTER,
}
STYLE = "article + article { break-before: page }"
SCRIPTS = re.compile("mathjax|live_widgets|site[.]js|widget-state", re.I)


def fail(line):
    """End with one line that says what to do."""
    sys.exit(f"pdf: {line}")


def read(site, page):
    """The page as a tree."""
    return BeautifulSoup((site / page).read_text("utf-8"), "html.parser")


def pages_in_order(site):
    """The pages that the sidebar lists, the first page first."""
    links = read(site, FIRST).select("nav.bd-links a.internal[href]")
    found = [normpath(urljoin(FIRST, a["href"].partition("#")[0])) for a in links]
    return list(dict.fromkeys([FIRST, *(f for f in found if (site / f).is_file())]))


def name(page, fragment=""):
    """The id that a page, or a place in it, has in the one document."""
    return f"{page.removesuffix('.html').replace('/', '-')}--{fragment}"


def moved(address, page, pages):
    """Where `address`, found in `page`, leads in the one document."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return address
    target = normpath(urljoin(page, parts.path)) if parts.path else page
    return f"#{name(target, parts.fragment)}" if target in pages else target


def move(tree, page, pages):
    """Give every id, link and source of the tree its form in the one document."""
    for tag in tree.select("[id]"):
        tag["id"] = name(page, tag["id"])
    for key in ("href", "src"):
        for tag in tree.select(f"[{key}]"):
            tag[key] = moved(tag[key], page, pages)
    return tree


def one_document(site):
    """The whole book's HTML: each style and script once, every article in order."""
    pages = pages_in_order(site)
    heads, articles = {}, []
    for page in pages:
        tree = read(site, page)
        article = tree.select_one("article.bd-article")
        for aside in article.select(".headerlink, .toctree-wrapper"):
            aside.decompose()
        for figure in article.select("img[loading]"):
            del figure["loading"]  # nobody scrolls to it before it is printed
        move(article, page, pages)["id"] = name(page)
        articles.append(str(article))
        for tag in tree.select("head link[rel=stylesheet], script"):
            if tag.name == "script" and not SCRIPTS.search(str(tag)[:400]):
                continue
            for key in ("href", "src"):
                if tag.has_attr(key):
                    tag[key] = moved(tag[key], page, ())
            heads[str(tag)] = True
    return (
        f'<!doctype html><html lang="en" data-content_root="" data-theme="light"><head>'
        f'<meta charset="utf-8"><title>Where the Gradient Goes</title>{"".join(heads)}'
        f'<style>{STYLE}</style></head><body><main class="bd-content">'
        f"{''.join(articles)}</main></body></html>"
    )


def answer(route, site, document):
    """Serve the one document, and everything else from the site's folder."""
    path = unquote(urlsplit(route.request.url).path).lstrip("/")
    if path == "all.html":
        route.fulfill(body=document, content_type="text/html; charset=utf-8")
    elif route.request.url.startswith(HOST) and (site / path).is_file():
        route.fulfill(path=site / path)
    else:
        route.abort()


def print_site(browser, site, pdf):
    """Open the one document in a browser, wait for formulas and widgets, print it."""
    document = one_document(site)
    page = browser.new_page(color_scheme="light", viewport=PAPER)
    page.emulate_media(media="print")
    page.route("**/*", lambda route: answer(route, site, document))
    page.goto(f"{HOST}all.html", wait_until="load")
    page.evaluate("window.MathJax?.startup?.promise.then(() => true)")
    places = page.query_selector_all("[data-live]")
    for place in places:
        place.scroll_into_view_if_needed()
    page.wait_for_function(DRAWN)
    for place in places:
        place.scroll_into_view_if_needed()
        page.wait_for_timeout(500)  # for a picture that draws when it is seen
    page.pdf(path=pdf, **LAYOUT)
    page.close()


def main():
    """Print the site that is built."""
    if not (SITE / FIRST).is_file():
        fail("nothing is built yet: run make book")
    if CHROMIUM is None:
        fail("no chromium on this machine; on Debian: apt-get install chromium")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        print_site(browser, SITE, PDF)
        browser.close()
    print(f"{PDF.relative_to(ROOT)}: {PDF.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
