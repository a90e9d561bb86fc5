"""Watching changes nothing, ends with its block, and says what was wrong."""

import gc
import weakref
from statistics import median
from time import process_time

import pytest
import torch
from small_pair import ALL, penalty, seeded
from torch import nn
from torch.nn import functional as F

from ganflow.nets import dcgan_critic, dcgan_generator
from ganflow.trace.networks import Networks
from ganflow.trace.watch import watch


def step_of_both(pair):
    """A critic's loss, its penalty, its backward, G's loss, with noise; all results."""
    G, D = pair["G"], pair["D"]
    x_fake = G(torch.randn(3, 2)).detach()
    x_hat = (x_fake + torch.rand(3, 1) * (pair["x_real"] - x_fake)).requires_grad_()
    loss_D = D(x_fake).mean() - D(pair["x_real"]).mean() + penalty(D, x_hat)
    loss_D.backward()
    loss_G = -D(F.dropout(G(pair["z"]), 0.3)).mean()
    loss_G.backward()
    return [loss_D, loss_G, *(p.grad for m in (G, D) for p in m.parameters())]


def test_watching_changes_no_number_no_grad_and_no_random_draw(pair):
    results, states = [], []
    for is_watched in (False, True):
        pair["G"].zero_grad(), pair["D"].zero_grad()
        torch.manual_seed(0)
        if is_watched:
            with watch(**pair) as seen:
                results.append(step_of_both(pair))
                for loss in results[-1][:2]:
                    seen.trace(loss)
        else:
            results.append(step_of_both(pair))
        states.append(torch.get_rng_state())
    assert torch.equal(*states)
    assert all(torch.equal(a, b) for a, b in zip(*results, strict=True))
    assert all(p.requires_grad for p in pair["G"].parameters())
    assert not pair["z"].requires_grad


def test_a_watch_keeps_no_tensor_and_no_graph_alive(pair):
    class Token:
        """Lives as long as the autograd node that it is put in."""

    with watch(**pair) as seen:
        x_fake = pair["G"](pair["z"])
        loss = pair["D"](x_fake.detach()).mean() + penalty(pair["D"], x_fake)
        token = loss.grad_fn.metadata["token"] = Token()
        alive = [weakref.ref(t) for t in (x_fake, loss, token)]
        trace = seen.trace(loss)
        del x_fake, loss, token
        gc.collect()
        assert [ref() for ref in alive] == [None, None, None]
    assert trace.nodes and seen


def test_a_watch_keeps_no_named_tensor_alive():
    theta, z = torch.ones(2, requires_grad=True), torch.ones(2)
    named = [weakref.ref(theta), weakref.ref(z)]
    with watch(theta=theta, z=z) as seen:
        loss = (theta * z).sum()
    del theta, z, loss
    gc.collect()
    assert [ref() for ref in named] == [None, None]
    assert seen.trace(torch.ones(1, requires_grad=True) * 2).called == set()


def test_the_watch_ends_with_its_block_also_when_the_block_raises(pair):
    hooks = nn.modules.module
    before = dict(hooks._global_forward_pre_hooks), dict(hooks._global_forward_hooks)

    class Broken(nn.Module):
        def forward(self, x):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), watch(**pair, broken=Broken()) as seen:
        inside = pair["G"](pair["z"])
        nn.Sequential(Broken())(inside)
    assert torch.overrides._get_current_function_mode_stack() == []
    after = dict(hooks._global_forward_pre_hooks), dict(hooks._global_forward_hooks)
    assert before == after
    assert seen.trace(inside).reached["G"] == ALL


def test_a_module_that_fails_and_is_caught_does_not_lend_its_name(pair):
    class Broken(nn.Module):
        def forward(self, x):
            raise ZeroDivisionError

    with watch(**pair, broken=Broken()) as seen:
        with pytest.raises(ZeroDivisionError):
            Broken()(pair["z"])
        loss = (pair["G"](pair["z"]) * 2).sum()
    assert seen.trace(loss).nodes[0].network is None


def test_two_watches_may_nest_and_each_knows_its_own(pair):
    with watch(G=pair["G"]) as outer:
        x_fake = pair["G"](pair["z"])
        with watch(D=pair["D"]) as inner:
            loss = pair["D"](x_fake).mean()
    assert outer.trace(loss).reached == {"G": ALL}
    trace = inner.trace(loss)
    assert trace.reached == {"D": ALL}
    before = [n for n in trace.nodes if n.op == "ReluBackward0"]
    assert [(n.network, n.call) for n in before] == [(None, "")]


def test_what_was_made_before_the_watch_still_counts_as_history(pair):
    x_fake = pair["G"](pair["z"])
    with watch(**pair) as seen:
        loss = pair["D"](x_fake).mean()
        cut = pair["D"](x_fake.detach()).mean()
    assert seen.trace(loss).reached["G"] == ALL
    (edge,) = seen.trace(cut).cuts
    assert seen.trace(cut).by_id[edge.end].label == "made before the watch"


def message(kind, run):
    with pytest.raises(kind) as refused:
        run()
    return str(refused.value)


def test_each_wrong_root_gets_one_clear_sentence(pair):
    old = pair["D"](pair["x_real"]).mean()
    with watch(**pair) as seen:
        used = pair["D"](pair["x_real"]).mean() + old
    assert seen.trace(used)
    assert message(TypeError, lambda: seen.trace(3.0)) == (
        "a trace starts at a tensor, and this is of type float: pass the loss itself, "
        "not loss.item() or its name"
    )
    assert message(TypeError, lambda: seen.saw("loss_D")) == (
        "a trace starts at a tensor, and this is of type str: pass the loss itself, "
        "not loss.item() or its name"
    )
    assert message(ValueError, lambda: seen.trace(old)) == (
        "this tensor of shape () was made before the watch began: compute it inside "
        "`with watch(...)`"
    )
    assert message(ValueError, lambda: seen.trace(torch.ones(2))) == (
        "this tensor of shape (2,) has no history, since nothing it was made from "
        "needs a gradient: make it inside `with watch(...)` from something with "
        "requires_grad=True"
    )
    assert message(ValueError, lambda: seen.trace(pair["D"][0].bias)) == (
        "this tensor of shape (5,) is a leaf, where a history begins: trace what is "
        "made from it"
    )


def test_each_wrong_name_gets_one_clear_sentence(pair):
    G, D = pair["G"], pair["D"]
    D[2].weight = nn.Parameter(torch.zeros(1, 5))
    tied = nn.Sequential(D[2])
    assert message(ValueError, lambda: watch(D=D, tied=tied)) == (
        "D and tied share the parameter 2.weight of shape (1, 5), so no one can say "
        "whose derivative it is: watch them as one network, or give each its own"
    )
    frozen = nn.Linear(2, 2).requires_grad_(False)
    assert message(ValueError, lambda: watch(G=frozen, w=frozen.weight)).startswith(
        "G and w share the parameter weight of shape (2, 2)"
    )
    assert message(TypeError, lambda: watch(G)) == (
        "name what you watch, as in watch(G=G, D=D, z=z)"
    )
    assert message(ValueError, lambda: watch(G=nn.LazyLinear(3))) == (
        "weight of G has no shape yet: call G once before the watch"
    )
    assert message(ValueError, lambda: watch()) == (
        "nothing to watch: name it, as in watch(G=G, D=D, z=z)"
    )
    assert message(TypeError, lambda: watch(G=G, steps=5)) == (
        "steps is of type int: watch takes networks (nn.Module), tensors, and lists of "
        "them"
    )
    assert message(ValueError, lambda: watch(theta=[])) == (
        "theta is an empty list: give the networks or tensors that it learns"
    )
    assert message(ValueError, lambda: watch(x_fake=G(pair["z"]))) == (
        "x_fake has a history already, made before the watch began: make it inside "
        "`with watch(...)`, and name the tensors it is made from"
    )


def test_watching_a_64_pixel_pair_with_a_penalty_costs_less_than_its_forward_pass():
    """Watched and plain passes take turns, and each pair of neighbours is compared."""
    G, D = dcgan_generator(generator=seeded(0)), dcgan_critic(generator=seeded(1))
    x_real = torch.rand(4, 3, 64, 64, generator=seeded(2)) * 2 - 1
    z = torch.randn(4, 100, generator=seeded(3))

    def forward():
        x_fake = G(z).detach()
        x_hat = torch.lerp(x_real, x_fake, 0.5).requires_grad_()
        return D(x_fake).mean() - D(x_real).mean() + 10 * penalty(D, x_hat)

    def watched():
        with watch(G=G, D=D, x_real=x_real, z=z):
            forward()

    def seconds(step):
        start = process_time()
        step()
        return process_time() - start

    ratios = [seconds(watched) / seconds(forward) for _ in range(4)]
    assert median(ratios[1:]) < 2  # the first pair warms up


def test_a_layer_of_two_networks_belongs_to_the_one_that_runs_it():
    """And to the first that has it, where none runs."""
    shared, other = nn.Tanh(), nn.Tanh()
    nets = {"G": nn.Sequential(shared), "D": nn.Sequential(nn.Identity(), shared)}
    known = Networks(nets, [])
    found = {who: known.place_of(shared, who) for who in ("G", "D", None)}
    assert {who: (at.network, at.layer) for who, at in found.items()} == {
        "G": ("G", "0"),
        "D": ("D", "1"),
        None: ("G", "0"),
    }
    assert known.place_of(other, "G") is None
