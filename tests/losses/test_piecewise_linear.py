"""A spared critic is the critic; one that may be anything else is refused."""

import pytest
import torch
from small_pair import seeded
from torch import nn

from ganflow.losses import cannot_spare, slope_penalty, spare
from ganflow.nets import dcgan_critic, mlp_critic


def between(layer):
    return nn.Sequential(nn.Linear(2, 4), layer, nn.Linear(4, 1))


def hooked(add):
    critic = mlp_critic(2, 4, 1)
    getattr(critic[1], add)(lambda *_: None)
    return critic


def rewritten():
    critic = mlp_critic(2, 4, 1)
    critic[1].forward = torch.tanh
    return critic


class Doubled(nn.Linear):
    def forward(self, x):
        return super().forward(x).square()


REFUSED = [
    (between(nn.Tanh()), "has a Tanh, which"),
    (between(nn.Softplus()), "has a Softplus"),
    (between(nn.ELU()), "has a ELU"),
    (between(nn.GELU()), "has a GELU"),
    (between(nn.SiLU()), "has a SiLU"),
    (between(nn.PReLU()), "has a PReLU"),
    (between(nn.BatchNorm1d(4)), "has a BatchNorm1d"),
    (between(nn.LayerNorm(4)), "has a LayerNorm"),
    (between(nn.Dropout()), "has a Dropout"),
    (between(nn.Sequential(nn.Identity(), nn.Sigmoid())), "has a Sigmoid"),
    (between(Doubled(4, 4)), "has a Doubled"),
    (nn.utils.parametrizations.spectral_norm(nn.Linear(2, 1)), "ParametrizedLinear"),
    (dcgan_critic(16, 4, 1, batch_norm=True), "has a BatchNorm2d"),
    (hooked("register_forward_hook"), "a LeakyReLU of the critic has a hook"),
    (hooked("register_forward_pre_hook"), "has a hook"),
    (hooked("register_full_backward_hook"), "has a hook"),
    (hooked("register_full_backward_pre_hook"), "has a hook"),
    (rewritten(), "a LeakyReLU of the critic has a hook"),
    (lambda x: x.sum(1), "is a function and does not show its layers"),
    (spare(mlp_critic(2, 4, 1)), "is a function"),
]


@pytest.mark.parametrize(("critic", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_a_critic_that_may_be_curved_is_refused_in_one_sentence(critic, said):
    assert said in cannot_spare(critic)
    with pytest.raises(ValueError, match=f'{said}.*take form="eager"'):
        spare(critic)
    with pytest.raises(ValueError, match=said):
        slope_penalty(critic, torch.ones(4, 2), form="spared")


@pytest.mark.parametrize("layer", [nn.Tanh(), nn.Softplus(), nn.LayerNorm(4)])
def test_auto_does_not_spare_a_curved_critic(layer):
    critic, found = between(layer).double(), []
    x = torch.randn(4, 2, generator=seeded(0), dtype=torch.float64)
    for form in ("eager", "auto"):
        critic.zero_grad()
        slope_penalty(critic, x, form=form).backward()
        found.append(critic[0].weight.grad)
    assert found[0].any() and torch.equal(*found)


@pytest.mark.parametrize(
    "layers",
    [
        [nn.Linear(8, 5), nn.LeakyReLU(0.2), nn.Linear(5, 1)],
        [nn.Linear(8, 5), nn.LeakyReLU(0.3, inplace=True), nn.Linear(5, 1, bias=False)],
        [nn.Identity(), nn.Sequential(nn.ReLU(), nn.Sequential(nn.Linear(8, 1)))],
        [nn.Unflatten(1, (2, 4)), nn.Conv1d(2, 1, 3), nn.ReLU(True), nn.AvgPool1d(2)],
        [nn.LeakyReLU(-0.5), nn.Linear(8, 3), nn.ReLU()],
    ],
)
def test_a_spared_critic_has_the_critics_scores_and_slopes(layers):
    """Also at 0, where the kinks are."""
    critic = nn.Sequential(*layers, nn.Flatten())
    x = torch.randn(6, 8, generator=seeded(0))
    x[0], x[1, ::2] = 0, 0
    for layer in critic.modules():
        if getattr(layer, "bias", None) is not None:
            nn.init.zeros_(layer.bias)
    found = []
    for each in (critic, spare(critic)):
        at = x.clone().requires_grad_()
        scores = each(at * 1)
        found.append((scores, *torch.autograd.grad(scores.sum(), at)))
    for one, other in zip(*found, strict=True):
        assert one.any() and torch.equal(one, other)


def test_one_layer_used_twice_is_called_twice():
    square = nn.Linear(3, 3)
    critic = nn.Sequential(square, nn.ReLU(), square)
    x = torch.randn(4, 3, generator=seeded(0))
    assert torch.equal(spare(critic)(x), critic(x))


def test_weights_are_shared_and_the_critic_is_left_as_it_was():
    critic = mlp_critic(2, 4, 1)
    before = {name: value.clone() for name, value in critic.state_dict().items()}
    scores, x = spare(critic), torch.ones(3, 2)
    slope_penalty(critic, x, form="spared")
    for name, value in critic.state_dict().items():
        assert torch.equal(value, before[name])
    assert critic.training and all(p.grad is None for p in critic.parameters())
    assert cannot_spare(critic) is None
    with torch.no_grad():
        critic[0].weight.mul_(-1)
    assert torch.equal(scores(x), critic(x))
