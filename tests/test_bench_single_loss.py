"""The bench of book/06: all its ways run, and one pass saves what it is said to."""

import pytest
import torch
from bench_single_loss import WAYS, Pair, Spent, main, shares

from ganflow.cost import cost_of
from ganflow.losses import LOSSES


@pytest.mark.parametrize("size", [32, 64])
def test_one_pass_takes_at_most_0_78_of_the_usual_flops(size):
    """Also with the check on four samples; the other rows stand where they should."""
    flops = {}
    for name, way in WAYS.items():
        pair = Pair(size, 32, 4, "non-saturating", "cpu")
        cost = cost_of(lambda way=way, p=pair: way(p), G=pair.G, D=pair.D, batch=32)
        flops[name] = cost.flops
    usual, frozen = flops["fresh noise"], flops["same, D frozen"]
    assert flops["one pass"] <= 0.78 * usual
    assert flops["one pass, unchecked"] == flops["gradient reversal"]
    assert flops["one pass"] < flops["shared graph"] < frozen
    assert flops["Su's one loss"] == flops["same fakes"] < usual
    assert flops["Su's one loss"] < flops["fresh, D frozen"] < usual


@pytest.mark.parametrize("loss", LOSSES)
def test_every_way_moves_both_players(loss):
    for way in WAYS.values():
        pair = Pair(16, 4, 2, loss, "cpu")
        nets = (pair.G, pair.D)
        before = [p.detach().clone() for net in nets for p in net.parameters()]
        way(pair)
        after = [p for net in nets for p in net.parameters()]
        moved = [not torch.equal(a, b) for a, b in zip(after, before, strict=True)]
        assert any(moved[: len(list(pair.G.parameters()))]) and moved[-2]


def test_shares_compare_within_each_round():
    """A round that is slow for all changes no share."""
    first = [Spent(1.0, 1.0), Spent(9.0, 1.0), Spent(2.0, 1.0)]
    spent = [Spent(0.5, 0.0), Spent(4.5, 0.0), Spent(1.0, 0.0)]
    assert shares(spent, first, "clock").split() == ["0.500", "(0.500-0.500)"]


def test_it_prints_both_tables(capsys, monkeypatch):
    options = "--sizes 16 --batch 4 --width 2 --rounds 2"
    monkeypatch.setattr("sys.argv", ["bench", *options.split()])
    main()
    shown = capsys.readouterr().out
    assert all(shown.count(f"{name} ") >= 2 for name in WAYS)
    assert "GFLOP" in shown and "ms a step" in shown
