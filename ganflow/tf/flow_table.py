"""Which loss reaches whose variables, asked of a TensorFlow tape."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Mapping

import numpy as np

from ganflow.records import Flow
from ganflow.records.flow_rules import (
    Watch,
    check_losses,
    check_watch,
    fill_table,
    steps_after,
    why_cut,
)
from ganflow.tf.load import keras, tf
from ganflow.tf.networks import variables_of

Player = keras.Layer | tf.Module | tf.Variable | Iterable[tf.Variable]


def flow(
    tape: tf.GradientTape,
    losses: Mapping[str, tf.Tensor],
    players: Mapping[str, Player],
    steps: Mapping[str, str | Collection[str]] | None = None,
    seen: Watch | None = None,
) -> Flow:
    """Say what each loss sends to each player, by asking a persistent tape.

    Parameters
    ----------
    tape : tf.GradientTape(persistent=True) under which the losses were computed.
    losses : name -> tensor with one element.
    players : name -> Keras model or layer, tf.Module, or variables.
    steps : as in `ganflow.trace.flow.flow`.
    seen : what `ganflow.tf.watched_step.watch` saw of the same step, to name what cut a
        path.

    Returns
    -------
    Flow : the table that `ganflow.trace.flow.flow` gives for the same step in torch.

    Raises
    ------
    TypeError : no tape, no dict, no watch, a loss that is no eager tensor, a player
        that holds something else than variables.
    ValueError : a tape that is not persistent, a loss with several elements or of
        whole numbers, names that do not fit, a player without variables, a variable in
        two players.

    Gradient: computed by the tape and thrown away; the tape does not record it. A
    variable with trainable=False receives none, as in `watch`. Taught in book/03.
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
    check_watch(seen)
    after = steps_after(losses, players, steps)
    traces = {} if seen is None else {name: seen.trace(name) for name in losses}

    def why(name: str, player: str) -> str:
        frozen = all(leaf.frozen for leaf, _ in found[player])
        return why_cut(traces.get(name), player, frozen=frozen)

    return fill_table(after, found, lambda name: _norms(tape, losses[name], found), why)


def _check_loss(name: str, loss: tf.Tensor) -> None:
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


def _norms(tape, loss, found) -> dict[str, list[float | None]]:
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


def _norm(slope) -> float:
    values = tf.convert_to_tensor(slope)
    wide = tf.complex128 if values.dtype.is_complex else tf.float64
    return float(np.linalg.norm(np.ravel(tf.cast(values, wide).numpy())))
