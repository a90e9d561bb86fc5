"""The small networks: shapes, seeds, weights, and what the critic must not do."""

import pytest
import torch
from small_pair import seeded
from torch import nn

from ganflow.nets import (
    dcgan_critic,
    dcgan_generator,
    frozen,
    mlp_critic,
    mlp_generator,
)

AT_LEAST_1 = "expected a whole number, at least 1"


MAKERS = [mlp_generator, mlp_critic, dcgan_generator, dcgan_critic]


@pytest.mark.parametrize("size", [16, 32, 64])
def test_images_go_out_of_G_and_into_D_at_each_size(size):
    G = dcgan_generator(size, latent=7, width=4, channels=2, generator=seeded(0))
    D = dcgan_critic(size, width=4, channels=2, generator=seeded(1))
    x_fake = G(torch.randn(3, 7, generator=seeded(2)))
    assert x_fake.shape == (3, 2, size, size)
    assert x_fake.abs().max() <= 1
    assert D(x_fake).shape == (3, 1)


def test_points_go_out_of_G_and_into_D():
    G, D = mlp_generator(5, 8, 3, 2), mlp_critic(2, 8, 1)
    assert D(G(torch.zeros(4, 5))).shape == (4, 1)
    assert [m.in_features for m in G if isinstance(m, nn.Linear)] == [5, 8, 8, 8]


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_a_seed_gives_the_same_weights_and_draws_from_no_other_stream(make):
    before = torch.get_rng_state()
    one, two, other = (make(generator=seeded(n)).state_dict() for n in (3, 3, 4))
    assert torch.equal(before, torch.get_rng_state())
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_every_parameter_can_learn(make):
    assert all(p.requires_grad and p.is_leaf for p in make().parameters())
    assert all(p.isfinite().all() for p in make().state_dict().values())


def test_the_weights_have_the_spread_that_was_promised():
    G = dcgan_generator(16, latent=64, width=32, generator=seeded(0))
    weights = [m.weight.reshape(-1) for m in G if isinstance(m, nn.ConvTranspose2d)]
    assert torch.cat(weights).std().item() == pytest.approx(0.02, rel=0.02)
    linear = mlp_generator(2, 400, 2, generator=seeded(0))[2]
    assert linear.weight.abs().max() <= 400**-0.5
    assert linear.weight.std().item() == pytest.approx((3 * 400) ** -0.5, rel=0.02)


def test_the_size_of_the_64_pixel_pair_is_that_of_the_paper_s_layers():
    def weights(net):
        return sum(m.weight.numel() for m in net if hasattr(m, "in_channels"))

    channels = [100, 512, 256, 128, 64, 3]
    pairs = list(zip(channels, channels[1:], strict=False))
    assert weights(dcgan_generator()) == 16 * sum(a * b for a, b in pairs)
    critic = [3, 64, 128, 256, 512, 1]
    pairs = list(zip(critic, critic[1:], strict=False))
    assert weights(dcgan_critic()) == 16 * sum(a * b for a, b in pairs)


@pytest.mark.parametrize("batch_norm", [False, True])
def test_the_critic_mixes_samples_only_with_batch_norm(batch_norm):
    D = dcgan_critic(16, width=4, batch_norm=batch_norm, generator=seeded(0))
    x = torch.randn(4, 3, 16, 16, generator=seeded(1)).requires_grad_()
    (slope,) = torch.autograd.grad(D(x)[0].sum(), x)
    assert slope[0].abs().max() > 0
    assert (slope[1:].abs().max() > 0) == batch_norm


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: dcgan_critic(28), "size is 28; expected one of 16, 32, 64"),
        (lambda: dcgan_generator(8), "size is 8; expected one of 16, 32, 64"),
        (lambda: dcgan_generator(16, 0), f"latent is 0; {AT_LEAST_1}"),
        (lambda: dcgan_critic(16, 0), f"width is 0; {AT_LEAST_1}"),
        (lambda: mlp_critic(depth=0), f"depth is 0; {AT_LEAST_1}"),
        (lambda: mlp_generator(0), f"latent is 0; {AT_LEAST_1}"),
        (lambda: mlp_generator(out=1.5), f"out is 1.5; {AT_LEAST_1}"),
    ],
)
def test_a_size_that_cannot_be_is_refused(make, message):
    with pytest.raises(ValueError) as refused:
        make()
    assert str(refused.value) == message


def learns(net):
    return [weight.requires_grad for weight in net.parameters()]


def test_a_frozen_network_passes_a_derivative_on_and_keeps_none():
    D, x = mlp_critic(2, 8, 1, generator=seeded(0)), torch.randn(4, 2)
    with frozen(D) as the_same:
        assert the_same is D and not any(learns(D))
        (slope,) = torch.autograd.grad(D(x.requires_grad_()).sum(), x)
    assert slope.norm() > 0 and all(learns(D))


def test_what_was_frozen_before_the_block_stays_so_also_after_an_error():
    D = mlp_critic(2, 8, 1, generator=seeded(0))
    D[0].requires_grad_(False)
    before = learns(D)
    with pytest.raises(RuntimeError, match="shapes"), frozen(D):
        assert not any(learns(D))
        D(torch.ones(4, 3))
    assert learns(D) == before == [False, False, *[True] * (len(before) - 2)]


def test_nothing_is_frozen_where_it_is_said_not_to_be():
    D = mlp_critic(2, 8, 1, generator=seeded(0))
    D[0].weight.requires_grad_(False)
    before = learns(D)
    with frozen(D, freeze=False):
        assert learns(D) == before
    assert learns(D) == before
