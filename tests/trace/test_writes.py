"""What is remembered of blocks of memory: as long as they live, and no longer."""

import torch

from ganflow.trace.writes import Blocks


def test_what_is_alive_is_remembered_however_much_else_has_died():
    blocks = Blocks()
    alive = [torch.full((2,), float(k)) for k in range(100)]
    for k, tensor in enumerate(alive):
        blocks.note(tensor, k)
        for _ in range(20):
            blocks.note(torch.zeros(2), "dead")
    assert [blocks.of(tensor[1:]) for tensor in alive] == list(range(100))
    assert blocks.of(torch.zeros(2)) is None


def test_what_has_died_is_forgotten_by_and_by():
    """So that a watch of any number of ticks keeps a bounded number of notes."""
    blocks, most = Blocks(), 0
    for _ in range(1000):
        blocks.note(torch.zeros(2), "dead")
        most = max(most, len(blocks._noted))
    assert most <= 65


def test_an_array_of_the_same_memory_is_found_from_its_first_byte_to_its_last():
    blocks, tensor = Blocks(), torch.zeros(3)
    blocks.note(tensor, "known")
    array = tensor.numpy()
    for part in (array, array[1:], array[2:]):
        assert blocks.around(torch.from_numpy(part)) == "known"
    for other in (torch.zeros(3), torch.zeros(0), tensor.to_sparse()):
        assert blocks.around(other) is None
