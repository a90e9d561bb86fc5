"""A process that has loaded what is slow to load, and forks a child for each task."""

from __future__ import annotations

import gc
import importlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection

SPAWN = multiprocessing.get_context("spawn")
FORK = multiprocessing.get_context("fork")


class Nursery:
    """One at a time, each task runs in a child of its own, and ends there.

    Parameters
    ----------
    modules : tuple of str
        What every child finds loaded. Not what a task changes, nor plugins of pytest.
    """

    def __init__(self, modules: tuple[str, ...]):
        self.orders, theirs = SPAWN.Pipe()
        self.process = SPAWN.Process(target=_serve, args=(modules, theirs))
        self.process.start()
        theirs.close()

    def run(self, task: Callable, *given: object, longest: float) -> int | None:
        """What a child that called `task(*given)` exited with; None if it hung."""
        self.orders.send((task, given, longest))
        return self.orders.recv()

    def close(self) -> None:
        """End the process."""
        self.orders.send(None)
        self.process.join()


def _serve(modules: tuple[str, ...], orders: Connection) -> None:
    for name in modules:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # no child looks through it again
    while (order := orders.recv()) is not None:
        task, given, longest = order
        child = FORK.Process(target=_alone, args=(task, *given))
        child.start()
        assert child.pid
        child.join(longest)
        code = child.exitcode
        with suppress(ProcessLookupError):  # it, if it hangs, and all that it started
            os.killpg(child.pid, signal.SIGKILL)
        child.join()
        orders.send(code)


def _alone(task: Callable, *given: object) -> None:
    os.setsid()
    # It is ignored by all that a shell starts in the background, and tests send it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with open(os.environ.get("NURSERY_LOG", os.devnull), "w") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    sys.exit(task(*given))
