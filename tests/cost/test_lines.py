"""What is kept after each line of a step: the sizes of what autograd saves."""

import pytest
import torch
from torch import nn

from ganflow.cost import LineBytes, SavedBytes, bytes_by_line

ROWS, WIDE = 5, 7
ONE = 8 * ROWS * WIDE  # bytes of a hidden layer


def networks():
    torch.manual_seed(0)
    kind = {"dtype": torch.float64}
    net = nn.Sequential(nn.Linear(WIDE, WIDE, **kind), nn.Tanh())
    return net, torch.randn(ROWS, WIDE, **kind)


def test_each_line_says_what_it_leaves_and_what_it_held():
    net, x = networks()

    def step():
        with torch.no_grad():
            net(x)
        y = net(x)  # keeps x and the tanh's result
        loss = y.sum()
        loss.backward()
        y = net(
            x,
        )
        return net(x).sum().backward()

    assert bytes_by_line(step, SavedBytes(net)) == [
        LineBytes("with torch.no_grad():", 0, 0),
        LineBytes("    net(x)", 0, 0),
        LineBytes("y = net(x)", 2 * ONE, 2 * ONE),
        LineBytes("loss = y.sum()", 2 * ONE, 2 * ONE),
        LineBytes("loss.backward()", 2 * ONE, 0),
        LineBytes("y = net( x, )", 2 * ONE, 2 * ONE),
        # x is one block for both passes
        LineBytes("return net(x).sum().backward()", 3 * ONE, 2 * ONE),
    ]


def test_a_line_that_runs_again_has_one_entry_with_what_it_left_last():
    net, x = networks()

    def step():
        held = []
        for _ in range(3):
            held.append(net(x))
        held.clear()

    head, loop, inside, end = bytes_by_line(step, SavedBytes(net))
    assert (head.left, inside.left, end.left) == (0, 4 * ONE, 0)
    assert (
        loop.code == "for _ in range(3):" and inside.code == "    held.append(net(x))"
    )
    assert end == LineBytes("held.clear()", 4 * ONE, 0)


def test_the_step_runs_as_it_is_written():
    net, x = networks()

    def step():
        net(x).square().sum().backward()

    step()
    plain = [weight.grad.clone() for weight in net.parameters()]
    net.zero_grad()
    bytes_by_line(step, SavedBytes(net))
    for weight, slope in zip(net.parameters(), plain, strict=True):
        assert torch.equal(weight.grad, slope)


def test_an_error_of_the_step_is_raised_and_nothing_goes_on_counting():
    net, x = networks()
    kept = SavedBytes(net)

    def step():
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        bytes_by_line(step, kept)
    y = net(x)
    assert kept.now == kept.peak == 0 and y.requires_grad


def test_a_function_made_in_the_step_is_one_line_and_except_is_none():
    net, x = networks()

    def step():
        def score(x):
            return net(x)  # its own lines are not the step's

        try:
            y = score(x)
            raise KeyError("mine")
        except KeyError:
            y.sum().backward()

    assert bytes_by_line(step, SavedBytes(net)) == [
        LineBytes("def score(x):", 0, 0),
        LineBytes("try:", 0, 0),
        LineBytes("    y = score(x)", 2 * ONE, 2 * ONE),
        LineBytes('    raise KeyError("mine")', 2 * ONE, 2 * ONE),
        LineBytes("    y.sum().backward()", 2 * ONE, 0),
    ]


def test_a_step_without_source_is_refused():
    for step in (len, eval("lambda: 1")):
        with pytest.raises(TypeError, match="no Python source to follow"):
            bytes_by_line(step, SavedBytes())


def test_weights_may_be_given_as_a_list_of_tensors():
    net, x = networks()

    def step():
        net(net(x)).sum().backward()

    of_net, of_weights, of_none = (
        bytes_by_line(step, SavedBytes(*given))
        for given in ([net], [[*net.parameters()]], [])
    )
    weight = net[0].weight.nbytes  # which the second pass keeps
    assert of_net == of_weights and of_none[0].most == of_net[0].most + weight


def test_a_line_that_runs_again_has_the_most_of_all_its_times():
    net, x = networks()
    batches = x, x[:1].clone()

    def step():
        for batch in batches:
            net(batch).sum().backward()

    _, inside = bytes_by_line(step, SavedBytes(net))
    assert inside == LineBytes("    net(batch).sum().backward()", 2 * ONE, 0)
