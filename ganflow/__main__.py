"""The command `ganflow`, also as `python -m ganflow`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from ganflow.loop_audit.script import Run, Script

ERROR, WRONG_CALL, UNFINISHED, INTERRUPTED = 1, 2, 3, 130

AUDIT = """\
Runs a training script as it is, watches its loop until the name of its schedule is
settled, ends the script after a step, and says what the loop did: who reads whose
weights, which derivatives are wiped unused, what is wrong, and on which line."""

CODES = """\
The script's own output stays where it goes; the report follows it on standard output
(--text FILE puts it elsewhere), and what the command itself has to say is on standard
error. Exit status:
  0    nothing of level error was found
  1    a finding of level error
  2    a wrong call
  3    the script failed, no step of an optimizer was seen, or (in TensorFlow) compiled
       steps went by unseen; the report is of what was seen
  130  interrupted by Ctrl-C; the report is of what was seen up to then

examples:
  ganflow audit train.py --batch 8
  ganflow audit --json loop.json --html loop.html -m package.train --epochs 1
  ganflow audit --player G=trainer.G --player D=trainer.D1,trainer.D2 train.py"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : sequence of str or None
        Those behind the command's name; by default the process's.

    Returns
    -------
    int
        The exit status.

    Raises
    ------
    SystemExit
        A wrong call (status 2), or `--help`.
    """
    parser = argparse.ArgumentParser(
        prog="ganflow", description="See where the gradient goes in a GAN's training."
    )
    commands = parser.add_subparsers(metavar="command", required=True)
    audit = _audit_parser(commands)
    options = parser.parse_args(arguments)
    script = _script(audit, options)
    players = _players(audit, options.player)
    forms = _forms(audit, options)
    return _audit(audit, script, options, players, forms)


def _audit_parser(commands) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        "audit",
        help="watch a training script and say what its loop does",
        usage="ganflow audit [options] (script.py | -m module) [its own arguments ...]",
        description=AUDIT,
        epilog=CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "script",
        nargs=argparse.REMAINDER,
        help="the script, and what it gets itself: options of ours stand before it",
    )
    add(
        "-m",
        dest="module",
        metavar="module",
        nargs=argparse.REMAINDER,
        help="run a module, as `python -m` does; what follows is its own",
    )
    add(
        "--player",
        action="append",
        default=[],
        metavar="NAME=PATH[,PATH]",
        help="who plays, by variables of the script: G=trainer.netG; may be repeated. "
        "By default the networks that optimizers step, by their variables' names",
    )
    add(
        "--ticks",
        type=_at_least_one,
        metavar="N",
        help="watch until each player has moved N times, however long that takes, and "
        "up to the step after (default: until the pattern of the moves has repeated "
        "three times, and no more than 1000 moves)",
    )
    add("--text", metavar="FILE", default="-", help="the report; - is standard output")
    add("--json", metavar="FILE", help="the report as data")
    add("--sarif", metavar="FILE", help="the findings for editors and code hosts")
    add("--html", metavar="FILE", help="the report as a page with a timeline")
    add("--book", metavar="URL", default="", help="the book's address, for the links")
    return parser


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


def _script(parser: argparse.ArgumentParser, options: argparse.Namespace) -> Script:
    from ganflow.loop_audit.script import Script

    module = options.module is not None
    target, *own = (options.module if module else options.script) or [""]
    if not target:
        parser.error("what is to be watched? Name a script, or a module after -m")
    if target.startswith("-"):
        parser.error(f"there is no option {target}; options stand before the script")
    if module:
        sys.path.insert(0, os.getcwd())
        try:
            top = find_spec(target.partition(".")[0])
        finally:
            del sys.path[0]
        if top is None:
            parser.error(f"there is no module {target} here or where Python looks")
    elif not os.path.exists(target):
        parser.error(f"there is no script {target}")
    return Script(target, tuple(own), module)


def _players(
    parser: argparse.ArgumentParser, given: Sequence[str]
) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text in given:
        name, _, paths = text.partition("=")
        if not name or not all(paths.split(",")):
            parser.error(
                f"--player {text}: expected NAME=PATH, such as --player G=trainer.netG"
            )
        if name in found:
            parser.error(
                f"--player {name} is given twice; put its networks behind one "
                f"{name}=, with a comma between"
            )
        found[name] = paths.split(",")
    return found


def _forms(
    parser: argparse.ArgumentParser, options: argparse.Namespace
) -> list[tuple[str, Path | None]]:
    """The forms to write, and where to: None is standard output."""
    found: list[tuple[str, Path | None]] = []
    for form in ("text", "json", "sarif", "html"):
        file = getattr(options, form)
        if file is None:
            continue
        if file == "-" and form != "text":
            parser.error(f"--{form} -: the script writes there, too; name a file")
        path = None if file == "-" else Path(file).absolute()
        if path is not None and not path.parent.is_dir():
            parser.error(f"--{form} {file}: there is no folder {path.parent}")
        found.append((form, path))
    return found


def _audit(
    parser: argparse.ArgumentParser,
    script: Script,
    options: argparse.Namespace,
    players: dict[str, list[str]],
    forms: list[tuple[str, Path | None]],
) -> int:
    from ganflow.loop_audit.script import WATCHES, run_script
    from ganflow.loop_audit.stop import WrongPlayer

    output = sys.stdout  # before the script puts something else there

    def finish(run: Run) -> int:
        return _finish(script, run, forms, options.book, output)

    def finish_by_force(run: Run) -> None:
        _say(f"{script.target} catches what ends it: the process is ended by force")
        status = finish(run)
        output.flush()
        sys.stderr.flush()
        os._exit(status)

    try:
        run = run_script(
            script,
            WATCHES,
            players=players,
            ticks=options.ticks,
            by_force=finish_by_force,
        )
    except WrongPlayer as wrong:
        parser.error(str(wrong))
    return finish(run)


def _finish(
    script: Script,
    run: Run,
    forms: list[tuple[str, Path | None]],
    book: str,
    output: TextIO,
) -> int:
    """Show how the script went, write the reports, and give the exit status."""
    sys.stdout.flush()
    error = run.error
    if isinstance(error, SystemExit):
        status = error.code if isinstance(error.code, int) else 1
        if status is not error.code:
            print(error.code, file=sys.stderr)
        _say(f"{script.target} ended itself with exit status {status}")
    elif error is not None:
        sys.excepthook(type(error), error, error.__traceback__)
    if run.report is None:
        _say(f"{script.target} {run.end} without torch or TensorFlow: nothing to watch")
        return INTERRUPTED if run.end == "interrupted" else UNFINISHED
    moves = run.report.move_count
    settled = "settled" if run.report.settled else "not settled"
    _say(f"{script.target} {run.end} after {moves} moves; its schedule is {settled}")
    if run.hidden:
        _say(f"NOT ALL COULD BE SEEN: {run.hidden}")
    still = run.report.players.keys() - {move.player for move in run.report.moves}
    if run.end == "stopped" and still and not run.hidden:
        names = " and ".join(sorted(still))
        _say(f"{names} did not move; if the script trains it later, give --ticks N")
    for form, path in forms:
        text = _written(form, run, book)
        if path is None:
            _show(text, output)
        else:
            path.write_text(text, "utf-8")
    if run.end == "interrupted":
        return INTERRUPTED
    if run.end == "failed" or not moves:
        return UNFINISHED
    if any(finding.level == "error" for finding in run.report.findings):
        return ERROR
    return UNFINISHED if run.hidden else 0


def _show(text: str, output: TextIO) -> None:
    """Print to a reader that may have gone, as `head` goes after ten lines."""
    try:
        print(text, file=output, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), output.fileno())


def _written(form: str, run: Run, book: str) -> str:
    """The report in one of its forms, as text to write."""
    report = run.report
    assert report is not None
    if form == "json":
        from ganflow.loop_report.json_form import as_json

        return as_json(report)
    if form == "sarif":
        from ganflow.loop_report.sarif import as_sarif

        return as_sarif(report, book=book)
    if form == "html":
        from ganflow.loop_report.html import as_html

        return as_html(report, book=book)
    from ganflow.loop_report.text import as_text

    return as_text(report, book=book)


def _say(sentence: str) -> None:
    print(f"ganflow audit: {sentence}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
