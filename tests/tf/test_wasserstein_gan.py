"""A tick of the Keras model is the torch trainer's, and a fit can be taken up again."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from keras_twins import as_keras, twin

from ganflow import recipe
from ganflow.data import load_images
from ganflow.losses import gradient_penalty as penalty_torch
from ganflow.losses import score_loss_G, wasserstein_loss_D
from ganflow.nets import mlp_critic, mlp_generator
from ganflow.training import begin, sample_batches, turns

# isort: split
from ganflow.tf import Ticks, TorchAdam, WassersteinGAN
from ganflow.tf.load import keras, tf

SEEDS = (0, 1, 2)
# Keras holds a rate in float32: in float64 only numbers such as these are the same.
RATE, BETAS = 2**-10, {"beta_1": 0.0, "beta_2": 1 - 2**-3}


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def points(seed, critic_steps=5, batch=16):
    """Networks of points in float64, and what a tick reads."""
    rng = seeded(seed)
    G, D = mlp_generator(generator=rng).double(), mlp_critic(generator=rng).double()
    for layer in D[1::2]:
        layer.negative_slope = 0.25  # 0.2 is held in float32 by TensorFlow
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(critic_steps, batch, 2)) + 1
    z = draw.normal(size=(critic_steps + 1, batch, 2))
    return G, D, x, z, draw.uniform(size=(critic_steps, batch))


def model_of(G, D, dtype="float64", *, adam=TorchAdam, **options):
    """The Keras twin of two networks of points."""
    model = WassersteinGAN(twin(G, (2,), dtype), twin(D, (2,), dtype))
    model.compile(adam(RATE, **BETAS), adam(RATE, **BETAS), **options)
    return model


def tick_torch(G, D, x, z, mix):
    """Algorithm 1 in torch, by the package's losses."""
    betas = tuple(BETAS.values())
    opt_G, opt_D = (torch.optim.Adam(net.parameters(), RATE, betas) for net in (G, D))
    for x_real, noise, share in zip(
        *map(torch.from_numpy, (x, z[:-1], mix)), strict=True
    ):
        x_fake = G(noise).detach()
        loss = wasserstein_loss_D(D(x_real), D(x_fake))
        opt_D.zero_grad()
        (loss + 10 * penalty_torch(D, x_real, x_fake, mix=share)).backward()
        opt_D.step()
    opt_G.zero_grad()
    score_loss_G(D(G(torch.from_numpy(z[-1])))).backward()
    opt_G.step()


def assert_same_weights(nets, model, rtol, atol):
    for net, made in zip(nets, (model.G, model.D), strict=True):
        for weight, variable in zip(
            net.parameters(), made.trainable_variables, strict=True
        ):
            np.testing.assert_allclose(variable, as_keras(weight), rtol, atol)


@pytest.mark.parametrize("graph", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_tick_of_points_is_that_of_torch(seed, graph):
    G, D, x, z, mix = points(seed)
    model = model_of(G, D)
    tick_torch(G, D, x, z, mix)
    tick = tf.function(model.tick, autograph=False) if graph else model.tick
    tick(*map(tf.constant, (x, z, mix)))
    assert_same_weights((G, D), model, 1e-10, 1e-5 * RATE)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_epsilon_of_keras_itself_leads_elsewhere(seed):
    G, D, x, z, mix = points(seed)
    model = model_of(G, D, adam=keras.optimizers.Adam)
    tick_torch(G, D, x, z, mix)
    model.tick(*map(tf.constant, (x, z, mix)))
    with pytest.raises(AssertionError):
        assert_same_weights((G, D), model, 1e-10, 1e-2 * RATE)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_tick_of_images_is_that_of_the_trainer(seed):
    images = load_images("digits", size=16).pixels
    same = {"rate_G": RATE, "rate_D": RATE, "beta2": BETAS["beta_2"]}
    run = begin(recipe("wgan-gp", size=16, width=8, seed=seed, **same), images)
    run.G, run.D, run.images = run.G.double(), run.D.double(), run.images.double()
    run.make, run.score = run.G, run.D  # without their cast to float32
    G = twin(run.G, (100,), "float64")
    model = WassersteinGAN(G, twin(run.D, (16, 16, 1), "float64"))
    model.compile(TorchAdam(RATE, **BETAS), TorchAdam(RATE, **BETAS))
    drawn = sample_batches(run.settings, len(images), 0, "cpu")
    x = images[drawn.indices.numpy()].transpose(0, 1, 3, 4, 2).astype(float)
    read = replace(drawn, z=drawn.z.double(), mix=drawn.mix.double())
    turns(run, read)
    model.tick(tf.constant(x), read.z.numpy(), read.mix.numpy())
    # TensorFlow holds the 0.2 of its leaky ReLU in float32, too.
    assert_same_weights((run.G, run.D), model, 1e-7, 1e-3 * RATE)


@pytest.mark.parametrize("beta_2", [0.9, 0.999])
def test_torch_adam_steps_as_torch_whatever_the_size_of_the_gradient(beta_2):
    slopes = np.geomspace(1e-10, 1e2, 13)
    weight = torch.zeros(13, dtype=torch.float64, requires_grad=True)
    theirs = torch.optim.Adam([weight], RATE, (0.5, beta_2))
    variable = keras.Variable(np.zeros(13), dtype="float64")
    ours = TorchAdam(RATE, 0.5, beta_2)
    for turn in (1, -2, 3):
        weight.grad = torch.from_numpy(turn * slopes)
        theirs.step()
        ours.apply([turn * slopes], [variable])
    # Keras holds the rate and the betas in float32.
    np.testing.assert_allclose(variable, weight.detach(), 1e-5)
    assert ours.epsilon == 1e-8


def fitted(seed, epochs, folder=None, stop=None):
    """A model after some epochs of points, perhaps interrupted; and its history."""
    G, D, *_ = points(seed)
    model = WassersteinGAN(twin(G, (2,)), twin(D, (2,)), critic_steps=2, seed=seed)
    model.compile(TorchAdam(RATE, **BETAS), TorchAdam(RATE, **BETAS), run_eagerly=True)
    x = np.random.default_rng(seed).normal(size=(100, 2)).astype("float32")
    ticks = Ticks(x, critic_steps=2, batch=16, seed=seed)
    callbacks = [ticks.follow()]
    if folder:
        callbacks.append(keras.callbacks.BackupAndRestore(folder))
    if stop is not None:
        callbacks.append(stop)
    how = {"epochs": epochs, "callbacks": callbacks, "shuffle": False, "verbose": 0}
    try:
        history = model.fit(ticks, **how).epoch
    except KeyboardInterrupt:
        history = None
    return model, history


class StopAt(keras.callbacks.Callback):
    """Interrupts as a tick begins."""

    def __init__(self, tick):
        super().__init__()
        self.left = tick

    def on_train_batch_begin(self, batch, logs=None):
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt


def state(model):
    parts = (model.G, model.D, model.opt_G, model.opt_D)
    return [variable.numpy() for part in parts for variable in part.variables]


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("seed", SEEDS)
def test_an_interrupted_fit_ends_as_one_that_was_left_alone(seed, tmp_path):
    whole, _ = fitted(seed, epochs=3)
    stopped, _ = fitted(seed, epochs=3, folder=tmp_path / "run", stop=StopAt(4))
    assert int(stopped.opt_G.iterations) == 4  # in the second epoch of three ticks
    resumed, epochs = fitted(seed, epochs=3, folder=tmp_path / "run")
    assert epochs == [1, 2] and int(resumed.opt_G.iterations) == 9
    for here, there in zip(state(whole), state(resumed), strict=True):
        np.testing.assert_allclose(here, there, rtol=1e-5, atol=1e-7)


def test_noise_is_of_seed_and_tick_and_of_no_stream():
    G, D, *_ = points(0)
    one, other = (WassersteinGAN(twin(G, (2,)), twin(D, (2,)), seed=s) for s in (0, 1))
    for model in (one, other):
        model.compile(TorchAdam(), TorchAdam())
    (z, mix), (again, _) = one.noise(64), one.noise(64)
    assert z.shape == (6, 64, 2) and mix.shape == (5, 64)
    assert np.array_equal(z, again) and not np.array_equal(z, other.noise(64)[0])
    one.opt_G.iterations.assign(1)
    assert not np.array_equal(z, one.noise(64)[0])
    assert abs(np.mean(z)) < 0.2 and 0 <= np.min(mix) <= np.max(mix) < 1


def test_an_epoch_reads_each_sample_once_in_an_order_of_its_own():
    ticks = Ticks(np.arange(100), critic_steps=3, batch=8, seed=0)
    orders = []
    for epoch in (0, 1, 0):
        ticks.follow().on_epoch_begin(epoch, {})
        read = np.stack([ticks[i] for i in range(len(ticks))])
        assert read.shape == (4, 3, 8) and len(np.unique(read)) == 96
        orders.append(read)
    assert np.array_equal(orders[0], orders[2])
    assert not np.array_equal(orders[0], orders[1])


def test_too_few_samples_for_a_tick_are_refused():
    with pytest.raises(ValueError, match="x has 7 samples, and one tick reads 5"):
        Ticks(np.arange(7), batch=2)


def test_neither_player_moves_in_the_turn_of_the_other():
    G, D, x, z, mix = points(0)
    model = model_of(G, D)
    before_G, before_D = model.G.get_weights(), model.D.get_weights()
    model.critic_step(x[0], z[0], mix[0])
    assert all(map(np.array_equal, before_G, model.G.get_weights()))
    after_D = model.D.get_weights()
    assert not all(map(np.array_equal, before_D, after_D))
    model.generator_step(z[-1])
    assert all(map(np.array_equal, after_D, model.D.get_weights()))
    assert not all(map(np.array_equal, before_G, model.G.get_weights()))


@pytest.mark.parametrize(
    "wrong", [{"critic_steps": 0}, {"strength": -1.0}, {"seed": -1}]
)
def test_an_option_out_of_its_range_is_refused(wrong):
    G, D, *_ = points(0)
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} is .*; expected"):
        WassersteinGAN(twin(G, (2,)), twin(D, (2,)), **wrong)


def test_one_optimizer_for_both_is_refused():
    G, D, *_ = points(0)
    shared = TorchAdam()
    with pytest.raises(ValueError, match="are one optimizer; expected two"):
        WassersteinGAN(twin(G, (2,)), twin(D, (2,))).compile(shared, shared)
