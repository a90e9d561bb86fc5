"""What ends a watched script."""

from __future__ import annotations


class LoopStopped(SystemExit):
    """Enough was seen: raised in the script, right after a step.

    It is a SystemExit, so that no `except Exception` takes it for a failure, a thread
    that trains ends without a traceback, and each `finally` of the script runs.
    """


class WrongPlayer(LoopStopped):
    """A path that was given for a player leads to no network and no weight."""
