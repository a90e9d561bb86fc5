"""The README keeps its word: its code prints what it shows, its files exist."""

import contextlib
import io
import re
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


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#:]+)\)", README))
def test_every_file_that_the_readme_links_to_exists(target):
    assert (ROOT / target).is_file()


def test_every_make_target_of_the_readme_exists():
    makefile = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"make (?:PYTHON=\S+ )?([a-z]+)\b", README)) - {"and"}
    assert named >= {"book", "test", "serve"}
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.M), target
