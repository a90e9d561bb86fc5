"""On programs made at random, a TensorFlow trace says what a tape answers."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ganflow.tf import watch as watch_tf

# isort: split
import tensorflow as tf

stop = tf.stop_gradient


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
