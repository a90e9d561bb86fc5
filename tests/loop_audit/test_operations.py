"""What single operations say: batch norms, results by name, an audit that is over."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from ganflow.loop_audit.block import audit
from ganflow.loop_audit.operations import EMPTIED, Operations, _factor, _kept, _merge
from ganflow.loop_audit.origins import (
    CLEARED,
    KEPT,
    NOTHING,
    Blend,
    Derivative,
    Factor,
    Origin,
    Rounded,
    Scaled,
    Slope,
    youngest,
)
from ganflow.loop_report import Place
from ganflow.loop_report.log import Backward

PLACE = Place("loop.py", 1)
BACK = Backward(0, PLACE)
MARKS = {
    "origin": Origin(0, "G", 0, None),
    "derivative": Derivative(1, BACK),
    "slope": Slope(2, BACK, 0, frozenset()),
    "scaled": Scaled(3, 0, 0),
    "rounded": Rounded(4, "G", PLACE),
    "blend": Blend(5, PLACE),
    "factor": Factor(6, 1),
    "cleared": CLEARED,
}


def findings(norm, make=lambda G, z: G(z)):
    """Of two turns of a D that scores one real and one fake image in one call."""
    torch.manual_seed(0)
    G = nn.Conv2d(1, 2, 1)
    D = nn.Sequential(nn.Conv2d(2, 4, 1), norm, nn.Flatten(), nn.Linear(36, 1))
    optimizer = torch.optim.SGD(D.parameters(), lr=0.01)
    with audit(G=G, D=D) as seen:
        for _ in range(2):
            both = [torch.randn(1, 2, 3, 3), make(G, torch.randn(1, 1, 3, 3)).detach()]
            optimizer.zero_grad()
            (D(torch.cat(both)) * torch.tensor([[-1.0], [1.0]])).mean().backward()
            optimizer.step()
    return [one.id for one in seen.findings]


class Updating(nn.BatchNorm2d):
    """By the operation that always trains, and so has no argument that says it."""

    def forward(self, x):
        kept = self.running_mean, self.running_var
        rule = torch.ops.aten._batch_norm_with_update
        return rule(x, self.weight, self.bias, *kept, self.momentum, self.eps)[0]


@pytest.mark.parametrize(
    ("norm", "mixes"),
    [
        (nn.BatchNorm2d(4), True),
        (Updating(4), True),
        (nn.BatchNorm2d(4, track_running_stats=False), True),
        (nn.BatchNorm2d(4).eval(), False),
        (nn.InstanceNorm2d(4), False),
        (nn.GroupNorm(2, 4), False),
        (nn.LayerNorm(3), False),
    ],
)
def test_a_joined_batch_is_told_where_the_norm_mixes_its_two_samples(norm, mixes):
    one = torch.ones(1, 4, 3, 3).cumsum(2)
    alone, beside = norm(one)[0], norm(torch.cat([one, one - 5]))[0]
    assert torch.allclose(alone, beside, rtol=1e-5, atol=1e-6) != mixes
    assert ("mixed-batch-norm" in findings(norm)) == mixes


@pytest.mark.parametrize(
    ("norm", "moves"),
    [
        (nn.BatchNorm1d(3), True),
        (nn.BatchNorm1d(3, affine=False), True),
        (nn.BatchNorm1d(3).eval(), False),
        (nn.BatchNorm1d(3, track_running_stats=False), False),
        (nn.LayerNorm(3), False),
    ],
)
def test_a_frozen_critic_moves_where_its_norm_keeps_means_of_the_samples(norm, moves):
    torch.manual_seed(0)
    G, D = nn.Linear(1, 2), nn.Sequential(nn.Linear(2, 3), norm, nn.Linear(3, 1))
    before = [one.clone() for one in D.buffers()]
    optimizer = torch.optim.SGD(G.parameters(), lr=0.01)
    D.requires_grad_(False)
    with audit(G=G, D=D) as seen:
        for _ in range(2):
            optimizer.zero_grad()
            D(G(torch.randn(4, 1))).mean().backward()
            optimizer.step()
    kept = map(torch.equal, before, D.buffers())
    assert all(kept) != moves
    assert ("frozen-critic-moves" in [one.id for one in seen.findings]) == moves


def written_by_name(G, z):
    """The samples lie in memory that a keyword names."""
    place = torch.zeros(1, 2, 3, 3)
    with torch.no_grad():
        return torch.mul(G(z), 2, out=place)


def test_what_is_written_to_a_place_given_by_name_is_known_to_be_of_its_maker():
    assert "mixed-batch-norm" in findings(nn.BatchNorm2d(4), written_by_name)


def test_an_audit_that_is_over_hands_every_argument_on():
    """Its mode may still lie on the stack of a thread that runs."""
    observer = SimpleNamespace(memory=None, log=SimpleNamespace(versions={}))
    mode = Operations(observer)
    mode.closed = True
    with mode:
        made = torch.full((2,), 3, dtype=torch.float64)
        assert torch.equal(made + 1, torch.tensor([4.0, 4.0], dtype=torch.float64))
        assert torch.add(made, made, alpha=2).tolist() == [9.0, 9.0]


def test_a_step_into_a_weight_given_by_name_is_a_move():
    torch.manual_seed(0)
    G, D = nn.Linear(1, 1), nn.Linear(1, 1)
    with audit(G=G, D=D) as seen:
        for _ in range(3):
            D.zero_grad()
            D(G(torch.ones(4, 1)).detach()).mean().backward()
            with torch.no_grad():
                for p in D.parameters():
                    torch.sub(p, 0.1 * p.grad, out=p)
    assert [(move.player, move.version) for move in seen.moves] == [
        ("D", 1),
        ("D", 2),
        ("D", 3),
    ]


def line(real, fake, epsilon):
    return epsilon * real + (1 - epsilon) * fake


def one(real):
    return torch.rand(1)


def by_sample(join, real, fake):
    """Each sample is mixed alone, with an epsilon of its own."""
    return join([line(r, f, one(r)) for r, f in zip(real, fake, strict=True)])


def each(real):
    return torch.rand(len(real), 1)


MIXES = {  # of real and fake samples, and whether one epsilon is told
    "one for all": (lambda r, f: line(r, f, one(r)), True),
    "one for all, clipped since": (lambda r, f: line(r, f, one(r)).clamp(-9, 9), True),
    "lerp by one": (lambda r, f: torch.lerp(f, r, one(r)), True),
    "one each": (lambda r, f: line(r, f, each(r)), False),
    "lerp by one each": (lambda r, f: torch.lerp(f, r, each(r)), False),
    "rows, one each": (lambda r, f: by_sample(torch.stack, r, f), False),
    "batches of one": (
        lambda r, f: by_sample(torch.cat, r[:, None], f[:, None]),
        False,
    ),
    "two fakes": (lambda r, f: line(f, f.flip(0), one(r)), False),
    "two reals": (lambda r, f: line(r, r.flip(0), one(r)), False),
    "a product": (lambda r, f: one(r) * (r * f), False),
    "a product of matrices": (lambda r, f: line(r, f, one(r)) @ torch.eye(2), False),
    "a shift": (lambda r, f: one(r) * f + torch.ones(1, r.shape[1]), False),
    "a number": (lambda r, f: one(r) * f + 1.0, False),
}


def tells_one_epsilon(mix, batch=4, width=2, hidden=False):
    """Whether it is told of two turns of D; with a slope at features if hidden."""
    torch.manual_seed(0)
    G, first, last = nn.Linear(1, width), nn.Linear(width, 3), nn.Linear(3, 1)
    optimizer = torch.optim.SGD([*first.parameters(), *last.parameters()], lr=0.01)
    with audit(G=G, D=nn.ModuleList([first, last])) as seen:
        for _ in range(2):
            x_fake = G(torch.randn(batch, 1)).detach()
            mixed = mix(torch.randn(batch, width), x_fake).requires_grad_()
            features = first(mixed)
            asked, score = features if hidden else mixed, last(features).sum()
            (slope,) = torch.autograd.grad(score, asked, create_graph=True)
            optimizer.zero_grad()
            slope.norm(dim=1).square().mean().backward()
            optimizer.step()
    return "one-epsilon" in [one.id for one in seen.findings]


@pytest.mark.parametrize("name", MIXES)
def test_one_epsilon_is_told_of_a_mix_with_data_and_of_nothing_else(name):
    mix, told = MIXES[name]
    assert tells_one_epsilon(mix) == told


@pytest.mark.parametrize(
    ("size", "told"),
    [({"batch": 2}, True), ({"width": 1}, True), ({"batch": 1}, False)],
)
def test_one_epsilon_is_told_of_two_samples_or_more_of_any_width(size, told):
    assert tells_one_epsilon(MIXES["one for all"][0], **size) == told


def test_what_a_layer_makes_of_a_mix_is_no_mix():
    assert not tells_one_epsilon(MIXES["one for all"][0], hidden=True)


@pytest.mark.parametrize(
    ("bare", "same_size", "ends"),
    [
        (False, True, {"cleared"}),
        (False, False, {"cleared", "derivative"}),
        (True, True, {"cleared", "derivative", "slope", "blend", "factor"}),
        (True, False, {"cleared", "derivative", "slope", "blend", "factor"}),
    ],
)
def test_a_mark_ends_where_its_value_becomes_another(bare, same_size, ends):
    """In a product or a network a mix is one no more, nor in a sum a derivative."""
    kept = _kept(frozenset(MARKS.values()), bare, same_size)
    assert {name for name, mark in MARKS.items() if mark not in kept} == ends
    alone = frozenset([MARKS["origin"]])
    assert _kept(alone, bare, same_size) is alone
    assert _kept(EMPTIED, bare, same_size) == NOTHING


def test_two_trails_are_one_and_a_part_of_another_adds_nothing():
    G, back = frozenset([MARKS["origin"]]), frozenset([MARKS["derivative"]])
    both = _merge(G, back)
    assert both == G | back
    assert _merge(both, G) is both and _merge(NOTHING, G) is G and _merge(G, G) is G


def test_of_a_long_trail_the_newest_are_kept():
    marks = [Origin(number, "G", 0, None) for number in range(KEPT + 3)]
    assert youngest(marks) == frozenset(marks[3:])


X = torch.zeros(4, 2)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    ("factors", "numbers"),
    [
        (lambda one: [X, torch.zeros(1, dtype=one)], 1),
        (lambda one: [X, torch.zeros(4, 1, dtype=one)], 4),
        (lambda one: [torch.zeros(4, 1, dtype=one).expand(4, 2), X], 4),
        (lambda one: [X, torch.zeros(4, 2, dtype=one)], 0),  # that cannot be told
        (lambda one: [X], None),  # by a number
    ],
)
def test_a_factor_of_a_batch_has_as_many_numbers_as_lie_in_memory(
    factors, numbers, dtype
):
    assert _factor(factors(dtype), X) == numbers
