"""The site as a folder, and as one printed document."""

import re
from zipfile import ZipFile

import pack_offline
import print_book
import pytest
from bs4 import BeautifulSoup
from page_cost import VIEW
from site_browser import open_page
from site_pages import LIVE, SITE

FORMULAS = "notebooks/04_turns/take_turns.html"


def build_site(root):
    """Two files and one that no reader needs."""
    (root / "page").mkdir(parents=True)
    for name in ("index.html", "page/a.html", ".buildinfo"):
        (root / name).write_text(name)
    return root


def test_the_same_site_gives_the_same_zip(tmp_path):
    site = build_site(tmp_path / "site")
    zips = [tmp_path / "one.zip", tmp_path / "two.zip"]
    for made in zips:
        pack_offline.pack(site, made)
    names = {name.partition("/")[2] for name in ZipFile(zips[0]).namelist()}
    assert names == {"README.txt", "index.html", "page/a.html"}
    assert zips[0].read_bytes() == zips[1].read_bytes()


@pytest.mark.browser
@pytest.mark.timeout(120)
@pytest.mark.parametrize("path", ["index.html", FORMULAS, *LIVE])
def test_from_a_folder_every_figure_lives_and_every_formula_is_set(
    browser, folder, path
):
    page = open_page(browser, (folder / path).as_uri())
    assert page.complaints == []
    assert all(url.startswith(("file:", "data:", "blob:")) for url in page.asked)
    formulas = len(page.query_selector_all(".bd-article .math"))
    assert len(page.query_selector_all(".bd-article mjx-container")) == formulas
    assert page.query_selector("article.bd-article h1")
    page.close()


@pytest.mark.browser
def test_from_a_folder_the_search_finds_pages(browser, folder):
    page = browser.new_page()
    page.goto(f"{(folder / 'search.html').as_uri()}?q=detach")
    found = page.wait_for_selector("#search-results li a[href*='/cut_the_trace']")
    assert "Cut the trace" in found.text_content()
    page.close()


PAGE = """<html><head><link rel="stylesheet" href="../_static/a.css">
<script type="application/vnd.jupyter.widget-state+json" src="../_static/{name}.js">
</script>
<script src="../_static/theme.js"></script></head><body>
<nav class="bd-links"><a class="internal" href="#">1</a>
<a class="internal" href="../notebooks/b.html">2</a></nav>
<article class="bd-article">
<h1 id="top">{name}<a class="headerlink" href="#top">#</a></h1>
<a href="../notebooks/b.html">page</a> <a href="../notebooks/b.html#top">place</a>
<a href="#top">here</a> <a href="https://example.org/x#y">far</a>
<img src="../_images/c.png" loading="lazy"></article></body></html>"""


def test_two_pages_become_one_document_whose_links_stay_inside(tmp_path):
    for name in ("notebooks/intro.html", "notebooks/b.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(PAGE.format(name=name))
    document = BeautifulSoup(print_book.one_document(tmp_path), "html.parser")
    assert [h.text for h in document.select("h1")] == [
        "notebooks/intro.html",
        "notebooks/b.html",
    ]
    ids = [tag["id"] for tag in document.select("[id]")]
    assert len(ids) == len(set(ids)) == 4
    links = [a["href"] for a in document.select("article a")]
    assert links.count("https://example.org/x#y") == 2
    assert {a[1:] for a in links if a.startswith("#")} == set(ids) - {ids[0]}
    images = [image.attrs for image in document.select("img")]
    assert images == [{"src": "_images/c.png"}] * 2  # which do not wait to be seen
    assert [s["href"] for s in document.select("link")] == ["_static/a.css"]
    states = ["_static/notebooks/intro.html.js", "_static/notebooks/b.html.js"]
    assert [s["src"] for s in document.select("script")] == states  # and no theme


@pytest.mark.browser
@pytest.mark.timeout(180)
def test_the_book_prints_with_its_live_figures_and_without_their_controls(
    browser, tmp_path, monkeypatch
):
    pages = [print_book.FIRST, LIVE[0]]
    monkeypatch.setattr(print_book, "pages_in_order", lambda site: pages)
    print_book.print_site(browser, SITE, tmp_path / "book.pdf")
    pdf = (tmp_path / "book.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-") and b"/Outlines" in pdf
    assert len(re.findall(rb"/Type /Page\b", pdf)) >= 3


DARK = """() => [...document.querySelectorAll(".bd-article *")].filter(part => {
    const [r, g, b, a = 1] = getComputedStyle(part).backgroundColor.match(/[\\d.]+/g);
    return part.offsetParent && a > 0 && Math.min(r, g, b) < 200;
}).map(part => part.className)"""


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_paper_is_light_whatever_the_theme(visit, theme):
    """And shows no control."""
    page = visit(LIVE[0], theme=theme)
    controls = ".widget-subarea :is(button, select, [role=slider], input)"
    assert page.query_selector(controls).is_visible()
    page.emulate_media(media="print", color_scheme=theme)
    page.wait_for_function(f"() => ({DARK})().length === 0")  # colours change slowly
    assert not any(c.is_visible() for c in page.query_selector_all(controls))
    assert page.query_selector(f"{VIEW} > *").is_visible()
    color = "element => getComputedStyle(element).color"
    link = page.query_selector(".bd-article p a:not(.gf-term)").evaluate(color)
    text = page.query_selector(".bd-article p").evaluate(color)
    assert (link, text) == ("rgb(91, 45, 115)", "rgb(0, 0, 0)")
    code = page.eval_on_selector_all(
        ".bd-article pre, .bd-article pre span",
        "parts => [...new Set(parts.map(part => getComputedStyle(part).color))]",
    )
    if theme == "dark":  # its own colours are for dark paper
        assert max(int(n) for c in code for n in re.findall(r"\d+", c)[:3]) < 120, code
