"""What every part of the observer shares, and what it may ask of the others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from torch import Tensor

from ganflow.loop_audit.calls import Call
from ganflow.loop_audit.memory import Memory, Weight
from ganflow.loop_audit.origins import Origin, Torn, Trail
from ganflow.loop_audit.players import Players
from ganflow.loop_report import Place
from ganflow.loop_report.log import Backward, Log


class Hub(Protocol):
    """The observer, as its parts see it. Each part has one field of its own name."""

    log: Log
    memory: Memory
    players: Players
    busy: int
    thread: int
    in_closure: int
    closure_backs: list[Backward]
    call: Call | None
    back: Backward | None
    last_back: Backward | None
    left: dict[str, Place]
    after_move: Any
    operations: Any
    costs: Any
    gradients: Any
    passes: Any
    pulls: Any
    steps: Any
    sizes: Any
    scaling: Any
    sums: Any
    averages: Any

    def new_origin(self, player: str, version: int, call: Call | None) -> Origin:
        """An origin of its own."""
        ...

    def origin(
        self,
        player: str,
        version: int,
        copy: Place | None = None,
        torn: Torn | None = None,
    ) -> Trail:
        """The trail of weights that are read outside of any call of their network."""
        ...

    def tag(self, kind: type, *args: Any, **kwargs: Any) -> Any:
        """A mark of one use, with a number of its own."""
        ...

    def shapes(self, player: str) -> set:
        """The shapes of a player's weights."""
        ...

    def written(
        self, tensor: Tensor, mark: Weight, name: str, found: Trail, given: Iterable
    ) -> None:
        """A weight or a buffer of a player was overwritten outside of a step."""
        ...

    def follow(self) -> None:
        """Go with the loop into the thread that runs now."""
        ...

    def restored(self, player: str, marks: Iterable[object]) -> None:
        """Weights are given other values: maybe a copy of what they were."""
        ...

    def remember(self, back: Backward, calls: Iterable[Call]) -> None:
        """Keep the calls that a pass's losses were made from, as long as the pass."""
        ...

    def cutting_place(self, back: Backward, lost: set[str]) -> Place:
        """The line that took what these players made off its history."""
        ...

    def look_at_calls(self, who: str, backs: list[Backward]) -> None:
        """What the calls behind a move say of it."""
        ...

    def look_at_penalty(self, back: Backward, asked: Tensor, place: Place) -> None:
        """A derivative by an input, with a graph: what a penalty is made from."""
        ...

    def is_blind(self, who: str, read: Any) -> bool:
        """Whether a move may have read what went by where nothing is seen."""
        ...

    def only_makes(self, player: str) -> bool:
        """Whether a player feeds another and is fed by none."""
        ...

    def skipped(self, ps: Iterable[Tensor]) -> None:
        """A scaler has left out a step."""
        ...
