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
