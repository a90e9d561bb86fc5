"""A trail is kept where memory tells, and else it is "not seen", never "no path"."""

import copy
import io
import pickle

import numpy as np
import pytest
import torch
from small_pair import ALL
from torch import nn
from torch.autograd import Variable
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from ganflow.trace.flow import flow
from ganflow.trace.watch import watch


def word_for_G(pair, made):
    """What the table says of G for D's mean score of what is made of the fake."""
    with watch(**pair) as seen:
        loss_D = pair["D"](made(pair["G"](pair["z"]))).mean()
    players = {"G": pair["G"], "D": pair["D"]}
    table = flow({"loss_D": loss_D}, players, seen=seen)
    assert table["loss_D", "D"].norm > 0
    loss_D.backward()
    arrived = [p.grad is not None for p in pair["G"].parameters()]
    assert arrived == [table["loss_D", "G"].norm is not None] * 4
    return table["loss_D", "G"].words()


TARGETS = {
    "zeros_like": torch.zeros_like,
    "ones_like": torch.ones_like,
    "full_like": lambda s: torch.full_like(s, 0.9),
    "by keyword": lambda s: torch.full_like(input=s, fill_value=0.9),
    "rand_like": torch.rand_like,
    "randn_like": torch.randn_like,
    "randint_like": lambda s: torch.randint_like(s, 2),
    "empty_like": lambda s: torch.empty_like(s).uniform_(0.9, 1.1),
    "new_ones": lambda s: s.new_ones(s.shape),
    "new_full": lambda s: s.new_full(s.shape, 0.9),
    "new_zeros": lambda s: s.new_zeros(s.shape),
    "new_tensor": lambda s: s.new_tensor([1.0]).expand_as(s),
    "expand_as": lambda s: torch.ones(1).expand_as(s),
    "view_as": lambda s: torch.ones(3).view_as(s),
    "reshape_as": lambda s: torch.ones(3).reshape_as(s),
    "type_as": lambda s: torch.ones(3, 1, dtype=torch.float64).type_as(s),
    "to": lambda s: torch.ones(3, 1).to(s),
    "to, by keyword": lambda s: torch.ones(3, 1).to(tensor=s),
    "broadcast_tensors": lambda s: torch.broadcast_tensors(torch.ones(1), s)[0],
    "resize_as_": lambda s: torch.ones(3, 1).resize_as_(s),
    "fill_": lambda s: s.detach().clone().fill_(0.9),
    "zero_": lambda s: s.detach().clone().zero_(),
    "init": lambda s: nn.init.constant_(s.detach().clone(), 0.9),
    "out": lambda s: torch.add(torch.ones(3, 1), 1, out=s.detach().clone()),
}


@pytest.mark.parametrize("target", TARGETS)
def test_a_tensor_that_gives_only_its_shape_is_no_source(pair, target):
    """The target is made of the score, which is live; so is what D scored."""
    G, D = pair["G"], pair["D"]
    with watch(**pair) as seen:
        score = D(G(pair["z"]).detach())
        alone = F.mse_loss(D(pair["x_real"]), TARGETS[target](score))
        both = F.mse_loss(score, TARGETS[target](score))
    assert seen.trace(both).why_not("G") == ("detach",)
    assert seen.trace(both).reached == {"G": (), "D": ALL}
    assert seen.trace(alone).cuts == () and seen.trace(alone).why_not("G") == ()
    table = flow({"loss_D": alone}, {"G": G, "D": D}, seen=seen)
    assert table["loss_D", "G"].words() == "no path"


def test_a_target_that_takes_values_of_the_score_still_comes_from_it(pair):
    G, D = pair["G"], pair["D"]
    with watch(**pair) as seen:
        score = G(pair["z"])
        filled = torch.full_like(pair["x_real"], score.detach().mean())
        partly = torch.zeros(2, 3, 2)
        partly[0].copy_(score.detach())
        partly[1].copy_(pair["x_real"])
        first, second = D(filled).mean(), D(partly[1]).mean() + D(partly[0]).mean()
    assert seen.trace(first).why_not("G") == ("detach",)
    assert seen.trace(second).why_not("G") == ("detach",)


def through_numpy(fake):
    return torch.from_numpy(fake.detach().numpy())


KEPT = {
    "cut: .data": lambda fake: Variable(fake.data),
    "cut: detach": lambda fake: copy.deepcopy(fake.detach()),
    "cut: detach, of a copy": lambda fake: copy.copy(fake.detach()),
    "cut: shared memory": lambda fake: Variable(fake),
    "cut: detach, through NumPy": through_numpy,
    "cut: detach, a part of NumPy's": lambda fake: torch.from_numpy(
        fake.detach().numpy()[1:]
    ),
    "cut: detach, as_tensor": lambda fake: torch.as_tensor(fake.detach().numpy()),
    "cut: detach, as a leaf": lambda fake: through_numpy(fake).requires_grad_(),
    "cut: detach, DLPack": lambda fake: torch.from_dlpack(fake.detach()),
}


@pytest.mark.parametrize("word", KEPT)
def test_shared_memory_and_copies_keep_the_trail(pair, word):
    assert word_for_G(pair, KEPT[word]) == word.split(",")[0]


def saved(fake):
    file = io.BytesIO()
    torch.save(fake.detach(), file)
    file.seek(0)
    return torch.load(file)


def into_numpy(fake):
    buffer = torch.zeros(3, 2)
    buffer.numpy()[:] = fake.detach().numpy()
    return buffer


def into_numpys_own(fake):
    array = np.zeros((3, 2), np.float32)
    buffer = torch.from_numpy(array)
    buffer.sum()
    array[:] = fake.detach().numpy()
    return buffer


HIDDEN = {
    "numpy()": lambda fake: torch.from_numpy(fake.detach().numpy() * 1),
    "numpy(), asarray": lambda fake: torch.asarray(np.array(fake.detach().numpy())),
    "numpy(), tensor": lambda fake: torch.tensor(fake.detach().numpy()),
    "numpy(), as bytes": lambda fake: torch.frombuffer(
        bytearray(fake.detach().numpy().tobytes()), dtype=torch.float32
    ).view(3, 2),
    "numpy(), as a leaf": lambda fake: torch.from_numpy(
        fake.detach().numpy().copy()
    ).requires_grad_(),
    "numpy(), written into a tensor's array": into_numpy,
    "numpy(), written into an array's tensor": into_numpys_own,
    "tolist()": lambda fake: torch.tensor(fake.tolist()),
    "tolist(), Tensor": lambda fake: torch.Tensor(fake.tolist()),
    "item()": lambda fake: torch.tensor(
        [[value.item() for value in point] for point in fake]
    ),
    "item(), float": lambda fake: fake.new_tensor(
        [[float(value) for value in point] for point in fake]
    ),
    "saved or pickled": saved,
    "saved or pickled, by pickle": lambda fake: pickle.loads(
        pickle.dumps(fake.detach())
    ),
}


@pytest.mark.filterwarnings("ignore:Converting a tensor with requires_grad=True")
@pytest.mark.parametrize("door", HIDDEN)
def test_a_value_that_left_torch_and_may_be_back_is_not_seen(pair, door):
    assert word_for_G(pair, HIDDEN[door]) == f"not seen: {door.split(',')[0]}"


def test_what_left_torch_does_not_blur_what_never_came_near_it(pair):
    """Data and noise that torch made, and players that did not leave, are as before."""
    G, D = pair["G"], pair["D"]
    other = nn.Linear(2, 1)
    with watch(**pair, other=other) as seen:
        logged = G(pair["z"]).detach().numpy().sum()
        other(pair["x_real"])
        noise = torch.randn(3, 2)
        loss_D = D(pair["x_real"]).mean() + D(noise).mean() + D(noise[:1]).mean()
        back = D(torch.tensor([[logged, 1.0]])).mean()
    players = {"G": G, "D": D, "other": other}
    losses = {"loss_D": loss_D, "back": back}
    table = flow(losses, players, seen=seen)
    assert table["loss_D", "G"].words() == table["back", "other"].words() == "no path"
    assert table["back", "G"].words() == "not seen: numpy()"
    assert table["back", "G"].state == "not seen"
    assert "G: seen to reach 0 of 4 parameters; not seen: numpy()" in str(
        seen.trace(back)
    )
    with pytest.raises(ValueError, match="no network named 'E' was watched"):
        seen.trace(back).not_seen("E")


def test_weights_that_are_logged_stay_weights(pair):
    """Afterwards NumPy shares their memory."""
    G, D = pair["G"], pair["D"]
    with watch(**pair) as seen:
        D(pair["x_real"])
        for weight in [*G.parameters(), *D.parameters()]:
            weight.detach().numpy()
        loss_G = G(pair["z"]).mean()
    table = flow({"loss_G": loss_G}, {"G": G, "D": D}, seen=seen)
    assert table["loss_G", "D"].words() == "no path"


def test_an_array_from_before_any_value_left_is_data(pair):
    with watch(**pair) as seen:
        pair["G"](pair["z"])
        loss_D = pair["D"](torch.from_numpy(np.ones((3, 2), np.float32))).mean()
    players = {"G": pair["G"], "D": pair["D"]}
    table = flow({"loss_D": loss_D}, players, seen=seen)
    assert table["loss_D", "G"].words() == "no path"


def test_a_call_that_the_watch_cannot_see_leaves_the_trail_not_seen(pair):
    """vmap's inside is hidden, and with it that the fake went in."""
    with watch(**pair) as seen:
        x_fake = pair["G"](pair["z"]).detach()
        loss_D = torch.func.vmap(pair["D"])(x_fake).mean()
    players = {"G": pair["G"], "D": pair["D"]}
    cell = flow({"loss_D": loss_D}, players, seen=seen)["loss_D", "G"]
    assert cell.words() == "not seen: an unwatched call"


def test_a_copy_of_a_network_shows_whose_weights_it_copied(pair):
    with watch(**pair) as seen:
        pair["D"](pair["x_real"])
        loss = copy.deepcopy(pair["D"])(pair["G"](pair["z"])).mean()
    assert seen.trace(loss).reached == {"G": ALL, "D": ()}
    assert seen.trace(loss).why_not("D") == (".data",)


@pytest.mark.filterwarnings("ignore:None of the inputs have requires_grad=True")
def test_a_reentrant_checkpoint_is_named_and_never_no_path(pair):
    G, D = pair["G"], pair["D"]
    players = {"G": G, "D": D}
    with watch(**pair) as seen:
        alive = -checkpoint(D, G(pair["z"]), use_reentrant=True).mean()
        dead = checkpoint(D, pair["x_real"], use_reentrant=True).mean()
        x = pair["x_real"].clone().requires_grad_()
        at_leaf = F.softplus(-checkpoint(D, x, use_reentrant=True)).mean()
        partly = dead + G(pair["z"]).mean()
    for loss in (alive, at_leaf):
        for watched in (None, seen):
            with pytest.raises(RuntimeError, match="in one piece.*use_reentrant=False"):
                flow({"loss_D": loss}, players, seen=watched)
        lines = str(seen.trace(loss))
        assert "D: seen to reach 0 of 4 parameters" in lines
        assert "not seen: reentrant checkpoint" in lines
        with pytest.raises(ValueError, match="hides what reaches D"):
            seen.trace(loss).accumulates_into("D")
    assert seen.trace(alive).reached["G"] == ALL
    with pytest.raises(ValueError, match="cut by reentrant checkpoint"):
        seen.trace(dead)
    cell = flow({"loss_D": partly}, players, seen=seen)["loss_D", "D"]
    assert cell.words() == "cut: reentrant checkpoint"
    at_leaf.backward()
    assert all(p.grad is not None for p in D.parameters())


def test_a_checkpoint_that_is_not_reentrant_is_seen_through(pair):
    G, D = pair["G"], pair["D"]
    with watch(**pair) as seen:
        loss_G = -checkpoint(D, G(pair["z"]), use_reentrant=False).mean()
    table = flow({"loss_G": loss_G}, {"G": G, "D": D}, seen=seen)
    assert table["loss_G", "D"].reached == 4
    assert seen.trace(loss_G).reached == {"G": ALL, "D": ALL}


def test_a_weight_that_is_filled_stays_a_weight(pair):
    G = pair["G"].requires_grad_(False)
    with watch(**pair) as seen:
        pair["z"].fill_(0.5)
        for weight in G.parameters():
            weight.zero_()
        loss = pair["D"](G(pair["z"])).mean()
    assert seen.trace(loss).why_not("G") == ("frozen parameter",)
    assert "z" in {node.name for node in seen.trace(loss).nodes}
