"""What both frameworks' flow tables agree on: whose step follows, and why a cut."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence

from ganflow.records.derivative_trace import DerivativeTrace
from ganflow.records.flow import NO_PATH, Flow, FlowCell


class Watch:
    """What saw a step run and traces its losses: each framework has its own."""

    def trace(self, loss) -> DerivativeTrace:
        """Follow the history of a loss."""
        raise NotImplementedError


def steps_after(
    losses: Mapping[str, object],
    players: Collection[str],
    steps: Mapping[str, str | Collection[str]] | None = None,
) -> dict[str, frozenset[str]]:
    """For each loss, the players that the step after it updates.

    Parameters
    ----------
    losses : by name. players : names
    steps : loss -> the player or players it updates, () for a loss without a step.
        A loss that is not in it is followed by the step of the player in its name:
        loss_D by D's.

    Raises
    ------
    TypeError : `steps` is no dict, or a step is neither a name nor names.
    ValueError : `steps` names an unknown loss or player, or leaves out a loss that is
        not named after a player.
    """
    steps = {} if steps is None else steps
    check_dict("steps", steps, '{"loss_D": "D"}')
    if unknown := [loss for loss in steps if loss not in losses]:
        raise ValueError(f"steps names {unknown[0]!r}; the losses are {_list(losses)}")
    return {loss: _stepped(loss, players, steps) for loss in losses}


def _stepped(
    loss: str, players: Collection[str], steps: Mapping[str, str | Collection[str]]
) -> frozenset[str]:
    stepped = steps.get(loss, loss.removeprefix("loss_"))
    if loss not in steps and stepped not in players:
        words = re.split(r"[\W_]+", loss)
        named = [player for player in players if player in words]
        guess = repr(named[0]) if len(named) == 1 else "..."
        raise ValueError(
            f"which player does the step after {loss!r} update? It is not named "
            f"after one of {_list(players)}: say so with steps={{{loss!r}: {guess}}}"
        )
    if not isinstance(stepped, Collection):
        raise TypeError(
            f"steps[{loss!r}] is {stepped!r}: name a player or several, or give () "
            "where no step follows"
        )
    stepped = frozenset([stepped] if isinstance(stepped, str) else stepped)
    if unknown := stepped - set(players):
        raise ValueError(
            f"steps[{loss!r}] names {min(unknown)!r}; the players are {_list(players)}"
        )
    return stepped


def fill_table(
    after: Mapping[str, Collection[str]],
    players: Collection[str],
    norms_of: Callable[[str], Mapping[str, Sequence[float | None]]],
    why_of: Callable[[str, str], str],
) -> Flow:
    """Make the table, loss by loss.

    after : what `steps_after` gave
    norms_of : loss -> player -> a norm per parameter, None where no derivative arrives
    why_of : (loss, player) -> why; asked only where none arrives at the player
    """
    cells = {}
    for loss, stepped in after.items():
        for player, norms in norms_of(loss).items():
            cut = all(norm is None for norm in norms)
            why = why_of(loss, player) if cut else ""
            cells[loss, player] = FlowCell.of_norms(
                norms, stepped=player in stepped, why=why
            )
    return Flow(tuple(after), tuple(players), cells)


def check_losses(losses: object, check: Callable[[str, object], None]) -> None:
    """Raise TypeError for no dict, ValueError for no loss, what `check` does of one."""
    check_dict("losses", losses, '{"loss_D": loss_D}')
    if not losses:
        raise ValueError('no losses: pass a dict such as {"loss_D": loss_D}')
    for name, loss in losses.items():
        check(name, loss)


def check_dict(what: str, given: object, example: str) -> None:
    """Raise TypeError, with an example, for anything that is no dict."""
    if not isinstance(given, Mapping):
        raise TypeError(
            f"{what} is of type {type(given).__name__}: pass a dict such as {example}"
        )


def check_watch(seen: object) -> None:
    """Raise TypeError for anything but a watch, or None."""
    if not isinstance(seen, Watch | None):
        raise TypeError(f"seen is of type {type(seen).__name__}: pass the watch")


def why_cut(
    trace: DerivativeTrace | None, player: str, *, frozen: bool, whole: bool = True
) -> str:
    """Say why nothing arrives at `player`: the watch's word first, if there is one.

    trace : of the loss, or None when nobody watched.
    frozen : no parameter of the player wants a derivative.
    whole : the watch was on while all of the loss was made.
    """
    if trace is not None and player in trace.networks:
        if player in trace.called and (reasons := trace.why_not(player)):
            return ", ".join(reasons)
        if whole:
            called = player in trace.called
            return NO_PATH if called else f"{NO_PATH}: never called"
    if frozen:
        return "frozen parameter"
    return NO_PATH if whole else f"{NO_PATH}: made outside the watch"


def _list(names: Collection[str]) -> str:
    return ", ".join(names) or "none"
