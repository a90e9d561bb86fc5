"""A wrong question to the TensorFlow side gets one clear sentence."""

import pytest

from ganflow.tf import flow as flow_tf
from ganflow.tf import watch as watch_tf

# isort: split
import keras
import tensorflow as tf

stop = tf.stop_gradient


V = tf.Variable(1.0, name="v")


def taped(persistent=True):
    with tf.GradientTape(persistent=persistent) as tape:
        loss = V * 2.0
    return tape, loss


MISTAKES = [
    (
        ValueError,
        "answers only once",
        lambda: flow_tf(taped(False)[0], {"loss_V": V}, {"V": V}),
    ),
    (TypeError, "is a float", lambda: flow_tf(taped()[0], {"loss_V": 1.0}, {"V": V})),
    (
        ValueError,
        r"loss_V has shape \(2,\)",
        lambda: flow_tf(taped()[0], {"loss_V": tf.ones(2)}, {"V": V}),
    ),
    (
        ValueError,
        "A and B share the variable",
        lambda: flow_tf(*taped()[:1], {"loss_A": taped()[1]}, {"A": V, "B": [V]}),
    ),
    (
        TypeError,
        "holds a int",
        lambda: flow_tf(taped()[0], {"loss_V": tf.ones(())}, {"V": [3]}),
    ),
    (
        ValueError,
        "loss_V is of dtype int32",
        lambda: flow_tf(taped()[0], {"loss_V": tf.constant(3)}, {"V": V}),
    ),
    (
        TypeError,
        "the tape comes first, and this is of type dict",
        lambda: flow_tf({"loss_V": V * 2.0}, {"V": V}, {}),
    ),
    (
        TypeError,
        "players is of type list: pass a dict",
        lambda: flow_tf(taped()[0], {"loss_V": tf.ones(())}, [V]),
    ),
    (
        ValueError,
        "no players: pass a dict such as",
        lambda: flow_tf(taped()[0], {"loss_V": V * 2.0}, {}),
    ),
    (
        TypeError,
        "seen is of type str: pass the watch",
        lambda: flow_tf(taped()[0], {"loss_V": V * 2.0}, {"V": V}, seen="x"),
    ),
    (
        TypeError,
        r"steps\['loss_V'\] holds the name 'V', which does not show what a step moves",
        lambda: flow_tf(taped()[0], {"loss_V": V * 2.0}, {"V": V}, {"loss_V": "V"}),
    ),
    (
        ValueError,
        r"steps\['loss_V'\] is an optimizer that is not built.*or pass these variables",
        lambda: flow_tf(
            taped()[0],
            {"loss_V": V * 2.0},
            {"V": V},
            {"loss_V": keras.optimizers.Adam()},
        ),
    ),
    (
        TypeError,
        "holds a Sequential, which does not show",
        lambda: flow_tf(
            taped()[0],
            {"loss_V": V * 2.0},
            {"V": V},
            {"loss_V": keras.Sequential([keras.layers.Dense(1)])},
        ),
    ),
    (TypeError, "return a dict", lambda: watch_tf(lambda: V * 2.0, V=V)),
    (
        ValueError,
        "one element",
        lambda: watch_tf(lambda: {"loss": V * tf.ones(2)}, V=V),
    ),
    (ValueError, "no network", lambda: watch_tf(lambda: {"loss": V * 2.0})),
    (
        ValueError,
        "no variables yet: call it once",
        lambda: watch_tf(
            lambda: {"loss": V * 2.0}, V=keras.Sequential([keras.layers.Dense(1)])
        ),
    ),
    (
        ValueError,
        "returned no 'loss_G'; it returned loss",
        lambda: watch_tf(lambda: {"loss": V * 2.0}, V=V).trace("loss_G"),
    ),
    (
        ValueError,
        "no history",
        lambda: watch_tf(lambda: {"loss": tf.ones(()) * 2.0}, V=V).trace("loss"),
    ),
    (
        ValueError,
        "no history",
        lambda: watch_tf(lambda: {"loss": stop(V * 2.0)}, V=V).trace("loss"),
    ),
]


@pytest.mark.parametrize(
    "error, message, mistake", MISTAKES, ids=[m for _, m, _ in MISTAKES]
)
def test_a_mistake_gets_one_sentence(error, message, mistake):
    with pytest.raises(error, match=message):
        mistake()
