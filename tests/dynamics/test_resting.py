"""A pair at its goal: no gradient, and the two matrices that its wheels are made of."""

import numpy as np
import pytest
import torch

from ganflow.dynamics import GradientDescent, eigenvalues, resting, tick_jacobian
from ganflow.dynamics.resting import resting_pair
from ganflow.schedule import SIMULTANEOUS


@pytest.fixture(scope="module")
def pair():
    """A pair of few features, trained for a few ticks only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resting, "TICKS", 5)
        return resting_pair(2, features=4)


def test_both_gradients_vanish_at_the_goal_under_either_loss(pair):
    for loss in ("Wasserstein", "non-saturating"):
        goal = pair.at_goal(loss=loss)
        for player in "GD":
            for each in goal.gradient(player, goal.start(), 0):
                torch.testing.assert_close(each, torch.zeros_like(each))


def test_off_the_goal_the_data_stay_and_are_cut_from_G(pair):
    goal = pair.at_goal()
    assert not goal.draw("D", 0, 128).x_real.requires_grad
    values = goal.start()
    tilted = (*values["D"][:2], torch.ones(1, 4).double(), values["D"][3])
    pushed = values | {"D": tilted}
    assert max(each.abs().max() for each in goal.gradient("G", pushed, 0)) > 1e-3


def test_every_move_of_either_player_reads_one_batch(pair):
    one, other = (pair.on_ring.draw(*who, 7) for who in (("D", 0), ("G", 5)))
    assert torch.equal(one.x_real, other.x_real) and torch.equal(one.z, other.z)
    assert len(one.z) == pair.on_ring.batch == 128


def test_coupling_is_the_finite_difference_of_the_mean_features(pair):
    weights = list(pair.on_ring.G.parameters())
    with torch.no_grad():

        def means(off):
            theta = (*weights[:3], weights[3] + torch.tensor([off, 0.0]))
            return pair.features(theta).mean(0).numpy()

        wanted = (means(1e-5) - means(-1e-5)) / 2e-5
    found = pair.coupling()
    assert found.shape == (4, 162)
    first_bias = found[:, 160]
    np.testing.assert_allclose(first_bias, wanted, rtol=1e-7)


def test_coupling_makes_the_wheels_of_the_tick(pair):
    step = 0.1
    tick = tick_jacobian(pair.at_goal(), SIMULTANEOUS, rule=GradientDescent(step))
    turns = np.sort(eigenvalues(tick).imag)[-4:]
    speeds = np.linalg.svd(pair.coupling())[1]
    np.testing.assert_allclose(turns, step * np.sort(speeds), rtol=1e-6)


def test_friction_is_the_block_of_D_s_last_layer(pair):
    step, goal = 0.1, pair.at_goal(loss="non-saturating")
    tick = tick_jacobian(goal, SIMULTANEOUS, rule=GradientDescent(step))
    own = tick[-5:, -5:]  # 4 features and the bias
    np.testing.assert_allclose(own, np.eye(5) - step * pair.friction(), rtol=1e-9)


def test_the_trained_weights_are_those_of_the_networks_but_for_the_last_layer(pair):
    for player, net in (("G", pair.on_ring.G), ("D", pair.on_ring.D[:2])):
        for p, value in zip(net.parameters(), pair.trained[player], strict=False):
            assert torch.equal(p, value)
    assert not any(p.any() for p in pair.on_ring.D[2].parameters())
    assert pair.trained["D"][2].any()


def test_a_seed_decides_and_leaves_the_stream_of_torch_as_it_was(pair, monkeypatch):
    monkeypatch.setattr(resting, "TICKS", 5)
    before = torch.get_rng_state()
    again, other = (resting_pair(seed, features=4) for seed in (2, 3))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(again.trained["G"][0], pair.trained["G"][0])
    assert not torch.equal(other.trained["G"][0], pair.trained["G"][0])


def test_training_brings_the_gradients_down(monkeypatch):
    pair = resting_pair(0)
    seen = pair.on_ring.observe(pair.trained)
    monkeypatch.setattr(resting, "TICKS", 0)
    young = resting_pair(0)
    before = young.on_ring.observe(young.trained)
    for name in ("gradient_G", "gradient_D"):
        assert seen[name] < 0.1 < before[name]


@pytest.mark.parametrize("given", [{"seed": -1}, {"seed": 0, "features": 0}])
def test_a_number_that_makes_no_pair_is_refused(given):
    with pytest.raises(ValueError, match="expected"):
        resting_pair(**given)
