"""`audit` for TensorFlow: watch an eager loop, and say what it really does."""

from __future__ import annotations

from typing import Any

from ganflow.loop_audit.block import AuditedBlock
from ganflow.tf.audit_parts.observer import Observer
from ganflow.tf.audit_parts.players import members_of


def audit(*unnamed: object, **players: Any) -> AuditedBlock:
    """See an eager TensorFlow or Keras loop run, and say what it really does.

    `with audit(G=G, D=D) as seen:` goes around the loop, or some ticks of it;
    `print(seen)` is the report, the same as that of `ganflow.audit` for torch. It is
    made from tapes, from the optimizers' `apply` and `apply_gradients`, and from
    variables that the loop assigns itself.

    A `tf.function` runs as one piece: what it reads is seen, what it does inside is
    not, and the report says so. Call `tf.config.run_functions_eagerly(True)` first, or
    `compile(run_eagerly=True)`.

    Parameters
    ----------
    *unnamed : object
        Refused, with an error that says so.
    **players : Keras model or layer, tf.Module, variable, or list of them
        Who learns, each by its role: G=G, D=[D_A, D_B]. More than two are fine, and a
        Keras model may be built by its first call.

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

    Gradient: the audit only looks. Weights, optimizers' variables, random numbers and
    outputs are bit for bit what they would be without it, and it comes off in an
    exception. A tape is asked for the derivatives at the networks' outputs, too, which
    it works out in any case.

    Notes
    -----
    A gradient is a value here, and lies in no `.grad`. Its fate is "left behind" if it
    was thrown away, or is still held, and no step took it.

    These findings cannot be there: *wiped-before-step*, for nothing clears a gradient;
    *autocast-cache*, for Keras casts weights at each call; *scaler-updated-between*,
    for a `LossScaleOptimizer` unscales and updates in one step; *growing-graph*, for a
    tape ends with its block. *frozen-critic-moves* is there for a spectral norm alone,
    since a batch norm that is not trainable rests; *nobody's* and *earlier weights* are
    those that a step was handed. FLOPs are those of matrix products and convolutions.
    Only the thread that enters is watched.
    """
    if unnamed:
        raise TypeError("name who learns, as in audit(G=G, D=D)")
    if not players:
        raise ValueError("no players: name who learns, as in audit(G=G, D=D)")
    return AuditedBlock(Observer({n: members_of(n, v) for n, v in players.items()}))
