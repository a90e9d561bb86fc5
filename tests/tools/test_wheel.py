"""The wheel holds the whole package: a notebook runs with it outside the checkout."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import build_notebooks
import pytest

ROOT = Path(__file__).parents[2]


def run(*command, **options):
    """Run and return what was printed; a failure shows what was said."""
    done = subprocess.run(command, capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy of what git tracks, so that no old build folder leaks in."""
    folder = tmp_path_factory.mktemp("wheel")
    tracked = run(
        "git", "ls-files", "ganflow", "*.toml", "README.md", "LICENSE", cwd=ROOT
    )
    for name in tracked.splitlines():
        (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "source" / name).write_bytes((ROOT / name).read_bytes())
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
    run(*pip, "--wheel-dir", str(folder), str(folder / "source"))
    (made,) = folder.glob("ganflow-*.whl")
    return made


def test_the_wheel_holds_every_file_of_the_package(wheel):
    inside = set(zipfile.ZipFile(wheel).namelist())
    for kind in ("*.py", "*.pyi", "py.typed", "*.js", "*.css", "*.nc"):
        for path in (ROOT / "ganflow").rglob(kind):
            assert str(path.relative_to(ROOT)) in inside
    assert any(name.endswith(".js") for name in inside)


def test_a_notebook_runs_with_the_wheel_outside_the_checkout(wheel, tmp_path):
    venv = tmp_path / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", str(venv))
    python = str(venv / "bin" / "python")
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", wheel)
    site = sysconfig.get_path(
        "purelib", vars={"base": str(venv), "platbase": str(venv)}
    )
    # The other packages come from this environment; its editable ganflow does not,
    # since a .pth file is not read in a folder that a .pth file added.
    Path(site, "others.pth").write_text(sysconfig.get_path("purelib"))
    notebook = build_notebooks.notebook_path(build_notebooks.chapters()[0])
    (tmp_path / notebook.name).write_bytes(notebook.read_bytes())
    code = (
        "import ganflow, nbclient, nbformat, sys; print(ganflow.__file__); "
        "nbclient.execute(nbformat.read(sys.argv[1], 4), timeout=300)"
    )
    plain = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    shown = run(python, "-c", code, notebook.name, cwd=tmp_path, env=plain)
    assert shown.startswith(str(venv))
