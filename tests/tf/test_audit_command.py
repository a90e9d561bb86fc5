"""`ganflow audit` finds the players of a TensorFlow script, and stops it."""

import json
import subprocess
import sys
from typing import NamedTuple

import pytest

from ganflow.__main__ import main

NETS = """
import keras, tensorflow as tf

def net(n):
    return keras.Sequential([keras.layers.Dense(4, "relu"), keras.layers.Dense(n)])

def move(optimizer, tape, loss, weights):
    optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))

def score(critic, samples):
    return tf.reduce_mean(tf.nn.softplus(critic(samples)))
"""
GAME = """
generator, discriminator = net(2), net(1)
g_optimizer, d_optimizer = keras.optimizers.Adam(), keras.optimizers.Adam()

def tick():
    fake = generator(tf.random.normal([4, 3]))
    with tf.GradientTape() as tape:
        real = discriminator(tf.random.normal([4, 2]))
        loss = score(discriminator, fake) + tf.reduce_mean(tf.nn.softplus(-real))
    move(d_optimizer, tape, loss, discriminator.trainable_variables)
    with tf.GradientTape() as tape:
        loss = -score(discriminator, generator(tf.random.normal([4, 3])))
    move(g_optimizer, tape, loss, generator.trainable_variables)
"""
LOOP = """
for _ in range(300):
    tick()
print("the end")
"""
MODEL = """
class GAN(keras.Model):
    def __init__(self):
        super().__init__()
        self.generator, self.discriminator = net(2), net(1)
        self.opt_G, self.opt_D = keras.optimizers.Adam(), keras.optimizers.Adam()

    def train_step(self, real):
        with tf.GradientTape() as tape:
            fake = self.generator(tf.random.normal([4, 3]))
            loss = score(self.discriminator, fake) - score(self.discriminator, real)
        move(self.opt_D, tape, loss, self.discriminator.trainable_variables)
        with tf.GradientTape() as tape:
            fake = self.generator(tf.random.normal([4, 3]))
            loss = -score(self.discriminator, fake)
        move(self.opt_G, tape, loss, self.generator.trainable_variables)
        return {"loss": loss}

gan = GAN()
gan.compile()
gan.fit(tf.random.normal([800, 2]), batch_size=4, verbose=0)
"""
NAMELESS = """
encode, decode, judge = net(3), net(2), net(1)
first, second = keras.optimizers.Adam(), keras.optimizers.Adam()

def tick():
    fake = decode(encode(tf.random.normal([4, 2])))
    with tf.GradientTape() as tape:
        loss = score(judge, fake) - score(judge, tf.random.normal([4, 2]))
    move(first, tape, loss, judge.trainable_variables)
    with tf.GradientTape() as tape:
        loss = -score(judge, decode(encode(tf.random.normal([4, 2]))))
    move(
        second, tape, loss, encode.trainable_variables + decode.trainable_variables
    )
"""


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def audit(tmp_path, monkeypatch, capfd):
    """Write a script, run the command on it in its folder, give what came out."""
    monkeypatch.chdir(tmp_path)

    def run(source, *arguments):
        (tmp_path / "train.py").write_text(NETS + source)
        try:
            status = main(["audit", *arguments, "train.py"])
        except SystemExit as refused:
            status = refused.code
        return Done(status, *capfd.readouterr())

    return run


def test_a_script_that_loads_keras_first_is_watched_and_stopped(tmp_path):
    (tmp_path / "train.py").write_text(NETS + GAME + LOOP)
    command = [sys.executable, "-m", "ganflow", "audit", "train.py"]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "Schedule: alternating, discriminator first" in done.stdout
    assert "the end" not in done.stdout
    said = "train.py stopped after 6 moves; its schedule is settled"
    assert said in done.stderr
    assert "Player" not in done.stdout


def test_players_are_the_attributes_of_a_model_with_a_train_step(audit):
    eager = MODEL.replace("compile()", "compile(run_eagerly=True)")
    done = audit(eager, "--json", "loop.json")
    assert done.returncode == 0, done.stderr
    with open("loop.json") as file:
        report = json.load(file)
    assert report["players"] == {"generator": 4, "discriminator": 4}
    assert report["name"].startswith("alternating, discriminator first")


@pytest.mark.parametrize(
    "source",
    [
        MODEL,
        GAME.replace("def tick", "@tf.function\ndef tick") + LOOP,
    ],
    ids=["fit", "tf.function"],
)
def test_a_compiled_step_is_no_success(audit, source):
    done = audit(source)
    assert done.returncode == 3
    assert "NOT ALL COULD BE SEEN" in done.stderr
    assert "run_functions_eagerly(True)" in done.stderr
    assert "run_eagerly=True" in done.stderr
    assert "Schedule: unknown: a tf.function" in done.stdout
    assert "the end" not in done.stdout


def test_networks_without_a_role_are_found_by_their_optimizers(audit):
    done = audit(NAMELESS + LOOP)
    assert done.returncode == 0, done.stderr
    assert "judge first" in done.stdout
    assert "Player encode+decode: one optimizer steps both." in done.stdout


def test_the_user_says_who_plays(audit):
    nets = "nets = {'a': decode, 'b': [encode]}\n"
    players = ("--player", "critic=judge", "--player", "G=nets.a,nets.b")
    done = audit(NAMELESS + nets + LOOP, *players)
    assert done.returncode == 0, done.stderr
    assert "alternating, critic first" in done.stdout
    assert "6 moves of critic (4 tensors) and G (8 tensors)" in done.stdout


def test_a_path_that_leads_nowhere_is_told_with_those_that_do(audit):
    done = audit(GAME + LOOP, "--player", "G=netG")
    assert done.returncode == 2
    assert "netG leads to no network" in done.stderr
    assert "generator, discriminator" in done.stderr


def test_an_error_is_the_exit_status(audit):
    last = "    move(g_optimizer, tape, loss, generator.trainable_variables)\n"
    assert last in GAME
    done = audit(GAME.replace(last, "") + LOOP, "--ticks", "3")
    assert done.returncode == 1
    assert "ERROR never-moved" in done.stdout
    assert "Player generator: no optimizer holds generator." in done.stdout


def test_nothing_of_the_watch_stays(audit):
    import keras
    import tensorflow as tf
    from tensorflow.python.eager import execute
    from tensorflow.python.framework import op_callbacks

    owners = (keras.Layer, tf.GradientTape, keras.optimizers.Optimizer)
    before = [dict(vars(owner)) for owner in owners]
    assert audit(GAME + LOOP).returncode == 0
    assert [dict(vars(owner)) for owner in owners] == before
    assert execute.execute is execute.quick_execute
    assert not op_callbacks.should_invoke_op_callbacks()
