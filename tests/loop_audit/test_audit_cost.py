"""A watched tick takes at most three times as long."""

import audit_cost
import pytest
import torch


@pytest.mark.alone
@pytest.mark.parametrize("name", audit_cost.GAMES)
def test_a_watched_tick_takes_at_most_three_times_as_long(name):
    """Processor time, the two loops by turns, the smallest of all."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        off, on = audit_cost.measure(audit_cost.GAMES[name], audit_cost.rounds(name))
    finally:
        torch.set_num_threads(threads)
    assert on < 3 * off
