"""Put the one-line cure in, and count again: as much is saved as was said.

The other counter is torch's own FlopCounterMode, in loops that are not watched.
"""

from math import prod

import pytest
import torch
from torch import nn
from torch.nn.functional import relu, softplus
from torch.utils.flop_counter import FlopCounterMode

from ganflow.loop_audit.block import audit

TICKS = 6
aten = torch.ops.aten


def convolution_backward(
    grad_shape, x_shape, w_shape, _bias, _s, _p, _d, transposed, _o, _groups, mask, **_
):
    """Products of both derivatives; torch counts grouped ones `groups` times."""
    of = prod(x_shape if transposed else grad_shape)
    return 2 * of * prod(w_shape[1:]) * (mask[0] + mask[1])


class NoModules:
    """In the place of torch's tracker of modules, which refuses slopes at leaves."""

    parents = frozenset({"Global"})

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None


def flops_of(loop, cured):
    """What all ticks of an unwatched loop cost."""
    tick = loop(cured)[-1]
    mapping = {aten.convolution_backward: convolution_backward}
    counter = FlopCounterMode(display=False, custom_mapping=mapping)
    counter.mod_tracker = NoModules()
    with counter:
        for _ in range(TICKS):
            tick()
    return counter.get_total_flops()


def wide(norm=lambda layer: layer):
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU())
    G.append(nn.Linear(32, 6))
    D = nn.Sequential(norm(nn.Linear(6, 48)), nn.LeakyReLU(0.2))
    D.extend([norm(nn.Linear(48, 32)), nn.LeakyReLU(0.2), norm(nn.Linear(32, 1))])
    return G, D, (8, 4), (8, 6)


def convolved(groups=1):
    torch.manual_seed(0)
    G = nn.Sequential(nn.ConvTranspose2d(4, 16, 4), nn.BatchNorm2d(16), nn.ReLU())
    G.append(nn.ConvTranspose2d(16, 4, 4, 2, 1, groups=groups))
    D = nn.Sequential(nn.Conv2d(4, 16, 3, 2, 1, groups=groups), nn.LeakyReLU(0.2))
    D.extend([nn.Conv2d(16, 16, 3, 2, 1, groups=4 * groups), nn.LeakyReLU(0.2)])
    D.extend([nn.Conv2d(16, 1, 2), nn.Flatten()])
    return G, D, (8, 4, 1, 1), (8, 4, 8, 8)


def game(nets, *, freeze=True, cut=True, again=False, penalty=0.0, kind="SGD"):
    """An alternating loop, with or without its wastes."""
    G, D, noise, real = nets
    make, log = getattr(torch.optim, kind), []
    opt_G, opt_D = make(G.parameters(), lr=1e-3), make(D.parameters(), lr=1e-3)

    def slope(x):
        x = x.detach().requires_grad_() if cut else x
        (found,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
        return ((found.flatten(1).norm(dim=1) - 1) ** 2).mean()

    def tick():
        x, fake = torch.randn(real), G(torch.randn(noise))
        scored = fake.detach() if cut else fake
        score = D(scored)
        loss = softplus(-D(x)).mean() + softplus(score).mean()
        if penalty:
            t = torch.rand(len(x), *(1 for _ in real[1:]))
            loss = loss + penalty * slope(t * x + (1 - t) * scored)
        log.append((D(scored) if again else score).mean().item())
        opt_D.zero_grad()
        loss.backward()
        opt_D.step()
        D.requires_grad_(not freeze)
        opt_G.zero_grad()
        softplus(-D(G(torch.randn(noise)))).mean().backward()
        opt_G.step()
        D.requires_grad_(True)

    return G, D, tick


def two_optimizers_for_features(cured):
    """Features of the reals are compared with, and nobody learns from theirs."""
    G, D, noise, real = wide()
    opt_G, opt_D = (torch.optim.Adam(n.parameters(), lr=1e-3) for n in (G, D))

    def tick():
        fake, x = G(torch.randn(noise)), torch.randn(real)
        opt_D.zero_grad()
        (relu(1 - D(x)).mean() + relu(1 + D(fake.detach())).mean()).backward()
        opt_D.step()
        opt_G.zero_grad()
        D.requires_grad_(not cured)
        target = D[:3](x)
        ((D[:3](fake) - target) ** 2).mean().backward()
        D.requires_grad_(True)
        opt_G.step()

    return G, D, tick


old_norm, new_norm = nn.utils.spectral_norm, nn.utils.parametrizations.spectral_norm
LOOPS = {
    "D not frozen in G's turn": lambda cured: game(wide(), freeze=cured),
    "no detach in D's turn": lambda cured: game(wide(), cut=cured),
    "neither": lambda cured: game(wide(), freeze=cured, cut=cured),
    "convolutions, neither": lambda cured: game(convolved(), freeze=cured, cut=cured),
    "grouped": lambda cured: game(convolved(4), freeze=cured, cut=cured),
    "a penalty that walks into G": lambda cured: game(wide(), cut=cured, penalty=10.0),
    "the same, convolved": lambda cured: game(convolved(), cut=cured, penalty=10.0),
    "scored twice": lambda cured: game(wide(), again=not cured),
    "scored twice, convolved": lambda cured: game(convolved(), again=not cured),
    "spectral norm, new": lambda cured: game(wide(new_norm), freeze=cured),
    "spectral norm, old": lambda cured: game(wide(old_norm), freeze=cured),
    "feature matching": two_optimizers_for_features,
}


@pytest.fixture(scope="module")
def said():
    """The cost that the audit tells of each loop, as it is and cured."""
    found = {}
    for name, loop in LOOPS.items():
        for cured in (False, True):
            G, D, tick = loop(cured)
            with audit(G=G, D=D) as seen:
                for _ in range(TICKS):
                    tick()
            found[name, cured] = seen.report
    return found


@pytest.mark.parametrize("name", LOOPS)
def test_as_much_is_saved_as_was_said(said, name):
    plain, cured = (flops_of(LOOPS[name], cure) for cure in (False, True))
    assert plain > cured
    assert said[name, False].cost.wasted == pytest.approx(1 - cured / plain, rel=0.01)


@pytest.mark.parametrize("name", LOOPS)
def test_a_cured_loop_wastes_nothing_more(said, name):
    assert said[name, True].cost.wasted == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("cured", [False, True])
@pytest.mark.parametrize("name", LOOPS)
def test_all_operations_are_those_that_torch_counts(said, name, cured):
    report = said[name, cured]
    assert report.cycle and report.move_count == 2 * TICKS
    total = report.cost.flops * TICKS * 2 / report.cycle
    assert total == pytest.approx(flops_of(LOOPS[name], cured), rel=1e-6)
