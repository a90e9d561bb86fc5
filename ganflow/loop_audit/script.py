"""Runs a script as it is, watched, until enough of its loop was seen.

A framework is watched from the moment at which the script has imported it, so a script
that needs none loads none, and each framework has its own watch.
"""

from __future__ import annotations

import os
import runpy
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Protocol

from ganflow.loop_audit.stop import LoopStopped, WrongPlayer
from ganflow.loop_report import LoopReport
from ganflow.loop_report.alone import begin
from ganflow.loop_report.alone import end as end_of_audit

LONGEST = 1000  # moves, if the name does not settle
PATIENCE = 500  # moves, if a player has not moved: others may be trained first
BLIND = 8  # moves where nothing is seen: more of them show no more
SWALLOWED = 3  # times that a script may catch what stops it

Given = Mapping[str, Sequence[str]]


class Watch(Protocol):
    """What sees a loop of one framework."""

    @property
    def notes(self) -> tuple[str, ...]:
        """How the players were found, where that is not plain."""
        ...

    @property
    def hidden(self) -> str:
        """How steps went by unseen, and what to do; "" if none did."""
        ...

    @property
    def blind_moves(self) -> int:
        """How often players were moved where nothing is seen."""
        ...

    def report(self) -> LoopReport:
        """What was seen up to now."""
        ...


MakeWatch = Callable[[Given, Callable[[Watch], None]], AbstractContextManager[Watch]]


@dataclass(frozen=True)
class Script:
    """What to run.

    Parameters
    ----------
    target : str
        A file (or a folder or an archive with a `__main__.py`), or a module's name.
    arguments : tuple of str
        Its own arguments.
    is_module : bool
        `target` is a module's name, as after `python -m`.
    """

    target: str
    arguments: tuple[str, ...] = ()
    is_module: bool = False


@dataclass(frozen=True)
class Run:
    """How a script went.

    Parameters
    ----------
    report : LoopReport or None
        What was seen; None if the script loaded no framework that is watched.
    end : str
        "ended" by itself, "stopped" by us, "failed" or "interrupted".
    error : BaseException or None
        What the script failed with; its traceback begins with the script's own frames.
    hidden : str
        How steps went by unseen, and what to do; "" if none did.
    """

    report: LoopReport | None
    end: str
    error: BaseException | None = None
    hidden: str = ""


def run_script(
    script: Script,
    watches: Mapping[str, MakeWatch],
    *,
    players: Given | None = None,
    ticks: int | None = None,
    by_force: Callable[[Run], None],
) -> Run:
    """Run a script as it is, and watch it until its schedule is settled.

    It runs as `__main__`, with its own arguments, its folder first in `sys.path` (as
    Python has it) and in the folder that the caller is in. After a step that shows
    enough, a `LoopStopped` is raised in it. A script that catches even this gets it
    again after its next steps, at most three times.

    Parameters
    ----------
    script : Script
        What to run.
    watches : dict of str -> callable
        For a framework's name what makes its watch, from `players` and from a function
        that the watch calls after each move.
    players : dict of player -> sequence of str
        Paths of variables, where the user says who plays.
    ticks : int or None
        How often each player has to move, however long that takes; the step after ends
        the script, so that the rest of the last tick is seen. By default until the
        pattern has repeated three times, and 500 moves at most if a player never
        moves, 1000 if no pattern repeats.
    by_force : callable
        Gets the run of a script that nothing else stops; it must not return.

    Returns
    -------
    Run
        How it went.

    Raises
    ------
    WrongPlayer
        A path of `players` leads nowhere.
    """
    seen: list[Watch] = []
    before = set(threading.enumerate())

    def now(end: str, error: BaseException | None = None) -> Run:
        found = [(watch.report(), watch) for watch in seen]
        if not found:
            return Run(None, end, error)
        report, watch = max(found, key=lambda f: (f[0].move_count, f[1].blind_moves))
        return Run(replace(report, notes=watch.notes), end, error, watch.hidden)

    stop = _Stop(ticks, lambda: by_force(now("stopped")))
    variables: dict[str, object] = {}
    with ExitStack() as stack:
        begin(stack)
        stack.callback(end_of_audit)

        def start(make: MakeWatch) -> None:
            seen.append(stack.enter_context(make(players or {}, stop)))

        stack.enter_context(_as_main(script))
        stack.enter_context(_quiet_threads())
        stack.enter_context(_watching(watches, start))
        try:
            variables = _execute(script)
            _join_threads(before)
        except WrongPlayer:
            raise
        except LoopStopped:
            end, error = "stopped", None
        except KeyboardInterrupt:
            end, error = "interrupted", None
        except SystemExit as exit_:
            end, error = ("failed", exit_) if exit_.code else ("ended", None)
        except BaseException as failure:
            end, error = "failed", _without_our_frames(failure)
        else:
            end, error = "ended", None
    variables.clear()  # they lived until the watch came off: what they keep was seen
    if end == "ended" and stop.times:
        end = "stopped"
    return now(end, error)


class _Stop:
    """Raises `LoopStopped` after a step, once enough was seen."""

    def __init__(self, ticks: int | None, by_force: Callable[[], None]):
        self.ticks, self.by_force = ticks, by_force
        self.times = 0
        self._reached = False  # the ticks, by the step before
        self._process = os.getpid()

    def __call__(self, watch: Watch) -> None:
        if os.getpid() != self._process:
            return  # a worker of the script's own
        if self.times or self._enough(watch):
            self.times += 1
            if self.times > SWALLOWED:
                self.by_force()
            raise LoopStopped

    def _enough(self, watch: Watch) -> bool:
        if watch.blind_moves >= (self.ticks or BLIND):
            return True
        report = watch.report()
        moved = dict.fromkeys(report.players, 0)
        moved |= {move.player: move.version for move in report.moves}
        fewest = min(moved.values(), default=0)
        if self.ticks is not None:
            before, self._reached = self._reached, fewest >= self.ticks
            return before  # what follows the last step is a part of the tick
        after, cycle = report.settled_after, report.cycle
        if not fewest or after is None or cycle is None:
            return report.move_count >= (LONGEST if fewest else PATIENCE)
        return report.move_count >= after + cycle  # what follows the last step, too


def torch_watch(
    players: Given, after_move: Callable[[Watch], None]
) -> AbstractContextManager[Watch]:
    """Watch torch: find the players of a script, and what they do.

    Parameters
    ----------
    players : dict of player -> sequence of str
        Paths of variables, where the user says who plays.
    after_move : callable
        Called with the watch after each step; it may raise.

    Returns
    -------
    context manager
        On from its `__enter__` to its `__exit__`.
    """
    from ganflow.loop_audit.discover import Discovery
    from ganflow.loop_audit.observer import Observer

    @contextmanager
    def watching() -> Iterator[Watch]:
        observer = Observer({})
        with Discovery(observer, players) as found, observer:
            observer.after_move = lambda _: after_move(found)
            yield found

    return watching()


def tensorflow_watch(
    players: Given, after_move: Callable[[Watch], None]
) -> AbstractContextManager[Watch]:
    """Watch TensorFlow and Keras: find the players of a script, and what they do.

    Parameters
    ----------
    players : dict of player -> sequence of str
        Paths of variables, where the user says who plays.
    after_move : callable
        Called with the watch after each step; it may raise.

    Returns
    -------
    context manager
        On from its `__enter__` to its `__exit__`.
    """
    room = import_module("ganflow.tf.audit_parts.discover")  # alone loads TensorFlow
    return room.Discovery(players, after_move)


WATCHES: Mapping[str, MakeWatch] = {  # by the module they need
    "torch": torch_watch,
    "tensorflow": tensorflow_watch,
}
FIRST = {"tensorflow": "torch"}  # loaded the other way round, the two can hang
AROUND = frozenset({"keras"})  # they import a framework, and are not ready before it


@contextmanager
def _as_main(script: Script) -> Iterator[None]:
    """The arguments and the first folder of imports that Python gives to a script."""
    argv, path = sys.argv, list(sys.path)
    sys.argv = [script.target, *script.arguments]
    if not sys.flags.safe_path:
        here = Path.cwd() if script.is_module else Path(script.target).resolve().parent
        sys.path[0] = str(here)
    try:
        yield
    finally:
        sys.argv, sys.path[:] = argv, path


def _execute(script: Script) -> dict[str, object]:
    """Run a script, and return its variables."""
    if script.is_module:
        return runpy.run_module(script.target, run_name="__main__", alter_sys=True)
    return runpy.run_path(script.target, run_name="__main__")


@contextmanager
def _quiet_threads() -> Iterator[None]:
    """Let a thread of the script that is stopped end without a traceback."""
    hook = threading.excepthook

    def excepthook(args: threading.ExceptHookArgs) -> None:
        if not issubclass(args.exc_type, LoopStopped):
            hook(args)

    threading.excepthook = excepthook
    try:
        yield
    finally:
        threading.excepthook = hook


def _join_threads(before: Collection[threading.Thread]) -> None:
    """Wait for the script's threads, as Python does at its end."""
    for thread in set(threading.enumerate()).difference(before):
        if not thread.daemon:
            thread.join()


@contextmanager
def _watching(
    watches: Mapping[str, MakeWatch], start: Callable[[MakeWatch], None]
) -> Iterator[None]:
    """Start each watch as soon as its framework has been imported."""
    waiting = dict(watches)
    for name in watches.keys() & sys.modules.keys():
        start(waiting.pop(name))
    finder = _Importing(waiting, start)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Importing(MetaPathFinder):
    """Finds what the others find, and is told when a framework has been run."""

    def __init__(self, waiting: dict[str, MakeWatch], start: Callable):
        self.waiting, self.start = waiting, start
        self._names = {*waiting, *AROUND}
        self._running = 0  # imports of these names, one inside of another
        self._ready: list[MakeWatch] = []

    def find_spec(self, fullname: str, path=None, target: ModuleType | None = None):
        if fullname not in self._names:
            return None
        self._names.remove(fullname)
        spec = find_spec(fullname)
        if spec is None or spec.loader is None:
            return spec
        if fullname in self.waiting and fullname in FIRST:
            import_module(FIRST[fullname])
        loader, execute = spec.loader, spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            del loader.exec_module  # the instance's: this function
            self._running += 1
            try:
                execute(module)
            finally:
                self._running -= 1
            if make := self.waiting.pop(fullname, None):
                self._ready.append(make)
            while self._ready and not self._running:
                self.start(self._ready.pop(0))

        loader.exec_module = exec_module
        return spec


def _without_our_frames(failure: BaseException) -> BaseException:
    """An exception, and those that led to it, with tracebacks of the script's alone."""
    todo, seen = [failure], set()
    while todo:
        error = todo.pop()
        if error is not None and id(error) not in seen:
            seen.add(id(error))
            error.__traceback__ = _users(error.__traceback__)
            todo += [error.__cause__, error.__context__]
    return failure


def _users(trace: TracebackType | None) -> TracebackType | None:
    ours = os.path.dirname(os.path.abspath(__file__)) + os.sep
    found = []
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if not file.startswith(ours) and not file.startswith("<frozen runpy"):
            found.append(trace)
        trace = trace.tb_next
    kept = None
    for one in reversed(found):
        kept = TracebackType(kept, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return kept
