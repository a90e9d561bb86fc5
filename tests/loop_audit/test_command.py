"""`ganflow audit` runs a script as it is, stops it, and says what it did."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from typing import NamedTuple

import pytest

from ganflow.__main__ import main

GAME = """
import torch
from torch import nn

netG = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 2))
netD = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))
optG = torch.optim.Adam(netG.parameters())
optD = torch.optim.Adam(netD.parameters())

def tick():
    fake = netG(torch.randn(4, 2))
    optD.zero_grad()
    (netD(fake.detach()).mean() - netD(torch.randn(4, 2)).mean()).backward()
    optD.step()
    optG.zero_grad()
    (-netD(fake).mean()).backward()
    optG.step()
"""
LOOP = """
for i in range(1000):
    tick()
"""


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def audit(tmp_path, monkeypatch, capfd):
    """Write a script, run the command on it in its folder, give what came out."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        sys, "excepthook", sys.__excepthook__
    )  # as in a process of its own
    modules = set(sys.modules)

    def run(source, *arguments, script=("train.py",)):
        (tmp_path / "train.py").write_text(GAME + source)
        try:
            status = main(["audit", *arguments, *script])
        except SystemExit as refused:
            status = refused.code
        for name in {"package", "package.parts", "parts"} - modules:
            sys.modules.pop(name, None)
        return Done(status, *capfd.readouterr())

    return run


@pytest.fixture
def process(tmp_path):
    """The same in a process of its own, as from a shell."""

    def run(source, *arguments, script=("train.py",), **options):
        (tmp_path / "train.py").write_text(GAME + source)
        command = [sys.executable, "-m", "ganflow", "audit", *arguments, *script]
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            timeout=300,
            **options,
        )

    return run


def test_the_loop_is_named_and_the_script_is_stopped(process):
    done = process("print('begin')\n" + LOOP + "print('end')")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("begin\nLOOP REPORT: ")
    assert "Schedule: alternating, netD first" in done.stdout
    assert "end" not in done.stdout.splitlines()
    assert done.stderr == (
        "ganflow audit: train.py stopped after 6 moves; its schedule is settled\n"
    )


def test_ticks_are_the_moves_of_each_player(audit):
    done = audit(LOOP, "--ticks", "5")
    assert "train.py stopped after 11 moves" in done.stderr


def test_what_follows_the_last_step_of_a_tick_is_seen(audit):
    growing = """
total = 0
for i in range(9):
    optD.zero_grad()
    loss = netD(torch.randn(4, 2)).mean()
    loss.backward()
    optD.step()
    optG.zero_grad()
    (-netD(netG(torch.randn(4, 2))).mean()).backward()
    optG.step()
    total = total + loss
"""
    done = audit(growing, "--ticks", "2")
    assert "growing-graph" in done.stdout
    assert "train.py stopped after 5 moves" in done.stderr


FIRST = """
def first(n):
    for _ in range(n):
        optD.zero_grad()
        netD(torch.randn(4, 2)).mean().backward()
        optD.step()
"""


def test_a_player_that_is_trained_before_the_others_does_not_end_the_watch(audit):
    done = audit(FIRST + "first(40)\n" + LOOP)
    assert "Schedule: alternating" in done.stdout
    assert "train.py stopped after" in done.stderr


def test_a_player_that_has_not_moved_when_patience_ends_is_named(audit, monkeypatch):
    monkeypatch.setattr("ganflow.loop_audit.script.PATIENCE", 30)
    done = audit(FIRST + "first(40)\n" + LOOP)
    assert "train.py stopped after 30 moves" in done.stderr
    assert (
        "netG did not move; if the script trains it later, give --ticks N"
        in done.stderr
    )


def test_ticks_wait_for_every_player(audit, monkeypatch):
    monkeypatch.setattr("ganflow.loop_audit.script.PATIENCE", 30)
    done = audit(FIRST + "first(40)\n" + LOOP, "--ticks", "3")
    assert "train.py stopped after 47 moves" in done.stderr


def test_the_report_in_all_forms_lies_where_the_caller_is(audit, tmp_path):
    files = {form: f"loop.{form}" for form in ("text", "json", "sarif", "html")}
    options = [word for form, file in files.items() for word in (f"--{form}", file)]
    source = "import os; os.chdir('/')\nprint('begin')\n" + LOOP
    done = audit(source, *options, "--book", "https://book.example/")
    assert done.stdout == "begin\n"
    assert "Schedule: alternating" in (tmp_path / "loop.text").read_text()
    plain = json.loads((tmp_path / "loop.json").read_text())
    assert plain["players"] == {"netG": 4, "netD": 4}
    sarif = json.loads((tmp_path / "loop.sarif").read_text())
    assert sarif["version"] == "2.1.0"
    html = (tmp_path / "loop.html").read_text()
    assert html.startswith("<!doctype html>") and "https://book.example/" in html


def test_an_error_that_is_found_is_the_exit_status(audit):
    source = LOOP.replace("tick()", "tick(); optD.zero_grad()")
    wrong = "\ndef tick():\n" + textwrap.indent(
        "fake = netG(torch.randn(4, 2))\n"
        "netD(fake.detach()).mean().backward()\n"
        "optD.zero_grad(); optD.step()\n"
        "optG.zero_grad(); (-netD(fake).mean()).backward(); optG.step()\n",
        "    ",
    )
    done = audit(wrong + source)
    assert done.returncode == 1, done.stderr
    assert "ERROR" in done.stdout


def test_arguments_behind_the_script_are_its_own(audit):
    source = """
import argparse, sys
parser = argparse.ArgumentParser()
parser.add_argument("--ticks", type=int)
parser.add_argument("--json")
parser.add_argument("rest", nargs="*")
print(parser.parse_args(), sys.argv, __name__, __file__)
"""
    own = ["--ticks", "0", "--json", "-", "--", "--text"]
    done = audit(source + LOOP, script=["train.py", *own])
    assert done.stdout.startswith(
        "Namespace(ticks=0, json='-', rest=['--text']) "
        "['train.py', '--ticks', '0', '--json', '-', '--', '--text'] __main__ train.py"
    )


def test_the_folder_of_the_script_is_the_first_to_import_from(audit, tmp_path):
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "parts.py").write_text("width = 3")
    (tmp_path / "code" / "run.py").write_text(
        f"import os, sys, parts\nprint(os.getcwd(), sys.path[0])\n{GAME}{LOOP}"
    )
    done = audit("", script=["code/run.py"])
    assert done.stdout.startswith(f"{tmp_path} {tmp_path / 'code'}\nLOOP")


def test_a_module_of_a_package_runs_as_under_python_m(audit, tmp_path):
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "parts.py").write_text(GAME)
    (package / "train.py").write_text(
        "import sys\nfrom .parts import netD, netG, tick\n"
        "print(sys.argv[1:], __name__, __spec__.name)\n" + LOOP
    )
    done = audit("", script=["-m", "package.train", "--json", "x", "-m"])
    assert done.stdout.startswith("['--json', 'x', '-m'] __main__ package.train\nLOOP")
    assert done.returncode == 0
    assert "package.train stopped after 6 moves" in done.stderr


def test_a_script_that_fails_shows_its_own_traceback_and_what_was_seen(audit):
    done = audit("tick()\ndef fail():\n    netD(torch.randn(4, 3))\nfail()")
    assert done.returncode == 3
    trace = [line for line in done.stderr.splitlines() if line.startswith("  File")]
    assert trace[0].startswith('  File "train.py", line')
    assert not [line for line in trace if "loop_audit" in line or "runpy" in line]
    assert "RuntimeError: mat1 and mat2 shapes" in done.stderr
    assert "train.py failed after 2 moves" in done.stderr
    assert "LOOP REPORT: 2 moves" in done.stdout


@pytest.mark.parametrize(
    ("ending", "status", "told"),
    [
        ("sys.exit()", 0, "train.py ended after 6 moves"),
        ("sys.exit(4)", 3, "train.py ended itself with exit status 4"),
        ("sys.exit('no data')", 3, "no data\nganflow audit: train.py ended itself"),
    ],
)
def test_a_script_may_end_itself(audit, ending, status, told):
    done = audit(f"import sys\nfor _ in range(3): tick()\n{ending}", "--ticks", "9")
    assert (done.returncode, told in done.stderr) == (status, True), done.stderr


def test_a_script_that_steps_nobody_is_not_passed_over_in_silence(audit):
    done = audit("netG(torch.randn(4, 2))")
    assert done.returncode == 3
    assert "train.py ended after 0 moves; its schedule is not settled" in done.stderr
    assert "no step" in done.stdout.lower()


def test_a_script_without_a_framework_loads_none(process, tmp_path):
    (tmp_path / "plain.py").write_text("import sys; print('torch' in sys.modules)")
    done = process("", script=["plain.py"])
    assert (done.returncode, done.stdout) == (3, "False\n")
    assert done.stderr == (
        "ganflow audit: plain.py ended without torch or TensorFlow: nothing to watch\n"
    )


def test_what_follows_in_a_finally_block_still_runs(audit):
    source = """
try:
    try:
        while True:
            tick()
    except Exception:
        print("caught")
finally:
    print("closed")
"""
    done = audit(source)
    assert done.stdout.startswith("closed\nLOOP")
    assert done.returncode == 0


def test_a_script_that_catches_everything_once_goes_on_to_its_end(audit):
    source = """
try:
    while True:
        tick()
except:
    print("caught")
print("end")
"""
    done = audit(source)
    assert done.stdout.startswith("caught\nend\nLOOP")
    assert "train.py stopped after 6 moves" in done.stderr


def test_a_script_that_catches_everything_for_ever_is_ended_by_force(process):
    source = """
while True:
    try:
        tick()
    except:
        print("caught")
"""
    done = process(source)
    assert done.stdout.startswith("caught\ncaught\ncaught\nLOOP")
    assert done.returncode == 0
    assert "ended by force" in done.stderr


def test_a_loop_in_a_thread_is_stopped_without_a_traceback(audit):
    source = """
import threading
def train():
    while True:
        tick()
thread = threading.Thread(target=train)
thread.start()
"""
    done = audit(source)
    assert "Traceback" not in done.stderr
    assert "train.py stopped after" in done.stderr


def test_workers_of_a_loader_end_with_the_script(audit):
    source = """
from torch.utils.data import DataLoader
for batch in DataLoader(torch.zeros(10_000, 2), num_workers=1):
    tick()
"""
    done = audit(source)
    assert done.returncode == 0, done.stderr
    assert "train.py stopped after 6 moves" in done.stderr
    assert done.stdout.count("LOOP REPORT") == 1


def test_ctrl_c_shows_what_was_seen(audit, tmp_path):
    source = """
import time
tick()
print("now", flush=True)
time.sleep(200)
"""
    (tmp_path / "train.py").write_text(GAME + source)
    command = [sys.executable, "-m", "ganflow", "audit", "train.py"]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdout=pipe, stderr=pipe, text=True, cwd=tmp_path
    ) as process:
        assert process.stdout.readline() == "now\n"
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "train.py interrupted after 2 moves" in errors
    assert "Traceback" not in errors
    assert output.startswith("LOOP REPORT: 2 moves")


def test_players_that_are_given(audit):
    done = audit(LOOP, "--player", "G=netG", "--player", "D=netD")
    assert "Schedule: alternating, D first" in done.stdout


def test_a_player_that_is_nowhere_is_a_wrong_call(audit):
    done = audit(LOOP, "--player", "G=trainer.netG")
    assert done.returncode == 2
    assert "at the first step trainer.netG leads to no network" in done.stderr
    assert "netG, netD" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "the following arguments are required: command"),
        (["audit"], "what is to be watched?"),
        (["audit", "-m"], "what is to be watched?"),
        (["audit", "nowhere.py"], "there is no script nowhere.py"),
        (["audit", "-m", "nowhere.at.all"], "there is no module nowhere.at.all"),
        (["audit", "--jsn", "x", __file__], "unrecognized arguments: --jsn"),
        (["audit", "--ticks", "0", __file__], "'0' is no whole number from 1 on"),
        (["audit", "--player", "netG", __file__], "--player netG: expected NAME=PATH"),
        (
            ["audit", "--player", "G=a", "--player", "G=b", __file__],
            "--player G is given twice",
        ),
        (["audit", "--json", "-", __file__], "--json -: the script writes there, too"),
        (["audit", "--html", "no/x.html", __file__], "there is no folder"),
    ],
)
def test_a_wrong_call_is_told_in_a_sentence(arguments, told, capsys):
    with pytest.raises(SystemExit) as refused:
        main(arguments)
    assert refused.value.code == 2
    assert told in capsys.readouterr().err


def test_help_names_the_exit_statuses_and_loads_no_framework():
    code = (
        "import sys, ganflow.__main__ as command\n"
        "try: command.main(['audit', '--help'])\n"
        "except SystemExit: print('torch' in sys.modules)"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "COLUMNS": "88"}
    )
    assert done.stdout.endswith("\nFalse\n")
    assert "a finding of level error" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 88
