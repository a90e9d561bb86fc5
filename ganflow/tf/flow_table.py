"""Which loss reaches whose variables, asked of a TensorFlow tape."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np

from ganflow.records import Flow
from ganflow.records.checks import check_losses, check_watch
from ganflow.records.flow import why_nothing_arrives
from ganflow.records.steps import held_after
from ganflow.tf.load import keras, tf
from ganflow.tf.networks import VARIABLES, Leaf, Player, kept_in, variables_of
from ganflow.tf.watched_step import WatchedStep

Found = dict[str, list[tuple[Leaf, tf.Variable]]]
Mover: TypeAlias = "keras.optimizers.Optimizer | tf.Variable | keras.Variable"
Step: TypeAlias = "Mover | Iterable[Mover] | None"


def flow(
    tape: tf.GradientTape,
    losses: Mapping[str, tf.Tensor],
    players: Mapping[str, Player],
    steps: Mapping[str, Step] | None = None,
    seen: WatchedStep | None = None,
) -> Flow:
    """Say what each loss sends to each player, by asking a persistent tape.

    Parameters
    ----------
    tape : tf.GradientTape(persistent=True)
        The losses were computed under it.
    losses : dict of name -> tensor with one element
        Computed for real, not inside `tf.function`.
    players : dict of name -> Keras model or layer, tf.Module, or variables
        No variable in two players.
    steps : dict of loss -> Keras optimizer, variables, or several of them; or None
        The step that follows a loss: the variables that it is applied to, such as
        `D.trainable_variables`, or its optimizer, which must be built and then stands
        for all variables that it was built with, or () for none. A cell says *stepped*
        of variables that are among these, and *left behind* of others. Of a loss that
        is not in it, the table says only what *arrives*.
    seen : WatchedStep or None
        The watch of a step that returns the losses under the same names, to name what
        cut a path.

    Returns
    -------
    Flow
        The table that torch's `flow` gives for the same step.

    Raises
    ------
    TypeError
        No tape, no dict, no watch, a loss that is no eager tensor, a player that holds
        something else than variables, a step of the wrong kind: a name shows no step.
    ValueError
        A tape that is not persistent, a loss with several elements or of whole numbers,
        a step after an unknown loss, an optimizer that is not built, a player without
        variables, a variable in two players.

    Gradient: computed by the tape and thrown away; the tape does not record it. A
    variable with trainable=False receives none, as in `watch`.
    """
    if not isinstance(tape, tf.GradientTape):
        raise TypeError(
            f"the tape comes first, and this is of type {type(tape).__name__}: "
            "flow(tape, losses, players)"
        )
    if not tape._persistent:
        raise ValueError(
            "this tape answers only once: open it as tf.GradientTape(persistent=True)"
        )
    found = variables_of(players)
    check_losses(losses, _check_loss)
    check_watch(seen, WatchedStep)
    held = held_after(losses, steps, _weights_of)
    traces = {} if seen is None else {name: seen.trace(name) for name in losses}

    def why(name: str, player: str) -> str:
        frozen = all(leaf.frozen for leaf, _ in found[player])
        whole = seen is None or seen.saw(name)
        trace = traces.get(name)
        return why_nothing_arrives(trace, player, frozen=frozen, whole=whole)

    listed = {player: [id(v) for _, v in pairs] for player, pairs in found.items()}
    return Flow.fill(held, listed, lambda name: _norms(tape, losses[name], found), why)


def _weights_of(where: str, step: Any) -> list[tf.Variable] | None:
    """What a Keras optimizer was built with, as TensorFlow's own variables."""
    if isinstance(step, VARIABLES):
        return [kept_in(step)]
    if not isinstance(step, keras.optimizers.Optimizer):
        return None
    if not step.built:
        raise ValueError(
            f"{where} is an optimizer that is not built, and holds no variables yet: "
            "call its build(D.trainable_variables) first, or pass these variables"
        )
    return [kept_in(variable) for variable in step._trainable_variables]


def _check_loss(name: str, loss: Any) -> None:
    if not isinstance(loss, tf.Tensor) or not hasattr(loss, "numpy"):
        raise TypeError(
            f"{name} is a {type(loss).__name__}, not an eager tensor: pass the loss "
            "itself, outside tf.function"
        )
    if loss.shape.num_elements() != 1:
        raise ValueError(
            f"{name} has shape {tuple(loss.shape)}: a loss is one number, so take its "
            "tf.reduce_mean first"
        )
    if not loss.dtype.is_floating:
        raise ValueError(
            f"{name} is of dtype {loss.dtype.name}, which carries no derivative: a "
            "loss is one real number"
        )


def _norms(
    tape: tf.GradientTape, loss: tf.Tensor, found: Found
) -> dict[str, list[float | None]]:
    """One backward pass: for each player, a norm per variable, None where cut."""
    pairs = [(leaf, v) for listed in found.values() for leaf, v in listed]
    wanted = [v for leaf, v in pairs if not leaf.frozen]
    with tape.stop_recording() if tape._recording else contextlib.nullcontext():
        arrived = tape.gradient(loss, wanted)
    norm = {
        id(v): None if slope is None else _norm(slope)
        for v, slope in zip(wanted, arrived, strict=True)
    }
    return {who: [norm.get(id(v)) for _, v in listed] for who, listed in found.items()}


def _norm(slope: Any) -> float:
    values = tf.convert_to_tensor(slope)
    wide = tf.complex128 if values.dtype.is_complex else tf.float64
    return float(np.linalg.norm(np.ravel(tf.cast(values, wide).numpy())))
