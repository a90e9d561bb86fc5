# clean: weight norm, the optimizer made after it
# schedule: alternating, D first
# framework: torch
# players: G=vocoder, D=msd
import os

import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)
vocoder = nn.Sequential(
    weight_norm(nn.Conv1d(4, 8, 3, padding=1)),
    nn.LeakyReLU(0.1),
    weight_norm(nn.ConvTranspose1d(8, 1, 4, 4)),
    nn.Tanh(),
)
msd = nn.Sequential(
    weight_norm(nn.Conv1d(1, 8, 5, 2)),
    nn.LeakyReLU(0.1),
    weight_norm(nn.Conv1d(8, 1, 3)),
)
optim_g = torch.optim.AdamW(vocoder.parameters(), 2e-4, betas=(0.8, 0.99))
optim_d = torch.optim.AdamW(msd.parameters(), 2e-4, betas=(0.8, 0.99))

for steps in range(TICKS):
    mel, y = torch.randn(4, 4, 16), torch.rand(4, 1, 64) * 2 - 1
    y_g_hat = vocoder(mel)

    optim_d.zero_grad()
    d_real, d_fake = msd(y), msd(y_g_hat.detach())
    loss_disc = (1 - d_real).square().mean() + d_fake.square().mean()
    loss_disc.backward()
    optim_d.step()

    optim_g.zero_grad()
    loss_gen = (1 - msd(y_g_hat)).square().mean()
    loss_gen_all = loss_gen + 45 * nn.functional.l1_loss(y_g_hat, y)
    loss_gen_all.backward()
    optim_g.step()
    print(f"steps: {steps}, gen loss total: {loss_gen_all.item():4.3f}")
