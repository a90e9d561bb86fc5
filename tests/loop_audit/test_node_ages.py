"""A walk in a thread of its own, as on a GPU: its nodes are numbered from 0."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn.functional import softplus
from torch.utils._python_dispatch import (
    _get_current_dispatch_mode,
    _pop_mode,
    _push_mode,
)
from torch.utils.checkpoint import checkpoint

from ganflow import audit

SGD = partial(torch.optim.SGD, lr=0.1)


@pytest.fixture
def device_thread(monkeypatch):
    """Let autograd's engine run in another thread, with the modes of the caller."""
    real = vars(torch.autograd)["_engine_run_backward"]

    with ThreadPoolExecutor(1) as pool:
        thread = pool.submit(threading.get_ident).result()

        def under(mode, *args, **kwargs):
            if mode is None:
                return real(*args, **kwargs)
            _push_mode(mode)
            try:
                return real(*args, **kwargs)
            finally:
                _pop_mode()

        def run(*args, **kwargs):
            if threading.get_ident() == thread:
                return real(*args, **kwargs)
            mode = _get_current_dispatch_mode()
            return pool.submit(under, mode, *args, **kwargs).result()

        monkeypatch.setattr(torch.autograd, "_engine_run_backward", run)
        yield thread


def players():
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2))
    D = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    return G, D


def penalty(D, cut=False):
    x = torch.randn(8, 2, requires_grad=True)
    (slope,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    return (slope.detach() if cut else slope).square().sum(1).mean()


def loss_D(G, D):
    x_fake = G(torch.randn(8, 2)).detach()
    return softplus(-D(torch.randn(8, 2))).mean() + softplus(D(x_fake)).mean()


def seen_of(tick):
    G, D = players()
    opt_G, opt_D = SGD(G.parameters()), SGD(D.parameters())
    with audit(G=G, D=D) as seen:
        for _ in range(4):
            tick(G, D, opt_G, opt_D)
    return seen


def found(seen):
    return {one.id for one in seen.findings}


def told(seen):
    return [(m.player, m.reads, m.torn, m.newest) for m in seen.moves]


def never_cleared(G, D, opt_G, opt_D):
    """D's penalised gradients of two of its states, each wholly of one, are summed."""
    opt_D.zero_grad()
    for _ in range(2):
        (loss_D(G, D) + penalty(D)).backward()
        opt_D.step()
    opt_G.zero_grad()
    softplus(-D(G(torch.randn(8, 2)))).mean().backward()
    opt_G.step()


def checkpointed(G, D, opt_G, opt_D):
    """G's gradients of two critics are summed, each by a score that is run again."""
    opt_G.zero_grad()
    for _ in range(2):
        opt_D.zero_grad()
        loss_D(G, D).backward()
        opt_D.step()
        score = checkpoint(D, G(torch.randn(8, 2)), use_reentrant=True)
        softplus(-score).mean().backward()
    opt_G.step()


@pytest.mark.parametrize("tick", [never_cleared, checkpointed])
def test_walks_over_whole_critics_are_not_called_torn(tick, device_thread):
    seen = seen_of(tick)
    who = "D" if tick is never_cleared else "G"
    assert any(len(m.reads["D"]) == 2 for m in seen.moves if m.player == who)
    assert not any(move.torn for move in seen.moves)
    assert "old-and-new-weights" not in found(seen)


def late_penalty(G, D, opt_G, opt_D):
    """D's penalty is worked out, D steps unnoticed, and the penalty is walked."""
    opt_D.zero_grad()
    late = penalty(D)
    loss_D(G, D).backward()
    for weight in D.parameters():
        weight.data.sub_(0.1 * weight.grad)
    late.backward()
    opt_D.step()
    opt_G.zero_grad()
    softplus(-D(G(torch.randn(8, 2)))).mean().backward()
    opt_G.step()


def stepped_in_the_walk(G, D, opt_G, opt_D):
    """G walks over a score that a step of D, taken inside of D's walk, has left."""
    for weight in D.parameters():
        if not weight._post_accumulate_grad_hooks:
            fused = SGD([weight], fused=True)
            weight.register_post_accumulate_grad_hook(lambda p, opt=fused: opt.step())
    opt_D.zero_grad()
    D.requires_grad_(False)
    loss_G = softplus(-D(G(torch.randn(8, 2)))).mean()
    D.requires_grad_(True)
    loss_D(G, D).backward()
    opt_G.zero_grad()
    loss_G.backward()
    opt_G.step()


def cut_penalty(G, D, opt_G, opt_D):
    opt_D.zero_grad()
    (loss_D(G, D) + penalty(D, cut=True)).backward()
    opt_D.step()
    opt_G.zero_grad()
    softplus(-D(G(torch.randn(8, 2)))).mean().backward()
    opt_G.step()


def one_of_two_cut(G, D, opt_G, opt_D):
    """Two slopes of one size are taken in succession, and only one keeps its graph."""
    opt_D.zero_grad()
    xs = [torch.randn(8, 2, requires_grad=True) for _ in range(2)]
    scores = [D(x).sum() for x in xs]
    (cut,) = torch.autograd.grad(scores[0], xs[0], create_graph=True)
    (slope,) = torch.autograd.grad(scores[1], xs[1], create_graph=True)
    (loss_D(G, D) + cut.detach().square().mean() + slope.square().mean()).backward()
    opt_D.step()
    opt_G.zero_grad()
    softplus(-D(G(torch.randn(8, 2)))).mean().backward()
    opt_G.step()


TICKS = [late_penalty, stepped_in_the_walk, never_cleared, checkpointed, cut_penalty]
TICKS += [one_of_two_cut]


@pytest.mark.parametrize("tick", TICKS)
def test_the_thread_of_the_walk_changes_nothing_in_what_is_told(tick, request):
    here = seen_of(tick)
    request.getfixturevalue("device_thread")
    there = seen_of(tick)
    assert told(here) == told(there)
    assert found(here) == found(there)
    assert here.report.name == there.report.name
