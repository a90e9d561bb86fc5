"""What the audit keeps does not grow with the ticks; what would have died, dies."""

import gc
import weakref
from collections import Counter, deque

import pytest
import torch
from torch import nn
from torch.nn.functional import softplus

from ganflow.loop_audit.block import audit


@pytest.fixture(autouse=True)
def one_thread():
    """Small products wait for other threads longer than they take."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


class Token:
    """Lies in a node of a graph, and lives as long."""


class Game:
    """A loop with a pool, an average, logged sums, R1 and closures, each if wanted."""

    def __init__(self, *, closures=False):
        torch.manual_seed(0)
        self.G = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Linear(8, 2))
        self.D = nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1))
        self.average = [p.detach().clone() for p in self.G.parameters()]
        self.opt_G = torch.optim.Adam(self.G.parameters())
        self.opt_D = torch.optim.Adam(self.D.parameters())
        self.pool, self.total = deque(maxlen=8), 0.0
        self.mean = torch.zeros(())
        self.closures = closures
        self.dead: list[weakref.ref] = []  # what each tick has made, and lets go

    def loss_D(self):
        x = torch.randn(4, 2, requires_grad=True)
        score = self.D(x)
        (slope,) = torch.autograd.grad(score.sum(), x, create_graph=True)
        self.pool.append(self.G(torch.randn(4, 2)).detach())
        fake = torch.cat([self.pool[0], self.pool[-1]])
        loss = softplus(-score).mean() + softplus(self.D(fake)).mean()
        self.dead += map(weakref.ref, (x, score, slope, fake, loss))
        return loss + slope.square().sum(1).mean()

    def loss_G(self):
        fake = self.G(torch.randn(4, 2))
        loss = softplus(-self.D(fake)).mean()
        graph = fake.grad_fn.metadata["token"] = Token()
        self.dead += map(weakref.ref, (fake, loss, graph))
        return loss

    def tick(self):
        self.dead.clear()
        for optimizer, make in ((self.opt_D, self.loss_D), (self.opt_G, self.loss_G)):

            def closure(optimizer=optimizer, make=make):
                optimizer.zero_grad()
                loss = make()
                loss.backward()
                return loss

            loss = optimizer.step(closure) if self.closures else closure()
            if not self.closures:
                optimizer.step()
            self.total += loss.item()
            self.mean = 0.9 * self.mean + 0.1 * loss.detach()
        with torch.no_grad():
            for old, new in zip(self.average, self.G.parameters(), strict=True):
                old.lerp_(new, 0.1)


def living():
    """How many objects of each kind there are."""
    gc.collect()
    return Counter(type(one).__name__ for one in gc.get_objects())


@pytest.mark.parametrize("closures", [False, True])
def test_as_much_is_kept_after_600_ticks_more(closures):
    """A thing kept for each tick would make 600; what is made once is fewer."""
    game = Game(closures=closures)
    with audit(G=game.G, D=game.D) as seen:
        for _ in range(300):  # an average remembers so many; of moves 400 are kept
            game.tick()
        before = living()
        for _ in range(600):
            game.tick()
        after = living()
    assert not {kind: n for kind, n in (after - before).items() if n > 300}
    assert seen.report.move_count == 1800
    assert len(seen.moves) <= 400


@pytest.mark.parametrize("closures", [False, True])
def test_what_a_tick_lets_go_is_gone(closures):
    """No tensor and no graph outlives its tick because it was watched."""
    game = Game(closures=closures)
    game.tick()
    gc.disable()  # they go by themselves, as without the audit
    try:
        game.tick()
        bare = [ref() is None for ref in game.dead]
        with audit(G=game.G, D=game.D):
            for _ in range(5):
                game.tick()
                watched = [ref() is None for ref in game.dead]
    finally:
        gc.enable()
    assert bare == watched
    assert all(watched)


def test_the_log_is_bounded():
    game = Game()
    seen = audit(G=game.G, D=game.D)
    with seen:
        for _ in range(60):
            game.tick()
        log = seen._observer.log
        sizes = {name: len(v) for name, v in vars(log).items() if hasattr(v, "__len__")}
        for _ in range(200):
            game.tick()
        later = {name: len(v) for name, v in vars(log).items() if hasattr(v, "__len__")}
    assert {n: v for n, v in later.items() if v > sizes[n]} == {"moves": 400}


def test_a_report_keeps_no_network_alive():
    game = Game()
    with audit(G=game.G, D=game.D) as seen:
        for _ in range(3):
            game.tick()
    report, net = seen.report, weakref.ref(game.G)
    del seen, game
    gc.collect()
    assert net() is None
    assert report.move_count == 6
