# fault: cut-in-own-turn
# also: never-moved, step-moves-nobody
# schedule: only D moves
# thread: clinic "Can't call numpy() on Tensor that requires grad"; HDGan 15
# framework: torch
# players: G=gen, D=disc
import os

import numpy as np
import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))
rng = np.random.default_rng(0)


def augment(images):
    """Flip and shift, with NumPy."""
    array = images.detach().numpy()  # <- fault
    array = np.roll(array, int(rng.integers(-2, 3)), axis=-1)
    if rng.random() < 0.5:
        array = array[..., ::-1]
    return torch.from_numpy(array.copy())  # <- fault


torch.manual_seed(0)
gen = nn.Sequential(nn.Linear(8, 256), nn.Tanh(), nn.Unflatten(1, (1, 16, 16)))
disc = nn.Sequential(
    nn.Conv2d(1, 8, 4, 4), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(128, 1)
)
opt_gen = torch.optim.Adam(gen.parameters(), lr=1e-3)
opt_disc = torch.optim.Adam(disc.parameters(), lr=1e-3)

for _ in range(TICKS):
    real, fake = torch.rand(8, 1, 16, 16), gen(torch.randn(8, 8))
    opt_disc.zero_grad()
    loss = softplus(-disc(augment(real))).mean() + softplus(disc(augment(fake))).mean()
    loss.backward()
    opt_disc.step()

    opt_gen.zero_grad()
    softplus(-disc(augment(fake))).mean().backward()  # <- fault
    opt_gen.step()  # <- fault
