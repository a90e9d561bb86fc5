"""A watch answers the same questions by the same rules in torch and in TensorFlow."""

import inspect

import pytest
import torch

import ganflow.tf
from ganflow.records import Watch
from ganflow.tf import flow as flow_tf
from ganflow.tf import watch as watch_tf
from ganflow.tf.load import tf
from ganflow.tf.watched_step import WatchedStep
from ganflow.trace.flow import flow
from ganflow.trace.watch import WatchedBlock, watch


def in_torch():
    """A watch, what stands for its loss, what stands for one it did not see."""
    theta = torch.ones(2, requires_grad=True)
    with watch(theta=theta) as seen:
        loss = theta.square().sum()
    return seen, loss, theta.square().sum()


def in_tensorflow():
    theta = tf.Variable([1.0, 1.0], name="theta")
    step = lambda: {"loss": tf.reduce_sum(theta**2)}  # noqa: E731
    return watch_tf(step, theta=theta), "loss", "another"


BOTH = pytest.mark.parametrize("make", [in_torch, in_tensorflow])


@pytest.mark.parametrize("kind", [WatchedBlock, WatchedStep])
def test_a_watch_has_the_methods_of_every_watch_and_the_same_arguments(kind):
    assert issubclass(kind, Watch)
    questions = {name for name in vars(Watch) if not name.startswith("_")}
    assert questions == {"trace", "saw"}
    assert questions == {name for name in vars(kind) if not name.startswith("_")}
    for name in questions:
        asked = inspect.signature(getattr(Watch, name)).parameters
        assert list(inspect.signature(getattr(kind, name)).parameters) == list(asked)


@BOTH
def test_a_watch_traces_what_it_saw_and_says_what_it_did_not_see(make):
    seen, loss, unseen = make()
    assert isinstance(seen, Watch)
    assert seen.saw(loss=loss) and not seen.saw(loss=unseen)
    assert seen.trace(loss=loss).reached == {"theta": ("theta",)}


@BOTH
@pytest.mark.parametrize("question", ["trace", "saw"])
def test_a_number_stands_for_no_loss(make, question):
    seen, _, _ = make()
    with pytest.raises(
        TypeError, match="a trace starts at a .* is of type float: pass"
    ):
        getattr(seen, question)(2.0)


def test_a_flow_table_takes_the_watch_of_its_own_framework_only():
    """The other's has the same methods, and yet saw another program."""
    ours, loss, _ = in_torch()
    theirs, name, _ = in_tensorflow()
    theta = torch.ones(2, requires_grad=True)
    with pytest.raises(TypeError, match="is of type WatchedStep: .* a WatchedBlock"):
        flow({"loss_theta": loss}, {"theta": theta}, seen=theirs)
    v = tf.Variable(1.0)
    with tf.GradientTape(persistent=True) as tape:
        loss = v * 2.0
    with pytest.raises(TypeError, match="is of type WatchedBlock: .* a WatchedStep"):
        flow_tf(tape, {"loss_V": loss}, {"V": v}, seen=ours)


def test_each_name_that_the_package_offers_is_there():
    for name in ganflow.tf.__all__:
        assert getattr(ganflow.tf, name) is not None
    with pytest.raises(AttributeError, match="has no 'left_behind'; it has .*, watch"):
        ganflow.tf.left_behind  # noqa: B018
