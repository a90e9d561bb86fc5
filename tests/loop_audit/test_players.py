"""Whose weights lie in which memory, also after they were given other memory."""

import torch
from torch import nn

from ganflow.loop_audit.memory import Memory, Weight
from ganflow.loop_audit.players import Players


def test_memory_is_marked_with_the_weight_that_lies_in_it_now():
    memory, net = Memory(), nn.Linear(2, 1, bias=False)
    players = Players(memory)
    players.add("G", [net])
    first = memory.mark(net.weight)
    assert type(first) is Weight and first.player == "G"
    assert first.key == id(net.weight) and not first.buffer
    players.refresh()
    assert memory.mark(net.weight) is first
    old, net.weight = net.weight, nn.Parameter(net.weight.data)  # in the same memory
    players.refresh()
    assert memory.mark(net.weight).key == id(net.weight) != id(old)
    net.weight.data = torch.zeros(1, 2)
    assert type(memory.mark(net.weight)) is not Weight
    players.remark()
    assert memory.mark(net.weight).key == id(net.weight)


def test_state_that_is_no_weight_is_marked_as_such():
    memory, norm = Memory(), nn.BatchNorm1d(2)
    Players(memory).add("D", [norm])
    marks = [memory.mark(each) for each in (norm.weight, norm.running_mean)]
    assert [mark.buffer for mark in marks] == [False, True]
