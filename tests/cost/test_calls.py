"""Passes are counted however a step calls its networks: by hand, call by call."""

from dataclasses import dataclass

import pytest
import torch
from torch import nn
from torch.func import functional_call
from torch.nn import functional as F
from torch.nn.utils import parametrizations, spectral_norm, weight_norm
from torch.utils.checkpoint import checkpoint

from ganflow.cost import cost_of
from ganflow.schedule import Passes

BATCH = 6
G_STEP = Passes(1, 1, D_weights=1, D_input=1, G_backward=1)


def seeded():
    torch.manual_seed(0)
    return nn.Linear(3, 4), torch.randn(BATCH, 3)


def passes(step, G, D):
    return cost_of(step, G=G, D=D, batch=BATCH).passes


class Critic(nn.Module):
    """Gives its score in the form asked for, with its features."""

    def __init__(self, form):
        super().__init__()
        self.body, self.head = nn.Linear(4, 4), nn.Linear(4, 1)
        self.form = form

    def forward(self, x):
        features = self.body(x).relu()
        return self.form(self.head(features), features)


@dataclass
class Output:
    score: torch.Tensor
    features: torch.Tensor


FORMS = {
    "tuple": (lambda s, f: (s, [f]), lambda made: made[0]),
    "list": (lambda s, f: [f, s], lambda made: made[1]),
    "dict": (lambda s, f: {"score": s, "features": f}, lambda made: made["score"]),
    "dataclass": (Output, lambda made: made.score),
}


@pytest.mark.parametrize("form", FORMS)
def test_an_output_may_have_any_form(form):
    G, z = seeded()
    make, score = FORMS[form]
    D = Critic(make)
    assert passes(lambda: score(D(G(z))).mean().backward(), G, D) == G_STEP


class Conditional(nn.Module):
    """Scores an image that comes under a name, in a list, or after a label."""

    def __init__(self):
        super().__init__()
        self.of_class, self.body = nn.Embedding(3, 4), nn.Linear(4, 1)

    def forward(self, y=None, x=None, images=()):
        x = images[0] if images else x
        return self.body(x if y is None else x + self.of_class(y))


def test_the_image_may_come_anywhere_among_the_arguments():
    G, z = seeded()
    D, y = Conditional(), torch.zeros(BATCH, dtype=torch.long)
    for call in (
        lambda x: D(y, x),
        lambda x: D(x=x),
        lambda x: D(x=x, y=y),
        lambda x: D(None, images=[x, x[:, :2]]),
    ):
        assert passes(lambda call=call: call(G(z)).mean().backward(), G, D) == G_STEP

    def by_list():
        return D(None, None, [G(input=z)]).mean().backward()

    assert passes(by_list, G, D) == G_STEP


def test_two_images_of_one_call_are_one_pass_to_its_input():
    """Both get their derivative in one walk; in two walks, it is two passes."""
    G, z = seeded()
    D = nn.Bilinear(4, 4, 1)

    def once():
        D(G(z), G(z)).mean().backward()

    def twice():
        a, b = G(z).detach().requires_grad_(), G(z).detach().requires_grad_()
        score = D(a, b).mean()
        torch.autograd.grad(score, a, retain_graph=True)
        torch.autograd.grad(score, b)

    assert passes(once, G, D) == Passes(2, 1, 1, 1, 2)
    assert passes(twice, G, D) == Passes(2, 1, 0, 2, 0)


def test_forward_called_by_hand_is_a_call():
    G, z = seeded()
    D = Critic(lambda score, _: score)
    G_of_layers = nn.Sequential(G, nn.Tanh())

    def step():
        D.forward(G_of_layers.forward(z)).mean().backward()

    assert passes(step, G_of_layers, D) == G_STEP


def test_a_forward_that_was_set_on_the_network_is_counted_too():
    G, z = seeded()
    D = nn.Linear(4, 1)
    plain = D.forward
    D.forward = lambda x: plain(x) * 2
    mine = D.forward
    assert passes(lambda: D(G(z)).mean().backward(), G, D) == G_STEP
    assert D.forward is mine


def test_calling_the_parts_in_turn_is_one_pass():
    """As StyleGAN2 does it; a second synthesis is a pass of that part."""
    _, z = seeded()
    G = nn.ModuleDict({"mapping": nn.Linear(3, 3), "synthesis": nn.Linear(3, 4)})
    D = nn.ModuleDict({"body": nn.Conv1d(1, 2, 3), "head": nn.Linear(4, 1)})

    def score(x):
        return D["head"](D["body"](x[:, None]).flatten(1))

    def step():
        score(G["synthesis"](G["mapping"](z))).mean().backward()

    def with_path_length():
        w = G["mapping"](z)
        step()
        G["synthesis"](w).square().mean().backward()

    assert passes(step, G, D) == G_STEP
    assert passes(with_path_length, G, D) == Passes(2, 1, 1, 1, 2)


def test_lent_weights_are_the_networks():
    G, z = seeded()
    D = nn.Linear(4, 1)
    lent = {name: p.detach().clone() for name, p in D.named_parameters()}
    moved = {name: p - 0.1 for name, p in D.named_parameters()}
    learnt = {name: p.clone().requires_grad_() for name, p in lent.items()}
    found = [
        passes(lambda w=w: functional_call(D, w, (G(z),)).mean().backward(), G, D)
        for w in (lent, moved, learnt)
    ]
    assert found == [Passes(1, 1, 0, 1, 1), G_STEP, G_STEP]


def custom_norm():
    """A norm that reads the weight four times, by nodes of the same kinds."""

    class Normed(nn.Linear):
        def forward(self, x):
            size = (self.weight * self.weight).sum() + (self.weight.t() @ u).sum()
            return F.linear(x, self.weight / size)

    u = torch.ones(1, 1)
    return Normed(4, 1)


NORMED = {
    "old": lambda: spectral_norm(nn.Linear(4, 1)),
    "new": lambda: parametrizations.spectral_norm(nn.Linear(4, 1)),
    "convolution": lambda: nn.Sequential(
        nn.Unflatten(1, (1, 4)), parametrizations.spectral_norm(nn.Conv1d(1, 2, 3))
    ),
    "without a bias": lambda: spectral_norm(nn.Linear(4, 1, bias=False)),
    "of weights": lambda: parametrizations.weight_norm(nn.Linear(4, 1)),
    "of one's own": custom_norm,
}


@pytest.mark.parametrize("norm", NORMED)
def test_a_weight_that_several_nodes_read_is_one_pass(norm):
    G, z = seeded()
    D = NORMED[norm]()
    assert passes(lambda: D(G(z)).mean().backward(), G, D) == G_STEP

    def step_D():
        x_fake = G(z).detach()
        (D(x_fake) + D(x_fake)).mean().backward()

    assert passes(step_D, G, D) == Passes(1, 2, 2, 0, 0)


@pytest.mark.filterwarnings("ignore:`torch.nn.utils.weight_norm` is deprecated")
def test_the_old_weight_norm_is_one_pass():
    G, z = seeded()
    D = weight_norm(nn.Linear(4, 1))
    assert passes(lambda: D(G(z)).mean().backward(), G, D) == G_STEP


class Several(nn.Module):
    """Real and fake through the same layers in one call, as HiFi-GAN's critics."""

    def __init__(self):
        super().__init__()
        self.layers, self.act = nn.ModuleList([nn.Linear(4, 1)]), nn.PReLU()

    def forward(self, x_real, x_fake):
        return [[self.act(d(x)) for d in self.layers] for x in (x_real, x_fake)]


def test_a_call_on_real_and_fake_is_two_passes_and_a_shared_layer_is_none():
    G, z = seeded()
    x_real = torch.randn(BATCH, 4)
    D = Several()

    def step():
        (real,), (fake,) = D(x_real, G(z))
        (fake - real).mean().backward()

    assert passes(step, G, D) == Passes(1, 2, 2, 1, 1)
    act = nn.PReLU()
    deep = nn.Sequential(nn.Linear(4, 4), act, nn.Linear(4, 4), act, nn.Linear(4, 1))
    assert passes(lambda: deep(G(z)).mean().backward(), G, deep) == G_STEP


def test_several_networks_of_a_player_add_up():
    """Two generators and two critics in one step, as in CycleGAN."""
    torch.manual_seed(0)
    G, D = [nn.Linear(4, 4), nn.Linear(4, 4)], [nn.Linear(4, 1), nn.Linear(4, 1)]
    x = torch.randn(BATCH, 4)

    def step():
        fakes = [generator(x) for generator in G]
        back = G[1](fakes[0])
        loss = sum(d(fake).mean() for d, fake in zip(D, fakes, strict=True))
        (loss + back.square().mean()).backward()

    assert passes(step, G, tuple(D)) == Passes(3, 2, 2, 2, 3)


def r1(D, x, *, together):
    """The loss and the penalty on its slope, in two backward passes or in one."""

    def step():
        score = D(x).mean()
        if not together:
            score.backward(retain_graph=True)
        (slope,) = torch.autograd.grad(score, x, create_graph=True)
        penalty = slope.square().sum()
        (score + penalty if together else penalty).backward()

    return step


def test_a_walk_of_zeros_is_a_pass_and_is_paid_for():
    """A penalty's backward goes on into the graph of the score, here with zeros: three
    walks in two backward passes, and two where the loss walks there anyway. Without
    the zeros (a mask in place of LeakyReLU) there is nothing to walk for."""
    torch.manual_seed(0)
    x = torch.randn(BATCH, 4, requires_grad=True)
    G = nn.Linear(4, 4)
    layers = [nn.Linear(4, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1)]
    D = nn.Sequential(*layers)
    two, one = (cost_of(r1(D, x, together=t), G=G, D=D, batch=BATCH) for t in (0, 1))
    assert two.passes == Passes(0, 1, D_weights=2, D_input=3)
    assert one.passes == Passes(0, 1, D_weights=1, D_input=2)
    walk = (
        4 * BATCH * (4 * 8)
    )  # the first layer's weights and input; the last is linear
    assert two.flops - one.flops == walk


def test_a_checkpoints_second_forward_is_a_pass():
    G, z = seeded()
    D = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 1))
    for reentrant in (True, False):

        def step(reentrant=reentrant):
            checkpoint(D, G(z), use_reentrant=reentrant).mean().backward()

        found = passes(step, G, D)
        assert (found.G_forward, found.D_forward, found.G_backward) == (1, 2, 1)


def test_classes_and_networks_are_as_before_afterwards():
    G, z = seeded()
    D = Critic(lambda score, _: score)
    before = nn.Linear.forward, Critic.forward

    def step():
        D(G(z))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        passes(step, G, D)
    assert (nn.Linear.forward, Critic.forward) == before
    assert "forward" not in vars(G) and "forward" not in vars(D)
    assert passes(lambda: D(G(z)).mean().backward(), G, D) == G_STEP


@pytest.mark.filterwarnings("ignore:`torch.jit.trace")
def test_what_cannot_be_counted_is_refused_in_a_sentence():
    G, D = nn.Linear(3, 4), nn.Linear(4, 1)
    for wrong, error, words in (
        ([], ValueError, "D is an empty list: give its networks"),
        (D.weight, TypeError, "D is to be a network .* holds a Parameter"),
        ([D, 3], TypeError, "holds a int"),
        (torch.jit.trace(D, torch.zeros(1, 4)), ValueError, "made by torch.jit"),
    ):
        with pytest.raises(error, match=words):
            cost_of(lambda: None, G=G, D=wrong, batch=BATCH)
        assert not hasattr(nn.Linear.forward, "__wrapped__")
    act = nn.PReLU()
    with pytest.raises(ValueError, match="was given no batch and gave none"):
        passes(lambda: act(torch.tensor(1.0)), G, act)


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("dim", [1, 2])
def test_flops_of_a_convolution_in_groups_are_counted_by_hand(groups, dim):
    """Forward, input and weights take the same products, also transposed."""
    torch.manual_seed(0)
    x = torch.randn(2, 4, *(8,) * dim, requires_grad=True)
    for kind, pixels in (("Conv", 6), ("ConvTranspose", 8)):
        D = getattr(nn, f"{kind}{dim}d")(4, 8, 3, groups=groups)
        once = 2 * 2 * pixels**dim * (4 // groups) * 8 * 3**dim
        found = [
            cost_of(step, G=nn.Tanh(), D=D, batch=2).flops
            for step in (
                lambda D=D: D(x),
                lambda D=D: torch.autograd.grad(D(x).sum(), D.weight),
                lambda D=D: D(x).sum().backward(),
            )
        ]
        assert found == [once, 2 * once, 3 * once]
