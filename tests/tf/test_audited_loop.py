"""The audit of TensorFlow loops says what they do, and changes nothing of them."""

import gc

import numpy as np
import pytest

import ganflow
from ganflow.schedule import (
    ALTERNATING,
    ALTERNATING_G_FIRST,
    SIMULTANEOUS,
    critic_steps,
)
from ganflow.tf import audit
from ganflow.tf.audit_parts.marks import Call, Given, Origin
from ganflow.tf.load import imperative_grad, keras, op_callbacks, pywrap_tfe, tf

layers = keras.layers


def networks(*extra, norm=False):
    middle = [layers.BatchNormalization()] if norm else []
    G = keras.Sequential([layers.Dense(8), *middle, layers.ReLU(), layers.Dense(2)])
    D = keras.Sequential([layers.Dense(8, "leaky_relu"), *extra, layers.Dense(1)])
    return G, D


class Loop:
    """Small nets, one method for each turn; a test puts them in an order."""

    def __init__(self, make=keras.optimizers.Adam, nets=networks):
        keras.utils.set_random_seed(0)
        self.G, self.D = nets()
        self.opt_G, self.opt_D = make(1e-2), make(1e-2)

    def samples(self):
        return self.G(tf.random.normal([6, 4]), training=True)

    def data(self):
        return tf.random.normal([6, 2]) + 1.0

    def loss_D(self, real, fake):
        return tf.reduce_mean(
            tf.nn.softplus(-self.D(real, training=True))
            + tf.nn.softplus(self.D(fake, training=True))
        )

    def loss_G(self, fake):
        return tf.reduce_mean(tf.nn.softplus(-self.D(fake, training=True)))

    def turn_D(self):
        fake = self.samples()
        with tf.GradientTape() as tape:
            loss = self.loss_D(self.data(), fake)
        grads = tape.gradient(loss, self.D.trainable_variables)
        self.opt_D.apply_gradients(zip(grads, self.D.trainable_variables, strict=True))

    def turn_G(self):
        with tf.GradientTape() as tape:
            loss = self.loss_G(self.samples())
        grads = tape.gradient(loss, self.G.trainable_variables)
        self.opt_G.apply(grads, self.G.trainable_variables)

    def both(self):
        with tf.GradientTape(persistent=True) as tape:
            fake = self.samples()
            loss_D, loss_G = self.loss_D(self.data(), fake), self.loss_G(fake)
        by_D = tape.gradient(loss_D, self.D.trainable_variables)
        by_G = tape.gradient(loss_G, self.G.trainable_variables)
        self.opt_D.apply(by_D, self.D.trainable_variables)
        self.opt_G.apply(by_G, self.G.trainable_variables)

    def audit(self, *turns, ticks=4):
        with audit(G=self.G, D=self.D) as seen:
            for _ in range(ticks):
                for turn in turns:
                    turn()
        return seen


def ids(seen, *levels):
    return {f.id for f in seen.findings if not levels or f.level in levels}


def only(seen, what):
    (found,) = [finding for finding in seen.findings if finding.id == what]
    return found


# -- schedules


@pytest.mark.parametrize(
    ("order", "schedule"),
    [
        ("D G", ALTERNATING),
        ("G D", ALTERNATING_G_FIRST),
        ("both", SIMULTANEOUS),
        ("D D D G", critic_steps(3)),
    ],
)
def test_it_names_the_schedule_of_a_clean_loop_and_finds_no_fault(order, schedule):
    loop = Loop()
    turns = {"D": loop.turn_D, "G": loop.turn_G, "both": loop.both}
    seen = loop.audit(*(turns[word] for word in order.split()))
    assert seen.schedule == schedule and seen.settled
    assert not ids(seen, "error", "warning")
    assert not seen.unseen


def test_a_move_has_the_lines_of_its_step_and_of_its_tape():
    loop = Loop()
    first, second = loop.audit(loop.turn_D, loop.turn_G, ticks=1).moves
    assert "self.opt_D.apply_gradients" in first.place.source
    assert "tape.gradient(loss, self.D" in first.fed_by[0].source
    assert (first.player, first.version, first.tensors, first.of) == ("D", 1, 4, 4)
    assert first.reads == {"D": (0,), "G": (0,)} and first.by == "Adam"
    assert second.reads == {"D": (1,), "G": (0,)}


def test_a_score_made_before_the_others_step_is_read_one_move_back():
    loop = Loop()

    def tick():
        with tf.GradientTape() as tape_D, tf.GradientTape() as tape_G:
            fake = loop.samples()
            loss_D, loss_G = loop.loss_D(loop.data(), fake), loop.loss_G(fake)
        grads = tape_D.gradient(loss_D, loop.D.trainable_variables)
        loop.opt_D.apply(grads, loop.D.trainable_variables)
        grads = tape_G.gradient(loss_G, loop.G.trainable_variables)
        loop.opt_G.apply(grads, loop.G.trainable_variables)

    seen = loop.audit(tick)
    assert seen.schedule == SIMULTANEOUS
    assert "simultaneous-in-disguise" in ids(seen)
    assert seen.moves[3].lags == {"D": (1,)}


def test_gradients_taken_before_both_steps_are_no_disguise():
    loop = Loop()
    assert "simultaneous-in-disguise" not in ids(loop.audit(loop.both))


@pytest.mark.parametrize(("again", "told"), [("taped", True), ("after", False)])
def test_a_batch_is_scored_twice_where_both_scores_could_teach(again, told):
    """One without a tape is for the eye, and nothing is worked out for it."""
    loop = Loop()

    def tick():
        real, fake = loop.data(), loop.samples()
        with tf.GradientTape() as tape:
            loss = loop.loss_D(real, fake)
            if again == "taped":
                loss += tf.reduce_mean(loop.D(real, training=True))
        loop.D(real, training=True)
        grads = tape.gradient(loss, loop.D.trainable_variables)
        loop.opt_D.apply(grads, loop.D.trainable_variables)

    assert ("scored-twice" in ids(loop.audit(tick))) == told


def test_a_step_on_the_slope_alone_is_told_apart():
    loop = Loop(nets=lambda: networks(layers.Activation("tanh")))

    def penalty():
        x = loop.data()
        with tf.GradientTape() as tape:
            with tf.GradientTape() as inner:
                inner.watch(x)
                score = loop.D(x)
            loss = tf.reduce_mean(inner.gradient(score, x) ** 2)
        grads = tape.gradient(loss, loop.D.trainable_variables)
        pairs = zip(grads, loop.D.trainable_variables, strict=True)
        loop.opt_D.apply_gradients([(g, v) for g, v in pairs if g is not None])

    seen = loop.audit(loop.turn_D, loop.turn_G, penalty)
    assert seen.schedule == ALTERNATING
    assert "of D's steps read D alone" in seen.report.name
    assert not ids(seen, "error", "warning")


def test_an_update_written_by_hand_is_a_move():
    loop = Loop()

    def by_hand():
        with tf.GradientTape() as tape:
            loss = loop.loss_D(loop.data(), loop.samples())
        grads = tape.gradient(loss, loop.D.trainable_variables)
        for weight, grad in zip(loop.D.trainable_variables, grads, strict=True):
            weight.assign_sub(0.01 * grad)

    seen = loop.audit(by_hand, loop.turn_G)
    assert seen.schedule == ALTERNATING
    assert seen.moves[0].by == "hand" and seen.moves[0].tensors == 4
    assert not ids(seen, "error", "warning")


def test_keras_accumulation_moves_once_for_two_passes():
    make = lambda rate: keras.optimizers.SGD(rate, gradient_accumulation_steps=2)  # noqa: E731
    loop = Loop(make)
    seen = loop.audit(loop.turn_D, loop.turn_D, loop.turn_G, loop.turn_G)
    assert [move.player for move in seen.moves] == ["D", "G"] * 4
    assert len(seen.moves[0].fed_by) == 2
    assert seen.schedule == ALTERNATING


def test_variables_without_a_network_play_too():
    maker = [tf.Variable(tf.ones([4, 2]))]
    judge = [tf.Variable(tf.ones([2, 1])), tf.Variable(tf.zeros([1]))]
    optimizers = [tf.compat.v1.train.AdamOptimizer(0.1), keras.optimizers.SGD(0.1)]
    sides = ((judge, optimizers[0], 1.0), (maker, optimizers[1], -1.0))
    with audit(maker=maker, judge=judge) as seen:
        for _ in range(4):
            for weights, optimizer, sign in sides:
                with tf.GradientTape() as tape:
                    made = tf.random.normal([6, 4]) @ maker[0]
                    score = made @ judge[0] + judge[1]
                    loss = tf.reduce_mean(tf.nn.softplus(sign * score))
                grads = tape.gradient(loss, weights)
                optimizer.apply_gradients(zip(grads, weights, strict=True))
    assert seen.report.name.startswith("alternating, judge first")
    assert not ids(seen, "error", "warning")


def test_labels_that_go_through_an_embedding_leave_sparse_gradients():
    class Conditional(keras.Model):
        def __init__(self, outputs):
            super().__init__()
            self.embedding, self.out = layers.Embedding(3, 4), layers.Dense(outputs)

        def call(self, x, y):
            return self.out(tf.concat([x, self.embedding(y)], 1))

    loop, labels = Loop(nets=lambda: (Conditional(2), Conditional(1))), [0, 1, 2] * 2
    G, D = loop.G, loop.D
    loop.samples = lambda: G(tf.random.normal([6, 4]), tf.constant(labels))
    loop.D = lambda x, training: D(x, tf.constant(labels))
    with audit(G=G, D=D) as seen:
        for _ in range(4):
            loop.turn_G()
            with tf.GradientTape() as tape:
                loss = loop.loss_D(loop.data(), loop.samples())
            grads = tape.gradient(loss, D.trainable_variables)
            loop.opt_D.apply(grads, D.trainable_variables)
    assert seen.schedule == ALTERNATING_G_FIRST
    assert [move.tensors for move in seen.moves[:2]] == [3, 3]
    assert not ids(seen, "error", "warning")


@pytest.fixture
def policy():
    """Sets the precision of new layers, for one test."""
    before = keras.mixed_precision.global_policy()
    yield keras.mixed_precision.set_global_policy
    keras.mixed_precision.set_global_policy(before)


def test_half_precision_recomputed_calls_and_jacobians_raise_no_false_alarm(policy):
    def recomputed(loop):
        loop.D(loop.data())
        score = tf.recompute_grad(lambda x: loop.D(x))
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(score(loop.samples()) - score(loop.data()))
        grads = tape.gradient(loss, loop.D.trainable_variables)
        loop.opt_D.apply(grads, loop.D.trainable_variables)

    def by_jacobian(loop):
        with tf.GradientTape() as tape:
            score = loop.D(loop.samples())
        rows = tape.jacobian(score, loop.D.trainable_variables)
        grads = [tf.reduce_mean(row, [0, 1]) for row in rows]
        loop.opt_D.apply(grads, loop.D.trainable_variables)

    turns = [(Loop.turn_D, "mixed_float16"), (recomputed, "float32")]
    for turn, precision in [*turns, (by_jacobian, "float32")]:
        policy(precision)
        loop = Loop()
        seen = loop.audit(lambda turn=turn, loop=loop: turn(loop), loop.turn_G)
        assert seen.schedule == ALTERNATING
        assert not ids(seen, "error", "warning") and not seen.unseen


@pytest.mark.parametrize("again", [keras.remat, tf.recompute_grad])
@pytest.mark.parametrize("late", [True, False])
def test_a_network_that_runs_again_reads_the_weights_of_then(again, late):
    """After D's step they are not those of its score; before it they are."""
    loop = Loop()
    score = again(lambda x: loop.D(x))

    def tick():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.nn.softplus(-score(loop.samples())))
        if late:
            loop.turn_D()
        grads = tape.gradient(loss, loop.G.trainable_variables)
        if not late:
            loop.turn_D()
        loop.opt_G.apply(grads, loop.G.trainable_variables)

    loop.D(loop.data())
    seen = loop.audit(tick)
    assert seen.moves[-1].torn == ({"D"} if late else set())
    assert (seen.schedule is None) == late
    assert ("old-and-new-weights" in ids(seen)) == late
    if late:
        place = only(seen, "old-and-new-weights").place
        assert "tape.gradient(loss, loop.G" in place.source


@pytest.mark.parametrize("again", [keras.remat, tf.recompute_grad])
def test_a_gradient_added_up_over_two_critics_is_of_both_wholly(again):
    """Each part runs again with the very weights that its score had read."""
    loop = Loop()
    score = again(lambda x: loop.D(x))

    def part():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.nn.softplus(-score(loop.samples())))
        return tape.gradient(loss, loop.G.trainable_variables)

    def tick():
        parts = []
        for _ in range(2):
            loop.turn_D()
            parts.append(part())
        grads = [first + second for first, second in zip(*parts, strict=True)]
        loop.opt_G.apply(grads, loop.G.trainable_variables)

    loop.D(loop.data())
    seen = loop.audit(tick)
    assert len(seen.moves[-1].reads["D"]) == 2
    assert not seen.moves[-1].torn and not ids(seen, "error")


class Gan(keras.Model):
    def __init__(self, loop):
        super().__init__()
        self.loop = loop

    def train_step(self, batch):
        self.loop.turn_D()
        self.loop.turn_G()
        return {"loss": tf.constant(0.0)}


def fit(loop, eagerly):
    gan = Gan(loop)
    gan.compile(run_eagerly=eagerly)
    batches = tf.data.Dataset.from_tensor_slices(tf.zeros([12, 1])).batch(3)
    with audit(G=loop.G, D=loop.D) as seen:
        gan.fit(batches, verbose=0, shuffle=False)
    return seen


def test_a_keras_train_step_that_runs_eagerly_is_seen():
    seen = fit(Loop(), eagerly=True)
    assert seen.schedule == ALTERNATING and len(seen.moves) == 8
    assert "self.opt_D.apply_gradients" in seen.moves[0].place.source


# -- what is hidden


def test_a_compiled_train_step_is_unknown_and_not_absent():
    loop = Loop()
    for turn in (loop.turn_D, loop.turn_G):
        turn()
    seen = fit(loop, eagerly=False)
    assert seen.schedule is None and not seen.settled
    assert seen.report.name.startswith("unknown")
    assert "run_functions_eagerly" in " ".join(seen.unseen)
    assert not seen.findings


def test_a_compiled_turn_beside_an_eager_one_makes_the_name_unknown():
    loop = Loop()
    loop.turn_D()
    loop.turn_G()
    seen = loop.audit(tf.function(loop.turn_D), loop.turn_G)
    assert seen.report.name == (
        "unknown: a tf.function that ran as one piece may move D"
    )
    assert not ids(seen, "error")


def test_a_compiled_network_is_said_and_its_reads_are_right():
    loop = Loop()
    loop.samples()
    plain = loop.D
    plain(loop.data())
    loop.D = tf.function(lambda x, training: plain(x, training=training))
    loop.D.trainable_variables = plain.trainable_variables
    with audit(G=loop.G, D=plain) as seen:
        for _ in range(4):
            loop.turn_D()
            loop.turn_G()
    assert seen.schedule == ALTERNATING
    assert "a tf.function ran as one piece" in seen.unseen[0]


def test_functions_that_run_eagerly_are_seen():
    loop = Loop()
    tf.config.run_functions_eagerly(True)
    try:
        seen = loop.audit(tf.function(loop.turn_D), tf.function(loop.turn_G))
    finally:
        tf.config.run_functions_eagerly(False)
    assert seen.schedule == ALTERNATING and not seen.unseen


@pytest.mark.parametrize("leave", [lambda t: t.numpy(), np.asarray])
def test_samples_that_went_through_numpy_are_unknown(leave):
    loop = Loop()

    def turn_D():
        fake = tf.constant(leave(loop.samples()))
        with tf.GradientTape() as tape:
            loss = loop.loss_D(loop.data(), fake)
        grads = tape.gradient(loss, loop.D.trainable_variables)
        loop.opt_D.apply(grads, loop.D.trainable_variables)

    seen = loop.audit(turn_D, loop.turn_G)
    assert seen.schedule is None
    assert seen.report.name.startswith("unknown: what D read")


# -- fate


def fates(seen, player):
    return [a.fates for a in seen.report.arrivals if a.player == player]


def test_a_gradient_that_no_step_took_is_left_behind():
    loop = Loop()

    def probe():
        with tf.GradientTape() as tape:
            loss = loop.loss_G(loop.samples())
        tape.gradient(loss, loop.G.trainable_variables)

    seen = loop.audit(loop.turn_D, probe)
    assert fates(seen, "G") == [{"left behind": 4}]
    found = only(seen, "never-moved")
    assert "tape.gradient(loss, loop.G" in found.place.source


def test_a_gradient_that_is_applied_twice_is_stepped_again():
    loop = Loop()

    def twice():
        with tf.GradientTape() as tape:
            loss = loop.loss_D(loop.data(), loop.samples())
        grads = tape.gradient(loss, loop.D.trainable_variables)
        loop.opt_D.apply(grads, loop.D.trainable_variables)
        loop.opt_D.apply(grads, loop.D.trainable_variables)

    seen = loop.audit(twice, loop.turn_G)
    assert fates(seen, "D") == [{"stepped again": 4}]


def test_the_others_gradient_on_own_weights_is_found():
    twins = lambda: [keras.Sequential([layers.Dense(2)]) for _ in "GD"]  # noqa: E731
    loop = Loop(nets=twins)
    loop.samples = lambda: loop.G(tf.random.normal([6, 2]))

    def turn_G():
        with tf.GradientTape() as tape:
            loss = loop.loss_G(loop.samples())
        grads = tape.gradient(loss, loop.G.trainable_variables)
        loop.opt_D.apply(grads, loop.D.trainable_variables)

    found = only(loop.audit(loop.turn_D, turn_G), "wrong-weights")
    assert "loop.opt_D.apply" in found.place.source


# -- faults


def penalised(loop, epsilon=(6, 1), outside=False):
    """One critic turn with a gradient penalty."""
    real, fake = loop.data(), loop.samples()
    share = tf.random.uniform(epsilon)
    mixed = share * real + (1.0 - share) * fake

    def penalty():
        with tf.GradientTape() as inner:
            inner.watch(mixed)
            score = loop.D(mixed, training=True)
        slope = inner.gradient(score, mixed)
        return tf.reduce_mean((tf.norm(slope, axis=1) - 1.0) ** 2)

    term = penalty() if outside else None
    with tf.GradientTape() as tape:
        loss = loop.loss_D(real, fake) + (term if outside else penalty())
    grads = tape.gradient(loss, loop.D.trainable_variables)
    loop.opt_D.apply(grads, loop.D.trainable_variables)


def one_epsilon(loop):
    return lambda: penalised(loop, (1, 1)), loop.turn_G


def dead_penalty(loop):
    return lambda: penalised(loop, outside=True), loop.turn_G


def batch_norm_penalty(loop):
    loop.D = networks(layers.BatchNormalization())[1]
    return lambda: penalised(loop), loop.turn_G


def cut_in_own_turn(loop):
    def turn_G():
        with tf.GradientTape() as tape:
            loss = loop.loss_G(tf.stop_gradient(loop.samples()))
        grads = tape.gradient(loss, loop.G.trainable_variables)
        with pytest.raises(ValueError, match="No gradients"):
            loop.opt_G.apply(grads, loop.G.trainable_variables)

    return loop.turn_D, turn_G


def zeros_for_none(loop):
    zero = tf.UnconnectedGradients.ZERO

    def turn_G():
        fake = loop.samples()
        with tf.GradientTape() as tape:
            loss = loop.loss_G(fake)
        weights = [weight.value for weight in loop.G.trainable_variables]
        grads = tape.gradient(loss, weights, unconnected_gradients=zero)
        loop.opt_G.apply(grads, weights)

    return loop.turn_D, turn_G


def same_pull(loop):
    loop.loss_G = lambda fake: tf.reduce_mean(tf.nn.softplus(loop.D(fake)))
    return loop.turn_D, loop.turn_G


def mixed_batch_norm(loop):
    loop.D = networks(layers.BatchNormalization())[1]

    def loss_D(real, fake):
        score = loop.D(tf.concat([real, fake], 0), training=True)
        return tf.reduce_mean(tf.nn.softplus(score * ([[-1.0]] * 6 + [[1.0]] * 6)))

    loop.loss_D = loss_D
    return loop.turn_D, loop.turn_G


def left_in_eval(loop):
    loop.D = networks(layers.Dropout(0.5))[1]
    loop.loss_D = lambda real, fake: tf.reduce_mean(loop.D(fake) - loop.D(real))
    return loop.turn_D, loop.turn_G


def frozen_critic_moves(loop):
    loop.D = keras.Sequential([layers.SpectralNormalization(layers.Dense(1))])

    def turn_G():
        loop.D.trainable = False
        loop.turn_G()
        loop.D.trainable = True

    return loop.turn_D, turn_G


def never_cleared(loop):
    loop.data(), loop.samples(), loop.D(loop.data())
    sums = [tf.Variable(tf.zeros_like(w)) for w in loop.D.trainable_variables]

    def turn_D():
        with tf.GradientTape() as tape:
            loss = loop.loss_D(loop.data(), loop.samples())
        grads = tape.gradient(loss, loop.D.trainable_variables)
        for total, grad in zip(sums, grads, strict=True):
            total.assign_add(grad)
        loop.opt_D.apply([t.read_value() for t in sums], loop.D.trainable_variables)

    return turn_D, loop.turn_G


def earlier_weights(loop):
    loop.samples()
    old = loop.G.trainable_variables
    loop.G = networks()[0]
    loop.samples()

    def turn_G():
        with tf.GradientTape() as tape:
            loss = loop.loss_G(loop.samples())
        loop.opt_G.apply(tape.gradient(loss, loop.G.trainable_variables), old)

    return loop.turn_D, turn_G


def saturated(loop):
    loop.loss_G = lambda fake: tf.reduce_mean(tf.nn.softplus(-loop.D(fake) - 60.0))
    return loop.turn_D, loop.turn_G


def stale_weight_copy(loop):
    weight, bias = tf.Variable(tf.ones([2, 1])), tf.Variable(tf.zeros([1]))

    class Critic(tf.Module):
        def __init__(self):
            super().__init__()
            self.weight, self.bias = weight, bias
            self.kept = None

        @property
        def trainable_variables(self):
            return [self.weight, self.bias]

        def __call__(self, x, training=None):
            if self.kept is None:
                self.kept = tf.identity(self.weight)
            return x @ self.kept + self.bias

    loop.D = Critic()

    def turn_G():
        loop.turn_G()
        loop.D.kept = None

    def turn_D():
        loop.D.kept = None
        loop.turn_D()

    return turn_D, turn_G


FAULTS = [
    (one_epsilon, "mixed = share * real"),
    (dead_penalty, "tape.gradient(loss, loop.D"),
    (batch_norm_penalty, "inner.gradient(score, mixed)"),
    (cut_in_own_turn, "tf.stop_gradient(loop.samples())"),
    (zeros_for_none, "tf.nn.softplus(-self.D(fake"),
    (same_pull, "tape.gradient(loss, self.G"),
    (mixed_batch_norm, "tf.concat([real, fake], 0)"),
    (left_in_eval, "loop.D(fake) - loop.D(real)"),
    (frozen_critic_moves, "tf.nn.softplus(-self.D(fake"),
    (never_cleared, "loop.opt_D.apply"),
    (earlier_weights, "loop.opt_G.apply"),
    (saturated, "tape.gradient(loss, self.G"),
    (stale_weight_copy, "tf.nn.softplus(-self.D(fake"),
]


@pytest.mark.parametrize(
    ("plant", "line"), FAULTS, ids=lambda v: getattr(v, "__name__", "")
)
def test_it_finds_a_planted_fault_at_its_line(plant, line):
    loop = Loop()
    seen = loop.audit(*plant(loop))
    name = {"zeros_for_none": "cut_in_own_turn"}.get(plant.__name__, plant.__name__)
    found = only(seen, name.replace("_", "-"))
    assert line in found.place.source
    assert len(ids(seen, "error", "warning")) == 1, seen
    for torch_word in ("backward()", "zero_grad", "detach", "eval()", "create_graph"):
        assert torch_word not in found.sentence + found.cure


def test_clipping_scaled_gradients_is_found_and_clipping_inside_is_not():
    def turn(loop, *, clip):
        with tf.GradientTape() as tape:
            loss = loop.opt_D.scale_loss(loop.loss_D(loop.data(), loop.samples()))
        grads = tape.gradient(loss, loop.D.trainable_variables)
        if clip:
            grads, _ = tf.clip_by_global_norm(grads, 1.0)
        loop.opt_D.apply(grads, loop.D.trainable_variables)

    make = lambda rate: keras.optimizers.LossScaleOptimizer(  # noqa: E731
        keras.optimizers.SGD(rate, global_clipnorm=1.0)
    )
    for clip in (True, False):
        loop = Loop(make)
        seen = loop.audit(lambda loop=loop, clip=clip: turn(loop, clip=clip))
        assert ("clipped-while-scaled" in ids(seen)) == clip


def test_an_average_that_leaves_out_the_buffers_is_found():
    for whole in (False, True):
        loop = Loop(nets=lambda: networks(norm=True))
        average = networks(norm=True)[0]
        loop.samples(), average(tf.zeros([1, 4]))

        def follow(loop=loop, average=average, whole=whole):
            kind = "weights" if whole else "trainable_variables"
            pairs = zip(getattr(average, kind), getattr(loop.G, kind), strict=True)
            for old, new in pairs:
                old.assign(0.9 * old + 0.1 * new)

        seen = loop.audit(loop.turn_D, loop.turn_G, follow)
        assert ("average-without-buffers" in ids(seen)) != whole


# -- cost


def test_the_wasted_share_is_what_the_cure_saves():
    def cost(cure):
        loop = Loop()
        loop.samples(), loop.D(loop.data())

        def turn_G():
            with tf.GradientTape(watch_accessed_variables=not cure) as tape:
                tape.watch([w.value for w in loop.G.trainable_variables])
                loss = loop.loss_G(loop.samples())
            grads = tape.gradient(loss, loop.G.trainable_variables)
            loop.opt_G.apply(grads, loop.G.trainable_variables)

        def turn_D():
            with tf.GradientTape(watch_accessed_variables=not cure) as tape:
                tape.watch([w.value for w in loop.D.trainable_variables])
                loss = loop.loss_D(loop.data(), loop.samples())
            grads = tape.gradient(loss, loop.D.trainable_variables)
            loop.opt_D.apply(grads, loop.D.trainable_variables)

        return loop.audit(turn_D, turn_G)

    before, after = cost(False), cost(True)
    assert {"wasted-weight-gradients", "walks-into-generator"} <= ids(before)
    assert after.cost.wasted == 0.0
    saved = 1.0 - after.cost.flops / before.cost.flops
    assert before.cost.wasted == pytest.approx(saved, rel=1e-6)


def test_the_flops_of_a_forward_pass_are_those_of_its_products():
    D = keras.Sequential(
        [layers.Conv2D(4, 3, strides=2), layers.Flatten(), layers.Dense(1)]
    )
    with audit(D=D) as seen:
        D(tf.zeros([2, 9, 9, 3]))
    convolution, dense = 2 * (2 * 4 * 4 * 4) * (3 * 3 * 3), 2 * 2 * 64
    assert seen.cost.flops == convolution + dense


# -- it only looks


def run_of_everything(watched):
    """Batch norm, dropout, penalty, own updates, averages: what a run leaves behind."""
    nets = lambda: networks(layers.Dropout(0.3), norm=True)  # noqa: E731
    loop = Loop(nets=nets)
    seen = audit(G=loop.G, D=loop.D)
    if watched:
        seen.__enter__()
    average = [tf.Variable(tf.zeros([4, 8]))]
    for _ in range(3):
        penalised(loop)
        loop.turn_D()
        loop.both()
        loop.turn_G()
        average[0].assign(0.9 * average[0] + 0.1 * loop.G.trainable_variables[0])
        loop.D.trainable_variables[0].assign_sub(
            0.01 * loop.D.trainable_variables[0] + tf.random.normal([2, 8])
        )
    if watched:
        seen.__exit__(None, None, None)
        assert seen.moves
    kept = [*loop.G.weights, *loop.D.weights, *loop.opt_G.variables]
    kept += [*loop.opt_D.variables, *average, loop.samples(), tf.random.normal([3])]
    return [tf.convert_to_tensor(one).numpy() for one in kept]


def test_everything_is_bit_equal_with_and_without_it():
    plain, watched = run_of_everything(False), run_of_everything(True)
    assert len(plain) == len(watched) > 30
    for one, other in zip(plain, watched, strict=True):
        np.testing.assert_array_equal(one, other)


def parts():
    tensor = type(tf.constant(0.0))
    places = [
        (keras.Layer, "__call__"),
        (keras.layers.Dropout, "call"),
        (keras.optimizers.Optimizer, "apply"),
        (tf.GradientTape, "gradient"),
        (tf.GradientTape, "_push_tape"),
        (imperative_grad, "imperative_grad"),
        (pywrap_tfe, "TFE_Py_FastPathExecute"),
        (tensor, "numpy"),
    ]
    return [vars(owner).get(name) for owner, name in places]


def test_it_comes_off_in_an_exception():
    loop, before = Loop(), parts()
    with pytest.raises(KeyboardInterrupt), audit(G=loop.G, D=loop.D) as seen:
        loop.turn_D()
        assert parts() != before
        raise KeyboardInterrupt
    assert parts() == before and not op_callbacks.should_invoke_op_callbacks()
    assert len(seen.moves) == 1
    loop.turn_D()
    assert len(seen.moves) == 1


def test_it_keeps_nothing_from_tick_to_tick():
    loop = Loop()

    def alive():
        gc.collect()
        kinds = (Call, Given, Origin)
        return sum(type(one) in kinds for one in gc.get_objects())

    with audit(G=loop.G, D=loop.D) as seen:
        for _ in range(8):
            loop.turn_D(), loop.both()
        before, log = alive(), seen._observer.state.log
        assert len(log.open) < 6
        for _ in range(8):
            loop.turn_D(), loop.both()
        assert alive() <= before + 8
        assert len(log.open) < 6


def test_two_audits_do_not_nest_whatever_the_framework():
    loop = Loop()
    import torch

    one = torch.nn.Linear(1, 1)
    with audit(G=loop.G, D=loop.D):
        for other in (audit(D=tf.Variable([1.0])), ganflow.audit(D=one)):
            with pytest.raises(RuntimeError, match="cannot nest"):
                other.__enter__()
    with ganflow.audit(D=one), pytest.raises(RuntimeError, match="cannot nest"):
        audit(D=tf.Variable([1.0])).__enter__()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: audit(), ValueError, "no players"),
        (lambda: audit(networks()[0]), TypeError, "name who learns"),
        (lambda: audit(G="G"), TypeError, "holds a str"),
        (lambda: audit(G=[]), ValueError, "no weights"),
        (lambda: audit(G=np.ones(2)), TypeError, "holds a float64"),
    ],
)
def test_its_errors_say_what_is_wrong_in_one_sentence(call, error, words):
    with pytest.raises(error, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_a_network_of_a_player_that_no_step_moves_is_told():
    loop, more = Loop(), networks()[0]

    def turn_G():
        with tf.GradientTape() as tape:
            fake = loop.samples() + more(tf.random.normal([6, 4]), training=True)
            loss = loop.loss_G(fake)
        own = [*loop.G.trainable_variables, *more.trainable_variables]
        grads = tape.gradient(loss, own)[: len(loop.G.trainable_variables)]
        loop.opt_G.apply(grads, loop.G.trainable_variables)

    with audit(G=[loop.G, more], D=loop.D) as seen:
        for _ in range(4):
            loop.turn_D()
            turn_G()
    (stuck,) = [one for one in seen.findings if one.id == "never-moved"]
    assert stuck.level == "warning"
    assert "4 of the 8 weights of G" in stuck.sentence


def test_the_mean_over_many_patches_is_no_saturated_loss():
    def nets():
        G, _ = networks()
        return G, keras.Sequential([layers.Dense(8, "leaky_relu"), layers.Dense(256)])

    loop = Loop(nets=nets)
    seen = loop.audit(loop.turn_D, loop.turn_G)
    assert not [one for one in seen.findings if one.id == "saturated"]


def test_a_step_before_the_samples_are_read_is_not_taken_for_one_on_them():
    """train_on_batch() on data, then on samples that were made before it."""
    loop = Loop()

    def turn(x, sign):
        with tf.GradientTape() as tape:
            score = loop.D(x, training=True)
            loss = tf.reduce_mean(tf.nn.softplus(sign * score))
        grads = tape.gradient(loss, loop.D.trainable_variables)
        loop.opt_D.apply(grads, loop.D.trainable_variables)

    def turns_D():
        fake = loop.samples()
        turn(loop.data(), -1)
        turn(fake, 1)

    seen = loop.audit(turns_D, loop.turn_G)
    assert seen.report.name.startswith("alternating, D first")
    assert "4 of D's steps read D alone" in seen.report.name
