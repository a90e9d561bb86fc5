"""What an optimizer's step finds in a gradient."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from ganflow.loop_audit.block import audit
from ganflow.loop_audit.memory import Memory
from ganflow.loop_audit.origins import CLEARED, Derivative, Origin
from ganflow.loop_audit.steps import Steps
from ganflow.loop_report import Place
from ganflow.loop_report.log import Backward

BACK = Derivative(0, Backward(0, Place("loop.py", 1)))


@pytest.mark.parametrize(
    ("trail", "cleared"),
    [
        (None, False),  # no .grad at all
        ((), False),
        ((BACK,), False),
        ((CLEARED,), True),
        ((CLEARED, Origin(1, "G", 0, None)), True),
        ((CLEARED, BACK), False),  # a backward pass has added to the zeros
    ],
)
def test_a_gradient_is_cleared_if_nothing_came_after_the_zeros(trail, cleared):
    memory, p = Memory(), torch.zeros(2, requires_grad=True)
    if trail is not None:
        p.grad = torch.zeros(2)
        memory.write(p.grad, frozenset(trail), whole=True)
    assert Steps(SimpleNamespace(memory=memory))._is_cleared(p) is cleared


def test_the_steps_of_two_optimizers_of_a_player_are_one_move():
    torch.manual_seed(0)
    G, D = nn.Linear(1, 2), nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    optimizers = [torch.optim.SGD(layer.parameters(), lr=0.01) for layer in D]
    with audit(G=G, D=D) as seen:
        for _ in range(2):
            D.zero_grad()
            D(G(torch.randn(4, 1)).detach()).mean().backward()
            for optimizer in optimizers:
                optimizer.step()
    moves = [(move.player, move.version, move.tensors) for move in seen.moves]
    assert moves == [("D", 1, 4), ("D", 2, 4)]
