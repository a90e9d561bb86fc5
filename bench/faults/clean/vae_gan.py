# clean: VAE-GAN, encoder, decoder and critic with an optimizer each
# schedule: alternating, D first; third player
# framework: torch
# players: G=dec, D=disc, E=enc
import os

import torch
from torch import nn
from torch.nn.functional import mse_loss, softplus

TICKS = int(os.environ.get("TICKS", 4))


def mlp(*sizes):
    layers = []
    for a, b in zip(sizes, sizes[1:], strict=False):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def encode(enc, x):
    mu, logvar = enc(x).chunk(2, 1)
    z = mu + torch.randn_like(mu) * (0.5 * logvar).exp()
    kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(1).mean()
    return z, kl


def main():
    torch.manual_seed(0)
    enc, dec, disc = mlp(64, 32, 8), mlp(4, 32, 64), mlp(64, 32, 1)
    opt_enc, opt_dec, opt_disc = (
        torch.optim.RMSprop(net.parameters(), lr=3e-4) for net in (enc, dec, disc)
    )
    for _ in range(TICKS):
        x = torch.rand(16, 64)
        with torch.no_grad():
            rebuilt, drawn = dec(encode(enc, x)[0]), dec(torch.randn(16, 4))
        opt_disc.zero_grad()
        loss = softplus(-disc(x)).mean() + softplus(disc(rebuilt)).mean()
        (loss + softplus(disc(drawn)).mean()).backward()
        opt_disc.step()

        opt_dec.zero_grad()
        z = encode(enc, x)[0].detach()
        rebuilt, drawn = dec(z), dec(torch.randn(16, 4))
        loss = softplus(-disc(rebuilt)).mean() + softplus(-disc(drawn)).mean()
        (loss + 10 * mse_loss(rebuilt, x)).backward()
        opt_dec.step()

        opt_enc.zero_grad()
        z, kl = encode(enc, x)
        (10 * mse_loss(dec(z), x) + 0.01 * kl).backward()
        opt_enc.step()


if __name__ == "__main__":
    main()
