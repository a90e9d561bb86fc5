"""The README keeps its word: its code prints what it shows, its files exist."""

import contextlib
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_the_code_prints_what_the_readme_shows():
    code, shown = re.search(
        r"```python\n(.*?)```\n\n```\n(.*?)```", README, re.S
    ).groups()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {})
    assert printed.getvalue() == shown
    assert len(code.splitlines()) <= 13


def test_the_report_that_is_shown_is_printed_and_cut_at_the_dots_alone(tmp_path):
    """Of the script on the page that the README links to, by the command it shows."""
    page = (ROOT / "book" / "11_your_loop" / "ask_your_own_loop.md").read_text()
    command, shown = re.search(
        r"```text\n\$ ganflow (.*?)\n(.*?)```", README, re.S
    ).groups()
    script = re.search(r'"train\.py"\)\.write_text\("""\\\n(.*?)"""', page, re.S)[1]
    (tmp_path / "train.py").write_text(script)
    run = [sys.executable, "-m", "ganflow", *command.split()]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    kept = shown.split("...\n")
    assert kept[0] == "" and len(shown.splitlines()) <= 14
    rest = done.stdout
    for part in kept:
        assert part in rest
        rest = rest[rest.index(part) + len(part) :]
    assert not rest.strip()


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#:]+)\)", README))
def test_every_file_that_the_readme_links_to_exists(target):
    assert (ROOT / target).is_file()


def test_every_make_target_of_the_readme_exists():
    makefile = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"make (?:PYTHON=\S+ )?([a-z]+)\b", README)) - {"and"}
    assert named >= {"book", "test", "serve"}
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.M), target
