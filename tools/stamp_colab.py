"""Write the notebooks that Colab opens into _build/colab, for the branch `colab`.

The first cell of each installs ganflow from one commit of one repository: REPOSITORY
(owner/name; GitHub's own workflows set GITHUB_REPOSITORY) and SHA (else the commit that
is checked out).
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import build_notebooks

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "_build" / "colab"
FULL_NAME = re.compile(r"[A-Za-z0-9_-]+/[A-Za-z0-9_.-]+")
COMMIT = re.compile(r"[0-9a-f]{40}")
README = """\
Made by `make colab` from commit {sha} of https://github.com/{repository}. Each notebook
installs the book's package when Colab opens it. Edits here are overwritten.
"""


def fail(line):
    """End with one line that says what to do."""
    sys.exit(f"colab: {line}")


def repository(environment):
    """owner/name of the repository that the notebooks install from."""
    name = environment.get("REPOSITORY") or environment.get("GITHUB_REPOSITORY")
    if not name:
        fail("name the repository to install from: make colab REPOSITORY=owner/name")
    if not FULL_NAME.fullmatch(name):
        fail(f"REPOSITORY is {name!r}; expected owner/name, as on GitHub")
    return name


def commit(environment):
    """The full hash of the commit that the notebooks install."""
    sha = environment.get("SHA")
    if sha is None:
        command = ["git", "rev-parse", "HEAD"]
        sha = subprocess.check_output(command, cwd=ROOT, text=True).strip()
    if not COMMIT.fullmatch(sha):
        fail(f"SHA is {sha!r}; expected the 40 hexadecimal digits of a commit")
    return sha


def with_far_links(notebook, name, sha):
    """Link to the repository's own pages for what the branch does not hold."""
    far = f"](https://github.com/{name}/blob/{sha}/book/"
    return re.sub(r"\]\((?:\.\./)+book/", far, notebook)


def main():
    """Fill the folder anew, so that it holds no notebook of a chapter that is gone."""
    name, sha = repository(os.environ), commit(os.environ)
    address = f"git+https://github.com/{name}@{sha}"
    shutil.rmtree(OUT, ignore_errors=True)
    texts = build_notebooks.chapters()
    for text in texts:
        made = build_notebooks.stamp(build_notebooks.build(text), address)
        path = OUT / "notebooks" / f"{build_notebooks.page_name(text)}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(with_far_links(made, name, sha), "utf-8")
    (OUT / "README.md").write_text(README.format(sha=sha, repository=name))
    for licence in ("LICENSE", "LICENSE-TEXT"):
        shutil.copyfile(ROOT / licence, OUT / licence)
    print(f"{len(texts)} notebooks in {OUT.relative_to(ROOT)} install from {address}")


if __name__ == "__main__":
    main()
