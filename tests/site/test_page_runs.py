"""Each page is run once, again only if something changed, and nbval reads that run."""

import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path

import executed_with
import nbformat
import package_imports
import page_runs
import pytest
import yaml
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from site_browser import cannot
from site_pages import SITE, stale_notebooks
from sphinx.errors import ExtensionError

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(300)
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
EXTENSION = ("page_runs.py", "package_imports.py", "executed_with.py")


def notebook(*sources, stored=None):
    """A notebook of these cells; `stored` is the text that its last cell may print."""
    title = new_markdown_cell("# A page")
    cells = [new_code_cell(source, id=f"c{i}") for i, source in enumerate(sources)]
    if stored is not None:
        cells[-1].metadata["tags"] = ["nbval-check-output"]
        cells[-1].outputs = [new_output("stream", name="stdout", text=stored)]
        cells[-1].execution_count = len(cells)
    return new_notebook(cells=[title, *cells], metadata={"kernelspec": KERNEL})


# ---- which files a page comes from


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A small `ganflow` in place of the real one: package(name, text) writes a file."""

    def write(name, text):
        path = tmp_path / "ganflow" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        for forgotten in (package_imports.file_of, package_imports.needed):
            forgotten.cache_clear()
        page_runs.for_every_page.cache_clear()
        return path

    monkeypatch.setattr(package_imports, "ROOT", tmp_path)
    monkeypatch.setattr(page_runs, "ROOT", tmp_path)
    write("__init__.py", "")
    yield write
    monkeypatch.undo()
    write_nothing = (package_imports.file_of, package_imports.needed)
    for forgotten in (*write_nothing, page_runs.for_every_page):
        forgotten.cache_clear()


def behind(package, *sources):
    """The names of the files behind a page of these cells."""
    names = [name for source in sources for name in package_imports.imported(source)]
    root = package("__init__.py", "").parent
    return {str(p.relative_to(root)) for p in package_imports.files_behind(names)}


def test_a_page_comes_from_what_it_imports_directly_or_not(package):
    package("a.py", "def f():\n    from ganflow.b import g\n")
    package("b.py", "import numpy\nimport ganflow.c")
    package("c.py", "")
    package("other.py", "")
    found = {"__init__.py", "a.py", "b.py", "c.py"}
    assert behind(package, "from ganflow.a import f") == found
    assert behind(package, "x = 1") == set()


def test_a_name_of_a_package_brings_all_that_its_init_imports(package):
    package("p/__init__.py", "from ganflow.p.one import f")
    package("p/one.py", "")
    package("p/two.py", "")
    found = {"__init__.py", "p/__init__.py", "p/one.py"}
    assert behind(package, "from ganflow.p import f") == found


def test_a_name_that_is_lent_lazily_brings_only_its_own_module(package):
    package("p/__init__.py", "")
    package("p/__init__.pyi", "from ganflow.a import f\nfrom ganflow.b import g")
    package("a.py", "")
    package("b.py", "")
    found = {"__init__.py", "p/__init__.py", "a.py"}
    assert behind(package, "from ganflow.p import f") == found


def test_a_widget_brings_its_script_and_its_style(package):
    package("w/__init__.py", "")
    package("w/view.py", "")
    package("w/view.js", "")
    package("w/view.css", "")
    found = {"__init__.py", "w/__init__.py", "w/view.py", "w/view.js", "w/view.css"}
    assert behind(package, "from ganflow.w.view import V") == found


def test_a_program_in_a_string_counts_and_a_sentence_does_not(package):
    package("a.py", "")
    found = {"__init__.py", "a.py"}
    assert behind(package, 'run("""from ganflow.a import f\nf()""")') == found
    assert behind(package, '"""You may import ganflow.a from anywhere."""') == set()


def test_another_module_version_machine_or_result_is_another_run(package, monkeypatch):
    told, page = {"torch": "1"}, notebook("from ganflow.a import f")
    monkeypatch.setattr(page_runs, "executed_with", lambda: told)
    seen = [package("a.py", "1") and page_runs.made_from(page)]
    seen.append(package("a.py", "2") and page_runs.made_from(page))
    told["torch"] = "2"
    seen.append(package("other.py", "1") and page_runs.made_from(page))
    told["Machine"] = "3"
    seen.append(package("other.py", "1") and page_runs.made_from(page))
    for name in ("tuning.nc", "gpu_gan.npz", "gpu_steps.json"):
        seen.append(package(f"results/{name}", "1") and page_runs.made_from(page))
    assert len(set(seen)) == len(seen)
    assert page_runs.made_from(page) == seen[-1]
    package("other.py", "2")
    assert page_runs.made_from(page) == seen[-1], "nothing that the page imports"


def test_the_versions_are_those_that_run_the_cells_and_name_no_place():
    told = executed_with.executed_with()
    assert told["Python"] == platform.python_version()
    for name in ("torch", "tensorflow", "keras", "numpy", "jupyter-book"):
        assert told[name] == version(name)
    said = " ".join(told.values())
    assert "/" not in said and platform.node() not in said.split()


# ---- running them


@pytest.fixture
def runs(tmp_path):
    """An empty store of runs, and a folder of notebooks: runs.write(name, *cells)."""
    store = page_runs.Runs(tmp_path / "runs")

    def write(name, *sources, **how):
        path = tmp_path / f"{name}.ipynb"
        nbformat.write(notebook(*sources, **how), path)
        return path

    store.write = write
    return store


def said(runs, path):
    """What the cells of the run of this notebook printed."""
    cells = runs.find(page_runs.read(path)).cells
    return ["".join(output.text for output in cell.outputs) for cell in cells]


def test_pages_side_by_side_say_what_they_say_one_after_the_other(runs, tmp_path):
    """Two at a time wait for each other, so one after the other could not end."""
    meet = (
        "import pathlib, time\npathlib.Path('{0}').touch()\n"
        "while not pathlib.Path('{1}').exists():\n    time.sleep(0.02)\n"
        "print('met', end='', flush=True); time.sleep(0.3); print(' at last')"
    )
    here = [
        runs.write("a", meet.format("a", "b")),
        runs.write("b", meet.format("b", "a")),
    ]
    runs.run(runs.missing(here), jobs=2)
    together = [said(runs, path) for path in here]
    assert together == [["met at last\n"]] * 2, "a line in pieces stays one line"
    alone = page_runs.Runs(tmp_path / "alone")
    alone.run(here, jobs=1)
    assert [said(alone, path) for path in here] == together


def test_a_page_that_fails_is_named_and_the_others_are_kept(runs):
    good, bad = runs.write("good", "print(1)"), runs.write("bad", "print(2)", "1 / 0")
    with pytest.raises(ExtensionError, match=r"bad\.ipynb failed:[^$]*ZeroDivision"):
        runs.run([good, bad], jobs=2)
    assert said(runs, good) == ["1\n"]
    assert runs.missing([good, bad]) == [bad]


def test_a_changed_cell_has_no_run_and_a_changed_sentence_has(runs):
    path = runs.write("a", "print(1)")
    runs.run([path])
    changed = page_runs.read(path)
    changed.cells[0].source = "# Another sentence"
    assert runs.find(changed) is not None
    changed.cells[1].source = "print(2)"
    assert runs.find(changed) is None


def test_a_module_that_changes_while_a_page_runs_makes_the_run_an_old_one(
    runs, package
):
    module = package("a.py", "x = 1")
    other = runs.write("b", "if 0:\n    import ganflow.a", "print(1)")
    runs.run([other], jobs=1)
    assert runs.missing([other]) == []
    source = "if 0:\n    import ganflow.a\n"
    page = runs.write("a", f"{source}open({str(module)!r}, 'w').write('x = 2')")
    runs.run([page], jobs=1)
    assert {*runs.missing([page, other])} == {page, other}


def test_the_longest_page_begins_first_and_an_unknown_one_before_it(runs, tmp_path):
    log = tmp_path / "log"
    names = {"quick": "", "slow": "", "new": "", "newer": "# more code"}
    paths = {
        name: runs.write(name, f"open({str(log)!r}, 'a').write('{name} '){more}")
        for name, more in names.items()
    }
    for name, seconds in (("quick", 1.0), ("slow", 3.0)):
        runs.keep(paths[name], page_runs.read(paths[name]), seconds, "another machine")
    runs.run(runs.missing(paths.values()), jobs=1)
    assert log.read_text().split() == ["newer", "new", "slow", "quick"]


def test_pages_that_run_side_by_side_share_the_cores(runs, monkeypatch):
    monkeypatch.setattr(page_runs, "cpu_count", lambda: 6)
    path = runs.write("a", "import os; print(os.environ['OMP_NUM_THREADS'])")
    runs.run([path], jobs=2)
    assert said(runs, path) == ["3\n"]


def test_memory_bounds_how_many_run_at_a_time(monkeypatch):
    class Memory:
        available = 2.5 * page_runs.MEMORY

    monkeypatch.setattr(page_runs.psutil, "virtual_memory", Memory)
    monkeypatch.setattr(page_runs, "cpu_count", lambda: 16)
    assert page_runs.side_by_side() == 2
    Memory.available = 0
    assert page_runs.side_by_side() == 1


# ---- nbval reads the run


PLANT = """import os, pathlib, page_runs, nbval.plugin
page_runs.FOLDER = pathlib.Path(os.environ["RUNS"])
def no_kernel(*args, **kwargs):
    raise RuntimeError("a kernel is started")
nbval.plugin.RunningKernel = no_kernel
"""


@pytest.fixture
def nbval(runs, tmp_path):
    """nbval(path): (exit status, output) where no kernel may start."""
    (tmp_path / "plant.py").write_text(PLANT)
    places = map(str, (tmp_path, ROOT, ROOT / "book" / "_ext"))
    told = {"RUNS": str(runs.folder), "PYTHONPATH": os.pathsep.join(places)}

    def compare(path, **more):
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        command += ["-p", "plant", "-p", "conftest", "-c", "/dev/null", "--nbval-lax"]
        command += ["--nbval-current-env", f"--rootdir={tmp_path}", path]
        done = subprocess.run(
            command, env=os.environ | told | more, capture_output=True, text=True
        )
        return done.returncode, done.stdout

    return compare


def test_nbval_compares_the_run_and_starts_no_kernel(runs, nbval):
    path = runs.write("a", "x = 6", "print(x * 7)", stored="42\n")
    runs.run([path])
    code, shown = nbval(path)
    assert code == 0 and "2 passed" in shown


@pytest.mark.parametrize("real", ["0", "1"])
def test_a_cell_asked_for_alone_has_the_cells_before_it(runs, nbval, tmp_path, real):
    """Workers steal tests from one another in the middle of a page."""
    path = runs.write(
        "a", "x = 6", "x = 2 * x", "print(x)", "print(x + 1)", stored="13\n"
    )
    runs.run([path])
    if real == "1":
        (tmp_path / "plant.py").write_text("")
    code, shown = nbval(f"{path}::Cell 3", GANFLOW_REAL_KERNELS=real)
    assert code == 0 and "1 passed" in shown, shown
    path.write_text(path.read_text().replace('"13\\n"', '"14\\n"'))
    assert nbval(f"{path}::Cell 3", GANFLOW_REAL_KERNELS=real)[0] == 1


def test_a_changed_digit_of_a_stored_output_is_red(runs, nbval):
    path = runs.write("a", "x = 6", "print(x * 7)", stored="42\n")
    runs.run([path])
    path.write_text(path.read_text().replace('"42\\n"', '"43\\n"'))
    code, shown = nbval(path)
    assert code == 1 and "1 failed" in shown and "42" in shown and "43" in shown


def test_where_only_asserts_count_a_kernel_prints_what_it_will(runs, nbval, tmp_path):
    """So run the oldest packages, and Colab's."""
    (tmp_path / "plant.py").write_text("")
    only = {"GANFLOW_ASSERTS_ONLY": "1"}
    assert nbval(runs.write("a", "print(42)", stored="43\n"), **only)[0] == 0
    path = runs.write("b", "print(42)\nassert 6 * 7 == 43", stored="43\n")
    assert nbval(path, **only)[0] == 1


def test_a_page_without_a_run_that_holds_asks_for_a_kernel(runs, nbval):
    path = runs.write("a", "print(42)", stored="42\n")
    assert "a kernel is started" in nbval(path)[1]
    runs.run([path])
    assert nbval(path)[0] == 0
    assert "a kernel is started" in nbval(path, GANFLOW_REAL_KERNELS="1")[1]
    path.write_text(path.read_text().replace("print(42)", "print(6 * 7)"))
    assert "a kernel is started" in nbval(path)[1]


def test_an_error_that_a_cell_must_raise_is_replayed_too(runs, nbval):
    page = notebook("print('so')\n1 / 0", "print(2)", stored="2\n")
    page.cells[1].metadata["tags"] = ["raises-exception"]
    path = runs.folder.parent / "a.ipynb"
    nbformat.write(page, path)
    runs.run([path])
    assert nbval(path)[0] == 0
    untagged = page_runs.read(path)
    untagged.cells[1].metadata["tags"] = []
    nbformat.write(untagged, path)
    assert "a kernel is started" in nbval(path)[1], "another page: it is to be run"


# ---- a small book, built by Jupyter Book


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A book of two pages, one of which imports a module, and a page of the status."""
    folder = tmp_path_factory.mktemp("small")
    for name in EXTENSION:
        (folder / "book" / "_ext").mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "book" / "_ext" / name, folder / "book" / "_ext")
    text = (ROOT / "book" / "appendix" / "status.md").read_text("utf-8")
    (folder / "book" / "status.md").write_text(text)
    (folder / "ganflow").mkdir()
    (folder / "ganflow" / "__init__.py").touch()
    (folder / "ganflow" / "a.py").write_text("ANSWER = 42")
    pages = {"uses": "from ganflow.a import ANSWER\nprint('the answer', ANSWER)"}
    pages["alone"] = "print('no module')"
    (folder / "notebooks").mkdir()
    for name, source in pages.items():
        nbformat.write(notebook(source), folder / "notebooks" / f"{name}.ipynb")
    toc = {"format": "jb-book", "root": "book/status"}
    toc["chapters"] = [{"file": f"notebooks/{name}"} for name in pages]
    config = {
        "title": "t",
        "only_build_toc_files": True,
        "execute": {"execute_notebooks": "cache"},
        "sphinx": {"local_extensions": {"page_runs": "book/_ext"}},
    }
    (folder / "_toc.yml").write_text(yaml.safe_dump(toc))
    (folder / "_config.yml").write_text(yaml.safe_dump(config))
    return folder


def build(book):
    """Build it; return what was said."""
    command = [Path(sysconfig.get_path("scripts")) / "jupyter-book", "build", book]
    environment = os.environ | {"PYTHONPATH": str(book), "TZ": "Asia/Tokyo"}
    environment.pop("PYTHONWARNINGS", None)
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_a_build_runs_what_changed_and_only_that(book):
    code, output = build(book)
    assert code == 0 and output.count("ran notebooks/") == 2, output
    html = book / "_build" / "html"
    assert "the answer 42" in (html / "notebooks" / "uses.html").read_text()
    assert "ran notebooks/" not in build(book)[1]
    (book / "ganflow" / "a.py").write_text("ANSWER = 43")
    code, output = build(book)
    assert code == 0 and output.count("ran notebooks/") == 1, output
    assert "the answer 43" in (html / "notebooks" / "uses.html").read_text()


def test_the_status_tells_of_each_page_and_of_the_versions(book):
    build(book)
    page = book / "_build" / "html" / "book" / "status.html"
    tree = BeautifulSoup(page.read_text("utf-8"), "html.parser")
    pages, versions = tree.select("article table")
    names = [link["href"] for link in pages.select("tbody a")]
    assert names == ["../notebooks/alone.html", "../notebooks/uses.html"]
    told = [row.select("td") for row in versions.select("tbody tr")]
    assert {a.text: b.text for a, b in told}["Python"] == platform.python_version()
    assert str(book) not in page.read_text() and platform.node() not in versions.text


def test_a_build_stops_when_a_cell_fails(book):
    (book / "ganflow" / "a.py").write_text("ANSWER = 1 / 0")
    code, output = build(book)
    assert code != 0 and "notebooks/uses.ipynb failed" in output
    assert "ZeroDivisionError" in output
    (book / "ganflow" / "a.py").write_text("ANSWER = 42")


# ---- the built site


def test_each_page_of_the_site_has_a_run_that_holds():
    if not (SITE / "index.html").exists():
        cannot(f"no site in {SITE.name}/: run make book")
    if stale := stale_notebooks():
        cannot(f"the site was built from another {', '.join(stale)}: run make book")
    paths = sorted((ROOT / "notebooks").rglob("*.ipynb"))
    assert paths and page_runs.Runs().missing(paths) == []
