"""What a TensorFlow graph's trace reaches is what a tape's gradient reaches."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from ganflow.flow import flow
from ganflow.trace.from_tf import flow as flow_tf
from ganflow.trace.from_tf import watch as watch_tf
from ganflow.trace.from_torch import watch

# isort: split
import keras
import tensorflow as tf

softplus, mean, stop = tf.nn.softplus, tf.reduce_mean, tf.stop_gradient


@tf.custom_gradient
def half_seen(u, v):
    """u v, whose gradient function gives v nothing."""
    return u * v, lambda slope: (slope * v, None)


def slope_of(u, v):
    """A derivative made by a tape, to be differentiated again."""
    with tf.GradientTape() as tape:
        tape.watch(u)
        value = tf.reduce_sum(tf.tanh(u) * v + u * u)
    return tape.gradient(value, u)


@tf.function
def inner(u, v):
    return tf.tanh(u) * 2.0, stop(u) * v, v + 1.0


def call(number):
    """A nested tf.function, of whose results one is used."""
    return lambda u, v: inner(u, v)[number]


def slope_through_a_function(u, v):
    with tf.GradientTape() as tape:
        tape.watch(u)
        value = tf.reduce_sum(inner(u, v)[0] * inner(v, u)[0])
    return tape.gradient(value, u)


OPERATIONS = {
    "add": lambda u, v: u + v,
    "multiply": lambda u, v: u * v,
    "tanh": lambda u, v: tf.tanh(u),
    "relu": lambda u, v: tf.nn.relu(u),
    "stop_gradient": lambda u, v: stop(u),
    "floor": lambda u, v: tf.floor(u),
    "sign": lambda u, v: tf.sign(u),
    "greater": lambda u, v: tf.cast(u > v, tf.float32),
    "where": lambda u, v: tf.where(u > v, u, tf.zeros_like(v)),
    "to int and back": lambda u, v: tf.cast(tf.cast(u, tf.int32), tf.float32) + 1.0,
    "to float64 and back": lambda u, v: tf.cast(tf.cast(u, tf.float64), tf.float32),
    "reshape": lambda u, v: tf.reshape(tf.reshape(u, [1, 4]), [4]),
    "split": lambda u, v: tf.repeat(tf.split(u, 2)[0], 2),
    "gather": lambda u, v: tf.gather(tf.reshape(u, [4]), tf.argsort(v)),
    "top": lambda u, v: tf.math.top_k(u, 4).values,
    "softmax": lambda u, v: tf.nn.softmax(u) * tf.norm(v),
    "zeros_like": lambda u, v: tf.zeros_like(u) + v,
    "shape": lambda u, v: v * tf.cast(tf.shape(u)[0], tf.float32),
    "cond": lambda u, v: tf.cond(
        tf.reduce_sum(u) > 0, lambda: u * 2.0, lambda: v + 0.0
    ),
    "custom": half_seen,
    "slope": slope_of,
    "call 0": call(0),
    "call 1": call(1),
    "call 2": call(2),
    "slope through a function": slope_through_a_function,
}


def program(lines):
    """A step that runs `lines`: each line an operation and which values it reads."""

    def step(x, variables):
        values = [*variables, x]
        for name, i, j in lines:
            u, v = values[i % len(values)], values[j % len(values)]
            values.append(
                OPERATIONS[name](tf.convert_to_tensor(u), tf.convert_to_tensor(v))
            )
        return {"loss": tf.reduce_sum(values[-1]) + 0.0}

    return step


def answered(step, x, variables, lines):
    """The numbers of the variables for which a tape gives a derivative, not None."""

    def slopes():
        with tf.GradientTape() as tape:
            loss = step(x, variables)["loss"]
        found = tape.gradient(loss, variables)
        return [n for n, slope in enumerate(found) if slope is not None]

    if not any(name == "cond" for name, _, _ in lines):
        return slopes()
    found = []  # run eagerly, tf.cond takes one branch only; a graph holds both
    tf.function(lambda: found.extend(slopes())).get_concrete_function()
    return found


LINES = st.lists(
    st.tuples(
        st.sampled_from(sorted(OPERATIONS)), st.integers(0, 99), st.integers(0, 99)
    ),
    min_size=2,
    max_size=9,
)


@settings(
    max_examples=120,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(lines=LINES, frozen=st.sets(st.integers(0, 3), max_size=2))
def test_reached_is_what_the_tape_answers_on_programs_made_at_random(lines, frozen):
    variables = [
        tf.Variable(
            tf.linspace(-1.0, 1.5, 4) * (n + 1), trainable=n not in frozen, name=f"v{n}"
        )
        for n in range(4)
    ]
    step, x = program(lines), tf.constant([0.3, -0.7, 1.1, 0.2])
    expected = {f"v{n}" for n in answered(step, x, variables, lines)}
    seen = watch_tf(lambda x: step(x, variables), x, A=variables[:2], B=variables[2:])
    try:
        trace = seen.trace("loss")
    except ValueError as error:
        assert "no history" in str(error) and not expected
        return
    reached = {name for names in trace.reached.values() for name in names}
    assert reached == expected
    assert all(
        edge.live <= (trace.by_id[edge.start].live and trace.by_id[edge.end].live)
        for edge in trace.edges
    )


def networks():
    """The same generator and critic in torch and in Keras, with the same weights."""
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2)).double()
    D = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)).double()
    pair = {}
    for name, network, size in (("G", G, 2), ("D", D, 1)):
        model = keras.Sequential(
            [
                keras.Input((2,), dtype="float64"),
                keras.layers.Dense(8, activation="tanh", dtype="float64"),
                keras.layers.Dense(size, dtype="float64"),
            ]
        )
        weights = [p.detach().numpy().T for p in network.parameters()]
        model.set_weights(weights)
        pair[name] = model
    return {"G": G, "D": D}, pair


Z, X_REAL = np.random.default_rng(0).normal(size=(2, 5, 2))


def step_torch(G, D, z, x_real):
    """The losses of one training step, with a slope penalty at the real points."""
    x_fake = G(z)
    loss_D = F.softplus(-D(x_real)).mean() + F.softplus(D(x_fake.detach())).mean()
    loss_G = F.softplus(-D(x_fake)).mean()
    at = x_real.clone().requires_grad_()
    (slope,) = torch.autograd.grad(D(at).sum(), at, create_graph=True)
    penalty = ((slope.square().sum(dim=1) + 1e-10).sqrt() - 1).square().mean()
    return {"loss_D": loss_D, "loss_G": loss_G, "penalty": penalty}


def step_tf(G, D, z, x_real):
    """The same losses."""
    x_fake = G(z)
    loss_D = mean(softplus(-D(x_real))) + mean(softplus(D(stop(x_fake))))
    loss_G = mean(softplus(-D(x_fake)))
    with tf.GradientTape() as tape:
        tape.watch(x_real)
        score = D(x_real)
    slope = tape.gradient(score, x_real)
    penalty = mean((tf.sqrt(tf.reduce_sum(slope**2, axis=1) + 1e-10) - 1) ** 2)
    return {"loss_D": loss_D, "loss_G": loss_G, "penalty": penalty}


STEPS = {"loss_D": "D", "loss_G": "G", "penalty": "D"}


@pytest.mark.parametrize("frozen", [(), ("D",), ("G",)], ids=["none", "D", "G"])
def test_both_frameworks_give_the_same_flow_table(frozen):
    ours, theirs = networks()
    for name in frozen:
        ours[name].requires_grad_(False)
        theirs[name].trainable = False
    losses = step_torch(**ours, z=torch.tensor(Z), x_real=torch.tensor(X_REAL))
    keep = {name: loss for name, loss in losses.items() if loss.requires_grad}
    steps = {name: STEPS[name] for name in keep}
    with tf.GradientTape(persistent=True) as tape:
        answers = step_tf(**theirs, z=tf.constant(Z), x_real=tf.constant(X_REAL))
    table = flow(keep, ours, steps)
    table_tf = flow_tf(tape, {name: answers[name] for name in keep}, theirs, steps)
    for where, cell in table.cells.items():
        other = table_tf[where]
        assert (other.reached, other.total) == (cell.reached, cell.total), where
        assert other.state == cell.state and other.why == cell.why, where
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


def test_a_watched_step_names_the_cut_and_tells_through_from_into():
    _, pair = networks()
    step = lambda z, x_real: step_tf(**pair, z=z, x_real=x_real)  # noqa: E731
    seen = watch_tf(step, Z, X_REAL, **pair)
    trace = seen.trace("loss_D")
    assert trace.saved_bytes is None and "bytes" not in str(trace)
    assert (trace.reached["G"], len(trace.reached["D"])) == ((), 4)
    assert trace.why_not("G") == ("stop_gradient",)
    assert not trace.flows_through("D")
    trace = seen.trace("loss_G")
    assert [len(trace.reached[name]) for name in "GD"] == [4, 4]
    assert trace.cuts == () and trace.flows_through("D") and trace.accumulates_into("D")
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


def test_a_frozen_critic_is_crossed_and_not_entered():
    _, pair = networks()
    pair["D"].trainable = False
    seen = watch_tf(
        lambda z, x_real: step_tf(**pair, z=z, x_real=x_real), Z, X_REAL, **pair
    )
    trace = seen.trace("loss_G")
    assert trace.flows_through("D") and not trace.accumulates_into("D")
    assert trace.why_not("D") == ("frozen parameter",)
    assert len(trace.reached["G"]) == 4


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
