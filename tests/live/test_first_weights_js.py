"""A page starts from the weights that `GanSetting.players` draws, bit for bit."""

import numpy as np
import pytest
from in_node import LIVE, node

from ganflow.sweeps import GanSetting

SEEDS = (0, 1, 2, 7, 12345, 2**32 - 1)


@pytest.fixture(scope="module")
def page():
    with node(LIVE / "program.js") as call:
        yield call


def drawn(setting):
    """The first weights of both networks in the order in which they are drawn."""
    players = setting.players()
    layers = [layer for net in (players.G, players.D) for layer in net]
    return [layer for layer in layers if hasattr(layer, "in_features")]


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("width", [1, 16, 32, 33, 64])
def test_first_weights_are_torchs_bit_for_bit(page, width, depth):
    differ = total = 0
    for seed in SEEDS:
        layers = drawn(GanSetting(seed=seed, width=width, depth=depth))
        weights = [part for layer in layers for part in (layer.weight, layer.bias)]
        bounds = [layer.in_features**-0.5 for layer in layers for _ in range(2)]
        sizes = [(w.numel(), bound) for w, bound in zip(weights, bounds, strict=True)]
        for found, weight in zip(
            page("firstWeights", seed, sizes), weights, strict=True
        ):
            expected = weight.detach().numpy().ravel()
            found = np.array(found, np.float32)
            differ += int((found.view(np.int32) != expected.view(np.int32)).sum())
            total += expected.size
    assert (differ, total > 6 * 10) == (0, True)
