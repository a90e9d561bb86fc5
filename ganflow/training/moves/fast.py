"""The same moves in less time: what the plain ones compute for nothing is left out.

No graph through G where D moves, one call of D for both batches, no pass of zeros in
the penalty, no gradient for D where G moves. `plain` is the loop as most public code
has it.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ganflow.nets import frozen
from ganflow.training.moves import plain
from ganflow.training.moves.penalty import penalty
from ganflow.training.moves.plain import Seen
from ganflow.training.run import Run


def move_D(run: Run, x_real: Tensor, z: Tensor, mix: Tensor) -> Seen:
    """Move D once. Parameters, Returns: as `plain.move_D`.

    Gradient: reaches D only; G makes its images without a graph.
    """
    with torch.no_grad():
        x_fake = run.make(z)
    both = run.score(torch.cat([x_real, x_fake]))
    score_real, score_fake = both.chunk(2)
    loss = run.loss.D(score_real, score_fake)
    seen = {"loss_D": loss, "score_real": score_real, "score_fake": score_fake}
    if run.settings.penalty != "none":
        found = penalty(run, x_real, x_fake, mix, form="auto")
        seen |= {"penalty": found.value, "slope": found.slope}
        loss = loss + run.settings.strength * found.value
    run.step("D", loss)
    return {name: value.detach().mean() for name, value in seen.items()}


def move_G(run: Run, x_real: Tensor, z: Tensor) -> Seen:
    """Move G once. Parameters, Returns: as `plain.move_G`.

    Gradient: passes through D to G. D is frozen meanwhile, so its .grad stays as it is;
    then each of its weights learns or not, as before.
    """
    with frozen(run.D):
        return plain.move_G(run, x_real, z)
