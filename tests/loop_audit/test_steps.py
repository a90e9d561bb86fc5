"""What an optimizer's step finds in a gradient."""

from types import SimpleNamespace

import pytest
import torch

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
