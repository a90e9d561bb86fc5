"""Which scores of a batch are read: some of all, and each maker's rows apart."""

from types import SimpleNamespace

import pytest
import torch

from ganflow.loop_audit.pulls import MOST, _samples


def read(output, **call):
    """What is read of an output, by who made what is scored."""
    given = {"mixed": False, "made_by": (), "rows": ()} | call
    found = _samples(SimpleNamespace(**given), output)
    return {maker: sample(output).tolist() for maker, sample in found}


@pytest.mark.parametrize("n", [1, 2, MOST - 1, MOST, MOST + 1, 3 * MOST, 3 * MOST + 1])
def test_of_many_scores_some_are_read_evenly_from_the_first_on(n):
    scores = torch.arange(float(n)).reshape(n, 1)
    step = next(step for step in range(1, n + 1) if step * MOST >= n)
    assert read(scores, made_by={"G"}) == {"G": list(range(0, n, step))}
    assert read(scores) == {None: list(range(0, n, step))}


def test_a_joined_batch_is_read_maker_by_maker_and_a_row_by_its_first_score():
    """Rows beyond the scores, where a critic scores the first half alone, are not."""
    rows = [(0, 2, "G"), (2, 4, None), (4, 5, "G"), (5, 9, None)]
    scores = torch.arange(28.0).reshape(7, 2, 2)
    found = read(scores, mixed=True, rows=rows)
    assert found == {"G": [0, 4, 16], None: [8, 12, 20, 24]}
    assert read(scores[:2], mixed=True, rows=rows) == {"G": [0, 4]}
    long = torch.arange(2.0 * MOST)
    found = read(
        long, mixed=True, rows=[(0, MOST + 1, "G"), (MOST + 1, 2 * MOST, None)]
    )
    assert [len(one) for one in found.values()] == [MOST, MOST - 1]
