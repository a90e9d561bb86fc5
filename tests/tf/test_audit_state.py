"""Which tapes watch a player: those told to, and those that watch all that is read."""

from types import SimpleNamespace

import pytest

from ganflow.tf.audit_parts.marks import Record
from ganflow.tf.audit_parts.state import State
from ganflow.tf.load import tf

LEARNS, RESTS = (tf.Variable(1.0, trainable=one) for one in (True, False))


@pytest.mark.parametrize(
    ("weights", "watching"),
    [
        ([], {0, 1}),  # its first call makes them
        ([LEARNS], {0, 1}),
        ([RESTS, LEARNS], {0, 1}),
        ([RESTS], {1}),
    ],
)
def test_a_tape_watches_what_learns_and_what_it_was_told_to(weights, watching):
    state = State()
    state.players = SimpleNamespace(of={"D": weights}.get)
    assert state.watching("D") == set()
    every, told = Record(0, accessed=True), Record(1, accessed=False, players={"D"})
    another, none = Record(2, accessed=False, players={"G"}), Record(3, accessed=False)
    state.recording = {one.number: one for one in (every, told, another, none)}
    assert state.watching("D") == watching
    with tf.GradientTape(persistent=True) as tape:
        value = 3.0 * sum(weights, tf.constant(0.0))
    slopes = tape.gradient(value, weights)
    assert any(slope is not None for slope in slopes) == any(
        w.trainable for w in weights
    )
