"""The audit names the loop whichever way it differentiates, steps and runs."""

import pytest
import torch
from torch import nn
from torch.func import functional_call
from torch.nn.functional import softplus
from torch.utils.checkpoint import checkpoint

from ganflow.loop_audit.block import audit
from ganflow.loop_audit.operations import _factor
from ganflow.training.distributed.fork import in_processes

# What is said of four ticks: the name, the moves, the tensors of each, and the errors.
ALTERNATING = "alternating, D first; fakes made afresh", 8, {4}, []


def nets(norm=lambda layer: layer):
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 2))
    D = nn.Sequential(norm(nn.Linear(2, 8)), nn.LeakyReLU(0.2), norm(nn.Linear(8, 1)))
    return G, D


def losses(G, D, run=lambda net, x: net(x)):
    """D's loss and G's, each on fakes of its own."""

    def loss_D():
        fake = run(G, torch.randn(8, 2)).detach()
        return (
            softplus(-run(D, torch.randn(8, 2))).mean() + softplus(run(D, fake)).mean()
        )

    def loss_G():
        return softplus(-run(D, run(G, torch.randn(8, 2)))).mean()

    return loss_D, loss_G


def optimizers(G, D, kind=torch.optim.SGD, **more):
    return tuple(kind(net.parameters(), lr=0.01, **more) for net in (D, G))


def turns(pairs, backward=lambda loss, _: loss.backward()):
    """One tick: each optimizer on its own loss."""
    for optimizer, loss in pairs:
        optimizer.zero_grad()
        backward(loss(), optimizer)
        optimizer.step()


def watched(G, D, tick, ticks=4):
    with audit(G=G, D=D) as seen:
        for _ in range(ticks):
            tick()
    return seen.report


def fates(report):
    """What became of all that arrived: player -> fates."""
    found = {}
    for arrival in report.arrivals:
        found.setdefault(arrival.player, set()).update(arrival.fates)
    return found


def simple(kind=torch.optim.SGD, run=lambda net, x: net(x), norm=lambda x: x, **more):
    G, D = nets(norm)
    pairs = list(zip(optimizers(G, D, kind, **more), losses(G, D, run), strict=True))
    return watched(G, D, lambda: turns(pairs))


def errors(report):
    return [f.id for f in report.findings if f.level == "error"]


def said(report):
    tensors = {move.tensors for move in report.moves}
    return report.name, report.move_count, tensors, errors(report)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("SGD", {"momentum": 0.9, "fused": True}),
        ("Adam", {"fused": True}),
        ("AdamW", {"fused": True}),
        ("Adam", {"foreach": True}),
        ("RMSprop", {"foreach": True}),
        ("SGD", {"foreach": False}),
        ("Adagrad", {}),
        ("NAdam", {}),
    ],
)
def test_optimizers_of_every_build(kind, options):
    """A fused Adam declares gradients as written, and its moments remember old ones."""
    assert said(simple(getattr(torch.optim, kind), **options)) == ALTERNATING


@pytest.mark.parametrize(
    "run",
    [
        lambda net, x: checkpoint(net, x, use_reentrant=False),
        lambda net, x: checkpoint(net, x.clone().requires_grad_(), use_reentrant=True),
        lambda net, x: functional_call(net, dict(net.named_parameters()), (x,)),
        lambda net, x: net.forward(x),
        lambda net, x: nn.DataParallel(net)(x),
        lambda net, x: net[2](net[1](net[0](x))),
    ],
    ids=[
        "checkpoint",
        "reentrant checkpoint",
        "functional_call",
        "direct forward",
        "DataParallel",
        "by layers",
    ],
)
def test_networks_called_in_every_way(run):
    report = simple(run=run)
    assert report.name.startswith("alternating, D first")
    assert report.move_count == 8 and not errors(report)
    assert "dead-score" not in {f.id for f in report.findings}
    assert "stepped" in fates(report)["G"]


@pytest.mark.filterwarnings("ignore:None of the inputs have requires_grad=True")
def test_a_score_of_data_from_a_reentrant_checkpoint_is_dead():
    """No input wants a derivative, so its result has no history."""
    found = {}
    for reentrant in (True, False):
        G, D = nets()
        opt_D = torch.optim.SGD(D.parameters(), lr=0.1)
        with audit(G=G, D=D) as seen:
            for _ in range(3):
                opt_D.zero_grad()
                real = checkpoint(D, torch.randn(8, 2), use_reentrant=reentrant)
                x_fake = G(torch.randn(8, 2))
                fake = checkpoint(D, x_fake, use_reentrant=reentrant)
                (softplus(-real).mean() + softplus(fake).mean()).backward()
                opt_D.step()
        found[reentrant] = {finding.id for finding in seen.findings}
    assert "dead-score" in found[True] and "dead-score" not in found[False]


@pytest.mark.parametrize(
    "norm", [nn.utils.spectral_norm, nn.utils.parametrizations.spectral_norm]
)
def test_spectral_norm(norm):
    assert said(simple(norm=norm)) == ALTERNATING


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")  # dynamo's own
@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
def test_compiled_networks_are_watched_uncompiled(backend):
    G, D = nets()
    fast = {net: torch.compile(net, backend=backend) for net in (G, D)}
    pairs = list(
        zip(optimizers(G, D), losses(G, D, lambda net, x: fast[net](x)), strict=True)
    )
    turns(pairs)  # compiled before the watch
    report = watched(G, D, lambda: turns(pairs))
    assert said(report) == ALTERNATING
    assert any("uncompiled" in sentence for sentence in report.unseen)
    turns(pairs)


def test_derivatives_by_hand_that_are_laid_into_grad():
    G, D = nets()

    def backward(loss, optimizer):
        held = optimizer.param_groups[0]["params"]
        for p, g in zip(held, torch.autograd.grad(loss, held), strict=True):
            p.grad = g

    pairs = list(zip(optimizers(G, D), losses(G, D), strict=True))
    report = watched(G, D, lambda: turns(pairs, backward))
    assert said(report) == ALTERNATING
    assert fates(report)["G"] == {"stepped"}


def closed(optimizer, loss):
    def closure():
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    return closure


@pytest.mark.parametrize("kind", ["SGD", "Adam", "LBFGS"])
def test_closures(kind):
    """LBFGS evaluates its closure often, and clears what it has used itself."""
    G, D = nets()
    more = {"max_iter": 3} if kind == "LBFGS" else {}
    pairs = list(
        zip(
            optimizers(G, D, getattr(torch.optim, kind), **more),
            losses(G, D),
            strict=True,
        )
    )

    def tick():
        for optimizer, loss in pairs:
            optimizer.step(closed(optimizer, loss))

    report = watched(G, D, tick)
    assert said(report) == ALTERNATING
    own = [a for a in report.arrivals if a.player == "G" and "stepped" in a.fates]
    assert own, fates(report)
    assert "wiped-before-step" not in [f.id for f in report.findings]


@pytest.mark.parametrize("how", [{}, {"fused": True}], ids=str)
@pytest.mark.parametrize("unscale", [False, True])
def test_a_scaler_and_the_step_it_leaves_out(how, unscale):
    """A fused optimizer is stepped all the same, and moves nothing."""
    G, D = nets()
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**4)
    ticks = iter(range(100))
    pairs = list(zip(optimizers(G, D, **how), losses(G, D), strict=True))

    def tick():
        bad = next(ticks) == 3
        for number, (optimizer, loss) in enumerate(pairs):
            optimizer.zero_grad()
            scaler.scale(loss()).backward()
            if bad and not number:
                optimizer.param_groups[0]["params"][0].grad.fill_(float("inf"))
            if unscale:
                scaler.unscale_(optimizer)
            scaler.step(optimizer)
        scaler.update()

    report = watched(G, D, tick, 8)
    assert report.name.startswith("alternating, D first")
    assert report.move_count == 15
    assert [f.id for f in report.findings if f.id == "skipped-step"]
    assert not errors(report)


def test_accumulation():
    G, D = nets()
    pairs = list(zip(optimizers(G, D), losses(G, D), strict=True))

    def tick():
        for optimizer, loss in pairs:
            optimizer.zero_grad()
            for _ in range(3):
                (loss() / 3).backward()
            optimizer.step()

    report = watched(G, D, tick)
    assert said(report) == ALTERNATING
    of_G = [a for a in report.arrivals if a.player == "G"]
    assert [(a.times, a.fates) for a in of_G] == [(12, {"stepped": 12})]


def test_one_optimizer_for_both():
    G, D = nets()
    optimizer = torch.optim.SGD([*G.parameters(), *D.parameters()], lr=0.01)
    loss_D, _ = losses(G, D)

    def tick():
        optimizer.zero_grad()
        loss_D().backward()
        D.requires_grad_(False)
        softplus(-D(G(torch.randn(8, 2)))).mean().backward()
        D.requires_grad_(True)
        optimizer.step()

    report = watched(G, D, tick)
    assert report.name.startswith("simultaneous, one step for both")
    assert not errors(report)


def two_ranks(rank):
    """What one of two processes tells of an alternating loop under DDP."""
    G, D = nets()
    wrapped = {net: nn.parallel.DistributedDataParallel(net) for net in (G, D)}
    fast = {G: wrapped[G], D: wrapped[D]}
    run = lambda net, x: fast[net](x)  # noqa: E731
    pairs = list(zip(optimizers(G, D), losses(G, D, run), strict=True))
    report = watched(G, D, lambda: turns(pairs), ticks=5)
    return report.name, report.move_count, errors(report), report.unseen


def test_two_processes_by_ddp():
    """Buckets live on from tick to tick and are written in parts."""
    for name, moves, wrong, unseen in in_processes(2, two_ranks):
        assert name.startswith("alternating, D first"), name
        assert (moves, wrong) == (10, [])
        assert any("other processes" in sentence for sentence in unseen)


@pytest.mark.filterwarnings("default")  # what lightning warns of is its own
def test_lightning_manual_optimization():
    lightning = pytest.importorskip("lightning", reason="lightning is not installed")
    G, D = nets()

    class Game(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.automatic_optimization = False
            self.G, self.D = G, D

        def configure_optimizers(self):
            return list(optimizers(G, D))

        def training_step(self, batch, index):
            for optimizer, loss in zip(self.optimizers(), losses(G, D), strict=True):
                optimizer.zero_grad()
                self.manual_backward(loss())
                optimizer.step()

    loader = torch.utils.data.DataLoader(torch.zeros(4, 1))
    trainer = lightning.Trainer(
        max_epochs=1,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    report = watched(G, D, lambda: trainer.fit(Game(), loader), ticks=1)
    assert said(report) == ALTERNATING


def test_accelerate():
    accelerate = pytest.importorskip("accelerate", reason="accelerate is not installed")
    G, D = nets()
    accelerator = accelerate.Accelerator(cpu=True)
    opt_D, opt_G = accelerator.prepare(*optimizers(G, D))
    pairs = list(zip((opt_D, opt_G), losses(G, D), strict=True))
    backward = lambda loss, _: accelerator.backward(loss)  # noqa: E731
    report = watched(G, D, lambda: turns(pairs, backward))
    assert said(report) == ALTERNATING


@pytest.mark.parametrize("dim", [1, -1])
def test_a_row_of_what_two_players_made_side_by_side_was_made_by_both(dim):
    """As a pair of BiGAN's: only what is joined along the batch falls into parts."""
    torch.manual_seed(0)
    G, E, D = nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(4, 1)
    optimizer = torch.optim.SGD(D.parameters(), lr=0.01)
    with audit(G=G, E=E, D=D) as seen:
        for rows in (slice(0, 4), slice(4, 8)):
            optimizer.zero_grad()
            made = [G(torch.randn(8, 2)), E(torch.randn(8, 2))]
            softplus(D(torch.cat(made, dim).detach()[rows])).mean().backward()
            optimizer.step()
    assert [move.reads.keys() for move in seen.report.moves] == 2 * [{"G", "E", "D"}]


def test_a_factor_s_size_tells_one_number_from_one_for_each_sample():
    """An expanded number is still one; of a factor of full size nothing can be told."""
    batch = torch.ones(8, 2)
    for factor, size in (
        (torch.ones(()), 1),
        (torch.ones(8, 1), 8),
        (torch.ones(1, 1).expand(8, 2), 1),
        (torch.ones(8, 1).expand(8, 2), 8),
        (torch.ones(8, 2), 0),
    ):
        assert _factor([batch, factor], batch * factor) == size
    assert _factor([batch], batch * 2) is None
