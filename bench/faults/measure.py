"""Run the audit on every loop of the benchmark, and print what it found.

    python bench/faults/measure.py            # the table
    python bench/faults/measure.py --json F   # and every report, into a file

Each loop runs in a process of its own, for two ticks, as `ganflow audit` runs it: the
players are found by the audit itself, and the headers are read only to judge.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import multiprocessing
import os
import platform
import re
import sys
import warnings
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from faults.loops import Loop, every_loop  # noqa: E402

TICKS = 2
FOREVER = 10**6  # the script ends by itself


@dataclass
class Outcome:
    """What the audit said of one loop, and whether it is right.

    Parameters
    ----------
    loop : str
        The script's name.
    kind : str
        "faulty" or "clean".
    framework : str
        "torch" or "tensorflow".
    """

    loop: str
    kind: str
    framework: str
    schedule: str = ""
    found: bool = False  # the planted fault is named
    line: bool = False  # at a line that a good answer names
    cause: bool = True  # and no other error stands beside it
    named: bool = False  # the schedule is right
    errors: list[str] = field(default_factory=list)  # false ones
    warnings: list[str] = field(default_factory=list)
    failed: str = ""


def audit(path: str) -> dict:
    """Run one loop watched; its report as plain data, or why there is none."""
    os.environ["TICKS"] = str(TICKS)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from ganflow.loop_audit.script import WATCHES, Script, run_script

    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run = run_script(
            Script(path), WATCHES, ticks=FOREVER, by_force=lambda run: None
        )
    if run.error is not None:
        return {"failed": f"{type(run.error).__name__}: {run.error}"}
    return {} if run.report is None else run.report.as_dict()


def judge(loop: Loop, report: dict) -> Outcome:
    """Compare a report with the header of its loop."""
    outcome = Outcome(loop.name, loop.kind, loop.framework)
    if "findings" not in report:
        outcome.failed = report.get("failed", "no report")
        outcome.cause = False
        return outcome
    outcome.schedule = report["name"]
    outcome.named = any(is_named(one, report, loop) for one in loop.schedules)
    allowed = {*loop.ids, *loop.also}
    for one in report["findings"]:
        here = one["place"]["line"] in loop.lines
        if one["id"] in loop.ids:
            outcome.found = True
            outcome.line |= here
        elif one["id"] not in allowed and one["level"] != "note":
            where = f"{one['id']} at line {one['place']['line']}"
            (outcome.errors if one["level"] == "error" else outcome.warnings).append(
                where
            )
    outcome.cause = not outcome.errors
    return outcome


def is_named(truth: str, report: dict, loop: Loop) -> bool:
    """Whether the name of a schedule says what the header says."""
    base, *more = truth.split("; ")
    said = report["name"]
    if base == "unknown":
        return report["schedule"] is None
    parts = {"pool": "pool", "own steps": "alone", "third player": "too"}
    if not all(parts[one] in said for one in more):
        return False
    if match := re.fullmatch(r"(alternating, |only )([DG])( first| moves)", base):
        head, role, tail = match.groups()
        name = re.match(re.escape(head) + r"(.+?)" + re.escape(tail), said)
        return bool(name) and plays(name[1], role, loop)
    return said.startswith(base)


def plays(name: str, role: str, loop: Loop) -> bool:
    """Whether a player's name, as the audit gave it, is that of a role."""
    expression = loop.players[role]
    parts = re.findall(r"\w+", expression)
    return name == role or any(part in parts for part in re.findall(r"\w+", name))


def run(loops: list[Loop]) -> list[dict]:
    """The reports of all loops, each made in a process of its own."""
    paths = {framework: [] for framework in ("torch", "tensorflow")}
    for loop in loops:
        paths[loop.framework].append(str(loop.path))
    found = {}
    for framework, start in (("torch", "fork"), ("tensorflow", "spawn")):
        if not paths[framework]:
            continue
        if start == "fork":
            import torch

            torch.set_num_threads(1)
        context = multiprocessing.get_context(start)
        with context.Pool(2, maxtasksperchild=1) as pool:
            reports = pool.map(audit_or_say, paths[framework], chunksize=1)
        found |= dict(zip(paths[framework], reports, strict=True))
    return [found[str(loop.path)] for loop in loops]


def audit_or_say(path: str) -> dict:
    """As `audit`; an error of the audit itself is a result, too."""
    try:
        return audit(path)
    except Exception as error:
        return {"failed": f"the audit failed: {type(error).__name__}: {error}"}


def table(outcomes: Iterable[Outcome], others: dict[str, dict]) -> str:
    """The rows of the benchmark, as text."""
    outcomes = list(outcomes)
    lines = []
    for framework in ("torch", "tensorflow"):
        faulty = [o for o in outcomes if (o.kind, o.framework) == ("faulty", framework)]
        clean = [o for o in outcomes if (o.kind, o.framework) == ("clean", framework)]
        if not faulty and not clean:
            continue
        both = [*faulty, *clean]
        lines += [
            f"{framework}: {len(faulty)} faulty loops, {len(clean)} clean ones",
            f"  fault found within {TICKS} ticks    {share(faulty, 'found')}",
            f"  right line                   {share(faulty, 'line')}",
            f"  no other error beside it     {share(faulty, 'cause')}",
            f"  schedule named               {share(both, 'named')}",
            f"  clean loops with an error    "
            f"{sum(bool(o.errors or o.failed) for o in clean)}",
            f"  clean loops with a warning   {sum(bool(o.warnings) for o in clean)}",
        ]
    for name, said in others.items():
        lines.append(f"{name}: {said}")
    wrong = [o for o in outcomes if not right(o)]
    lines += ["", f"not right: {len(wrong)}"] if wrong else ["", "all right"]
    for o in wrong:
        lines.append(f"  {o.kind}/{o.loop}: {why(o)}")
    return "\n".join(lines)


def share(outcomes: list[Outcome], what: str) -> str:
    """How many outcomes have it, in numbers and per cent."""
    n = sum(getattr(o, what) for o in outcomes)
    return f"{n} of {len(outcomes)} ({n / max(1, len(outcomes)):.0%})"


def right(o: Outcome) -> bool:
    """Whether nothing of an outcome is wrong."""
    if o.failed or o.errors or o.warnings or not o.named:
        return False
    return o.kind == "clean" or (o.found and o.line and o.cause)


def why(o: Outcome) -> str:
    """What is wrong with an outcome."""
    said = []
    if o.failed:
        said.append(o.failed)
    elif not o.named:
        said.append(f"schedule: {o.schedule}")
    if o.kind == "faulty" and not o.failed:
        said += [] if o.found else ["not found"]
        said += ["another line"] if o.found and not o.line else []
    said += o.errors + o.warnings
    return "; ".join(said)


def others_said() -> dict[str, str]:
    """What other tools say of the same loops, as they were measured."""
    path = HERE / "others.json"
    if not path.exists():
        return {}
    return {
        name: f"{said['found']} of {said['faulty loops']} faults found, "
        f"{said['clean loops with an error']} clean loops with an error"
        for name, said in json.loads(path.read_text())["summary"].items()
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write every report into this file")
    parser.add_argument("--framework", choices=("torch", "tensorflow"))
    parser.add_argument("names", nargs="*", help="of loops; all of them by default")
    asked = parser.parse_args()
    loops = [
        loop
        for loop in every_loop(asked.framework)
        if not asked.names or loop.name in asked.names
    ]
    missing = {
        loop.needs for loop in loops if loop.needs and not importable(loop.needs)
    }
    for package in sorted(missing):
        print(f"{package} is not installed: its loops are left out", file=sys.stderr)
    loops = [loop for loop in loops if loop.needs not in missing]
    reports = run(loops)
    outcomes = [judge(*pair) for pair in zip(loops, reports, strict=True)]
    print(table(outcomes, others_said()))
    if asked.json:
        told = {
            "ticks": TICKS,
            "python": platform.python_version(),
            "outcomes": [asdict(o) for o in outcomes],
            "reports": {
                loop.name: report for loop, report in zip(loops, reports, strict=True)
            },
        }
        asked.json.write_text(json.dumps(told, indent=1) + "\n")
    return 0


def importable(package: str) -> bool:
    """Whether a package is installed."""
    from importlib.util import find_spec

    return find_spec(package) is not None


if __name__ == "__main__":
    sys.exit(main())
