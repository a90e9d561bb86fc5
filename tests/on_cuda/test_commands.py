"""The commands that a machine with a GPU is given, up to what only it can measure."""

import json

import pytest
import tick_cost
import tick_ways
import torch
import train_wgan_gp
from cuda_claims import STOOD_IN

from ganflow.records.training_run import load_training_run
from ganflow.training.precision import precision_of

pytestmark = pytest.mark.cuda
SMALL = (
    "--size 16 --width 4 --batch 8 --latent 8 --quiet --device cuda --graphs".split()
)
TINY = "--sizes 16 --width 4 --batch 4 --rounds 1 --repeat 1 --device cuda".split()


def test_a_recorded_run_is_begun_and_gone_on_with(tmp_path, capsys):
    for ticks in ("1", "3"):
        words = [*SMALL, "--ticks", ticks, "--precision", "auto", "--resume"]
        assert train_wgan_gp.main([*words, "--out", str(tmp_path)]) == 0
    name, why = precision_of("cuda")
    assert f"precision {name} ({why})" in capsys.readouterr().out
    run = load_training_run(tmp_path / "run.npz")
    assert len(run.series["loss_D"]) == 3
    assert run.provenance["device"] == torch.cuda.get_device_name()


def test_every_way_is_measured_on_the_device(tmp_path, monkeypatch, capsys):
    if STOOD_IN:  # torch compiles for no such device, and its peak says nothing
        monkeypatch.setattr(torch, "compile", lambda function: function)
        monkeypatch.setattr(tick_cost, "peak", lambda *_: 1.0)
    file = tmp_path / "rows.json"
    assert tick_cost.main([*TINY, "--json", str(file)]) == 0
    rows = json.loads(file.read_text())
    assert not [row for row in rows if "not_run" in row]
    assert {row["way"] for row in rows} >= {*tick_ways.WAYS, *tick_ways.GPU_WAYS}
    assert "fast, CUDA graph" in capsys.readouterr().out
