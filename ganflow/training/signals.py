"""Stop between two ticks when a signal asks for it, not in the middle of one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass
class Stop:
    """Which signal asked for it.

    Attributes
    ----------
    signal : int
        The number of the one that came, 0 if none.
    """

    signal: int = 0


@contextmanager
def stop_on_signals(*, patient: bool = False) -> Iterator[Stop]:
    """Note the first Ctrl-C or SIGTERM instead of dying of it; a second one kills.

    Outside the main thread nothing changes: Python lets no other thread do this.

    Parameters
    ----------
    patient : bool
        A second one does not kill; torchrun passes on a signal that has come already.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def note(number: int, _frame: object) -> None:
        stop.signal = number
        if not patient:
            restore()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in SIGNALS:
        signal.signal(number, note)
    try:
        yield stop
    finally:
        restore()
