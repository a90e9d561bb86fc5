"""The status page tells of each page what became of it, and with which versions."""

import os
import platform
import re
import subprocess
import sysconfig
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import book_site
import executed_with
import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup
from build_status import LIMIT, seconds
from nbformat.v4 import new_code_cell, new_notebook
from page_runs import Run, count_checks
from site_browser import cannot
from site_pages import SITE, stale_notebooks

ROOT = Path(__file__).parents[2]
STATUS = SITE / "book" / "status.html"
ENDS, STOPS, LEFT_OUT = "ends", "stops", "left_out"
CODE = {
    ENDS: "x = 1\nassert x == 1",
    STOPS: "assert True\n1 / 0",
    LEFT_OUT: "assert False",
}
CONFIG = {
    "title": "t",
    "only_build_toc_files": True,
    "execute": {"execute_notebooks": "cache", "exclude_patterns": [f"*{LEFT_OUT}*"]},
    "sphinx": {"local_extensions": {"build_status": str(ROOT / "book" / "_ext")}},
}


def read(page):
    """(rows of the table of pages, its last row, the table of versions as a dict)."""
    tree = BeautifulSoup(page.read_text("utf-8"), "html.parser")
    pages, versions = tree.select("article table")
    cells = [
        [cell.get_text(strip=True) for cell in row.select("th, td")]
        for row in pages.select("tbody tr")
    ]
    links = [a["href"] for a in pages.select("tbody a")]
    rows = {Path(a).stem: cells[i] for i, a in enumerate(links)}
    assert len(rows) == len(links) == len(cells) - 1
    named = [row.select("th, td") for row in versions.select("tbody tr")]
    return rows, cells[-1], {key.text: value.text for key, value in named}


def write(folder, name, code):
    """A page with one cell, as text and as notebook."""
    (folder / "book" / f"{name}.md").write_text(f"# {name}\n\n{code}\n")
    title = nbformat.v4.new_markdown_cell(f"# The page {name}")
    kernel = {"kernelspec": {"name": "python3", "display_name": "", "language": ""}}
    made = new_notebook(cells=[title, new_code_cell(code)], metadata=kernel)
    nbformat.write(made, folder / "notebooks" / f"{name}.ipynb")


def build(folder, **execute):
    """Build the small book; return its status page."""
    config = CONFIG | {"execute": CONFIG["execute"] | execute}
    (folder / "_config.yml").write_text(yaml.safe_dump(config))
    book = Path(sysconfig.get_path("scripts")) / "jupyter-book"
    environment = os.environ | {"TZ": "Asia/Tokyo"}
    environment.pop("PYTHONWARNINGS", None)
    done = subprocess.run(
        [book, "build", folder], env=environment, capture_output=True, text=True
    )
    page = folder / "_build" / "html" / "book" / "status.html"
    assert page.exists(), done.stdout + done.stderr
    return page


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A book of one page that runs, one that fails and one that nobody runs."""
    folder = tmp_path_factory.mktemp("book")
    (folder / "book").mkdir()
    (folder / "notebooks").mkdir()
    for name, code in CODE.items():
        write(folder, name, code)
    text = (ROOT / "book" / "status.md").read_text("utf-8")
    (folder / "book" / "status.md").write_text(text)
    chapters = [{"file": f"notebooks/{name}"} for name in CODE]
    toc = {"format": "jb-book", "root": "book/status", "chapters": chapters}
    (folder / "_toc.yml").write_text(yaml.safe_dump(toc))
    return folder


@pytest.fixture(scope="module")
def first(book):
    """What the first build of it says."""
    return read(build(book)), datetime.now(UTC)


pytestmark = pytest.mark.timeout(180)


def test_a_page_that_ran_has_its_title_time_and_checks(first):
    (rows, total, _), now = first
    title, outcome, took, lines, checks, when = rows[ENDS]
    assert (title, outcome) == (f"The page {ENDS}", "ran to its end")
    assert 0 < float(took) < LIMIT and (lines, checks) == ("4", "1")
    ended = datetime.strptime(when, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    assert timedelta(0) <= now - ended < timedelta(minutes=3)
    assert total[:2] == ["Together", "1 of 3"]
    assert float(total[2]) == pytest.approx(float(took) + float(rows[STOPS][2]))
    assert total[3:5] == ["11", "3"]


def test_a_page_that_failed_names_its_error(first):
    assert first[0][0][STOPS][1] == "stopped: ZeroDivisionError"


def test_a_page_that_was_not_run_says_so(first):
    assert first[0][0][LEFT_OUT][1:3] == ["not run", "–"]
    assert first[0][0][LEFT_OUT][5] == "–"


def test_the_versions_are_those_that_run_the_cells(first):
    versions = first[0][2]
    assert versions["Python"] == platform.python_version()
    for name in ("torch", "tensorflow", "keras", "numpy", "jupyter-book"):
        assert versions[name] == version(name)
    assert re.match(r"\d+ CPU cores, ", versions["Machine"])


def test_the_page_names_neither_the_machine_nor_its_folders(book, first):
    text = (book / "_build/html/book/status.html").read_text("utf-8")
    assert str(book) not in text and str(ROOT) not in text
    assert platform.node() not in " ".join(first[0][2].values()).split()


def test_a_later_build_keeps_the_run_that_it_did_not_repeat(book, first):
    (book / "notebooks" / f"{ENDS}.ipynb").touch()  # read again, from the cache
    write(book, LEFT_OUT, "assert 1\nassert 2")
    rows, total, _ = read(build(book))
    assert rows[ENDS] == first[0][0][ENDS]
    assert rows[LEFT_OUT][4] == "2" and total[4] == "4"


def test_each_build_writes_the_page_since_the_commit_may_be_another(book, first):
    page = book / "_build" / "html" / "book" / "status.html"
    page.write_text("an older build's")
    assert read(build(book))


def test_a_book_whose_pages_are_not_run_says_so_of_each(book, first):
    page = build(book, execute_notebooks="off")
    rows, total, _ = read(page)
    assert {row[1] for row in rows.values()} == {"not run"}
    assert total[1:3] == ["0 of 3", "0.0"]
    assert "None of the 3 pages with code was run" in page.read_text("utf-8")


@pytest.mark.parametrize(
    ("took", "shown"), [(59.96, "60.0"), (60.06, "60.1 (over 60)"), (0.04, "0.0")]
)
def test_a_page_over_its_time_is_marked_in_words(took, shown):
    assert seconds(Run("p", "P", {"runtime": took, "succeeded": True}, 1, 1)) == shown


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("assert x", 1),
        ("# assert x\nprint('assert y')", 0),
        ("torch.testing.assert_close(a, b)\nassert_allclose(a, b)", 2),
        ("with raises(ValueError, 'so'):\n    assert f(x)", 2),
        ("from numpy.testing import assert_allclose", 0),
        ("%matplotlib inline\nassert x", 1),
    ],
)
def test_checks_are_counted_in_the_program_and_not_in_its_words(code, count):
    assert count_checks(new_notebook(cells=[new_code_cell(code)])) == count


def git(folder, *words):
    """Run git, as nobody in particular."""
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    command = ["git", "-C", folder, *who, *words]
    return subprocess.check_output(command, text=True).strip()


def test_the_commit_is_named_and_changes_on_top_of_it_are_told(tmp_path):
    assert executed_with.commit(tmp_path) == "no commit"
    git(tmp_path, "init", "--quiet")
    assert executed_with.commit(tmp_path) == "no commit"
    (tmp_path / "a").write_text("1")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "--quiet", "-m", "a")
    short = git(tmp_path, "rev-parse", "--short", "HEAD")
    assert executed_with.commit(tmp_path) == short
    (tmp_path / "a").write_text("2")
    assert executed_with.commit(tmp_path) == f"{short} and changes"


def test_another_version_or_machine_runs_every_page_again(monkeypatch, tmp_path):
    class Config:
        outdir = tmp_path / "html"

    places = set()
    for versions in ({"torch": "1"}, {"torch": "2"}, {"torch": "2", "Machine": "3"}):
        monkeypatch.setattr(book_site, "executed_with", lambda told=versions: told)
        book_site.notice_changed_package(Config, Config)
        places.add(Config.nb_execution_cache_path)
    assert len(places) == 3


@pytest.mark.parametrize("name", ["tuning.nc", "gpu_gan.npz", "gpu_steps.json"])
def test_a_recorded_run_that_changed_runs_every_page_again(monkeypatch, tmp_path, name):
    class Config:
        outdir = tmp_path / "html"

    monkeypatch.setattr(book_site, "ROOT", tmp_path)
    monkeypatch.setattr(book_site, "executed_with", dict)
    (tmp_path / "ganflow" / "results").mkdir(parents=True)
    places = set()
    for content in "12":
        (tmp_path / "ganflow" / "results" / name).write_text(content)
        book_site.notice_changed_package(Config, Config)
        places.add(Config.nb_execution_cache_path)
    assert len(places) == 2


@pytest.fixture(scope="module")
def site():
    """The status page of the built site."""
    if not STATUS.exists():
        cannot(f"no status page in {SITE.name}/: run make book")
    if "GANFLOW_SITE" not in os.environ and (stale := stale_notebooks()):
        cannot(f"the site was built from another {', '.join(stale)}: run make book")
    return read(STATUS)


def test_each_page_with_code_ran_to_its_end_in_this_build(site):
    rows, total, _ = site
    assert set(rows) == {p.stem for p in (SITE / "_sources/notebooks").glob("*.ipynb")}
    for name, (title, outcome, took, *_) in rows.items():
        assert (SITE / "notebooks" / f"{name}.html").exists() and title
        assert outcome == "ran to its end", f"{name} {outcome}"
        assert float(took.partition(" ")[0]) > 0, name
    assert total[1] == f"{len(rows)} of {len(rows)}"


def test_the_last_row_is_the_sum_of_the_others(site):
    rows, total, _ = site
    for column in (2, 3, 4):
        sums = sum(float(row[column].partition(" ")[0]) for row in rows.values())
        assert float(total[column]) == pytest.approx(sums)


def test_the_site_s_versions_name_their_commit_and_no_place(site):
    _, _, versions = site
    said = " ".join(versions.values())
    assert re.fullmatch(
        r"[0-9a-f]{7,}( and changes)?|no commit", [*versions.values()][-1]
    )
    assert "/" not in said and platform.node() not in said.split()
