"""A critic that steps five times: its cycle, and whose batch norm the penalty meets."""

import torch
from torch import nn

from ganflow import audit, critic_steps
from ganflow.loop_report import Move, Place
from ganflow.loop_report.naming import name_of

PLACE = Place("train.py", 1)


def moves_of(players):
    """Moves in this order, each of which reads the newest version of the other."""
    newest, moves = {"G": 0, "D": 0}, []
    for number, player in enumerate(players):
        reads = {who: (version,) for who, version in newest.items()}
        before = dict(newest)
        newest[player] += 1
        moves.append(Move(number, player, newest[player], PLACE, reads, before, 1, 1))
    return moves


def test_a_watch_that_ends_among_critic_steps_names_the_whole_cycle():
    """`i % 5 == 0`: the last four moves are of D, and (D, D) is no pattern."""
    naming = name_of(moves_of("D" + "GDDDDD" * 3 + "GDDDD"), "D", "G")
    assert naming.cycle == 6 and naming.settled
    assert naming.schedule == critic_steps(5)


def wgan_gp(critic_norm):
    """Findings of some ticks in which D's turn walks into a G with batch norm."""
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 4))
    D = nn.Sequential(nn.Linear(4, 8), critic_norm, nn.ReLU(), nn.Linear(8, 1))
    opt_D = torch.optim.Adam(D.parameters())
    with audit(G=G, D=D) as seen:
        for _ in range(2):
            x_fake, x_real = G(torch.randn(8, 2)), torch.randn(8, 4)
            mix = torch.rand(8, 1)
            between = (mix * x_real + (1 - mix) * x_fake).requires_grad_()
            score = D(between).sum()
            (slope,) = torch.autograd.grad(score, between, create_graph=True)
            penalty = (slope.norm(dim=1) - 1).square().mean()
            opt_D.zero_grad()
            (D(x_fake).mean() - D(x_real).mean() + penalty).backward()
            opt_D.step()
    return [finding for finding in seen.findings if finding.id == "batch-norm-penalty"]


def test_a_penalty_does_not_complain_of_the_batch_norm_of_the_generator():
    assert wgan_gp(nn.Identity()) == []
    (finding,) = wgan_gp(nn.BatchNorm1d(8))
    assert "differentiates D sample by sample" in finding.sentence


def cost(detached):
    """Of a penalty on a convolutional critic, whose turn walks into G or does not."""
    torch.manual_seed(0)
    G = nn.Sequential(nn.ConvTranspose2d(4, 8, 4), nn.ReLU(), nn.Conv2d(8, 1, 1))
    D = nn.Sequential(nn.Conv2d(1, 8, 3), nn.LeakyReLU(0.2), nn.Conv2d(8, 1, 2))
    opt_D = torch.optim.Adam(D.parameters())
    with audit(G=G, D=D) as seen:
        for _ in range(4):
            x_fake, x_real = G(torch.randn(6, 4, 1, 1)), torch.randn(6, 1, 4, 4)
            x_fake = x_fake.detach() if detached else x_fake
            mix = torch.rand(6, 1, 1, 1)
            between = (mix * x_real + (1 - mix) * x_fake).requires_grad_()
            score = D(between).sum()
            (slope,) = torch.autograd.grad(score, between, create_graph=True)
            penalty = (slope.flatten(1).norm(dim=1) - 1).square().mean()
            opt_D.zero_grad()
            G.zero_grad()
            (D(x_fake).mean() - D(x_real).mean() + penalty).backward()
            opt_D.step()
    return seen.report.cost


def test_the_share_that_walks_into_the_generator_is_what_a_detach_saves():
    """The slope at `between` is worked out all the same: it is no part of the share."""
    before, after = cost(detached=False), cost(detached=True)
    share = sum(row.wasted for row in before.rows) / before.flops
    assert share > 0.1 and after.wasted == 0
    assert abs(share - (1 - after.flops / before.flops)) < 1e-12
