"""What CUDA refuses and where its host waits; the stand-in's rules are these too."""

import copy
import io

import pytest
import torch
from cuda_claims import host_waits, no_wait
from torch import nn

pytestmark = pytest.mark.cuda


def there(*shape):
    return torch.ones(shape, device="cuda")


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: there(3) + torch.ones(3), "same device"),
        (lambda: torch.cat([there(3), torch.ones(3)]), "same device"),
        (lambda: torch.stack([there(), torch.ones(())]), "same device"),
        (lambda: nn.Linear(3, 1)(there(2, 3)), "same device"),
        (lambda: torch.ones(3)[there(2).long()], "indices should be either on cpu"),
        (lambda: there(3).numpy(), "Use Tensor.cpu"),
        (
            lambda: torch.rand(3, device="cuda", generator=torch.Generator()),
            "Expected a 'cuda' device type for generator but found 'cpu'",
        ),
        (
            lambda: torch.rand(3, generator=torch.Generator("cuda")),
            "Expected a 'cpu' device type for generator but found 'cuda'",
        ),
    ],
)
def test_what_is_refused(call, said):
    with pytest.raises((RuntimeError, TypeError), match=said):
        call()


def test_a_single_number_of_the_cpu_may_join():
    with no_wait():
        found = (there(3) * torch.tensor(2.0)).clamp(max=torch.tensor(1.5))
    assert found.tolist() == [1.5] * 3


WAITS = {
    "item": lambda x: x.sum().item(),
    "a branch": lambda x: 1 if x.sum() > 2 else 0,
    "tolist": lambda x: x.tolist(),
    "cpu": lambda x: x.cpu(),
    "equal": lambda x: torch.equal(x, x + 1),
    "nonzero": lambda x: x.nonzero(),
    "mask": lambda x: x[x > 0],
    "to the device": lambda x: torch.ones(3).cuda(),
    "a list": lambda x: torch.tensor([1.0], device="cuda"),
}


@pytest.mark.parametrize("name", WAITS)
def test_where_the_host_waits(name):
    x = there(3)
    with host_waits() as waits:
        WAITS[name](x)
    assert waits
    with no_wait(), pytest.raises(RuntimeError, match="synchronizing CUDA operation"):
        WAITS[name](x)


def test_the_host_waits_for_nothing_else():
    pinned, net = torch.ones(2, 3).pin_memory(), nn.Linear(3, 1).cuda()
    with host_waits() as waits:
        x = pinned.to("cuda", non_blocking=True)
        net(x).sum().backward()
        x[:, torch.arange(2, device="cuda")] = 0
    assert not waits


@pytest.mark.parametrize("call", [WAITS["item"], WAITS["cpu"], WAITS["a branch"]])
def test_a_graph_records_nothing_that_waits(call):
    x = there(3)
    with pytest.raises(RuntimeError, match="captur"):
        with torch.cuda.graph(torch.cuda.CUDAGraph()):
            call(x)


def test_a_graph_reads_tensors_anew_and_numbers_never():
    x, factor = there(3), 2.0
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        y = x * factor
        y.view(3, 1)[0] += 10
    x.fill_(3)
    factor = 5.0
    graph.replay()
    assert y.tolist() == [16, 6, 6] and factor == 5


def test_views_share_their_memory():
    x = there(2, 3)
    x.t()[0].fill_(7)
    assert x.tolist() == [[7, 1, 1], [7, 1, 1]]
    assert x.view(6).data_ptr() == x.data_ptr() and x[1].storage_offset() == 3


def test_a_network_is_copied_saved_and_loaded():
    net = nn.Linear(3, 1).cuda()
    twin, file = copy.deepcopy(net), io.BytesIO()
    with torch.no_grad():
        net.weight.add_(1)
    assert not torch.equal(twin.weight, net.weight) and twin.weight.is_cuda
    torch.save(net.state_dict(), file)
    file.seek(0)
    state = torch.load(file, map_location="cpu", weights_only=True)
    assert not state["weight"].is_cuda
    twin.load_state_dict(state)
    assert torch.equal(twin.weight, net.weight)


def test_one_seed_gives_one_stream():
    draws = []
    for _ in range(2):
        torch.manual_seed(3)
        before = torch.cuda.get_rng_state()
        draws.append(torch.rand(3, device="cuda"))
    torch.cuda.set_rng_state(before)
    draws.append(torch.rand(3, device="cuda"))
    rng = torch.Generator("cuda").manual_seed(1)
    own = [torch.rand(3, device="cuda", generator=rng) for _ in range(2)]
    assert torch.equal(draws[0], draws[1]) and torch.equal(draws[1], draws[2])
    assert not torch.equal(*own) and rng.device.type == "cuda"
