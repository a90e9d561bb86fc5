"""What chapter 4 says of the libraries that open an autocast region for a loop."""

from contextlib import nullcontext

import pytest
import torch
from book_links import text_of
from torch import nn
from torch.nn.functional import softplus

PAGE = "notebooks/04_turns/close_the_region"
HALF = {"device_type": "cpu", "dtype": torch.bfloat16}
SECTION = text_of(PAGE).split("\n## Who opens the region for you\n")[1]
ROWS = [
    [cell.strip() for cell in line.split("|")[1:-1]]
    for line in SECTION.split("\n## ")[0].splitlines()
    if line.startswith("| ") and not line.startswith("| who")
]


class Pair(nn.Module):
    """Two small networks, one batch, and an optimizer of D."""

    def __init__(self, seed):
        super().__init__()
        torch.manual_seed(seed)
        self.G = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))
        self.D = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))
        self.z, self.x_real = torch.randn(64, 2), 1 + 0.3 * torch.randn(64, 2)
        self.opt_D = torch.optim.SGD(self.D.parameters(), lr=0.1)


def gradient_of_G(pair, G, D, backward):
    """G's gradient as a vector, through networks that may be wrapped."""
    pair.G.zero_grad()
    backward(softplus(-D(G(pair.z))).mean())
    return torch.cat([weight.grad.flatten() for weight in pair.G.parameters()])


def tick(pair, G, D, opt_D, backward, around):
    """Which D gives G's gradient, once D has stepped and G is scored again."""

    def by_itself():
        with torch.autocast(**HALF, cache_enabled=False):
            loss = softplus(-pair.D(pair.G(pair.z))).mean()
        return torch.cat(
            [g.flatten() for g in torch.autograd.grad(loss, [*pair.G.parameters()])]
        )

    old = by_itself()
    with around:
        loss_D = softplus(-D(pair.x_real)) + softplus(D(G(pair.z).detach()))
        opt_D.zero_grad()
        backward(loss_D.mean())
        opt_D.step()
        got = gradient_of_G(pair, G, D, backward)
    new = by_itself()
    assert (old - new).abs().max() > 1e-2
    return {"old": torch.equal(got, old), "new": torch.equal(got, new)}


def lightning_trainer(seed, **more):
    lightning = pytest.importorskip("lightning", reason="lightning is not installed")
    pair, told = Pair(seed), {}

    class Game(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.automatic_optimization = False
            self.pair = pair

        def configure_optimizers(self):
            return pair.opt_D

        def training_step(self, batch, index):
            opt_D, backward = self.optimizers(), self.manual_backward
            told.update(tick(pair, pair.G, pair.D, opt_D, backward, nullcontext()))

    trainer = lightning.Trainer(
        max_steps=1,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        **more,
    )
    trainer.fit(Game(), torch.utils.data.DataLoader(torch.zeros(1, 1)))
    return told


def lightning_with_the_cache(seed):
    plugins = pytest.importorskip(
        "lightning.pytorch.plugins", reason="lightning is not installed"
    )

    class Cached(plugins.MixedPrecision):
        def autocast_context_manager(self):
            return torch.autocast(**HALF)

    return lightning_trainer(seed, plugins=[Cached("bf16-mixed", "cpu")])


def fabric(seed, inside=False):
    lightning = pytest.importorskip("lightning", reason="lightning is not installed")
    pair = Pair(seed)
    runner = lightning.Fabric(accelerator="cpu", precision="bf16-mixed")
    D, opt_D = runner.setup(pair.D, pair.opt_D)
    G = runner.setup(pair.G)
    around = runner.autocast() if inside else nullcontext()
    return tick(pair, G, D, opt_D, runner.backward, around)


def accelerate(seed, prepared=True, inside=False, handlers=None):
    library = pytest.importorskip("accelerate", reason="accelerate is not installed")
    library.state.AcceleratorState._reset_state(True)
    if handlers is not None:
        handlers = [library.utils.AutocastKwargs(**handlers)]
    runner = library.Accelerator(
        cpu=True, mixed_precision="bf16", kwargs_handlers=handlers
    )
    pair = Pair(seed)
    G, D, opt_D = pair.G, pair.D, pair.opt_D
    forwards = G.forward, D.forward
    if prepared:
        G, D, opt_D = runner.prepare(G, D, opt_D)
        pair.G, pair.D = Plain(G, forwards[0]), Plain(D, forwards[1])
    around = runner.autocast() if inside else nullcontext()
    return tick(pair, G, D, opt_D, runner.backward, around)


class Plain(nn.Module):
    """A prepared network by the forward that it had before."""

    def __init__(self, net, forward):
        super().__init__()
        self.net, self.forward = net, forward


RUNS = {  # how a row of the page begins: what is run for it
    "Lightning's `Trainer(": [
        lambda seed: lightning_trainer(seed, precision="bf16-mixed")
    ],
    "the same with the cache": [lightning_with_the_cache],
    "Fabric, networks": [fabric],
    "`with fabric.autocast():`": [lambda seed: fabric(seed, inside=True)],
    "accelerate, networks": [accelerate],
    "`with accelerator.autocast():`": [
        lambda seed: accelerate(seed, inside=True),
        lambda seed: accelerate(seed, prepared=False, inside=True),
    ],
    "the same with `AutocastKwargs(": [
        lambda seed: accelerate(
            seed, prepared=False, inside=True, handlers={"cache_enabled": False}
        ),
        lambda seed: accelerate(seed, inside=True, handlers={"cache_enabled": False}),
    ],
}


def test_the_page_has_a_row_for_each_run():
    assert len(ROWS) == len(RUNS)


@pytest.mark.filterwarnings("default")  # what the libraries warn of is theirs
@pytest.mark.parametrize("begin", RUNS)
def test_a_library_does_what_the_page_says(begin):
    (row,) = (row for row in ROWS if row[0].startswith(begin))
    said = row[-1].strip("*")
    for run in RUNS[begin]:
        for seed in (0, 4):
            assert run(seed) == {name: name == said for name in ("old", "new")}
