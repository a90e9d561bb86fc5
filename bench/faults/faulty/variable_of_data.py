# fault: cut-in-own-turn
# also: never-moved, step-moves-nobody
# schedule: only D moves
# thread: public loops, "Variable(x) loses the trail"; clinic "G never learns"
# framework: torch
# players: G=generator, D=critic
import os

import torch
from torch import nn
from torch.autograd import Variable

TICKS = int(os.environ.get("TICKS", 4))


def main():
    torch.manual_seed(0)
    generator = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 2))
    critic = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 1))
    optimizer_G = torch.optim.RMSprop(generator.parameters(), lr=5e-5)
    optimizer_D = torch.optim.RMSprop(critic.parameters(), lr=5e-5)
    for _ in range(TICKS):
        for _ in range(5):
            real_imgs = Variable(torch.randn(16, 2) + 1)
            optimizer_D.zero_grad()
            fake_imgs = Variable(generator(torch.randn(16, 4)).data)
            loss_D = -torch.mean(critic(real_imgs)) + torch.mean(critic(fake_imgs))
            loss_D.backward()
            optimizer_D.step()
            for p in critic.parameters():
                p.data.clamp_(-0.01, 0.01)
        optimizer_G.zero_grad()
        gen_imgs = Variable(generator(torch.randn(16, 4)).data)  # <- fault
        loss_G = -torch.mean(critic(gen_imgs))
        loss_G.backward()  # <- fault
        optimizer_G.step()  # <- fault


if __name__ == "__main__":
    main()
