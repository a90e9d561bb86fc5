"""Which tensors a derivative can leave, as the backward pass itself shows."""

import pytest
import torch

from ganflow.trace.calls import carries


def view_without_graph(write):
    """A view made under no_grad of a live value, which is then written to."""
    base = torch.ones(3, requires_grad=True) * 2
    with torch.no_grad():
        view = base[0]
        if write:
            base.add_(1)
    assert view.requires_grad
    return view


def leaf_in_a_plain_tensor():
    leaf = torch.zeros(3)[0].requires_grad_()
    assert leaf._base is not None
    return leaf


CARRYING = {
    "a leaf": lambda: torch.ones((), requires_grad=True),
    "a leaf in a plain tensor": leaf_in_a_plain_tensor,
    "a value": lambda: torch.ones((), requires_grad=True) * 2,
    "a view of a value": lambda: (torch.ones(3, requires_grad=True) * 2)[0],
}
CUT = {
    "a constant": lambda: torch.ones(()),
    "a detached value": lambda: (torch.ones((), requires_grad=True) * 2).detach(),
    "a view of a leaf under no_grad": lambda: torch.no_grad()(
        lambda leaf: leaf[0].view(())
    )(torch.ones(3, requires_grad=True)),
    "a view of a value under no_grad": lambda: view_without_graph(write=False),
    "and its base is written to": lambda: view_without_graph(write=True),
}


@pytest.mark.parametrize("name", CARRYING)
def test_a_derivative_leaves_what_has_a_history_or_is_a_leaf(name):
    value = CARRYING[name]()
    assert carries(value)
    (slope,) = torch.autograd.grad(3 * value, value)
    assert slope == 3


@pytest.mark.parametrize("name", CUT)
def test_none_leaves_what_was_cut_though_it_says_that_it_requires_one(name):
    value = CUT[name]()
    assert not carries(value)
