"""`audit`: watch a loop, and say what it really does."""

from __future__ import annotations

from typing import Any, Protocol

from ganflow.loop_audit.observer import Observer
from ganflow.loop_audit.players import members_of
from ganflow.loop_report import Finding, LoopCost, LoopReport, Move
from ganflow.loop_report.alone import begin, end
from ganflow.schedule import Schedule


def audit(*unnamed: object, **players: Any) -> AuditedBlock:
    """See an unmodified training loop run, and say what it really does.

    `with audit(G=G, D=D) as seen:` goes around the loop, or some ticks of it;
    `print(seen)` is the report. It names the schedule by what each step read, tells
    which backward pass fed which step, what was cleared unused and what that cost, and
    what is wrong.

    Parameters
    ----------
    *unnamed : object
        Refused, with an error that says so.
    **players : nn.Module, Tensor, or list of them
        Who learns, each by its role: G=G, D=[D_A, D_B]. More than two are fine.

    Returns
    -------
    AuditedBlock
        To be entered by `with`.

    Raises
    ------
    TypeError
        A value without a name, or of another kind.
    ValueError
        No player, or one without weights.
    RuntimeError
        On entering: an audit is on already.

    Gradient: the audit only looks. Weights, optimizers' states, `.grad`, random numbers
    and outputs are bit for bit what they would be without it, and it comes off in an
    exception. Compiled code runs uncompiled while it is on.
    """
    if unnamed:
        raise TypeError("name who learns, as in audit(G=G, D=D)")
    if not players:
        raise ValueError("no players: name who learns, as in audit(G=G, D=D)")
    return AuditedBlock(Observer({n: members_of(n, v) for n, v in players.items()}))


class Watching(Protocol):
    """What an observer of either framework can do."""

    def __enter__(self) -> Any: ...

    def __exit__(self, *error: Any) -> None: ...

    def report(self) -> LoopReport:
        """Say what was seen up to now."""
        ...


class AuditedBlock:
    """A stretch of a loop that is watched. `audit` makes it.

    Parameters
    ----------
    observer : Watching
        What watches.
    """

    def __init__(self, observer: Watching):
        self._observer = observer

    def __enter__(self) -> AuditedBlock:
        begin(self)
        try:
            self._observer.__enter__()
        except BaseException:
            end()
            raise
        return self

    def __exit__(self, *error: Any) -> None:
        try:
            self._observer.__exit__(*error)
        finally:
            end()

    @property
    def report(self) -> LoopReport:
        """All that was seen up to now."""
        return self._observer.report()

    @property
    def schedule(self) -> Schedule | None:
        """The schedule of the book that the loop runs; None if it is none of them."""
        return self.report.schedule

    @property
    def settled(self) -> bool:
        """Whether the pattern of the moves has repeated twice."""
        return self.report.settled

    @property
    def moves(self) -> tuple[Move, ...]:
        """The moves that were seen, the last few hundred at most."""
        return self.report.moves

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong, doubtful or wasted; errors first."""
        return self.report.findings

    @property
    def cost(self) -> LoopCost:
        """FLOPs of a cycle by line, player and kind of pass, and the share wasted."""
        return self.report.cost

    @property
    def unseen(self) -> tuple[str, ...]:
        """What could not be seen, a sentence each."""
        return self.report.unseen

    def __str__(self) -> str:
        return str(self.report)

    __repr__ = __str__

    def _repr_html_(self) -> str | None:
        make = getattr(self.report, "_repr_html_", None)
        return make() if make else None
