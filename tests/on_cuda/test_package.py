"""The rest of the package on a CUDA device: the same as on the CPU, and no mix."""

import numpy as np
import pytest
import torch
from cuda_claims import no_wait
from one_loss_steps import (
    by_one_pass,
    by_reversal,
    by_single_loss,
    largest_difference,
    setting,
    two_step,
)
from small_pair import small_pair
from torch import nn
from torch.nn.functional import softplus
from torch.testing import assert_close

from ganflow.cost import cost_of
from ganflow.data import ring
from ganflow.dynamics import RULES, GradientDescent, Networks, play, tick_jacobian
from ganflow.dynamics.players import PENALTIES
from ganflow.loop_audit.block import audit
from ganflow.losses import (
    LOSSES,
    SLOPE_FORMS,
    gradient_penalty,
    score_derivatives,
    slope_penalty,
)
from ganflow.nets import dcgan_critic, frozen, mlp_critic, mlp_generator
from ganflow.one_loss import check_samples_apart
from ganflow.schedule import ALTERNATING, SIMULTANEOUS, Schedule
from ganflow.trace.flow import flow, left_behind
from ganflow.trace.watch import watch

pytestmark = pytest.mark.cuda
DEVICES = ("cpu", "cuda")
ONCE = {"rtol": 1e-4, "atol": 1e-6}
AFTER_TICKS = {"rtol": 1e-3, "atol": 1e-5}
every_loss = pytest.mark.parametrize("name", LOSSES)


def seeded(number=0):
    return torch.Generator().manual_seed(number)


def on_both(by_device):
    """What a function of the device gives on each, as lists of tensors of the CPU."""
    return [[torch.as_tensor(x).cpu() for x in by_device(name)] for name in DEVICES]


@every_loss
def test_losses_and_their_derivatives(name):
    scores = torch.randn(2, 8, generator=seeded())

    def by_device(device):
        real, fake = scores.to(device)
        with no_wait():
            return vars(score_derivatives(LOSSES[name], real, fake)).values()

    assert_close(*on_both(by_device), **ONCE)


@pytest.mark.parametrize("form", SLOPE_FORMS)
@pytest.mark.parametrize("penalty", [gradient_penalty, slope_penalty])
def test_penalties(penalty, form):
    x, mix = torch.randn(8, 1, 16, 16, generator=seeded()), torch.rand(8)

    def by_device(device):
        D, given = dcgan_critic(16, 4, 1, generator=seeded()), x.to(device)
        with torch.no_grad():
            for weight in D.parameters():
                weight *= 5  # else the squared slope is 2e-6, hardly above atol
        D.to(device)
        if penalty is gradient_penalty:
            value = penalty(D, given, -given, mix=mix.to(device), form=form)
        else:
            value = penalty(D, given, form=form)
        value.backward()
        return [value, D[0].weight.grad]

    assert_close(*on_both(by_device), **ONCE)


def test_a_frozen_network():
    def by_device(device):
        D = mlp_critic(generator=seeded()).to(device)
        z = torch.randn(4, 2, generator=seeded()).to(device).requires_grad_()
        with no_wait(), frozen(D):
            D(z).sum().backward()
        assert all(p.grad is None and p.requires_grad for p in D.parameters())
        return [z.grad]

    assert_close(*on_both(by_device), **ONCE)


@every_loss
@pytest.mark.parametrize("way", [by_single_loss, by_one_pass, by_reversal])
def test_one_loss_for_both_players(name, way):
    def by_device(device):
        made = setting()
        made.G.to(device), made.D.to(device)
        there = type(made)(made.G, made.D, made.x_real.to(device), made.z.to(device))
        found, expected = way(there, LOSSES[name]), two_step(there, LOSSES[name])
        if way is not by_reversal or name in ("saturating", "Wasserstein"):
            assert largest_difference(found, expected) < 1e-12
        return [*found["G"], *found["D"]]

    assert_close(*on_both(by_device), rtol=1e-6, atol=1e-12)


def test_samples_that_mix_are_found_and_no_random_number_is_used():
    x = torch.randn(4, 3, generator=seeded()).cuda()
    D = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.0), nn.Linear(4, 1)).cuda()
    before = torch.cuda.get_rng_state()
    check_samples_apart(D, x)
    assert torch.equal(torch.cuda.get_rng_state(), before)
    with pytest.raises(ValueError, match="BatchNorm1d at 1"):
        check_samples_apart(nn.Sequential(D[0], nn.BatchNorm1d(4)).cuda(), x)


def players(device, **options):
    rng = seeded(3)
    G = mlp_generator(width=8, generator=rng).to(device)
    D = mlp_critic(width=8, generator=rng).to(device)
    return Networks(G, D, ring(), batch=16, shown=8, **options)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@pytest.mark.parametrize("schedule", [SIMULTANEOUS, ALTERNATING], ids=str)
def test_play(rule, schedule):
    def by_device(device):
        run = play(players(device), schedule, rule=rule(0.01), ticks=3)
        return run.series.values()

    assert_close(*on_both(by_device), **AFTER_TICKS)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_play_with_a_penalty(penalty):
    def by_device(device):
        made = players(device, penalty=penalty, strength=0.3 * (penalty != "none"))
        rule, schedule = GradientDescent(0.05), Schedule.from_text("G DG D")
        return play(made, schedule, rule=rule, ticks=3).series.values()

    assert_close(*on_both(by_device), **AFTER_TICKS)


def test_the_jacobian_of_a_tick():
    def by_device(device):
        rng = seeded(3)
        G, D = mlp_generator(width=2, generator=rng), mlp_critic(width=2, generator=rng)
        made = Networks(G.to(device), D.to(device), ring(), batch=4, shown=4)
        return [tick_jacobian(made, ALTERNATING, rule=GradientDescent(0.05))]

    assert_close(*on_both(by_device), **AFTER_TICKS)


def pair_on(device):
    return {name: part.to(device) for name, part in small_pair().items()}


def losses_of(pair):
    G, D, z = pair["G"], pair["D"], pair["z"]
    x_fake = G(z)
    loss_D = softplus(-D(pair["x_real"])).mean() + softplus(D(x_fake.detach())).mean()
    return {"loss_D": loss_D, "loss_G": softplus(-D(x_fake)).mean()}


def test_a_trace_and_its_flow():
    told = []
    for device in DEVICES:
        pair = pair_on(device)
        with watch(**pair) as seen:
            losses = losses_of(pair)
        trace = seen.trace(losses["loss_G"])
        nets = {name: pair[name] for name in ("G", "D")}
        table = flow(losses, nets, seen=seen)
        assert (table["loss_G", "D"].norm or 0) > 0
        sum(losses.values()).backward()
        left = {k: v and round(v, 4) for k, v in left_behind(nets).items()}
        nodes = [(node.label, node.shape) for node in trace.nodes]
        told.append((nodes, trace.edges, trace.reached, table.text(), left))
    assert told[0] == told[1]


def test_an_audited_loop_is_told_as_on_the_cpu():
    told, ends = [], []
    for device in DEVICES:
        pair = pair_on(device)
        nets = {name: pair[name] for name in ("G", "D")}
        opts = [torch.optim.Adam(net.parameters(), 0.01) for net in nets.values()]
        with audit(**nets) as seen:
            for _ in range(4):
                for opt, name in zip(opts, ("loss_G", "loss_D"), strict=True):
                    opt.zero_grad()
                    losses_of(pair)[name].backward()
                    opt.step()
        told.append((seen.report.name, [f.sentence for f in seen.findings]))
        weights = [p for net in nets.values() for p in net.parameters()]
        ends.append([p.detach().cpu() for p in weights])
    assert told[0] == told[1]
    assert_close(*ends, **ONCE)


def test_the_audit_waits_for_nothing():
    pair = pair_on("cuda")
    opt = torch.optim.Adam(pair["D"].parameters(), fused=True)
    with audit(G=pair["G"], D=pair["D"]) as seen, no_wait():
        for _ in range(3):
            opt.zero_grad()
            losses_of(pair)["loss_D"].backward()
            opt.step()
    assert len(seen.moves) == 3


def test_the_cost_of_a_step():
    costs = []
    for device in DEVICES:
        pair = pair_on(device)

        def step(pair=pair):
            sum(losses_of(pair).values()).backward()

        step()
        costs.append(cost_of(step, G=pair["G"], D=pair["D"], batch=3))
    assert costs[0] == costs[1]


def test_networks_on_two_devices_are_refused():
    made = players("cpu")
    with pytest.raises(ValueError, match="be on one device, got .*cpu, .*cuda:0"):
        Networks(made.G, made.D.cuda(), ring())


def test_records_are_numbers_of_the_cpu():
    run = play(players("cuda"), SIMULTANEOUS, rule=GradientDescent(0.01), ticks=1)
    assert all(isinstance(values, np.ndarray) for values in run.series.values())
