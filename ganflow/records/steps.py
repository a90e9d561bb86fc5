"""Which weights the step after a loss moves, as the caller shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ganflow.records.checks import check_dict

WeightsOf = Callable[[str, Any], Iterable[Any] | None]


def held_after(
    losses: Iterable[str], steps: Mapping[str, Any] | None, weights_of: WeightsOf
) -> dict[str, dict[int, Any] | None]:
    """For each loss, the weights that the step after it holds, by their identity.

    Parameters
    ----------
    losses : names
        All losses.
    steps : dict of loss -> optimizer, weights, several of them, or None; or None
        What the caller shows of the step after each loss; None or () where no step
        follows. Nothing is known of a loss that is not in it.
    weights_of : callable, (where, one optimizer or weight) -> weights, or None
        The framework's part: the weights that an optimizer holds, or the weight itself;
        None for anything else. `where` is for its own error's sentence.

    Returns
    -------
    dict of loss -> dict of id -> weight, or None
        An entry for every loss, in the order of `losses`; None where nothing is known.
        The weights are kept, so that no other can get the id of one of them.

    Raises
    ------
    TypeError
        `steps` is no dict, or holds a name or anything else that is no step.
    ValueError
        `steps` names an unknown loss, or holds an iterator that has nothing to give.
    """
    losses = list(losses)
    steps = {} if steps is None else steps
    check_dict("steps", steps, '{"loss_D": opt_D, "loss_G": opt_G}')
    if unknown := [loss for loss in steps if loss not in losses]:
        known = ", ".join(losses)
        raise ValueError(f"steps names {unknown[0]!r}; the losses are {known}")
    read: dict[int, dict[int, Any]] = {}  # an iterator may stand for several losses
    for loss, given in steps.items():
        if id(given) not in read:
            read[id(given)] = _held(loss, given, weights_of)
    return {loss: read[id(steps[loss])] if loss in steps else None for loss in losses}


def _held(loss: str, given: Any, weights_of: WeightsOf) -> dict[int, Any]:
    where, held = f"steps[{loss!r}]", {}
    parts = list(_parts(where, given, weights_of))
    if isinstance(given, Iterator) and not parts:
        raise ValueError(
            f"{where} is a {type(given).__name__} with nothing left in it: pass a list"
        )
    for part in parts:
        weights = weights_of(where, part)
        if weights is None:
            a_name = isinstance(part, str)
            what = f"the name {part!r}" if a_name else f"a {type(part).__name__}"
            raise TypeError(
                f"{where} holds {what}, which does not show what a step moves: pass "
                f"the optimizer whose step follows {loss}, or the weights that a step "
                "of your own moves, or () where no step follows"
            )
        held |= {id(weight): weight for weight in weights}
    return held


def _parts(where: str, given: Any, weights_of: WeightsOf) -> Iterable[Any]:
    if given is None:
        return ()
    one = isinstance(given, str | Mapping) or not isinstance(given, Iterable)
    return [given] if one or weights_of(where, given) is not None else given
