"""tools/bench_book.py: which pages it visits, what it calls a miss, what it copies."""

import subprocess

import bench_book
import pytest

ROW = {"page": "book/a.html", "early": 300_000, "total": 2_200_000, "paint": 1.0}


@pytest.fixture
def site(tmp_path):
    """A folder with the names of a site's pages."""
    for name in ("index.html", "book/a.html", "notebooks/b.html", "_static/c.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def test_every_page_is_visited_but_the_one_that_leads_to_the_first(site):
    assert bench_book.pages(site) == ["book/a.html", "notebooks/b.html"]


@pytest.mark.parametrize("name", bench_book.BUDGETS)
def test_a_budget_is_missed_above_it_and_not_at_it(name):
    row = ROW | {"usable": 2.0, "missed": []}
    assert bench_book.missed(ROW) == bench_book.missed(row) == []
    over = row | {name: bench_book.BUDGETS[name] * 1.01}
    assert bench_book.missed(over) == [name]
    assert bench_book.shown(over | {"missed": [name]}).endswith(f"  {name}")


@pytest.mark.parametrize("missed, code", [([], 0), (["paint"], 1)])
def test_it_ends_with_1_where_a_page_misses_a_budget(
    site, monkeypatch, capsys, missed, code
):
    monkeypatch.setattr(bench_book, "CHROMIUM", "chromium")
    monkeypatch.setattr(bench_book, "visit", lambda options: [ROW | {"missed": missed}])
    monkeypatch.delattr(bench_book.os, "sched_setaffinity", raising=False)
    assert bench_book.main(["--site", str(site)]) == code
    assert f"{code} budgets missed on 1 pages" in capsys.readouterr().out


def test_without_a_site_it_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(bench_book, "CHROMIUM", "chromium")
    with pytest.raises(SystemExit, match="run make book"):
        bench_book.main(["--site", str(tmp_path)])


def test_a_page_that_is_not_there_is_named(site, monkeypatch):
    monkeypatch.setattr(bench_book, "CHROMIUM", "chromium")
    with pytest.raises(SystemExit, match="no page book/b.html in"):
        bench_book.main(["--site", str(site), "book/a.html", "book/b.html"])


def test_a_build_is_timed_on_a_copy_of_the_tree_with_its_assets(tmp_path, monkeypatch):
    root, copy = tmp_path / "root", tmp_path / "copy"
    for name in ("book/a.md", "new.md", "_build/old", f"{bench_book.VENDOR}/x.js"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (root / ".gitignore").write_text("_build\nvendor\n")
    for command in (["init", "-q"], ["add", "book/a.md"]):
        subprocess.run(["git", *command], cwd=root, check=True)
    monkeypatch.setattr(bench_book, "ROOT", root)
    bench_book.copy_tree(copy)
    files = {str(p.relative_to(copy)) for p in copy.rglob("*") if p.is_file()}
    assets = f"{bench_book.VENDOR}/x.js"
    assert files == {".gitignore", "book/a.md", "new.md", assets}
