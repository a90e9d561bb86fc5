"""What tapes hold: in a twin of torch's networks, what autograd saves there."""

import pytest
import torch
from torch import nn

from ganflow.cost import SavedBytes, bytes_by_line
from ganflow.tf import TapeBytes
from ganflow.tf.load import keras, tf

ROWS, WIDE = 6, 5
ONE = 4 * ROWS * WIDE  # bytes of a layer


@pytest.fixture
def net():
    """Two layers of one width, built before anything is counted."""
    layers = [keras.layers.Dense(WIDE, "tanh") for _ in range(2)]
    return keras.Sequential([keras.Input((WIDE,)), *layers])


@pytest.fixture
def x():
    return tf.ones((ROWS, WIDE))


def test_a_tape_holds_what_autograd_saves_and_lets_go_as_it_answers(net, x):
    layers = [nn.Linear(WIDE, WIDE), nn.Tanh()] * 2
    twin = nn.Sequential(*layers)
    point = torch.ones(ROWS, WIDE)

    def step():
        with tf.GradientTape() as tape:
            y = net(x)
            loss = tf.reduce_sum(y)
        del y
        slopes = tape.gradient(loss, net.trainable_weights)
        del slopes, loss

    def step_of_torch():
        loss = twin(point).sum()
        loss.backward()

    held = [line.left for line in bytes_by_line(step, TapeBytes())]
    (saved, left) = bytes_by_line(step_of_torch, SavedBytes(twin))
    assert saved.left == 3 * ONE and left.left == 0  # two results, and the input
    assert held[2] - 4 == held[3] - 4 == 2 * ONE == saved.left - ONE  # and the loss
    assert held[-1] == 0


def test_what_no_tape_records_is_not_counted(net, x):
    def step():
        y = net(x)
        with tf.GradientTape() as tape:
            with tape.stop_recording():
                z = net(y)
        return y, z

    assert {line.most for line in bytes_by_line(step, TapeBytes())} == {0}


def test_a_persistent_tape_holds_until_it_is_gone(net, x):
    def step():
        with tf.GradientTape(persistent=True) as tape:
            loss = tf.reduce_sum(net(x))
        slopes = tape.gradient(loss, net.trainable_weights)
        del slopes, loss
        del tape

    *_, asked, dropped, gone = (line.left for line in bytes_by_line(step, TapeBytes()))
    assert asked - 4 == dropped == 2 * ONE and gone == 0


def test_a_count_that_is_left_sees_nothing_more(net, x):
    with TapeBytes() as held:
        pass
    with tf.GradientTape():
        y = net(x)
        assert held.now == held.crest() == 0
    assert y.shape == x.shape
