"""Renew tools/colab_list.txt, what Colab's GPU runtime holds, and say what moved.

Colab publishes the list in SOURCE. When a package that pyproject.toml names moved, or
Python did, `make colab-list` ends with 1, so that the weekly job opens an issue.
"""

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "tools" / "colab_list.txt"
SOURCE = "https://github.com/googlecolab/backend-info"
HEAD = """\
# What Colab's GPU runtime holds, made by `make colab-list` from pip-freeze.gpu.txt of
# {source}, commit {commit} of {day}
# Python=={python}
"""


def versions(text):
    """Name -> version of every line `name==version`; Python's stands in the head."""
    lines = (line.removeprefix("# ").strip() for line in text.splitlines())
    pairs = (line.split("==") for line in lines if "==" in line)
    return {canonicalize_name(name): version for name, version in pairs}


def published(source):
    """The list that is published now, headed by where it was read and of which day."""
    with tempfile.TemporaryDirectory() as folder:
        clone = ["git", "clone", "--quiet", "--depth", "1", source, folder]
        subprocess.run(clone, check=True)
        log = ["git", "log", "-1", "--format=%h %cs"]
        commit, day = subprocess.check_output(log, cwd=folder, text=True).split()
        freeze = Path(folder, "pip-freeze.gpu.txt").read_text("utf-8")
        system = Path(folder, "os-info-gpu.txt").read_text("utf-8")
    (python,) = (line for line in system.splitlines() if line.startswith("Python "))
    packages = [line for line in freeze.splitlines() if not line.startswith("#")]
    head = HEAD.format(source=source, commit=commit, day=day, python=python.split()[1])
    return head + "\n".join(packages) + "\n"


def ours():
    """What the package needs, the extra `tensorflow` with it, and Python."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needs = [*project["dependencies"], *project["optional-dependencies"]["tensorflow"]]
    return ["python", *(canonicalize_name(Requirement(need).name) for need in needs)]


def main(source=SOURCE):
    """Write the list anew."""
    old, text = versions(LIST.read_text("utf-8")), published(source)
    new = versions(text)
    LIST.write_text(text, "utf-8")
    both = ((name, old.get(name), new.get(name)) for name in ours())
    moved = [f"{name} {was} -> {now}" for name, was, now in both if was != now]
    if moved:
        sys.exit(f"colab-list: {', '.join(moved)}; run make test, and commit the list")


if __name__ == "__main__":
    main()
