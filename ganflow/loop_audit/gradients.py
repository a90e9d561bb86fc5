"""What lies in each weight's `.grad`, which pass brought it, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from ganflow.loop_audit.hub import Hub
from ganflow.loop_audit.memory import Parts, span
from ganflow.loop_audit.origins import NOTHING, Derivative, Slope, Trail
from ganflow.loop_audit.places import here
from ganflow.loop_report import Place
from ganflow.loop_report.log import Backward
from ganflow.loop_report.record import UNKNOWN


class Gradients:
    """Looks at every `.grad` before and after whatever may change it.

    Parameters
    ----------
    observer : Hub
        Whose log is written.
    """

    def __init__(self, observer: Hub):
        self._observer = observer
        self._lying: dict[int, Trail] = {}  # weight -> the passes in its gradient
        self._marks: dict[int, object] = {}
        self._known: tuple[Trail, Trail] = NOTHING, NOTHING
        self._taken: dict[int, set[Derivative]] = {}
        self._reached: set[int] = set()  # weights that ever got a gradient
        self._stepped: set[int] = set()  # weights that a step has ever moved
        self.last_wipe: tuple[Place, set[str]] | None = None

    def patches(self):
        """The methods to put in the place of torch's own: class, name, maker."""
        yield torch.optim.Optimizer, "zero_grad", self._clearing
        yield nn.Module, "zero_grad", self._clearing

    def _clearing(self, real):
        def zero_grad(self_, *args, **kwargs):
            self.look()
            result = real(self_, *args, **kwargs)
            self.look(here())
            return result

        return zero_grad

    def look(self, place: Place | None = None) -> None:
        """Note what has arrived in each gradient, and what is gone from it."""
        memory, marks = self._observer.memory, self._marks
        for key, (owner, p) in self._observer.players.weights.items():
            grad = p.grad if p.is_leaf else None
            mark = None if grad is None else memory.mark(grad)
            if mark is marks.get(key, self) and type(mark) is not Parts:
                continue
            marks[key] = mark
            if grad is None or mark is None or mark is NOTHING:
                now = NOTHING
            else:
                if type(mark) is Parts:
                    mark = mark.within(*span(grad)[:2])
                elif type(mark) is not frozenset:
                    mark = NOTHING
                now = self._derivatives(mark)
            old = self._lying.get(key, NOTHING)
            if now is not old and now != old:
                self._changed(key, owner, old, now, place)
        self._observer.log.close()

    def _derivatives(self, mark: Trail) -> Trail:
        """The passes in a trail; many weights share one trail."""
        last, found = self._known
        if mark is not last:
            found = frozenset(o for o in mark if type(o) is Derivative)
            self._known = mark, found
        return found

    def _changed(
        self, key: int, owner: str, old: Trail, now: Trail, place: Place | None
    ) -> None:
        log, taken = self._observer.log, self._taken.setdefault(key, set())
        for one in old - now:
            fresh = one not in taken
            taken.discard(one)
            if fresh:
                where = place or UNKNOWN
                log.wipe(one.back, owner, where, fresh=True)
                if one.back.used:
                    continue  # a step of another took its part: it was that one's loss
                if self.last_wipe is None or self.last_wipe[0] != where:
                    self.last_wipe = (where, set())
                self.last_wipe[1].add(owner)
        for one in now - old:
            log.arrive(one.back, owner)
            self._reached.add(key)
        self._lying[key] = now

    def tag(self, tensors: Iterable[Tensor], tag: Derivative | Slope) -> None:
        """Say that a pass has given these tensors, or added to them."""
        memory = self._observer.memory
        for tensor in tensors:
            trail = memory.trail(tensor)
            if tag not in trail:
                memory.write(tensor, trail | {tag}, whole=True)

    def take(self, who: str, ps: list[Tensor], place: Place) -> list[Backward]:
        """A step took what lies in these weights' gradients.

        Parameters
        ----------
        who : str
            Whose weights.
        ps : list of Tensor
            The weights.
        place : Place
            The line of the step.

        Returns
        -------
        list of Backward
            The passes that fed the step, oldest first.
        """
        found: dict[Backward, None] = {}
        again: dict[Backward, None] = {}
        for p in ps:
            key = id(p)
            taken = self._taken.setdefault(key, set())
            for one in self._lying.get(key, NOTHING):
                found[one.back] = None
                if one in taken:
                    again[one.back] = None
                self._observer.log.use(one.back, who, again=one in taken)
                taken.add(one)
            self._stepped.add(key)
        if again:
            places = dict.fromkeys(back.place for back in again)
            self._observer.log.note("never-cleared", place, places, player=who)
        return sorted(found, key=lambda back: back.number)

    def take_one(self, who: str, key: int, tags: Iterable[Derivative]) -> None:
        """A written update took what these passes gave to one weight."""
        taken, lying = self._taken.setdefault(key, set()), self._lying.get(key, NOTHING)
        for one in tags:
            if one in lying:
                self._observer.log.use(one.back, who, again=one in taken)
                taken.add(one)
        self._stepped.add(key)

    def still(self) -> dict[str, int]:
        """How many weights of each player got gradients, and were never moved."""
        found: dict[str, int] = {}
        for key in self._reached - self._stepped:
            if key in self._observer.players.weights:
                owner = self._observer.players.weights[key][0]
                found[owner] = found.get(owner, 0) + 1
        return found

    def forgive(self, ps: Iterable[Tensor]) -> None:
        """A scaler has left a step out: what lies here was not for nothing."""
        for p in ps:
            for one in self._lying.get(id(p), NOTHING):
                one.back.skipped = True
