"""The products of a turn are those that a count by hand gives, each of its kind."""

from collections import Counter

import pytest
import torch
from torch import nn

from ganflow.loop_audit.block import audit

TICKS, BATCH, WIDE = 4, 8, 5


class OneByOne(nn.Module):
    """Scores of a batch by how alike its samples are: a product of two values."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(6, WIDE)

    def forward(self, x):
        h = self.layer(x)
        return (h @ h.T).mean(1)


class Projected(nn.Module):
    """Scores of a batch along directions that the critic works out by itself."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 6)

    def forward(self, x):
        return (x @ self.layer(torch.ones(WIDE, 2)).T).mean(1)


class Constant(nn.Module):
    """A critic whose first factor is a weight that is frozen, not a sample."""

    def __init__(self):
        super().__init__()
        self.first = nn.Parameter(torch.ones(BATCH, 6), requires_grad=False)
        self.second = nn.Parameter(torch.ones(6, WIDE))

    def forward(self, x):
        return (self.first @ self.second).mean(1) + x.mean(1)


def products(D, *, detached):
    """FLOPs of a turn of D on samples of a linear G: (player, kind) -> n.

    As nobody else moves there is no cycle, and the rows are of all ticks.
    """
    torch.manual_seed(0)
    G = nn.Linear(3, 6)
    optimizer = torch.optim.SGD(D.parameters(), lr=0.01)
    with audit(G=G, D=D) as seen:
        for _ in range(TICKS):
            x_fake = G(torch.randn(BATCH, 3))
            optimizer.zero_grad()
            D(x_fake.detach() if detached else x_fake).mean().backward()
            optimizer.step()
    found = Counter()
    for row in seen.report.cost.rows:
        found[row.player, row.kind] += row.flops
    return {key: n / TICKS for key, n in found.items() if n}


IN, OUT = 2 * BATCH * 6 * WIDE, 2 * BATCH * WIDE  # one product of each layer
ALIKE = 2 * BATCH * BATCH * WIDE
OWN = 2 * WIDE * 2 * 6
G_ALONE = 2 * BATCH * 3 * 6


def layers():
    return nn.Sequential(nn.Linear(6, WIDE), nn.ReLU(), nn.Linear(WIDE, 1))


@pytest.mark.parametrize("make", [layers, OneByOne, Projected, Constant])
@pytest.mark.parametrize("detached", [True, False])
def test_each_product_of_a_turn_is_counted_as_what_it_works_out(make, detached):
    """A layer's product once forward, once by its weights, once through it.

    The first layer's way through is walked only for who made the samples. A product of
    two values hands a derivative to each, and works none out by weights.
    """
    forward, weights, through = {
        layers: (IN + OUT, IN + OUT, OUT),
        OneByOne: (IN + ALIKE, IN, 2 * ALIKE),
        Projected: (OWN + IN, OWN, IN),
        Constant: (IN, IN, 0),
    }[make]
    told = {("G", "forward"): G_ALONE, ("D", "forward"): forward}
    told |= {("D", "weights"): weights, ("D", "through"): through}
    if not detached:
        told["G", "weights"] = G_ALONE
        if make is layers:
            told["D", "through"] += IN
        if make is Projected:  # a product for each of the two, who differ
            told["G", "through"] = IN
        if make is OneByOne:  # both players lie behind the two values: it is of neither
            told |= {("D", "through"): IN, ("", "through"): through}
    found = products(make(), detached=detached)
    assert found == {key: n for key, n in told.items() if n}


SIDE = 4
CONV = 2 * BATCH * 3 * (SIDE - 1) ** 2 * 2**2  # three maps of 2 x 2 weights
LAST = 2 * BATCH * 3 * (SIDE - 1) ** 2


def slope_penalty(frozen="", wiped=False):
    """The rows of D(x) = v^T W x, W a convolution, that learns to be flat."""
    torch.manual_seed(0)
    D = nn.Sequential(
        nn.Conv2d(1, 3, 2, bias=False), nn.Flatten(), nn.Linear(27, 1, bias=False)
    )
    if frozen:
        D[0 if frozen == "W" else 2].requires_grad_(False)
    optimizer = torch.optim.SGD([p for p in D.parameters() if p.requires_grad], lr=0.01)
    with audit(G=nn.Linear(1, 1), D=D) as seen:
        for _ in range(TICKS):
            x = torch.randn(BATCH, 1, SIDE, SIDE, requires_grad=True)
            (slope,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
            optimizer.zero_grad()
            slope.square().sum().backward()
            if wiped:
                optimizer.zero_grad()
                D(x).sum().backward()
            optimizer.step()
    return seen.report.cost.rows


@pytest.mark.parametrize(
    ("frozen", "own", "nobodys"),
    [("", CONV + LAST, 0), ("W", LAST, CONV), ("v", CONV, 0)],
)
def test_a_slope_of_images_is_counted_by_what_each_product_works_out(
    frozen, own, nobodys
):
    """The slope takes a product through v, and one through W.

    Its square hands one to W, one through W and one to v. Torch works out both of W,
    whoever learns: the one that hands a frozen W its derivative is for nobody.
    """
    found = Counter()
    for row in slope_penalty(frozen):
        found[row.player, row.kind] += row.flops / TICKS
    told = {("D", "forward"): CONV + LAST, ("D", "through"): LAST + 2 * CONV}
    told |= {("D", "weights"): own, ("", "through"): nobodys}
    assert found == {key: n for key, n in told.items() if n}


def test_the_products_of_a_penalty_that_is_wiped_are_wasted_all():
    rows = slope_penalty(wiped=True)
    penalty = {row.kind: row for row in rows if "slope.square" in row.place.source}
    assert {kind: row.flops / TICKS for kind, row in penalty.items()} == {
        "weights": CONV + LAST,
        "through": CONV,
    }
    assert all(row.wasted == row.flops for row in penalty.values())
