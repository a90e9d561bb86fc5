# clean: StyleGAN2-like phases as data, lazy R1 and path length with own steps
# schedule: alternating, G first; own steps
# framework: torch
# players: G=G, D=D
import os
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))


@dataclass
class Phase:
    name: str
    module: nn.Module
    opt: torch.optim.Optimizer
    interval: int


class Loss:
    def __init__(self, G, D, r1_gamma=1.0, pl_weight=2.0):
        self.G, self.D, self.r1_gamma, self.pl_weight = G, D, r1_gamma, pl_weight
        self.pl_mean = torch.zeros([])

    def accumulate_gradients(self, phase, real, z):
        if phase == "Gmain":
            softplus(-self.D(self.G(z))).mean().backward()
        elif phase == "Greg":
            z = z.requires_grad_()
            images = self.G(z)
            noise = torch.randn_like(images) / images[0].numel() ** 0.5
            (slope,) = torch.autograd.grad((images * noise).sum(), z, create_graph=True)
            lengths = slope.square().sum(1).sqrt()
            self.pl_mean = self.pl_mean.lerp(lengths.mean().detach(), 0.01)
            (self.pl_weight * (lengths - self.pl_mean).square().mean()).backward()
        elif phase == "Dmain":
            softplus(self.D(self.G(z).detach())).mean().backward()
            softplus(-self.D(real)).mean().backward()
        elif phase == "Dreg":
            x = real.detach().requires_grad_()
            (slope,) = torch.autograd.grad(self.D(x).sum(), x, create_graph=True)
            penalty = slope.square().flatten(1).sum(1).mean()
            (penalty * self.r1_gamma / 2).backward()


def main():
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(8, 32), nn.SiLU(), nn.Linear(32, 256))
    D = nn.Sequential(nn.Linear(256, 32), nn.SiLU(), nn.Linear(32, 1))
    phases = []
    for name, module, interval in (("G", G, 2), ("D", D, 2)):
        opt = torch.optim.Adam(module.parameters(), lr=2e-3, betas=(0.0, 0.99))
        phases += [Phase(name + "main", module, opt, 1)]
        phases += [Phase(name + "reg", module, opt, interval)]
    for net in (G, D):
        net.requires_grad_(False)
    loss = Loss(G, D)
    for batch_idx in range(TICKS):
        for phase in phases:
            if batch_idx % phase.interval != 0:
                continue
            phase.opt.zero_grad(set_to_none=True)
            phase.module.requires_grad_(True)
            loss.accumulate_gradients(phase.name, torch.rand(8, 256), torch.randn(8, 8))
            phase.module.requires_grad_(False)
            phase.opt.step()


if __name__ == "__main__":
    main()
