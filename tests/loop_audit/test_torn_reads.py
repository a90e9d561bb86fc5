"""A step between a score and its walk: the audit says which D the gradient is of."""

from contextlib import nullcontext
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn.functional import softplus
from torch.nn.utils.parametrizations import spectral_norm, weight_norm
from torch.utils.checkpoint import checkpoint

from ganflow import audit

half = partial(torch.autocast, "cpu", torch.bfloat16)
saved_on_cpu = torch.autograd.graph.save_on_cpu
SGD = partial(torch.optim.SGD, lr=1.0)  # long steps: no difference is lost in rounding


class WithoutSaving(torch.autograd.Function):
    """A product that keeps its operands in a way that torch does not watch."""

    @staticmethod
    def forward(ctx, x, weight):
        ctx.kept = x, weight
        return x @ weight.T

    @staticmethod
    def backward(ctx, slope):
        x, weight = ctx.kept
        return slope @ weight, slope.T @ x


class Own(nn.Linear):
    def forward(self, x):
        return WithoutSaving.apply(x, self.weight) + self.bias


class ByData:
    """A step written by hand through `.data`."""

    def __init__(self, weights):
        self.weights = list(weights)

    def step(self):
        for weight in self.weights:
            weight.data.sub_(weight.grad)


def normed(norm):
    return lambda *sizes: norm(nn.Linear(*sizes))


class Loop:
    """Ticks in which G walks, after D's step, over a score from before it."""

    def __init__(
        self,
        layer=nn.Linear,
        act=nn.Tanh,
        rule=SGD,
        score=lambda D, x: D(x),
        loss=lambda score: softplus(-score).mean(),
        region=nullcontext,
        frozen=False,
    ):
        torch.manual_seed(0)
        self.G = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2))
        self.D = nn.Sequential(layer(2, 8), act(), layer(8, 1)).eval()
        self.opt_G, self.opt_D = SGD(self.G.parameters()), rule(self.D.parameters())
        self.score, self.loss, self.region = score, loss, region
        self.frozen = frozen

    def loss_G(self, z):
        self.D.requires_grad_(not self.frozen)
        with self.region():
            loss = self.loss(self.score(self.D, self.G(z)))
        self.D.requires_grad_(True)
        return loss

    def gradient(self, loss):
        self.G.zero_grad()
        loss.backward()
        return torch.cat([p.grad.flatten() for p in self.G.parameters()])

    def tick(self, ask, *, late=True):
        """One tick; what `ask` gave for its loss before D's step and after it."""
        z, x_real = torch.randn(16, 2), torch.randn(16, 2) + 1
        old, loss = ask(self.loss_G(z)), self.loss_G(z)
        self.D.zero_grad()
        with self.region():
            scores = self.D(x_real), self.D(self.G(z).detach())
        (softplus(-scores[0]).mean() + softplus(scores[1]).mean()).backward()
        self.opt_D.step()
        self.D.zero_grad()
        new = ask(self.loss_G(z))
        got = self.gradient(loss if late else self.loss_G(z))
        self.opt_G.step()
        return got, old, new


def truth(form, late):
    """Which D G's gradient is of, bit for bit."""
    loop = Loop(**form)
    got, old, new = loop.tick(loop.gradient, late=late)
    assert (old - new).abs().max() > 1e-4
    if torch.equal(got, old):
        return "old"
    return "new" if torch.equal(got, new) else "neither"


def told(form, late):
    """Which D the audit says it is of, and whether it names the walk."""
    loop = Loop(**form)
    with audit(G=loop.G, D=loop.D) as seen:
        for _ in range(4):
            loop.tick(lambda loss: None, late=late)
    report = seen.report
    named = [one for one in report.findings if one.id == "old-and-new-weights"]
    for one in named:
        assert one.place.source == "loss.backward()"
        assert "of D that a step has changed" in one.sentence
    if report.name.startswith("simultaneous"):
        return "old", named
    if report.name.startswith("alternating, D first"):
        return "new", named
    assert report.schedule is None
    assert report.name == (
        "no schedule of the book: G reads neither the old D nor the new one wholly"
    )
    return "neither", named


linear = {"act": nn.Identity, "loss": lambda score: -score.mean()}
FORMS = {
    "checkpoint": ({"score": partial(checkpoint, use_reentrant=False)}, "neither"),
    "reentrant": ({"score": partial(checkpoint, use_reentrant=True)}, "neither"),
    "fused SGD": ({"rule": partial(SGD, fused=True)}, "neither"),
    "fused SGD, D frozen": (
        {"rule": partial(SGD, fused=True), "frozen": True},
        "neither",
    ),
    "by .data": ({"rule": ByData}, "neither"),
    "a function that saves nothing": ({"layer": Own}, "neither"),
    "a linear D, fused SGD": ({"rule": partial(SGD, fused=True)} | linear, "new"),
    "a linear D, checkpoint": (
        {"score": partial(checkpoint, use_reentrant=False)} | linear,
        "new",
    ),
    "autocast": ({"region": half}, "old"),
    "weight norm, D frozen": (
        {"layer": normed(weight_norm), "frozen": True},
        "old",
    ),
}


@pytest.mark.parametrize("late", [True, False], ids=["late", "in turns"])
@pytest.mark.parametrize("name", FORMS)
def test_the_audit_says_which_critic_a_late_gradient_is_of(name, late):
    form, expected = FORMS[name]
    expected = expected if late else "new"
    said, named = told(form, late)
    assert truth(form, late) == said == expected
    assert bool(named) == (expected == "neither")


def test_saved_tensors_that_are_packed_are_not_watched_by_torch():
    """On the CPU `save_on_cpu` keeps the weight itself, and torch compares nothing."""
    form = {"region": saved_on_cpu, "frozen": True}
    said, named = told(form, True)
    assert truth(form, True) == said == "neither" and named


@pytest.mark.parametrize("reentrant", [False, True])
def test_a_gradient_added_up_over_two_critics_is_of_both_wholly(reentrant):
    """Each part runs again with the very weights that its score had read."""
    loop = Loop(score=partial(checkpoint, use_reentrant=reentrant))
    with audit(G=loop.G, D=loop.D) as seen:
        for _ in range(4):
            loop.G.zero_grad()
            for _ in range(2):
                loop.D.zero_grad()
                scores = loop.D(torch.randn(8, 2) + 1), loop.D(torch.randn(8, 2))
                (softplus(-scores[0]).mean() + softplus(scores[1]).mean()).backward()
                loop.opt_D.step()
                loop.loss_G(torch.randn(8, 2)).backward()
            loop.opt_G.step()
    assert len(seen.moves[-1].reads["D"]) == 2
    assert not any(move.torn for move in seen.moves)
    assert "old-and-new-weights" not in {one.id for one in seen.findings}


@pytest.mark.parametrize("norm", [weight_norm, spectral_norm])
def test_one_region_around_a_tick_gives_a_worked_out_weight_an_old_bias(norm):
    loop = Loop(layer=normed(norm))
    with audit(G=loop.G, D=loop.D) as seen:
        for _ in range(4):
            with half():
                loop.tick(lambda loss: None, late=False)
    assert seen.schedule is None and "neither the old D" in seen.report.name
    assert "autocast-cache" in {one.id for one in seen.findings}
    assert seen.moves[-1].torn == {"D"}
    assert "D3 (1 move back) and D4 (newest), neither wholly" in str(seen.report)


def test_a_weight_that_was_put_back_is_no_other_weight():
    """D steps, its weights return by `.data`, and the walk reads what the score did."""
    loop = Loop(rule=partial(SGD, fused=True), frozen=True)
    with audit(G=loop.G, D=loop.D) as seen:
        for _ in range(4):
            kept = [p.detach().clone() for p in loop.D.parameters()]
            loss = loop.loss_G(torch.randn(16, 2))
            loop.D.zero_grad()
            softplus(loop.D(torch.randn(16, 2))).mean().backward()
            loop.opt_D.step()
            for p, value in zip(loop.D.parameters(), kept, strict=True):
                p.data.copy_(value)
            loop.opt_G.zero_grad()
            loss.backward()
            loop.opt_G.step()
    assert not any(move.torn for move in seen.moves)
    assert "old-and-new-weights" not in {one.id for one in seen.findings}


def test_steps_inside_of_the_walk_itself_are_none_in_between():
    """Each weight is stepped as soon as its gradient is there: the rest reads on."""
    loop = Loop()
    steps = {p: SGD([p], fused=True) for p in loop.D.parameters()}

    def step(p):
        steps[p].step()
        steps[p].zero_grad()

    for p in steps:
        p.register_post_accumulate_grad_hook(step)
    with audit(G=loop.G, D=loop.D) as seen:
        for _ in range(4):
            z = torch.randn(16, 2)
            scores = loop.D(torch.randn(16, 2) + 1), loop.D(loop.G(z).detach())
            (softplus(-scores[0]).mean() + softplus(scores[1]).mean()).backward()
            loop.D.requires_grad_(False)
            loop.opt_G.zero_grad()
            softplus(-loop.D(loop.G(z))).mean().backward()
            loop.opt_G.step()
            loop.D.requires_grad_(True)
    assert not any(move.torn for move in seen.moves)
    assert seen.report.name.startswith("alternating, D first")
