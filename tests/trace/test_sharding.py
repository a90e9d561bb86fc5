"""What is said of networks that are sharded over processes, or wrapped to be averaged.

Two processes a test: FSDP changes what a network is, and no network goes back.
"""

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FullyShardedDataParallel, fully_shard
from torch.nn.functional import softplus
from torch.nn.parallel import DistributedDataParallel

from ganflow import audit, flow, left_behind, watch
from ganflow.training.distributed.fork import in_processes

Z, X = torch.randn(2, 8, 2, generator=torch.Generator().manual_seed(0))
CPU = torch.device("cpu")


def pair(wrap):
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 2))
    D = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    return wrap(G), wrap(D)


def whole(net):
    fully_shard(net, mesh=init_device_mesh("cpu", (dist.get_world_size(),)))
    return net


def layer_by_layer(net):
    for layer in (net[0], net[2]):
        whole(layer)
    return whole(net)


def flat(net):
    return FullyShardedDataParallel(net, device_id=CPU)


def flat_with_names(net):
    return FullyShardedDataParallel(net, device_id=CPU, use_orig_params=True)


SHARDED = [whole, layer_by_layer, flat, flat_with_names]


def part(batch, rank):
    return batch.chunk(dist.get_world_size())[rank]


def error_of(ask):
    with pytest.raises(ValueError) as error:
        ask()
    return str(error.value)


@pytest.mark.parametrize("wrap", SHARDED)
def test_flow_and_watch_say_that_they_cannot_see_whose_derivative_it_is(wrap):
    def work(rank):
        G, D = pair(wrap)
        loss_G = softplus(-D(G(part(Z, rank)))).mean()
        ways = [lambda D=D: flow({"loss_G": loss_G}, {"D": D}), lambda: watch(D=D)]
        if wrap is not flat_with_names:  # its weights are plain, until they are used
            kept = [p for p in D.parameters() if type(p) is not nn.Parameter]
            ways += [lambda: flow({"loss_G": loss_G}, {"D": kept or D})]
            if kept:
                ways += [lambda: flow({"loss_G": loss_G}, {"D": iter(kept)})]
        return [error_of(way) for way in ways]

    for said in in_processes(2, work):
        assert all("D is sharded over processes (FSDP)" in words for words in said)
        assert "flow cannot see whose" in said[0]
        assert "watch cannot see whose" in said[1]


@pytest.mark.parametrize("wrap", SHARDED)
def test_left_behind_gives_each_process_its_own_share(wrap):
    def work(rank):
        G, D = pair(wrap)
        softplus(-D(G(part(Z, rank)))).mean().backward()
        return left_behind({"G": G, "D": D})

    (expected,) = in_processes(1, lambda rank: alone(rank))
    shares = in_processes(2, work)
    for player, norm in expected.items():
        total = sum((share[player] or 0.0) ** 2 for share in shares) ** 0.5
        assert total == pytest.approx(norm, rel=1e-5)
        assert all((share[player] or 0.0) < norm for share in shares)


def alone(rank):
    G, D = pair(lambda net: net)
    softplus(-D(G(Z))).mean().backward()
    return left_behind({"G": G, "D": D})


def test_flow_of_a_wrapped_network_is_that_of_this_process_alone():
    def work(rank):
        asked = flows(*pair(DistributedDataParallel), part(Z, rank))
        return asked, flows(*pair(lambda net: net), part(Z, rank))

    (one, own), (other, its) = in_processes(2, work)
    assert one == pytest.approx(own) and other == pytest.approx(its)
    assert one != pytest.approx(other, rel=1e-3)


def flows(G, D, z):
    table = flow({"loss_G": softplus(-D(G(z))).mean()}, {"G": G, "D": D})
    return [table["loss_G", player].norm for player in ("G", "D")]


@pytest.mark.parametrize("wrap", SHARDED)
def test_an_audit_takes_what_it_could_not_see_for_unknown(wrap):
    def work(rank):
        G, D = pair(wrap)
        opts = [torch.optim.SGD(net.parameters(), lr=0.1) for net in (G, D)]
        with audit(G=G, D=D) as seen:
            for _ in range(3):
                tick(G, D, opts, part(Z, rank), part(X, rank))
        return str(seen), {finding.id for finding in seen.findings}, seen.schedule

    text, found, schedule = in_processes(2, work)[0]
    assert "D and G: the weights are sharded over processes (FSDP)" in text
    assert "a read of" not in text and schedule is None
    assert text.count("What it reads is unknown.") == 2
    assert "nobodys-weights" not in found


def tick(G, D, opts, z, x):
    opt_G, opt_D = opts
    opt_D.zero_grad()
    (softplus(-D(x)).mean() + softplus(D(G(z).detach())).mean()).backward()
    opt_D.step()
    opt_G.zero_grad()
    softplus(-D(G(z))).mean().backward()
    opt_G.step()
