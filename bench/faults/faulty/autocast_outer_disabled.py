# fault: autocast-cache
# schedule: simultaneous
# thread: public loops, "An outer block with enabled=False and inner ones that are on"
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn
from torch.nn.functional import relu

TICKS = int(os.environ.get("TICKS", 4))
half = torch.bfloat16


def main(use_amp=False):
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 2))
    D = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 1))
    opt_G = torch.optim.Adam(G.parameters(), 1e-3)
    opt_D = torch.optim.Adam(D.parameters(), 1e-3)

    for _ in range(TICKS):
        with torch.autocast("cpu", dtype=half, enabled=use_amp):  # <- fault
            real, z = torch.rand(16, 2), torch.randn(16, 4)
            opt_D.zero_grad()
            with torch.autocast("cpu", dtype=half):
                d_real, d_fake = D(real), D(G(z).detach())
            (relu(1 - d_real.float()) + relu(1 + d_fake.float())).mean().backward()
            opt_D.step()

            opt_G.zero_grad()
            with torch.autocast("cpu", dtype=half):
                score = D(G(z))  # <- fault
            (-score.float().mean()).backward()
            opt_G.step()


if __name__ == "__main__":
    main()
