"""Stop between two ticks when asked to, not in the middle of one. Taught in book/08."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass
class Stop:
    """signal : the one that came, 0 if none."""

    signal: int = 0


@contextmanager
def on_request(*, patient: bool = False) -> Iterator[Stop]:
    """Note the first Ctrl-C or SIGTERM instead of dying of it; a second one kills.

    patient : it does not; torchrun passes on a signal that has come already.

    Outside the main thread nothing changes: Python lets no other thread do this.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def note(number: int, _frame) -> None:
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
