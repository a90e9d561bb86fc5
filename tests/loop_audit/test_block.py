"""`audit` goes on and comes off: arguments, nesting, exceptions, what stays behind."""

import copy
import io
import pickle
import warnings

import pytest
import torch
from loop_states import torch_as_it_is
from torch import nn
from torch.nn.functional import softplus
from torch.utils.data import DataLoader, TensorDataset

from ganflow.loop_audit.block import audit


def nets():
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 2))
    D = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1))
    return G, D


def loop(G, D, kind=torch.optim.SGD):
    opt_G, opt_D = kind(G.parameters(), lr=0.1), kind(D.parameters(), lr=0.1)

    def tick():
        fake = G(torch.randn(4, 2))
        opt_D.zero_grad()
        loss = (
            softplus(-D(torch.randn(4, 2))).mean() + softplus(D(fake.detach())).mean()
        )
        loss.backward()
        opt_D.step()
        opt_G.zero_grad()
        softplus(-D(fake)).mean().backward()
        opt_G.step()

    return tick


class Broken(Exception):
    pass


def fail(*_):
    raise Broken


class FailingStep(torch.optim.SGD):
    @torch.no_grad()
    def step(self, closure=None):
        raise Broken


def in_forward(G, D):
    D[1].register_forward_hook(fail)
    loop(G, D)()


def in_backward(G, D):
    fake = G(torch.randn(4, 2))
    fake.register_hook(fail)
    D(fake).mean().backward()


def in_the_step(G, D):
    loop(G, D, FailingStep)()


def in_a_closure(G, D):
    torch.optim.LBFGS(G.parameters()).step(fail)


def in_the_closure_of_an_inner_step(G, D):
    inner = torch.optim.SGD(D.parameters(), lr=0.1)
    torch.optim.SGD(G.parameters(), lr=0.1).step(lambda: inner.step(fail))


@pytest.mark.parametrize(
    "breaks",
    [
        in_forward,
        in_backward,
        in_the_step,
        in_a_closure,
        in_the_closure_of_an_inner_step,
    ],
)
def test_it_comes_off_in_an_exception(breaks):
    G, D = nets()
    before = torch_as_it_is()
    with pytest.raises(Broken), audit(G=G, D=D) as seen:
        breaks(G, D)
    assert torch_as_it_is() == before
    D[1]._forward_hooks.clear()
    with audit(G=G, D=D) as again:
        tick = loop(G, D)
        for _ in range(3):
            tick()
    assert again.report.name == "alternating, D first; fakes shared"
    assert str(seen)


def test_it_comes_off_on_an_interrupt():
    G, D = nets()
    before = torch_as_it_is()
    with pytest.raises(KeyboardInterrupt), audit(G=G, D=D):
        loop(G, D)()
        raise KeyboardInterrupt
    assert torch_as_it_is() == before


def test_a_loop_that_catches_its_own_exception_is_watched_on():
    """A step that fails and is caught leaves the watch on for the ticks after it."""
    G, D = nets()
    broken, tick = FailingStep(G.parameters(), lr=0.1), loop(G, D)
    with audit(G=G, D=D) as seen:
        for _ in range(3):
            tick()
            with pytest.raises(Broken):
                broken.step()
        for _ in range(3):
            tick()
    assert seen.report.move_count == 12
    assert seen.report.name == "alternating, D first; fakes shared"


def test_two_do_not_nest():
    G, D = nets()
    with audit(G=G, D=D), pytest.raises(RuntimeError, match="two cannot nest"):
        audit(G=G, D=D).__enter__()
    with audit(G=G, D=D):
        pass


def test_one_after_another_may_watch_the_same_networks():
    G, D = nets()
    tick = loop(G, D)
    seen = [audit(G=G, D=D) for _ in range(3)]
    for one in seen:
        with one:
            for _ in range(3):
                tick()
    assert {one.report.move_count for one in seen} == {6}
    assert {one.report.name for one in seen} == {"alternating, D first; fakes shared"}


def test_a_block_may_be_entered_again_and_goes_on():
    G, D = nets()
    tick, seen = loop(G, D), audit(G=G, D=D)
    for _ in range(4):
        with seen:
            tick()
    assert seen.report.move_count == 8 and seen.settled


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        (((nn.Linear(1, 1),), {}), TypeError, "name who learns, as in audit"),
        (((), {}), ValueError, "no players: name who learns"),
        (((), {"G": 3}), TypeError, "G is to be a network, a tensor, or a list"),
        (((), {"G": "netG"}), TypeError, "holds a str"),
        (((), {"G": None}), TypeError, "holds a NoneType"),
        (((), {"G": [nn.Linear(1, 1), 3]}), TypeError, "holds a int"),
        (((), {"G": []}), ValueError, "G has no weights"),
        (((), {"G": nn.ReLU()}), ValueError, "G has no weights"),
        (((), {"G": nn.LazyLinear(1)}), ValueError, "call it once before"),
    ],
)
def test_what_is_wrong_with_its_arguments_is_one_sentence(given, kind, words):
    unnamed, named = given
    with pytest.raises(kind, match=words) as refused:
        audit(*unnamed, **named)
    said = str(refused.value)
    assert "\n" not in said and len(said) < 140


@pytest.mark.parametrize("kind", [list, nn.ModuleList, tuple, iter])
def test_a_player_may_be_several_networks(kind):
    G, D = nets()
    with audit(G=kind([G]), D=kind(list(D))) as seen:
        tick = loop(G, D)
        for _ in range(3):
            tick()
    assert seen.report.players == {"G": 4, "D": 4}
    assert seen.report.name == "alternating, D first; fakes shared"


# -- what stays on the memory of tensors


@pytest.fixture
def used():
    """Networks, an optimizer and a batch that an audit has seen."""
    G, D = nets()
    tick = loop(G, D, torch.optim.Adam)
    z = torch.randn(4, 2)
    with audit(G=G, D=D):
        tick()
        fake = G(z).detach()
    return G, D, fake


def bits(net):
    return [p.detach().clone() for p in net.parameters()]


def test_what_it_leaves_on_memory_is_small(used):
    """A mark for each block, and no tensor in it."""
    G, _, fake = used
    for tensor in [*G.parameters(), fake]:
        kept = vars(tensor.untyped_storage())
        assert len(kept) <= 3
        assert not any(isinstance(one, (torch.Tensor, nn.Module)) for one in kept)


@pytest.mark.parametrize(
    "copied",
    [
        copy.deepcopy,
        copy.copy,
        lambda value: pickle.loads(pickle.dumps(value)),
        lambda value: saved(value),
        lambda value: saved(value, _use_new_zipfile_serialization=False),
    ],
    ids=["deepcopy", "copy", "pickle", "save", "old save"],
)
def test_networks_and_tensors_are_copied_and_saved_as_ever(used, copied):
    G, _, fake = used
    other, again = copied(G), copied(fake)
    assert all(map(torch.equal, bits(G), bits(other)))
    assert torch.equal(fake, again)
    assert len(pickle.dumps(fake)) < 1000


def saved(value, **how):
    file = io.BytesIO()
    torch.save(value, file, **how)
    file.seek(0)
    return torch.load(file, weights_only=False)


def test_a_file_is_no_larger_for_what_was_watched(used):
    _, _, fake = used
    assert len(pickle.dumps(fake)) == len(pickle.dumps(fake.clone()))


def test_memory_may_be_shared_with_other_processes(used):
    G, _, fake = used
    kept = bits(G)
    assert fake.share_memory_().is_shared()
    assert all(map(torch.equal, kept, bits(G.share_memory())))


def test_workers_of_a_loader_take_what_was_watched(used):
    _, _, fake = used
    before = fake.clone()
    loader = DataLoader(TensorDataset(fake), batch_size=2, num_workers=1)
    with warnings.catch_warnings():  # of a fork beside threads, in Python 3.12
        warnings.simplefilter("ignore", DeprecationWarning)
        batches = [batch for (batch,) in loader]
    assert torch.equal(torch.cat(batches), before)


def test_deep_copies_within_the_audit_are_copies_of_their_version():
    G, D = nets()
    tick = loop(G, D)
    with audit(G=G, D=D):
        tick()
        twin = copy.deepcopy(G)
        stored = saved(G)
    assert all(map(torch.equal, bits(twin), bits(stored)))


def test_a_player_may_be_bare_weights():
    G, D = nets()
    with audit(G=G.parameters(), D=list(D.parameters())) as seen:
        tick = loop(G, D)
        for _ in range(3):
            tick()
    assert seen.report.name.startswith("alternating, D first")


def test_off_it_costs_nothing():
    """Without an audit torch is what it was: the room adds nothing when imported."""
    assert torch.autograd._engine_run_backward.__module__.startswith("torch.")
    assert not nn.modules.module._global_forward_hooks
