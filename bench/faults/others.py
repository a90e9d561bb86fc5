"""What other tools say of the same torch loops.

    python bench/faults/others.py            writes others.json beside this file

Needs torch, torch-audit and torchlens in the environment; none of the three is used by
the package. Each loop runs once under each tool (a process for each tool), which is
set up as its README says for one network and one optimizer, once for each player:

- *anomaly*: `torch.autograd.set_detect_anomaly(True)` round the script.
- *torch-audit*: `autopatch(network, optimizer=its optimizer, every_n_steps=1)`.
- *torchlens*: `trace(network, the input of its last call, save_grads)`, `log_backward`
  of the sum of its output, and `Trace.audit()`, after the loop.

A fault counts as found if the tool raises, or says a thing of the right player that is
true because of the fault (`MEANS`); what it says of every loop alike is not counted.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import traceback
import warnings
from datetime import date
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from faults.loops import Loop, every_loop  # noqa: E402

TICKS = 4
# What a finding of the tool says, in our ids. Everything else that it may say (dtypes,
# layouts, ranges of data, Adam against AdamW) is true or false of any loop.
MEANS = {
    "torch-audit": {
        "TA103": {"saturated", "wiped-before-step", "cut-in-own-turn"},
        "TA104": {
            "wiped-before-step",
            "step-moves-nobody",
            "never-moved",
            "cut-in-own-turn",
            "wrong-weights",
        },
    },
    "torchlens": {
        "gradient_flow_audit": {"saturated"},
    },
    "anomaly": {},
}
NOTE = (
    "scaler_that_skips holds an infinite sample on purpose: what is said of that is "
    "true, and counts here as an error on a clean loop all the same."
)


class Ticks:
    """Stands for the number of ticks; calls `begin` with the frame that asks first."""

    def __init__(self, begin) -> None:
        self.begin, self.begun = begin, False

    def __index__(self) -> int:
        if not self.begun:
            self.begun = True
            self.begin(sys._getframe(1))
        return TICKS

    def __mul__(self, other: int) -> int:
        return self.__index__() * other

    __rmul__ = __mul__


def players_in(loop: Loop, frame) -> dict[str, list]:
    """Each role's networks, looked up in the frames of the script."""
    while frame is not None:
        if frame.f_code.co_filename == str(loop.path):
            with contextlib.suppress(NameError, AttributeError, KeyError):
                found = {
                    role: eval(expression, frame.f_globals, frame.f_locals)
                    for role, expression in loop.players.items()
                }
                return {
                    role: list(nets) if isinstance(nets, list | tuple) else [nets]
                    for role, nets in found.items()
                }
        frame = frame.f_back
    raise RuntimeError(f"{loop.name}: no frame knows {loop.players}")


def record_optimizers(made: list) -> None:
    """From now on, put every new optimizer into `made`."""
    import torch

    real = torch.optim.Optimizer.__init__

    def recorded(self, *args, **kwargs):
        real(self, *args, **kwargs)
        made.append(self)

    torch.optim.Optimizer.__init__ = recorded


def meant_for(players: dict[str, list], made: list) -> dict[str, object]:
    """The optimizer meant for each role: most weights in common, else what is left."""
    held = {id(o): {id(p) for g in o.param_groups for p in g["params"]} for o in made}
    meant, left = {}, list(made)
    for role, nets in players.items():
        own = {id(p) for net in nets for p in net.parameters()}
        best = max(left, key=lambda o, own=own: len(held[id(o)] & own), default=None)
        if best is not None and held[id(best)] & own:
            meant[role] = best
            if held[id(best)] <= own:
                left.remove(best)
    for role in players.keys() - meant.keys():
        if left:
            meant[role] = left.pop()
    return meant


class Anomaly:
    def begin(self, players, made) -> None:
        import torch

        torch.autograd.set_detect_anomaly(True)

    def end(self) -> list[dict]:
        return []


class TorchAudit:
    def begin(self, players, made) -> None:
        from torch_audit import autopatch

        optimizers = meant_for(players, made)
        self.auditors = [
            (role, autopatch(net, optimizer=optimizers.get(role), every_n_steps=1))
            for role, nets in players.items()
            for net in nets
        ]

    def end(self) -> list[dict]:
        found = []
        for role, auditor in self.auditors:
            for finding in auditor.finish(report=False).findings:
                level = finding.severity.value.lower()
                where = f"{finding.module_path} {finding.entity}"
                text = f"{finding.message} ({where})"
                found.append(said(role, finding.rule_id, level, text))
        return found


class TorchLens:
    def begin(self, players, made) -> None:
        self.seen, self.players = {}, players
        for nets in players.values():
            for net in nets:
                net.register_forward_pre_hook(self.keep)

    def keep(self, net, args) -> None:
        inputs = [a.detach().clone() for a in args]
        self.seen[net] = [a.float() if a.is_floating_point() else a for a in inputs]

    def end(self) -> list[dict]:
        import torchlens

        found = []
        options = torchlens.options.CaptureOptions(save_grads=True)
        for role, nets in self.players.items():
            for net in nets:
                if net not in self.seen:
                    continue
                net._forward_pre_hooks.clear()
                net.requires_grad_(True)
                trace = torchlens.trace(net, self.seen[net], capture=options)
                outputs = [trace[label].out for label in trace.output_layers]
                trace.log_backward(sum(out.sum() for out in outputs))
                found += [
                    said(role, finding.check, finding.severity, finding.message)
                    for finding in trace.audit().findings
                ]
        return found


TOOLS = {"anomaly": Anomaly, "torch-audit": TorchAudit, "torchlens": TorchLens}


def said(role: str, rule: str, level: str, text: str) -> dict:
    return {"player": role, "rule": rule, "level": level, "text": text[:200]}


def unmoved(loop: Loop) -> str | None:
    """The player that the fault keeps from moving, where there is one."""
    only = re.match(r"only ([DG]) moves", loop.schedules[0])
    return {"D": "G", "G": "D"}[only[1]] if only else None


def watched(loop: Loop, name: str, made: list) -> dict:
    """What a tool says of a loop: the first finding of each rule, error, warnings."""
    tool, error = TOOLS[name](), None
    source = loop.path.read_text()
    asked = 'int(os.environ.get("TICKS", 4))'
    if asked not in source:
        raise ValueError(f"{loop.name}: does not ask for TICKS")
    made.clear()
    ticks = Ticks(lambda frame: tool.begin(players_in(loop, frame), made))
    code = compile(source.replace(asked, "ASKED"), str(loop.path), "exec")
    findings, printed = [], io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings(record=True) as w:
        warnings.simplefilter("always")
        try:
            exec(code, {"__name__": "__main__", "ASKED": ticks})
            findings = tool.end()
        except Exception as problem:  # an answer of the tool, and kept as one
            error = "".join(traceback.format_exception_only(problem)).strip()[:300]
    if name == "anomaly" and error is not None:
        findings, error = [said("", "raised", "error", error)], None
    once = {(f["player"], f["rule"], f["level"]): f for f in reversed(findings)}
    told = sorted({str(x.message).split("\n")[0][:200] for x in w})
    return {"findings": list(once.values()), "error": error, "warnings": told}


def all_under(name: str, loops: list[Loop]) -> dict[str, dict]:
    """Every loop under one tool, one after another."""
    import torch

    torch.set_num_threads(1)
    made = []
    record_optimizers(made)
    answers = {}
    for loop in loops:
        answers[loop.name] = answer = watched(loop, name, made)
        answer["found"] = loop.kind == "faulty" and names_the_fault(loop, name, answer)
        sys.stderr.write(f"{name} {loop.name} {answer['found']}\n")
    return answers


def in_a_process_of_its_own(name: str) -> dict[str, dict]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "answers.json"
        subprocess.run([sys.executable, __file__, name, str(out)], check=True)
        return json.loads(out.read_text())


def names_the_fault(loop: Loop, name: str, answer: dict) -> bool:
    """Whether a finding is true because of the fault, and of the player that has it."""
    who = unmoved(loop)
    if who is None and "saturated" not in loop.ids:
        return False
    return any(
        {*loop.ids} & MEANS[name].get(f["rule"], set()) and who in (None, f["player"])
        for f in answer["findings"]
    )


def a_line_each(answers: dict) -> str:
    """JSON with one line for each loop, so that a change shows as few lines."""
    rows = (f"  {json.dumps(n)}: {json.dumps(r)}" for n, r in answers["loops"].items())
    head = json.dumps({k: v for k, v in answers.items() if k != "loops"}, indent=1)
    return (
        head.removesuffix("\n}") + ',\n "loops": {\n' + ",\n".join(rows) + "\n }\n}\n"
    )


def main() -> None:
    loops = every_loop("torch")
    loops = [loop for loop in loops if loop.needs is None or find_spec(loop.needs)]
    if len(sys.argv) == 3:
        _, name, out = sys.argv
        Path(out).write_text(json.dumps(all_under(name, loops)))
        return
    answers = {name: in_a_process_of_its_own(name) for name in TOOLS}
    rows = {
        loop.name: {
            "kind": loop.kind,
            "fault": list(loop.ids),
            **{name: answers[name][loop.name] for name in TOOLS},
        }
        for loop in loops
    }
    summary = {
        name: {
            "faulty loops": sum(r["kind"] == "faulty" for r in rows.values()),
            "found": sum(r[name]["found"] for r in rows.values()),
            "clean loops": sum(r["kind"] == "clean" for r in rows.values()),
            "clean loops with an error": sum(
                r["kind"] == "clean"
                and any(
                    f["level"] in ("error", "critical") for f in r[name]["findings"]
                )
                for r in rows.values()
            ),
            "could not run": sum(r[name]["error"] is not None for r in rows.values()),
        }
        for name in TOOLS
    }
    packages = ("torch", "torch-audit", "torchlens")
    made = {
        "date": date.today().isoformat(),
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
        "ticks": TICKS,
        "command": "python bench/faults/others.py",
    }
    made = {"made": made, "note": NOTE, "summary": summary, "loops": rows}
    Path(__file__).with_name("others.json").write_text(a_line_each(made))
    print(json.dumps(summary, indent=1))


if __name__ == "__main__":
    os.environ["TICKS"] = str(TICKS)
    main()
