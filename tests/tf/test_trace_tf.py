"""What a TensorFlow graph's trace reaches is what a tape's gradient reaches."""

import numpy as np
import pytest
import torch
from paired_step import STEPS, X_REAL, Z, networks, step_tf, step_torch

from ganflow.tf import flow as flow_tf
from ganflow.tf import watch as watch_tf
from ganflow.trace.flow import flow
from ganflow.trace.watch import watch

# isort: split
import keras
import tensorflow as tf

mean, stop = tf.reduce_mean, tf.stop_gradient


@pytest.mark.parametrize("frozen", [(), ("D",), ("G",)], ids=["none", "D", "G"])
def test_both_frameworks_give_the_same_flow_table(frozen):
    ours, theirs = networks()
    for name in frozen:
        ours[name].requires_grad_(False)
        theirs[name].trainable = False
    losses = step_torch(**ours, z=torch.tensor(Z), x_real=torch.tensor(X_REAL))
    keep = {name: loss for name, loss in losses.items() if loss.requires_grad}
    steps = {name: list(ours[STEPS[name]].parameters()) for name in keep}
    steps_tf = {name: theirs[STEPS[name]].variables for name in keep}
    with tf.GradientTape(persistent=True) as tape:
        answers = step_tf(**theirs, z=tf.constant(Z), x_real=tf.constant(X_REAL))
    table = flow(keep, ours, steps)
    table_tf = flow_tf(tape, {name: answers[name] for name in keep}, theirs, steps_tf)
    for where, cell in table.cells.items():
        other = table_tf[where]
        assert (other.reached, other.total) == (cell.reached, cell.total), where
        assert other.state == cell.state and other.why == cell.why, where
        assert other.stepped == cell.stepped, where
        assert other.norm == (
            None if cell.norm is None else pytest.approx(cell.norm, 1e-9)
        )
    assert str(table) == str(table_tf)


@pytest.mark.parametrize("frozen", [(), ("D",), ("G",)], ids=["none", "D", "G"])
def test_both_frameworks_give_the_same_trace(frozen):
    ours, theirs = networks()
    for name in frozen:
        ours[name].requires_grad_(False)
        theirs[name].trainable = False
    with watch(**ours) as seen:
        losses = step_torch(**ours, z=torch.tensor(Z), x_real=torch.tensor(X_REAL))
    seen_tf = watch_tf(
        lambda z, x_real: step_tf(**theirs, z=z, x_real=x_real), Z, X_REAL, **theirs
    )
    for name, loss in losses.items():
        if loss.requires_grad:
            ours_say, theirs_say = facts(seen.trace(loss)), facts(seen_tf.trace(name))
            if name == "penalty":
                # torch's slope is taken at a leaf that wants a gradient as well; the
                # tape around the TensorFlow step does not watch those points.
                assert ours_say["D"].pop("through")
                assert not theirs_say["D"].pop("through")
            assert theirs_say == ours_say, name


def facts(trace):
    """What a trace says about each network, in words that both frameworks share."""
    return {
        name: {
            "reached": len(trace.reached[name]),
            "through": trace.flows_through(name),
            "into": trace.accumulates_into(name),
            "cut by": {
                reason.replace("stop_gradient", "detach")
                for reason in trace.why_not(name)
            },
        }
        for name in trace.networks
    }


def test_a_watched_step_names_the_cut_in_its_own_words_and_in_a_flow_table():
    _, pair = networks()
    step = lambda z, x_real: step_tf(**pair, z=z, x_real=x_real)  # noqa: E731
    seen = watch_tf(step, Z, X_REAL, **pair)
    trace = seen.trace("loss_D")
    assert trace.saved_bytes is None and "bytes" not in str(trace)
    assert trace.why_not("G") == ("stop_gradient",)
    penalty = seen.trace("penalty")
    assert [name.split(".")[-1] for name in penalty.reached["D"]] == [
        "kernel",
        "bias",
        "kernel",
    ]
    with tf.GradientTape(persistent=True) as tape:
        losses = step(tf.constant(Z), tf.constant(X_REAL))
    table = flow_tf(tape, losses, pair, {"penalty": ()}, seen=seen)
    assert table["loss_D", "G"].why == "stop_gradient"
    assert table["penalty", "D"].state == "left behind"


def step_on_a_tape():
    _, pair = networks()
    with tf.GradientTape(persistent=True) as tape:
        losses = step_tf(**pair, z=tf.constant(Z), x_real=tf.constant(X_REAL))
    return tape, {name: losses[name] for name in ("loss_D", "loss_G")}, pair


def built(*variables):
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(list(variables))
    return optimizer


def test_without_a_step_the_table_says_what_arrives_and_claims_none():
    table = flow_tf(*step_on_a_tape())
    assert table["loss_D", "G"].state == "no path"
    for where in (("loss_D", "D"), ("loss_G", "G"), ("loss_G", "D")):
        assert (table[where].state, table[where].stepped) == ("arrives", None)


def test_a_built_optimizer_stands_for_what_it_was_built_with():
    """Called opt_D and built with G's variables, it does not move D."""
    tape, losses, pair = step_on_a_tape()
    psi, theta = pair["D"].trainable_variables, pair["G"].trainable_variables
    right = {"loss_D": built(*psi), "loss_G": built(*theta)}
    table = flow_tf(tape, losses, pair, right)
    assert table["loss_D", "D"].state == table["loss_G", "G"].state == "stepped"
    assert table["loss_G", "D"].state == "left behind"
    opt_D = built(*theta)
    cell = flow_tf(tape, losses, pair, {"loss_D": opt_D})["loss_D", "D"]
    assert cell.words().endswith(", left behind")
    with pytest.raises(ValueError, match="Unknown variable"):
        opt_D.apply(tape.gradient(losses["loss_D"], psi), psi)


def test_the_step_may_be_given_as_the_variables_it_is_applied_to():
    tape, losses, pair = step_on_a_tape()
    psi = pair["D"].trainable_variables
    inner = [variable.value for variable in psi]  # what Keras' variables wrap
    for steps in (psi, inner, built(*inner), [built(*psi[:1]), *psi[1:]]):
        cell = flow_tf(tape, losses, pair, {"loss_D": steps})["loss_D", "D"]
        assert (cell.state, cell.stepped) == ("stepped", len(psi))
    for steps in (psi[:1], psi[0], built(psi[0])):
        cell = flow_tf(tape, losses, pair, {"loss_D": steps})["loss_D", "D"]
        assert (cell.state, cell.stepped) == ("partly stepped", 1)
    for steps in ((), None):
        cell = flow_tf(tape, losses, pair, {"loss_D": steps})["loss_D", "D"]
        assert cell.state == "left behind"


def test_a_loss_scale_does_not_hide_what_its_optimizer_holds():
    tape, losses, pair = step_on_a_tape()
    scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD())
    scaled.build(pair["D"].trainable_variables)
    table = flow_tf(tape, losses, pair, {"loss_D": scaled})
    assert table["loss_D", "D"].state == "stepped"


def test_each_operation_knows_its_network_and_layer_even_those_a_tape_made():
    _, pair = networks()
    seen = watch_tf(
        lambda z, x_real: step_tf(**pair, z=z, x_real=x_real), Z, X_REAL, **pair
    )
    for loss in ("loss_G", "penalty"):
        for node in seen.trace(loss).nodes:
            if node.op in ("MatMul", "BiasAdd", "TanhGrad"):
                assert node.network in ("G", "D")
                names = [layer.name for layer in pair[node.network].layers]
                assert node.layer in names
    twice = [n for n in seen.trace("penalty").nodes if n.op == "TanhGrad"]
    assert twice and all(node.network == "D" for node in twice)


@pytest.mark.parametrize("traced_before", [False, True])
def test_nested_functions_are_followed_into_their_bodies(traced_before):
    _, pair = networks()
    G = tf.function(lambda z: pair["G"](z))
    if traced_before:
        G(tf.constant(Z))
    seen = watch_tf(lambda z: {"loss": mean(pair["D"](G(z)))}, Z, **pair)
    trace = seen.trace("loss")
    assert [len(trace.reached[name]) for name in "GD"] == [4, 4]
    assert trace.called == {"G", "D"} and trace.flows_through("D")
    inside = [n for n in trace.nodes if n.op == "MatMul" and n.shape == (5, 8)]
    assert {node.network for node in inside} == {"G", "D"}


def test_watching_changes_no_variable_and_leaves_the_networks_as_they_were():
    _, pair = networks()
    before = [weight.numpy().copy() for weight in pair["D"].weights]

    def step(z):
        for weight in pair["D"].trainable_variables:
            weight.assign_add(tf.ones_like(weight))
        return {"loss": mean(pair["D"](z))}

    seen = watch_tf(step, Z, **pair)
    assert all(map(np.array_equal, before, pair["D"].get_weights()))
    assert "call" not in vars(pair["D"]) and "call" not in vars(pair["D"].layers[0])
    with pytest.raises(ValueError, match="G was never called"):
        seen.trace("loss").accumulates_into("G")


def test_a_recurrent_network_is_followed_through_its_loop_each_time_it_is_asked():
    G = keras.Sequential([keras.Input((5, 2)), keras.layers.LSTM(3)])
    D = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    step = lambda x: {"loss_G": mean(D(G(x))), "loss_D": mean(D(stop(G(x))))}  # noqa: E731
    x = tf.constant(Z[None], tf.float32)
    seen = watch_tf(step, x, G=G, D=D)
    for _ in range(2):  # a gradient function may change the loop that it is asked about
        assert [len(seen.trace("loss_G").reached[name]) for name in "GD"] == [3, 2]
        assert seen.trace("loss_D").reached["G"] == ()
    with tf.GradientTape(persistent=True) as tape:
        losses = step(x)
    cells = flow_tf(tape, losses, {"G": G, "D": D}, seen=seen).cells
    assert [cell.reached for cell in cells.values()] == [3, 2, 0, 2]
    assert cells["loss_D", "G"].why == "stop_gradient"


def test_a_call_that_a_layer_was_given_stays_its_own():
    layer = keras.layers.Dense(1)
    layer.build((None, 2))
    given = vars(layer)["call"] = lambda x: mean(x @ layer.kernel) + 1.0
    seen = watch_tf(lambda x: {"loss": layer(x)}, Z.astype("float32"), step=layer)
    assert vars(layer)["call"] is given
    assert seen.trace("loss").reached == {"step": ("kernel",)}


def test_moving_averages_are_not_parameters():
    norm = keras.layers.BatchNormalization()
    D = keras.Sequential([keras.Input((2,)), norm, keras.layers.Dense(1)], name="D")
    x = np.ones((3, 2), "float32")
    trace = watch_tf(lambda x: {"loss_D": mean(D(x, training=True))}, x, D=D).trace(
        "loss_D"
    )
    assert [name.split(".")[-1] for name in trace.networks["D"]] == [
        "gamma",
        "beta",
        "kernel",
        "bias",
    ]


def test_what_has_no_gradient_function_is_named_and_what_raises_is_told():
    v = tf.Variable([1.0, 2.0], name="v")
    w = tf.Variable([1.0, 2.0], name="w")

    def step():
        counted = tf.cast(tf.argmax(v), tf.float32)
        return {
            "argmax": counted * tf.reduce_sum(w),
            "prevented": tf.reduce_sum(tf.raw_ops.PreventGradient(input=v * w)),
        }

    seen = watch_tf(step, v=v, w=w)
    assert seen.trace("argmax").reached == {"v": (), "w": ("w",)}
    assert seen.trace("argmax").why_not("v") == ("not differentiable",)
    with pytest.raises(RuntimeError, match="stops with an error at PreventGradient"):
        seen.trace("prevented")


def test_repeated_and_slice_wise_derivatives_have_the_norm_of_their_sum():
    table = tf.Variable(tf.ones((4, 3)))
    with tf.GradientTape(persistent=True) as tape:
        loss = tf.reduce_sum(tf.gather(table, [1, 1]))
    cell = flow_tf(tape, {"loss_E": loss}, {"E": table})["loss_E", "E"]
    assert cell.norm == pytest.approx(np.sqrt(3 * 2**2))


def test_exactly_zero_is_not_cut():
    """A hinge beyond its margin sends zeros; Adam still moves the weights on them."""
    psi = tf.Variable(3.0)
    with tf.GradientTape(persistent=True) as tape:
        loss = tf.nn.relu(1.0 - psi)
    cell = flow_tf(tape, {"loss_D": loss}, {"D": psi})["loss_D", "D"]
    assert (cell.norm, cell.state) == (0.0, "zero")


def test_two_networks_of_one_name_are_told_apart():
    """What Keras writes into an operation's name is then the same for both."""
    G, D = (
        keras.Sequential([keras.Input((2,)), keras.layers.Dense(n)], name="net")
        for n in (2, 1)
    )
    seen = watch_tf(lambda z: {"loss": mean(D(G(z)))}, Z.astype("float32"), G=G, D=D)
    products = [n for n in seen.trace("loss").nodes if n.op == "MatMul"]
    assert [node.network for node in products] == ["D", "G"]
    assert [node.layer for node in products] == [net.layers[-1].name for net in (D, G)]
