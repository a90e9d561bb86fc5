# clean: Lightning, manual optimisation, real Trainer.fit
# schedule: alternating, G first
# framework: torch
# players: G=model.generator, D=model.discriminator
# needs: lightning
import os

import lightning
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

TICKS = int(os.environ.get("TICKS", 4))


class GAN(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.generator = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 256))
        self.discriminator = nn.Sequential(
            nn.Linear(256, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1)
        )

    def configure_optimizers(self):
        opt_g = torch.optim.Adam(self.generator.parameters(), lr=2e-4)
        opt_d = torch.optim.Adam(self.discriminator.parameters(), lr=2e-4)
        return [opt_g, opt_d], []

    def loss(self, images, value):
        logits = self.discriminator(images)
        target = torch.full_like(logits, value)
        return F.binary_cross_entropy_with_logits(logits, target)

    def training_step(self, batch):
        (images,) = batch
        opt_g, opt_d = self.optimizers()
        z = torch.randn(len(images), 8, device=self.device)

        self.toggle_optimizer(opt_g)
        self.manual_backward(self.loss(self.generator(z), 1.0))
        opt_g.step()
        opt_g.zero_grad()
        self.untoggle_optimizer(opt_g)

        self.toggle_optimizer(opt_d)
        d_loss = self.loss(images, 1.0) + self.loss(self.generator(z).detach(), 0.0)
        self.manual_backward(d_loss)
        opt_d.step()
        opt_d.zero_grad()
        self.untoggle_optimizer(opt_d)


def main():
    torch.manual_seed(0)
    model = GAN()
    data = DataLoader(TensorDataset(torch.rand(8 * TICKS, 256)), batch_size=8)
    trainer = lightning.Trainer(
        max_epochs=1,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(model, data)


if __name__ == "__main__":
    main()
