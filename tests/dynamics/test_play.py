"""The loop: networks against a textbook loop, games against their updates."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss, relu

from ganflow.data import ring
from ganflow.dynamics import Adam, GradientDescent, Momentum, Networks, Scalars, play
from ganflow.games import bilinear, dirac
from ganflow.losses import LOSSES
from ganflow.nets import mlp_critic, mlp_generator
from ganflow.schedule import (
    ALTERNATING,
    ALTERNATING_G_FIRST,
    SIMULTANEOUS,
    Schedule,
    critic_steps,
)

SCHEDULES = [SIMULTANEOUS, ALTERNATING, critic_steps(3), Schedule.from_text("G DG D")]
STRENGTH = {"none": 0.0, "R1": 0.4, "R2": 0.4, "WGAN-GP": 0.3, "clipping": 0.25}
TORCH = {
    Adam(0.01): lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.5, 0.999)),
    GradientDescent(0.05): lambda p: torch.optim.SGD(p, lr=0.05),
    Momentum(0.05, beta=0.6): lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.6),
}
RULE, PLAIN = Adam(0.01), Momentum(0.05, beta=0.6)


def networks(dtype=torch.float64, **options):
    rng = torch.Generator().manual_seed(3)
    G = mlp_generator(width=8, generator=rng).to(dtype)
    D = mlp_critic(width=8, generator=rng).to(dtype)
    return Networks(G, D, ring(), **{"batch": 16, "shown": 12, **options})


def written_loss_G(name, real, fake):
    ones = torch.ones_like(fake)
    if name in ("hinge", "Wasserstein"):
        return -fake.mean()
    if name == "least squares":
        return mse_loss(fake, ones) / 2
    if name == "relativistic":
        return binary_cross_entropy_with_logits(fake - real, ones)
    said = float(name == "non-saturating") * ones
    sign = 1 if name == "non-saturating" else -1
    return sign * binary_cross_entropy_with_logits(fake, said)


def written_loss_D(players, G, D, batch):
    x_fake, x_real = G(batch.z).detach(), batch.x_real
    real, fake = D(x_real), D(x_fake)
    if players.loss == "hinge":
        loss = relu(1 - real).mean() + relu(1 + fake).mean()
    elif players.loss == "Wasserstein":
        loss = fake.mean() - real.mean()
    elif players.loss == "least squares":
        loss = mse_loss(real, torch.ones_like(real)) / 2
        loss = loss + mse_loss(fake, torch.zeros_like(fake)) / 2
    elif players.loss == "relativistic":
        loss = binary_cross_entropy_with_logits(real - fake, torch.ones_like(real))
    else:
        cross = binary_cross_entropy_with_logits
        loss = cross(real, torch.ones_like(real)) + cross(fake, torch.zeros_like(fake))
    if players.penalty in ("none", "clipping"):
        return loss
    mixed = batch.mix * x_real + (1 - batch.mix) * x_fake
    x = {"R1": x_real, "R2": x_fake, "WGAN-GP": mixed}[players.penalty]
    x = x.clone().requires_grad_()
    (slope,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    if players.penalty == "WGAN-GP":
        return loss + players.strength * ((slope.norm(dim=1) - 1) ** 2).mean()
    return loss + players.strength / 2 * (slope**2).sum(dim=1).mean()


def textbook(players, schedule, optimizer, ticks):
    """Train copies of the networks as everybody writes it; return them."""
    G, D = copy.deepcopy(players.G), copy.deepcopy(players.D)
    steps = {"G": optimizer(G.parameters()), "D": optimizer(D.parameters())}
    made = {"G": 0, "D": 0}
    for turn in schedule.turns * ticks:
        if "G" in turn:
            batch = players.draw("G", made["G"], players.batch)
            steps["G"].zero_grad()
            scores = D(batch.x_real), D(G(batch.z))
            written_loss_G(players.loss, *scores).backward()
        if "D" in turn:
            batch = players.draw("D", made["D"], players.batch)
            steps["D"].zero_grad()  # also what loss_G left behind in D
            written_loss_D(players, G, D, batch).backward()
        for player in turn:
            steps[player].step()
            made[player] += 1
        if "D" in turn and players.penalty == "clipping":
            with torch.no_grad():
                for p in D.parameters():
                    p.clamp_(-players.strength, players.strength)
    return G, D


def seen_of(players, G, D):
    """What a record should hold of G and D, computed plainly."""
    batch = players.draw("G", -1, players.shown)
    for net in (G, D):
        net.zero_grad()
    x_fake = G(batch.z)
    real, fake = D(batch.x_real), D(x_fake)
    seen = {
        "samples": x_fake,
        "score_real": real.mean(),
        "score_fake": fake.mean(),
        "loss_G": written_loss_G(players.loss, real, fake),
        "loss_D": written_loss_D(players, G, D, batch),
    }
    for name, net in (("G", G), ("D", D)):
        own = list(net.parameters())
        grads = torch.autograd.grad(seen[f"loss_{name}"], own, retain_graph=True)
        seen[f"gradient_{name}"] = torch.cat([g.flatten() for g in grads]).norm()
    return {name: value.detach().numpy() for name, value in seen.items()}


def check_against_textbook(players, schedule, rule=PLAIN, ticks=4, atol=1e-12):
    run = play(players, schedule, rule=rule, ticks=ticks, record_every=ticks)
    wanted = seen_of(players, *textbook(players, schedule, TORCH[rule], ticks))
    assert set(run.series) == set(wanted)
    for name, value in wanted.items():
        np.testing.assert_allclose(run[name][-1], value, 0, atol, err_msg=name)
    moved = np.abs(run["samples"][-1] - run["samples"][0]).max()
    assert moved > 1e-3  # so that the comparison can fail


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: s.name)
@pytest.mark.parametrize("loss", LOSSES)
def test_play_is_the_textbook_loop_for_every_loss(loss, schedule):
    check_against_textbook(networks(loss=loss), schedule)


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: s.name)
@pytest.mark.parametrize("penalty", STRENGTH)
def test_play_is_the_textbook_loop_for_every_penalty(penalty, schedule):
    players = networks(penalty=penalty, strength=STRENGTH[penalty], loss="Wasserstein")
    check_against_textbook(players, schedule)


@pytest.mark.parametrize("rule", TORCH, ids=lambda r: type(r).__name__)
def test_play_is_the_textbook_loop_for_every_rule_of_torch(rule):
    check_against_textbook(networks(penalty="R1", strength=0.4), ALTERNATING, rule)


@pytest.mark.parametrize("penalty", ["none", "WGAN-GP"])
def test_play_is_the_textbook_loop_in_float32(penalty):
    players = networks(torch.float32, penalty=penalty, strength=STRENGTH[penalty])
    check_against_textbook(players, critic_steps(3), atol=1e-6)


def test_several_runs_at_once_are_each_run_alone():
    seeds, rule = np.array([4, 0, 4]), GradientDescent(0.05)
    options = {"penalty": "WGAN-GP", "strength": 0.3}
    options |= {"schedule": critic_steps(2), "rule": rule, "ticks": 3}

    def run(seed, *, schedule, rule, ticks, **of_players):
        players = networks(seed=seed, **of_players)
        return play(players, schedule, rule=rule, ticks=ticks)

    together = run(seeds, **options)
    for k, seed in enumerate(seeds):
        alone = run(int(seed), **options)
        for name, series in alone.series.items():
            np.testing.assert_allclose(together[name][:, k], series, 0, 1e-12)


def test_a_game_of_several_runs_is_each_game_alone():
    gamma, starts = np.array([0.0, 0.3, 1.0]), np.array([1.0, -0.5, 2.0])
    game = dirac(penalty="R1", strength=torch.tensor(gamma))
    rule = GradientDescent(torch.tensor([0.1, 0.2, 0.3], dtype=torch.float64))
    together = play(Scalars(game, starts, 1.0), ALTERNATING, rule=rule, ticks=20)
    for k, h in enumerate([0.1, 0.2, 0.3]):
        one = Scalars(replace(game, strength=gamma[k]), starts[k], 1.0)
        alone = play(one, ALTERNATING, rule=GradientDescent(h), ticks=20)
        np.testing.assert_allclose(together.radius[:, k], alone.radius, rtol=1e-12)


def test_networks_keep_their_weights_and_their_grad():
    players = networks(penalty="WGAN-GP", strength=1.0)
    nets = [*players.G.parameters(), *players.D.parameters()]
    for p in nets[::2]:
        p.grad = torch.full_like(p, 7.0)
    before = [(p.detach().clone(), p.grad, p.requires_grad) for p in nets]
    play(players, ALTERNATING, rule=RULE, ticks=3)
    for p, (value, gradient, wanted) in zip(nets, before, strict=True):
        assert torch.equal(p, value) and p.requires_grad == wanted
        assert p.grad is gradient and (gradient is None or (gradient == 7).all())


def test_records_are_the_start_every_kth_tick_and_the_last():
    run = play(Scalars(dirac()), ALTERNATING, rule=RULE, ticks=7, record_every=3)
    assert run.tick.tolist() == [0, 3, 6, 7] and run.turn.tolist() == [0, 0, 0, 0]
    every = play(Scalars(dirac()), ALTERNATING, rule=RULE, ticks=7)
    np.testing.assert_array_equal(run.theta, every.theta[[0, 3, 6, 7]])
    assert (np.diff(run.seconds) >= 0).all()


def test_no_tick_records_the_start_only():
    run = play(Scalars(dirac(), 0.5, -2.0), ALTERNATING, rule=RULE, ticks=0)
    assert (len(run), run.theta[0], run.psi[0]) == (1, 0.5, -2.0)


def test_each_turn_is_recorded_between_the_ticks():
    run = play(
        Scalars(bilinear(), 1.0, 0.5),
        ALTERNATING_G_FIRST,
        rule=GradientDescent(0.1),
        ticks=2,
        each_turn=True,
    )
    assert run.tick.tolist() == [0, 0, 1, 1, 2]
    assert run.turn.tolist() == [0, 1, 0, 1, 0]
    assert (np.diff(run.theta) != 0).tolist() == [True, False, True, False]
    assert (np.diff(run.psi) != 0).tolist() == [False, True, False, True]


@pytest.mark.parametrize("penalty", ["none", "R1", "WGAN-GP"])
@pytest.mark.parametrize("schedule", [SIMULTANEOUS, ALTERNATING], ids=lambda s: s.name)
def test_a_diverging_run_is_recorded_to_its_end(schedule, penalty):
    """Warnings are errors in these tests, so this run raises none."""
    options = {"penalty": penalty, "strength": STRENGTH[penalty]}
    players = networks(torch.float32, loss="Wasserstein", **options)
    run = play(players, schedule, rule=GradientDescent(1e6), ticks=20)
    assert len(run) == 21 and 0 < run.diverged < 20
    assert not np.isfinite(run["loss_D"][-1])
    game = Scalars(bilinear(), 1.0, 1.0)
    run = play(game, schedule, rule=GradientDescent(1e200), ticks=5)
    assert len(run) == 6 and 0 < run.diverged < 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ticks": -1}, "ticks is -1; expected a whole number, at least 0"),
        ({"record_every": 0}, "record_every is 0; expected a whole number, at least 1"),
        ({"rule": {"G": RULE}}, "rule is {'G'.*; expected .* one for each"),
        ({"rule": {"G": RULE, "D": 0.1}}, r"rule\['D'\] is 0.1; .* of GradientDescent"),
        ({"rule": "Adam"}, "rule is 'Adam'; expected a step rule for both"),
    ],
)
def test_a_call_that_cannot_be_played_says_why(options, message):
    with pytest.raises(ValueError, match=message):
        play(Scalars(dirac()), ALTERNATING, **{"rule": RULE, "ticks": 1} | options)
