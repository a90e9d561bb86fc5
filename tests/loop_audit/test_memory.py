"""What a block of memory remembers after whole, partial and added writes."""

import torch

from ganflow.loop_audit.memory import Memory
from ganflow.loop_audit.origins import Origin


def trails(*names):
    return [
        frozenset((Origin(number, name, 0, None),)) for number, name in enumerate(names)
    ]


def test_a_whole_write_replaces_and_another_adds():
    memory, block = Memory(), torch.zeros(4)
    first, second, third = trails("G", "D", "Q")
    memory.write(block, first, whole=True)
    memory.write(block, second, whole=True)
    assert memory.trail(block) == memory.trail(block.detach()[1:]) == second
    memory.write(block, third, whole=False)
    assert memory.trail(block) == second | third


def test_a_part_that_is_overwritten_has_a_trail_of_its_own():
    memory, block = Memory(), torch.zeros(4, 3)
    first, second, third = trails("G", "D", "Q")
    memory.write(block, first, whole=True)
    memory.write(block[:2], second, whole=True)
    assert memory.trail(block[:2]) == second and memory.trail(block[2:]) == first
    assert memory.trail(block) == first | second
    assert memory.rows(block) == [(0, 2, second), (2, 4, first)]
    memory.write(block[1:3], third, whole=False)
    assert memory.trail(block[0]) | third == memory.trail(block[:2])
    assert memory.trail(block[2:]) == first | third


def test_a_block_written_whole_remembers_no_parts():
    """Nor does one whose parts were told apart before."""
    memory, block = Memory(), torch.zeros(4)
    first, second = trails("G", "D")
    memory.write(block, first, whole=True)
    assert memory.mark(block) == first
    memory.write(block[1:], second, whole=True)
    assert memory.mark(block) != second
    memory.write(block, second, whole=True)
    assert memory.mark(block) == second


def test_rows_are_counted_from_where_a_part_begins():
    memory, block = Memory(), torch.zeros(6, 2)
    first, second = trails("G", "D")
    memory.write(block, first, whole=True)
    memory.write(block[:3], second, whole=True)
    assert memory.rows(block[2:]) == [(0, 1, second), (1, 4, first)]
    assert memory.rows(block[4:]) == [(0, 2, first)]
