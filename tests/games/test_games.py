"""Games of two numbers: closed forms against autograd of the losses the book trains."""

import math

import numpy as np
import pytest
import torch
from torch.autograd import grad

from ganflow.dynamics import GradientDescent, Scalars, eigenvalues, play, tick_jacobian
from ganflow.games import PENALTIES, Game, bilinear, dirac
from ganflow.losses import LOSSES, slope_penalty
from ganflow.schedule import ALTERNATING, ALTERNATING_G_FIRST, SIMULTANEOUS, Schedule

EVERY = [(loss, penalty) for loss in LOSSES for penalty in PENALTIES]
FIVE_D = Schedule.from_text("G D D D D D")
POINTS = 150
A = 0.5  # the slope of the log loss at 0


def points():
    """theta, psi, strength, target and scale, away from the kinks of hinge and norm."""
    rng = np.random.default_rng(0)
    theta, psi = rng.uniform(-3, 3, (2, POINTS))
    scale, strength = rng.uniform(0.5, 2, POINTS), rng.uniform(0.1, 2, POINTS)
    far = (abs(scale * theta * psi + 1) > 0.01) & (abs(psi) > 0.01)
    assert far.sum() > POINTS / 2
    return theta[far], psi[far], strength[far], 0.7, scale[far]


def game_at(loss, penalty):
    theta, psi, strength, target, scale = points()
    game = Game(loss, penalty, strength=strength, target=target, scale=scale)
    return game, theta, psi


def losses_of(game, theta, psi):
    """Each point's loss_G and loss_D, as the networks' losses have them."""
    scale, strength = torch.tensor(game.scale), torch.tensor(game.strength)
    loss_G, loss_D = [], []
    for t, p, a, s in zip(theta, psi, scale, strength, strict=True):

        def critic(x, p=p, a=a):
            return a * p * x

        x_real, x_fake = torch.zeros(1, 1, dtype=torch.float64), t.reshape(1, 1)
        loss_G.append(LOSSES[game.loss].for_G(critic(x_real), critic(x_fake)))
        penalty = torch.zeros(())
        if game.penalty in ("R1", "R2"):
            at = x_real if game.penalty == "R1" else x_fake
            penalty = s / 2 * slope_penalty(critic, at)
        elif game.penalty == "WGAN-GP":
            penalty = s / 2 * slope_penalty(critic, x_fake, center=game.target)
        loss_D.append(LOSSES[game.loss].D(critic(x_real), critic(x_fake)) + penalty)
    return torch.stack(loss_G), torch.stack(loss_D)


def field_by_autograd(game, theta, psi):
    """Minus each player's derivative of its own loss, differentiable once more."""
    loss_G, loss_D = losses_of(game, theta, psi)
    (v_theta,) = grad(-loss_G.sum(), theta, create_graph=True)
    (v_psi,) = grad(-loss_D.sum(), psi, create_graph=True)
    if game.penalty == "consensus":
        energy = (torch.tensor(game.strength) / 2 * (v_theta**2 + v_psi**2)).sum()
        pull = grad(energy, (theta, psi), create_graph=True)
        v_theta, v_psi = v_theta - pull[0], v_psi - pull[1]
    return v_theta, v_psi


def rows(values, theta, psi):
    """The derivatives of values by theta and psi; zeros where there is no path."""
    found = []
    for v in values:
        both = (theta, psi)
        row = (None, None)
        if v.requires_grad:
            row = grad(v.sum(), both, retain_graph=True, allow_unused=True)
        pairs = zip(row, both, strict=True)
        found.append([torch.zeros_like(x) if g is None else g for g, x in pairs])
    return np.array([[g.numpy() for g in row] for row in found])


@pytest.mark.parametrize(("loss", "penalty"), EVERY)
def test_field_and_jacobian_are_autograd_of_the_books_losses(loss, penalty):
    game, theta, psi = game_at(loss, penalty)
    leaves = [torch.tensor(x, requires_grad=True) for x in (theta, psi)]
    v = field_by_autograd(game, *leaves)
    for ours, theirs in zip(game.field(theta, psi), v, strict=True):
        np.testing.assert_allclose(ours, theirs.detach(), rtol=0, atol=1e-10)
    wanted = rows(v, *leaves)
    np.testing.assert_allclose(game.jacobian(theta, psi), wanted, rtol=0, atol=1e-10)


@pytest.mark.parametrize(("loss", "penalty"), EVERY)
def test_numbers_arrays_and_tensors_give_one_field(loss, penalty):
    game = Game(loss, penalty, strength=0.3, target=0.7, scale=1.5)
    plain = game.field(0.4, -0.8)
    array = game.field(np.array([0.4]), np.array([-0.8]))
    tensor = game.field(*torch.tensor([0.4, -0.8], dtype=torch.float64))
    for a, b, c in zip(plain, array, tensor, strict=True):
        np.testing.assert_allclose([b[0], c.item()], a, rtol=1e-14)
    assert game.jacobian(0.4, -0.8).shape == (2, 2)


@pytest.mark.parametrize(("loss", "penalty"), EVERY)
def test_nothing_moves_at_the_equilibrium(loss, penalty):
    game = dirac(loss, penalty, strength=0.3)
    np.testing.assert_array_equal(game.field(0.0, 0.0), (0, 0))


@pytest.mark.parametrize("loss", LOSSES)
def test_motion_without_steps_keeps_the_radius_where_both_pull_with_equal_force(loss):
    game, theta, psi = game_at(loss, "none")
    v_theta, v_psi = game.field(theta, psi)
    still = np.abs(theta * v_theta + psi * v_psi).max() < 1e-10
    assert still == (loss in ("saturating", "Wasserstein"))


def test_clipping_bounds_psi_for_numbers_arrays_and_tensors():
    game = dirac("Wasserstein", "clipping", strength=0.1)
    assert game.project(2.0) == 0.1 and game.project(-2) == -0.1
    np.testing.assert_array_equal(game.project(np.array([-1.0, 0.05])), [-0.1, 0.05])
    torch.testing.assert_close(game.project(torch.tensor(-3.0)), torch.tensor(-0.1))
    assert dirac().project(2.0) == 2.0


def growth(game, schedule, h):
    """Eigenvalues of one tick at the equilibrium."""
    players, rule = Scalars(game, 0.0, 0.0), GradientDescent(h)
    return eigenvalues(tick_jacobian(players, schedule, rule=rule))


@pytest.mark.parametrize("h", [0.05, 0.2, 1.0])
def test_simultaneous_play_grows_by_sqrt_1_plus_h2a2(h):
    grown = growth(dirac(), SIMULTANEOUS, h)
    np.testing.assert_allclose(abs(grown), math.hypot(1, h * A), rtol=1e-12)


@pytest.mark.parametrize(("n_D", "n_G"), [(1, 1), (5, 1), (2, 3)])
@pytest.mark.parametrize("c", [0.2, 1.0, 1.9, 2.1, 4.0])
def test_alternating_play_stays_on_the_unit_circle_until_c_is_2(n_D, n_G, c):
    h = c / (math.sqrt(n_D * n_G) * A)
    tick = Schedule.from_text(" ".join("D" * n_D + "G" * n_G))
    grown = growth(dirac(), tick, h)
    middle = 1 - c**2 / 2
    root = np.emath.sqrt(middle**2 - 1)
    wanted = np.array([middle + root, middle - root])
    np.testing.assert_allclose(
        np.sort_complex(grown), np.sort_complex(wanted), rtol=1e-9
    )
    assert (abs(grown[0]) < 1 + 1e-9) == (c <= 2)


@pytest.mark.parametrize(("gamma", "bound"), [(0.3, 1.2), (1.0, 4.0)])
def test_R1_under_simultaneous_play_is_stable_below_its_bound(gamma, bound):
    game = dirac(penalty="R1", strength=gamma)
    assert abs(growth(game, SIMULTANEOUS, 0.999 * bound)[0]) < 1
    assert abs(growth(game, SIMULTANEOUS, 1.001 * bound)[0]) > 1


RADII = [  # of a game: simultaneous, G first 1:1, G and then five moves of D
    (dirac(), "3.09695 1.42102 1.84527"),
    (dirac("non-saturating"), "0.640207 0.283923 0.138877"),
    (dirac("relativistic"), "0.640207 0.283923 0.138877"),
    (dirac(penalty="R1", strength=0.3), "2.64e-6 2.30e-7 9.2e-34"),
    (dirac(penalty="R1", strength=1.0), "9.5e-22 7.5e-17 5.1e-12"),
    (dirac("Wasserstein", "WGAN-GP", strength=0.7), "1.80179 1.22107 0.716301"),
    (dirac(penalty="consensus", strength=1.0), "2.5786e-10 1.7241e-11 10.97"),
]


def rounded_like(value, text):
    """`value` with as many digits as `text` has."""
    digits = len(text.split("e")[0].replace(".", "").lstrip("0"))
    return float(f"{value:.{digits}g}")


@pytest.mark.parametrize(("game", "radii"), RADII, ids=range(len(RADII)))
def test_radius_after_500_ticks_is_that_of_a_loop_written_out(game, radii):
    """Start (1, -1), h = 0.2; psi has the other sign than in arXiv 1801.04406."""
    ticks = (SIMULTANEOUS, ALTERNATING_G_FIRST, FIVE_D)
    for schedule, known in zip(ticks, radii.split(), strict=True):
        x = np.array([1.0, -1.0])
        for _ in range(500):
            for turn in schedule.turns:
                moves = np.array(["G" in turn, "D" in turn])
                x = x + 0.2 * moves * game.field(*x)
        players = Scalars(game, 1.0, -1.0)
        run = play(players, schedule, rule=GradientDescent(0.2), ticks=500)
        np.testing.assert_allclose(run.radius[-1], np.hypot(*x), rtol=1e-6)
        assert rounded_like(run.radius[-1], known) == float(known)


@pytest.mark.parametrize("h", [0.1, 0.5])
def test_bilinear_play_keeps_an_ellipse_alternating_and_spirals_at_once(h):
    players = Scalars(bilinear(), 1.0, 0.3)
    runs = {
        s.name: play(players, s, rule=GradientDescent(h), ticks=300)
        for s in (SIMULTANEOUS, ALTERNATING, ALTERNATING_G_FIRST)
    }
    for name, sign in (("alternating", -1), ("alternating, G first", 1)):
        run = runs[name]
        kept = run.theta**2 + run.psi**2 + sign * h * run.theta * run.psi
        np.testing.assert_allclose(kept, kept[0], rtol=1e-12)
    radius = runs["simultaneous"].radius
    np.testing.assert_allclose(radius[1:] / radius[:-1], math.hypot(1, h), rtol=1e-12)


@pytest.mark.parametrize("what", [{"loss": "hing"}, {"penalty": "R3"}])
def test_an_unknown_loss_or_penalty_is_named(what):
    with pytest.raises(ValueError, match="is '(hing|R3)'; expected one .*(hinge|R2)"):
        Game(**what)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_the_relativistic_game_is_the_non_saturating_one(penalty):
    """A real scores 0 here, so the lead of the fake is its score."""
    game, theta, psi = game_at("relativistic", penalty)
    other, _, _ = game_at("non-saturating", penalty)
    np.testing.assert_array_equal(game.field(theta, psi), other.field(theta, psi))


def test_least_squares_near_the_equilibrium_are_a_shear():
    """v_theta = a psi - a^2 theta psi^2, v_psi = -a^2 theta^2 psi.

    To first order D does not move at all, so a tick is the matrix (1, h a; 0, 1).
    """
    h, a = 0.3, 1.5
    game = dirac("least squares", scale=a)
    np.testing.assert_allclose(
        game.jacobian(0.0, 0.0), [[0, a], [0, 0]], rtol=0, atol=0
    )
    for schedule in (SIMULTANEOUS, ALTERNATING):
        found = tick_jacobian(
            Scalars(game, 0.0, 0.0), schedule, rule=GradientDescent(h)
        )
        np.testing.assert_allclose(found, [[1, h * a], [0, 1]], rtol=1e-15)
