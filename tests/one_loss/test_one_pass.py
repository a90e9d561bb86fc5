"""One forward and one backward pass of D give what two steps give, or say why not."""

import pytest
import torch
from one_loss_steps import by_one_pass, gradients, largest_difference, setting, two_step
from torch import nn

from ganflow.cost import cost_of
from ganflow.losses import LOSSES, AdversarialLoss, log_loss_D
from ganflow.one_loss import check_samples_apart, one_pass


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("lam", [1.0, 0.1, 10.0])
def test_one_pass_gives_the_gradients_of_two_steps(name, lam):
    made, loss = setting(), LOSSES[name]
    found, expected = by_one_pass(made, loss, lam), two_step(made, loss, lam)
    assert largest_difference(found, expected) < 1e-12


@pytest.mark.parametrize(
    ("down", "flat"), [(0, "some"), (1e3, "all"), (-1e3, "none")], ids=str
)
def test_fakes_on_the_flat_of_a_hinge_send_G_its_own_derivative(down, flat):
    """Their D derivative is exactly zero, so no ratio leads to G's."""
    made, loss = setting(), LOSSES["hinge"]
    with torch.no_grad():
        made.D[-2].bias -= down
    score = made.D(made.G(made.z)).flatten()
    redone = one_pass(made.G, made.D, loss, made.x_real, made.z).redone
    assert redone == (score <= -1).sum()
    assert {"some": 0 < redone < 8, "all": redone == 8, "none": redone == 0}[flat]
    found, expected = gradients(made), two_step(made, loss)
    assert largest_difference(found, expected) < 1e-12


def test_only_the_flat_fakes_go_through_D_again():
    made, loss = setting(), LOSSES["hinge"]
    seen = one_pass(made.G, made.D, loss, made.x_real, made.z)
    cost = cost_of(
        lambda: one_pass(made.G, made.D, loss, made.x_real, made.z, check=False),
        G=made.G,
        D=made.D,
        batch=8,
    )
    assert cost.passes.D_forward == 2 + seen.redone / 8
    assert cost.passes.D_weights == 2


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("score", [-60.0, -100.0, -1000.0])
def test_a_derivative_too_small_for_a_ratio_is_no_zero_and_no_nan(score, dtype):
    """sigmoid(-100) is below float32's normal numbers, sigmoid(-1000) is 0."""
    made, loss = setting(), LOSSES["non-saturating"]
    with torch.no_grad():
        made.D[-2].bias += score
    for part in (made.G, made.D):
        part.to(dtype)
    made = type(made)(made.G, made.D, made.x_real.to(dtype), made.z.to(dtype))
    near = 1e-4 if dtype == torch.float32 else 1e-12
    found, expected = by_one_pass(made, loss), two_step(made, loss)
    largest = max(slope.abs().max() for slope in expected["G"])
    for a, b in zip(found["G"], expected["G"], strict=True):
        torch.testing.assert_close(a, b, rtol=near, atol=near * largest)


def test_a_fake_that_neither_player_pulls_stays_at_zero():
    """0 / 0: G's derivative is zero as well, so nothing is asked again."""
    flat = AdversarialLoss("flat", log_loss_D, lambda s: s.clamp(max=-1e6).mean())
    made = setting()
    with torch.no_grad():
        made.D[-2].bias -= 1e4
    assert one_pass(made.G, made.D, flat, made.x_real, made.z).redone == 0
    assert all((slope == 0).all() for slope in gradients(made)["G"])


def test_gradients_are_added_to_what_lies_there():
    made, loss = setting(), LOSSES["hinge"]
    for _ in range(2):
        one_pass(made.G, made.D, loss, made.x_real, made.z)
    twice, once = gradients(made), by_one_pass(made, loss)
    doubled = {name: [2 * slope for slope in once[name]] for name in once}
    assert largest_difference(twice, doubled) < 1e-12


def test_losses_come_back_as_two_steps_see_them():
    made, loss = setting(), LOSSES["relativistic"]
    seen = one_pass(made.G, made.D, loss, made.x_real, made.z)
    scores = made.D(made.x_real), made.D(made.G(made.z))
    torch.testing.assert_close(seen.loss_D, loss.D(*scores).detach())
    torch.testing.assert_close(seen.loss_G, loss.for_G(*scores).detach())
    assert not seen.loss_D.requires_grad and not seen.loss_G.requires_grad


def critic(*layers):
    made = nn.Sequential(nn.Flatten(), nn.Linear(256, 8), *layers, nn.Linear(8, 1))
    return made.double()


class Spread(nn.Module):
    """Adds the batch's spread to every sample, as minibatch statistics do."""

    def forward(self, x):
        return x + x.std(dim=0)


class Neighbours(nn.Module):
    """Lets each sample read the one after it, with no statistic and no buffer."""

    def forward(self, x):
        return x + 0.01 * x.roll(-1, 0)


MIXING = {
    "batch norm": lambda: nn.BatchNorm1d(8),
    "batch norm without averages": lambda: nn.BatchNorm1d(
        8, track_running_stats=False
    ).eval(),
    "spread": Spread,
    "neighbours": Neighbours,
}
APART = {
    "batch norm in eval mode": lambda: nn.BatchNorm1d(8).eval(),
    "layer norm": lambda: nn.LayerNorm(8),
    "dropout": nn.Dropout,
    "spectral norm": lambda: nn.utils.parametrizations.spectral_norm(nn.Linear(8, 8)),
    "old spectral norm": lambda: nn.utils.spectral_norm(nn.Linear(8, 8)),
}


@pytest.mark.parametrize("name", MIXING)
def test_a_critic_that_mixes_samples_is_refused(name):
    made = setting()
    D, loss = critic(MIXING[name]()), LOSSES["hinge"]
    with pytest.raises(ValueError, match="when the other samples do"):
        one_pass(made.G, D, loss, made.x_real, made.z)
    assert all(p.grad is None for net in (made.G, D) for p in net.parameters())


def test_the_refusal_names_the_batch_norm():
    x = setting().x_real
    with pytest.raises(ValueError, match=r"do \(BatchNorm1d at 2\): one backward pass"):
        check_samples_apart(critic(nn.BatchNorm1d(8)), x)


def test_the_refusal_names_only_batch_norms_that_read_the_batch():
    """In eval mode one reads its averages, if it has any."""
    averages = nn.BatchNorm1d(8).eval()
    with pytest.raises(ValueError, match="other samples do: one backward pass"):
        check_samples_apart(critic(averages, Neighbours()), setting().x_real)
    without = nn.BatchNorm1d(8, track_running_stats=False).eval()
    with pytest.raises(ValueError, match=r"do \(BatchNorm1d at 3\): one backward"):
        check_samples_apart(critic(averages, without), setting().x_real)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_little_mixing_is_not_taken_for_rounding(dtype):
    """A thousandth of the batch's mean, in single precision too."""

    class Faint(nn.Module):
        def forward(self, x):
            return x + 1e-3 * x.mean(dim=0)

    x = torch.ones(4, 8, dtype=dtype)
    with pytest.raises(ValueError, match="when the other samples do"):
        check_samples_apart(nn.Sequential(Faint(), nn.Flatten()), x)


def test_a_critic_that_scores_all_alike_zero_mixes_nothing():
    D = nn.Sequential(nn.Flatten(), nn.Linear(8, 1))
    nn.init.zeros_(D[1].weight)
    nn.init.zeros_(D[1].bias)
    check_samples_apart(D, torch.ones(4, 8))


@pytest.mark.parametrize("size", [1e-4, 1.0, 1e4])
def test_what_counts_as_rounding_grows_with_the_score(size):
    """64 units in the last place of it, whatever it is."""

    class Rounds(nn.Module):
        def __init__(self, units):
            super().__init__()
            self.units = units

        def forward(self, x):
            own = torch.full((len(x), 1), size)
            unit = torch.finfo(x.dtype).eps * size
            return own + self.units * unit * (x.mean() < 0.5)

    x = torch.ones(4, 8)
    check_samples_apart(Rounds(16), x)
    with pytest.raises(ValueError, match="when the other samples do"):
        check_samples_apart(Rounds(256), x)


@pytest.mark.filterwarnings("ignore:`torch.nn.utils.spectral_norm` is deprecated")
@pytest.mark.parametrize("name", APART)
def test_a_critic_that_keeps_samples_apart_passes(name):
    check_samples_apart(critic(APART[name]()), setting().x_real)


@pytest.mark.parametrize("x", [torch.zeros(4, 1, 16, 16), torch.ones(2, 1, 16, 16)])
def test_blank_pictures_show_mixing_too(x):
    with pytest.raises(ValueError, match="when the other samples do"):
        check_samples_apart(critic(Neighbours()), x.double())


def test_checking_leaves_the_critic_and_the_random_stream_as_they_were():
    D = critic(nn.Dropout(), nn.utils.parametrizations.spectral_norm(nn.Linear(8, 8)))
    buffers = {name: held.clone() for name, held in D.named_buffers()}
    assert buffers
    stream = torch.get_rng_state()
    check_samples_apart(D, setting().x_real)
    assert torch.equal(torch.get_rng_state(), stream)
    for name, held in D.named_buffers():
        assert torch.equal(held, buffers[name])


def test_one_sample_shows_nothing():
    with pytest.raises(ValueError, match="pass two or more"):
        check_samples_apart(critic(), setting().x_real[:1])


def test_spectral_norm_gives_both_ways_to_G_the_same_weight():
    """The flat fakes pass D with the buffers of the first time, not the next ones."""
    made, loss = setting(), LOSSES["hinge"]
    for place in (0, 2):
        nn.utils.parametrizations.spectral_norm(made.D[place])
    start = {name: held.clone() for name, held in made.D.named_buffers()}
    with torch.no_grad():
        score = made.D.eval()(made.G(made.z))
        made.D[-2].weight /= score.std()
        made.D[-2].bias -= made.D(made.G(made.z)).mean() + 1
    made.D.train()

    def restart():
        for name, held in made.D.named_buffers():
            held.copy_(start[name])

    restart()
    seen = one_pass(made.G, made.D, loss, made.x_real, made.z)
    found = gradients(made)
    assert 0 < seen.redone < 8
    restart()
    x_fake = made.G(made.z)
    loss_G = loss.for_G(made.D(made.x_real), made.D(x_fake))
    expected = torch.autograd.grad(loss_G, list(made.G.parameters()))
    largest = max(slope.abs().max() for slope in expected)
    for a, b in zip(found["G"], expected, strict=True):
        assert (a - b).abs().max() < 1e-12 * largest


def test_several_scores_for_a_sample_are_refused():
    made = setting()
    patches = nn.Sequential(*list(made.D)[:-2], nn.Conv2d(8, 1, 1).double())
    with pytest.raises(ValueError, match="one score for each"):
        one_pass(made.G, patches, LOSSES["hinge"], made.x_real, made.z)
