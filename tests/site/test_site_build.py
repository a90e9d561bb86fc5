"""What the site's build does with REPOSITORY, and that its links lead somewhere."""

import os
import re
import subprocess
import sysconfig
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urljoin, urlsplit

import pytest
import yaml
from book_site import notice_changed_assets, remove_old_pages
from build_notebooks import chapters, page_name
from site_browser import cannot
from site_pages import SITE

ROOT = Path(__file__).parents[2]
CHAPTERS = [f"notebooks/{page_name(text)}" for text in chapters()]
COLAB = "https://colab.research.google.com"
pytestmark = pytest.mark.timeout(180)


SMALL = ("notebooks/04_turns/take_turns", "book/appendix/glossary")


def build(folder, repository=None):
    """Build a page of each kind into `folder`, not run; return (exit code, output)."""
    for name in ("book", "notebooks"):
        (folder / name).symlink_to(ROOT / name)
    toc = {"format": "jb-book", "root": "notebooks/intro"}
    toc["chapters"] = [{"file": page} for page in SMALL]
    (folder / "_toc.yml").write_text(yaml.safe_dump(toc))
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    config["execute"]["execute_notebooks"] = "off"
    (folder / "_config.yml").write_text(yaml.safe_dump(config))
    names = ("REPOSITORY", "GITHUB_REPOSITORY", "PYTHONWARNINGS")
    environment = {k: v for k, v in os.environ.items() if k not in names}
    if repository is not None:
        environment["REPOSITORY"] = repository
    book = Path(sysconfig.get_path("scripts")) / "jupyter-book"
    run = subprocess.run(
        [book, "build", folder],  # links to the other pages lead nowhere here
        env=environment,
        capture_output=True,
        text=True,
    )
    return run.returncode, run.stdout + run.stderr


class Links(HTMLParser):
    """The addresses and the anchors of a page."""

    def __init__(self, page):
        super().__init__()
        self.found, self.anchors = set(), set()
        self.feed(page.read_text())

    def handle_starttag(self, tag, attributes):
        """Collect href, src and id."""
        values = dict(attributes)
        self.found |= {values[key] for key in ("href", "src") if values.get(key)}
        self.anchors |= {values[key] for key in ("id", "name") if values.get(key)}


def outside(page):
    """The addresses of other hosts that a page links to."""
    return {link for link in Links(page).found if urlsplit(link).netloc}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The site of a copy that has no repository."""
    folder = tmp_path_factory.mktemp("plain")
    code, output = build(folder)
    assert code == 0, output
    return folder / "_build" / "html"


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The site that publishing somebody/some-book builds."""
    folder = tmp_path_factory.mktemp("published")
    code, output = build(folder, "somebody/some-book")
    assert code == 0, output
    return folder / "_build" / "html"


@pytest.fixture(scope="module")
def site():
    """The pages of the site that `make book` built: path -> addresses and anchors."""
    if not (SITE / "index.html").exists():
        cannot(f"no site in {SITE.name}/: run make book")
    built = [path for path in SITE.rglob("*.html") if "_static" not in path.parts]
    return {path: Links(path) for path in built}


def test_every_notebook_is_a_page_of_the_book(site):
    assert CHAPTERS
    built = {path.relative_to(SITE) for path in site}
    built = {path for path in built if path.parts[0] == "notebooks"}
    assert built == {Path(f"{chapter}.html") for chapter in CHAPTERS}


def test_without_a_repository_no_page_links_to_colab_or_github(plain):
    for page in plain.rglob("*.html"):
        assert not [
            link for link in outside(page) if COLAB in link or "/somebody/" in link
        ], page.name


def test_with_a_repository_each_chapter_opens_its_notebook_in_colab(published):
    for chapter in ("notebooks/intro", SMALL[0]):
        place = f"somebody/some-book/blob/colab/{chapter}.ipynb"
        links = outside(published / f"{chapter}.html")
        assert [link for link in links if COLAB in link] == [f"{COLAB}/github/{place}"]
        assert "https://github.com/somebody/some-book" in links


def test_pages_without_code_have_no_colab_button(published):
    links = outside(published / "book/appendix/glossary.html")
    assert not [link for link in links if COLAB in link]


def test_a_repository_that_is_no_owner_and_name_is_refused_in_one_line(tmp_path):
    code, output = build(tmp_path, "https://example.org/some-book")
    assert code != 0
    assert "expected owner/name" in output


def test_every_link_inside_the_book_leads_somewhere(site):
    for page, links in site.items():
        for link in links.found:
            parts = urlsplit(urljoin(page.as_uri(), link))
            if parts.scheme != "file" or re.match(r"#?$", link):
                continue
            target = Path(unquote(parts.path))
            assert target.exists(), f"{page.name} links to {link}"
            if parts.fragment and target in site:
                anchors = site[target].anchors
                assert unquote(parts.fragment) in anchors, f"{page.name} to {link}"


def test_what_writes_the_pages_writes_them_again_when_it_changed(tmp_path):
    app, config, seen = SimpleNamespace(confdir=tmp_path), SimpleNamespace(), set()
    for name in ("_ext/late.py", "_static/a.css", "_templates/a.html"):
        path = tmp_path / "book" / name
        path.parent.mkdir(parents=True)
        for text in ("one", "another"):
            path.write_text(text)
            notice_changed_assets(app, config)
            seen.add(config.book_assets)
    assert len(seen) == 6


def test_what_an_earlier_build_wrote_of_a_page_that_is_gone_goes(tmp_path):
    app = SimpleNamespace(
        outdir=tmp_path,
        builder=SimpleNamespace(format="html"),
        env=SimpleNamespace(all_docs={"book/new": 0, "notebooks/01_a/new": 0}),
        config=SimpleNamespace(html_additional_pages={"index": "index.html"}),
    )
    states, sources = (
        f"{folder}/notebooks/01_a" for folder in ("_static/widget_states", "_sources")
    )
    kept = {"index.html", "search.html", "book/new.html", "_static/other.html"}
    kept |= {f"{states}/new.js", f"{sources}/new.ipynb", "_sources/book/new.md"}
    old = {"book/old.html", "notebooks/01_a/old.html", f"{states}/old.js"}
    old |= {f"{sources}/old.ipynb", "_sources/book/old.md"}
    for name in kept | old:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    def files():
        paths = (path for path in tmp_path.rglob("*") if path.is_file())
        return {path.relative_to(tmp_path).as_posix() for path in paths}

    remove_old_pages(app, Exception("the build failed"))
    assert files() == kept | old
    remove_old_pages(app, None)
    assert files() == kept
