"""What watching costs: processor time of a tick, two loops by turns, the smallest."""

import audit_cost
import pytest
import torch

# Of a tick of 1 ms nearly half is torch's way into any dispatch mode, even an empty
# one, which alone doubles it: the small pair takes three to four times as long.
MOST = {"points": 5, "pictures": 3}


@pytest.mark.alone
@pytest.mark.parametrize("name", audit_cost.GAMES)
def test_a_watched_tick_takes_at_most_so_many_times_as_long(name):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        off, on = audit_cost.measure(audit_cost.GAMES[name], audit_cost.rounds(name))
    finally:
        torch.set_num_threads(threads)
    assert on < MOST[name.partition(",")[0]] * off
