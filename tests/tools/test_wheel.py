"""The wheel holds the whole package: a notebook runs with it outside the checkout.

On Colab it comes to what is there already, and changes none of that.
"""

import json
import os
import re
import shlex
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import build_notebooks
import colab_list
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


def bare_environment(folder):
    """The Python of an environment without any package, and where packages go."""
    venv = str(folder / "venv")
    run(sys.executable, "-m", "venv", "--without-pip", venv)
    site = sysconfig.get_path("purelib", vars={"base": venv, "platbase": venv})
    return str(Path(venv, "bin", "python")), Path(site)


@pytest.fixture(scope="module")
def colab(tmp_path_factory):
    """The Python of an environment that says it holds what Colab's runtime does.

    What those packages ask of each other is left out: `make colab-image` has the real.
    """
    python, site = bare_environment(tmp_path_factory.mktemp("colab"))
    for name, version in colab_list.versions(colab_list.LIST.read_text()).items():
        held = site / f"{name.replace('-', '_')}-{version}.dist-info"
        held.mkdir()
        lines = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        (held / "METADATA").write_text(lines)
    return python


def would_install(python, wheel, *more):
    """What the first cell's command would install, or change; it has no network."""
    first_cell = (ROOT / "tools" / "first_cell.md").read_text()
    (command,) = re.findall("%pip (install.*)", first_cell)
    words = shlex.split(command.format(ADDRESS=wheel.as_uri()))
    dry = ["--dry-run", "--no-index", "--report", "-", *more]
    plain = os.environ | {"PIP_CONFIG_FILE": os.devnull}
    said = run(sys.executable, "-m", "pip", "--python", python, *words, *dry, env=plain)
    return [item["metadata"]["name"] for item in json.loads(said)["install"]]


def test_on_colab_the_first_cell_adds_the_package_and_changes_no_other(colab, wheel):
    assert would_install(colab, wheel) == ["ganflow"]


def test_a_bound_that_colab_does_not_meet_is_noticed(colab, wheel):
    with pytest.raises(AssertionError, match="ipywidgets>=8"):
        would_install(colab, wheel, "ipywidgets>=8")


def test_a_notebook_runs_with_the_wheel_outside_the_checkout(wheel, tmp_path):
    python, site = bare_environment(tmp_path)
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", wheel)
    # The other packages come from this environment; its editable ganflow does not,
    # since a .pth file is not read in a folder that a .pth file added.
    (site / "others.pth").write_text(sysconfig.get_path("purelib"))
    notebook = build_notebooks.notebook_path(build_notebooks.chapters()[0])
    (tmp_path / notebook.name).write_bytes(notebook.read_bytes())
    code = (
        "import ganflow, nbclient, nbformat, sys; print(ganflow.__file__); "
        "nbclient.execute(nbformat.read(sys.argv[1], 4), timeout=300)"
    )
    plain = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    shown = run(python, "-c", code, notebook.name, cwd=tmp_path, env=plain)
    assert shown.startswith(str(site))
