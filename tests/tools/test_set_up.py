"""Setting up says in one line what is missing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import set_up

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_another_python_is_refused_in_one_line(version):
    with pytest.raises(SystemExit) as stopped:
        set_up.check_python(version)
    line = str(stopped.value)
    assert f"is {version[0]}.{version[1]}" in line and "make PYTHON=" in line
    assert "\n" not in line


@pytest.mark.parametrize("version", [(3, 11), (3, 13)])
def test_a_supported_python_is_taken(version):
    set_up.check_python(version)


def test_an_unreachable_index_is_one_line_and_no_traceback(tmp_path):
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "set_up.py", tmp_path / "tools")
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "requirements.txt").write_text("no-such-package-here==1\n")
    nowhere = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_RETRIES": "0",
    }
    done = subprocess.run(
        [sys.executable, str(tmp_path / "tools" / "set_up.py")],
        env=os.environ | nowhere,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "check network" in done.stderr
    assert not (tmp_path / ".venv" / "installed-requirements.txt").exists()


def test_make_alone_prints_its_targets_one_line_each():
    shown = subprocess.run(
        ["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert {line.split()[1] for line in shown} >= {"book", "test", "notebooks", "help"}
    assert all(line.startswith("make ") for line in shown)
