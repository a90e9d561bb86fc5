"""The snippets of the Rosetta page say the same in PyTorch and TensorFlow."""

import contextlib
import re
from copy import deepcopy

import numpy as np
import pytest
from book_links import text_of
from rosetta_pair import arrays, tf_names, torch_names

from ganflow.tf.load import keras, tf

# isort: split
import torch

PAGE = text_of("book/appendix/rosetta")
TITLES = re.findall(r"^## (.*)$", PAGE, re.M)
BODIES = dict(zip(TITLES, re.split(r"^## .*$", PAGE, flags=re.M)[1:], strict=True))
RUN = ("PyTorch", "TensorFlow")
CITED = ("MATLAB", "Torch7", "TensorFlow 1")
CHECKS = {}


def code(title, language):
    """The one snippet of a section that is in this language."""
    (snippet,) = re.findall(rf"```python\n# {language}\n(.*?)```", BODIES[title], re.S)
    return snippet


def row(title, language):
    """What a section says of a language whose code is not run."""
    (text,) = re.findall(
        rf"^- \*\*{language}:\*\*\s+(.*?)(?=^- |\Z)", BODIES[title], re.S | re.M
    )
    return text


@contextlib.contextmanager
def process_group():
    """One process that calls itself a group."""
    store = torch.distributed.HashStore()
    torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


def run(title, language, path):
    """The names after a section's snippet, run after the first section's."""
    names = torch_names(path) if language == "PyTorch" else tf_names(path)
    for part in dict.fromkeys((TITLES[0], title)):
        exec(compile(code(part, language), f"{part} ({language})", "exec"), names)
    return names


def of(title):
    """Register what must hold of a section, given the names of both snippets."""

    def register(check):
        CHECKS[title] = check
        return check

    return register


def number(value):
    """A NumPy array; torch's weights turned to Keras's (inputs, outputs)."""
    if isinstance(value, torch.Tensor):
        return value.detach().numpy().T
    return np.asarray(value)


def same(ours, theirs):
    """Equal lists of values, None where the other is None, which is not everywhere."""
    pairs = [*zip(ours, theirs, strict=True)]
    assert any(a is not None for a, _ in pairs)
    for a, b in pairs:
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_allclose(number(a), number(b), rtol=2e-5, atol=1e-6)


def kept(net):
    """What lies in .grad."""
    return [weight.grad for weight in net.parameters()]


def slopes(t, loss="G"):
    """The gradient of G's loss for one player, asked anew."""
    loss_G = -t["D"](t["G"](t["z"])).mean()
    return torch.autograd.grad(loss_G, [*t[loss].parameters()])


def is_clear(net):
    """Whether nothing lies in .grad."""
    return all(grad is None for grad in kept(net))


@of("Record")
def check_record(t, k):
    assert t["loss_G"].requires_grad
    same([t["loss_G"]], [k["loss_G"]])
    watched = {id(weight.value) for net in "GD" for weight in k[net].weights}
    assert {id(weight) for weight in k["tape"].watched_variables()} == watched


@of("The gradient of a loss, with respect to weights that you name")
def check_named(t, k):
    same(t["grads_G"], k["grads_G"])
    assert is_clear(t["G"]) and is_clear(t["D"])


@of("The gradient of many scores at once")
def check_many(t, k):
    same(t["grads_G"], k["grads_G"])
    same(t["grads_G"], slopes(t))
    with tf.GradientTape() as tape:
        scores = k["D"](k["G"](k["z"]))
    summed = tape.gradient(scores, k["G"].trainable_variables)
    same([-4 * grad for grad in k["grads_G"]], summed)


@of("Add up, and clear")
def check_add(t, k):
    same(t["total"], k["total"])
    same(t["total"], slopes(t))
    same(kept(t["D"]), slopes(t, "D"))


@of("Step one player")
def check_step(t, k):
    same(t["G"].parameters(), k["G"].weights)
    same(t["D"].parameters(), arrays()[0]["D"])
    moved = number(t["G"][0].weight) - arrays()[0]["G"][0]
    assert abs(moved).max() > 1e-3


@of("Ask one forward pass twice")
def check_twice(t, k):
    same(t["grads_G"], k["grads_G"])
    same(t["grads_D"], k["grads_D"])
    with pytest.raises(RuntimeError, match="second time"):
        torch.autograd.grad(t["loss_G"], [*t["G"].parameters()])


@of("The slope at the input")
def check_slope(t, k):
    same([t["slope"].T], [k["slope"]])
    assert is_clear(t["D"])


@of("Differentiate a derivative")
def check_second(t, k):
    same([t["r1"]], [k["r1"]])
    same(kept(t["D"]), k["grads_D"])
    assert k["grads_D"][-1] is None


@of("Gradient penalty")
def check_penalty(t, k):
    same([t["penalty"]], [k["penalty"]])
    same(kept(t["D"]), k["grads_D"])
    assert is_clear(t["G"])


@of("Cut")
def check_cut(t, k):
    assert [*t["grads_G"]] == k["grads_G"] == [None] * 4
    same(t["grads_D"], k["grads_D"])


@of("Record nothing")
def check_no_record(t, k):
    assert not t["x_fake"].requires_grad
    same(t["grads_D"], k["grads_D"])
    assert len(k["tape"].watched_variables()) == len(k["D"].weights)


@of("Freeze")
def check_freeze(t, k):
    same(kept(t["G"]), k["grads_G"])
    same(kept(t["G"]), slopes(t))
    assert is_clear(t["D"])
    assert all(weight.requires_grad for weight in t["D"].parameters())
    watched = {id(variable) for variable in k["tape"].watched_variables()}
    assert watched == {id(weight.value) for weight in k["G"].weights}


@of("Read a number without its history")
def check_number(t, k):
    assert type(t["seen"]) is type(k["seen"]) is float
    assert t["seen"] == pytest.approx(k["seen"], rel=1e-5)


@of("Write the backward pass yourself")
def check_backward(t, k):
    same(kept(t["G"]), k["grads_G"])
    same(kept(t["G"]), slopes(t))  # minus the score's gradient: that of loss_G


@of("Train and evaluate")
def check_modes(t, k):
    same([t["by_batch"].T], [k["by_batch"]])
    same([t["B"][-1].running_mean], [k["B"].layers[-1].moving_mean])
    for names, after in ((t, t["B"](t["x_real"])), (k, k["B"](k["x_real"]))):
        same([names["by_memory"]], [after])  # and has moved nothing
        assert abs(number(names["by_memory"]) - number(names["by_batch"])).max() > 0.1


@of("Stop BatchNorm's statistics")
def check_statistics(t, k):
    same([t["score"].T], [k["score"]])
    same([t["B"][-1].running_mean], [np.zeros(2)])
    same([k["B"].layers[-1].moving_mean], [np.zeros(2)])


@of("Clip the weights")
def check_clip(t, k):
    same(t["D"].parameters(), k["D"].weights)
    same(t["D"].parameters(), [np.clip(w, -0.1, 0.1) for w in arrays()[0]["D"]])


@of("Keep an average of G")
def check_average(t, k):
    same(t["mean_G"].parameters(), k["mean_G"].weights)
    start, moved = arrays()[0]["G"], map(number, t["G"].parameters())
    mean = [0.9 * old + 0.1 * new for old, new in zip(start, moved, strict=True)]
    same(t["mean_G"].parameters(), mean)
    assert not np.allclose(mean[0], start[0], rtol=0, atol=1e-4)
    average_with_statistics(t, k)


def average_with_statistics(t, k):
    """The last lines of both snippets, on networks whose statistics have moved."""
    title = "Keep an average of G"
    for names, language, first in ((t, "PyTorch", "with"), (k, "TensorFlow", "for")):
        lines = re.search(rf"^{first}.*", code(title, language), re.S | re.M)[0]
        net = names["B"]
        mean_B = {"PyTorch": deepcopy, "TensorFlow": twin}[language](net)
        net(names["x_real"], **({} if language == "PyTorch" else {"training": True}))
        exec(lines, names | {"G": net, "mean_G": mean_B})
        names["mean_B"] = mean_B
    statistics = t["mean_B"][-1].running_mean
    same([statistics], [t["B"][-1].running_mean])
    same([statistics], [k["mean_B"].layers[-1].moving_mean])
    assert abs(number(statistics)).max() > 0.01


def twin(net):
    """A copy of a Keras network, with its weights."""
    copied = keras.models.clone_model(net)
    copied.set_weights(net.get_weights())
    return copied


@of("Draw the same noise again")
def check_noise(t, k):
    for names in (t, k):
        assert names["z"].shape == (4, 2)
        assert abs(number(names["z"]) - number(names["again"])).max() == 0.0


@of("Move to a GPU")
def check_device(t, k):
    same([t["x_fake"].cpu().T], [k["x_fake"]])


@of("Save, and go on")
def check_save(t, k):
    run = torch.load(t["path"], weights_only=True)
    same(run["G"].values(), arrays()[0]["G"])
    assert run["optimizer_G"]["param_groups"][0]["lr"] == 0.1
    for weight in k["G"].weights:
        weight.assign(weight + 1.0)
    k["run"].restore(k["saved"]).assert_existing_objects_matched()
    same(k["G"].weights, arrays()[0]["G"])


@of("Trade time for memory")
def check_again(t, k):
    assert t["D"].calls == 3  # the first section's, this one's, and its repetition
    same(t["grads_G"], k["grads_G"])
    same([-grad for grad in t["grads_G"]], slopes(t))


@of("Compute in half precision")
def check_half(t, k):
    assert t["score"].dtype == torch.bfloat16 and k["score"].dtype == tf.bfloat16
    assert all(weight.dtype == torch.float32 for weight in t["D"].parameters())
    assert all(weight.dtype == "float32" for weight in k["half_D"].weights)
    exact = number(t["D"](t["x_real"]))
    np.testing.assert_allclose(number(t["score"].float()), exact, rtol=0, atol=0.05)


@of("Compile")
def check_compiled(t, k):
    same(t["grads_G"], k["grads_G"])
    same([-grad for grad in t["grads_G"]], slopes(t))


@of("Train on several devices")
def check_spread(t, k):
    same(kept(t["D"]), k["grads_D"])


def test_every_section_is_checked_and_every_check_has_its_section():
    assert [*CHECKS] == TITLES
    assert len(TITLES) >= 20


@pytest.mark.parametrize("title", TITLES)
def test_both_snippets_of_a_section_do_the_same(title, tmp_path, monkeypatch):
    """What must hold is asserted by the section's own check: see `of`."""
    # Chapter 7 runs torch's C++ compiler; it takes half a minute, so not here too.
    compiled = torch.compile
    monkeypatch.setattr(
        torch, "compile", lambda f: compiled(f, backend="aot_eager", fullgraph=True)
    )
    with contextlib.ExitStack() as stack:
        if title == "Train on several devices":
            stack.enter_context(process_group())
        names = [run(title, language, tmp_path) for language in RUN]
        if title == "Draw the same noise again":
            for each, language in zip(names, RUN, strict=True):
                each["again"] = run(title, language, tmp_path)["z"]
        CHECKS[title](*names)


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("language", CITED)
def test_what_is_not_run_is_cited_or_said_to_be_missing(title, language):
    text = row(title, language)
    assert "](https://" in text or text.startswith("nothing")


def old_name(name):
    """What TensorFlow 2 keeps of a name of TensorFlow 1."""
    found = tf.compat.v1
    for part in name.split("."):
        found = getattr(found, part)
    return found


@pytest.mark.parametrize("title", TITLES)
def test_the_names_of_tensorflow_1_exist(title):
    for name in re.findall(r"`tf\.([a-zA-Z_.]+)", row(title, "TensorFlow 1")):
        if name.startswith("layers."):  # the page says so
            with pytest.raises(AttributeError, match="not available with Keras 3"):
                old_name(name)
        else:
            assert callable(old_name(name))


def test_code_fits_a_phone():
    lines = [line for title in TITLES for line in BODIES[title].splitlines()]
    fenced = "\n".join(lines).split("```")[1::2]
    assert max(len(line) for block in fenced for line in block.splitlines()) <= 78
