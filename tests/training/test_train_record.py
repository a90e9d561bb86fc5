"""What a run leaves: log, pictures and record; and the command that makes them."""

import csv
import importlib.util
import json
import signal
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image
from train_runs import SMALL, pixels

from ganflow.records.training_run import TrainingRun, load_training_run
from ganflow.training import glance, pace, speed, tick, train
from ganflow.training.keep.pictures import curves_png, grid_png
from ganflow.training.keep.provenance import provenance
from ganflow.training.keep.snapshots import as_bytes
from ganflow.training.loop import pick_device

LOOKED = replace(SMALL, ticks=9)
TOOL = Path(__file__).parents[2] / "tools" / "train_wgan_gp.py"
QUIET = {"progress": False}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a run of six ticks."""
    folder = tmp_path_factory.mktemp("made")
    train(SMALL, pixels(40), out=folder, **QUIET)
    return folder


def command():
    """The tool as a module."""
    spec = importlib.util.spec_from_file_location("train_wgan_gp", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_log_is_a_table_with_a_row_for_each_tick(made):
    with open(made / "log.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["tick"]) for row in rows] == [1, 2, 3, 4, 5, 6]
    for row in rows:
        lead = float(row["score_fake"]) - float(row["score_real"])
        assert float(row["loss_D"]) == pytest.approx(lead, abs=1e-6)


def test_the_log_has_every_digit_of_float32(made):
    run = load_training_run(made / "run.npz")
    logged = np.genfromtxt(made / "log.csv", delimiter=",", names=True)
    for name, values in run.series.items():
        np.testing.assert_array_equal(logged[name].astype(np.float32), values)


def test_without_a_penalty_there_is_no_column_of_it(tmp_path):
    train(replace(SMALL, penalty="none", ticks=1), pixels(40), out=tmp_path, **QUIET)
    header = (tmp_path / "log.csv").read_text().splitlines()[0]
    assert header == "tick,loss_D,score_real,score_fake,loss_G"


def test_the_record_is_what_the_run_saw(made):
    run = load_training_run(made / "run.npz")
    assert run.ticks.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert run.samples.shape == run.averaged.shape == (7, 25, 16, 16, 1)
    assert run.slopes.shape == (7, 5) and (np.diff(run.slopes) >= 0).all()
    assert (np.diff(run.seconds) > 0).all() and run.seconds[0] == 0
    assert run.settings["critic_steps"] == 2
    assert run.provenance["torch"] == torch.__version__
    assert run.provenance["seed"] == 0
    assert run.provenance["seconds"] == pytest.approx(run.seconds[-1], abs=1e-3)
    assert not np.array_equal(run.samples[0], run.samples[-1])
    shown = as_bytes(torch.as_tensor(pixels(40)[:25])).numpy()
    np.testing.assert_array_equal(run.real, shown)


def test_a_record_needs_one_entry_of_everything_for_each_snapshot(made):
    run = load_training_run(made / "run.npz")
    with pytest.raises(ValueError, match="each snapshot needs one entry of everything"):
        replace(run, ticks=run.ticks[:3])
    with pytest.raises(ValueError, match="each tick needs one entry of every series"):
        replace(run, series={**run.series, "slope": run.series["slope"][:2]})


def test_a_record_without_its_settings_is_refused(tmp_path):
    np.savez(tmp_path / "run.npz", ticks=np.arange(3))
    with pytest.raises(ValueError, match="is no recorded training run"):
        load_training_run(tmp_path / "run.npz")


def test_a_damaged_record_is_refused(made, tmp_path):
    """Cut short, or with other bytes: a zip file reports that in several ways."""
    whole, path = (made / "run.npz").read_bytes(), tmp_path / "run.npz"
    other = [b"no archive"] + [
        whole[:n] for n in (0, 30, len(whole) // 2, len(whole) - 1)
    ]
    with zipfile.ZipFile(made / "run.npz") as archive:
        start = archive.getinfo("samples.npy").header_offset
    for place in (start + 80, start + 500, start + 1000):  # in what is compressed
        other.append(whole[:place] + b"\xff\x00\xff\x00" + whole[place + 4 :])
    for content in other:
        path.write_bytes(content)
        with pytest.raises(ValueError, match="is no recorded training run"):
            load_training_run(path)


def test_the_grid_shows_each_sample_where_it_belongs():
    samples = np.arange(25, dtype=np.uint8)[:, None, None, None] * 10
    samples = np.broadcast_to(samples, (25, 16, 16, 3))
    png = grid_png(samples)
    import io

    picture = np.asarray(Image.open(io.BytesIO(png)))
    assert picture.shape == (480, 480, 3)  # six pixels for each
    row, column = 6 * (16 * 3 + 5), 6 * (16 * 2 + 5)  # in row 3, column 2
    assert picture[row, column].tolist() == [170] * 3


def test_the_pictures_are_pictures(made):
    for name, least in {"grid.png": 480, "curves.png": 400}.items():
        with Image.open(made / name) as picture:
            picture.verify()
            assert min(picture.size) >= least


def test_without_a_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    seen = []
    done = train(SMALL, pixels(40), watch=seen.append, **QUIET)
    assert isinstance(done.record, TrainingRun) and not list(tmp_path.iterdir())
    assert [run.ticks[-1] for run in seen] == [0, 1, 2, 3, 4, 5, 6]
    assert [len(run.series["loss_D"]) for run in seen] == [0, 1, 2, 3, 4, 5, 6]


def test_the_progress_bar_shows_speed_losses_and_slope(capsys):
    train(replace(SMALL, ticks=2), pixels(40))
    shown = capsys.readouterr().err
    for name in ("2/2", "images/s=", "loss_D=", "loss_G=", "slope="):
        assert name in shown


def test_the_command_trains_on_the_digits(tmp_path, capsys):
    options = "--size 16 --ticks 2 --width 2 --batch 4 --loss gan --plain --quiet"
    assert command().main([*options.split(), "--out", str(tmp_path)]) == 0
    assert "2 ticks in" in capsys.readouterr().out
    run = load_training_run(tmp_path / "run.npz")
    assert run.settings["loss"] == "non-saturating" and run.settings["fast"] is False
    assert run.settings["channels"] == 1 and run.settings["beta1"] == 0.5
    assert json.loads(json.dumps(run.provenance))["device"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--batch", "0"], "batch is 0; expected a whole number, at least 1"),
        (["--data", "no-such-folder"], "no-such-folder"),
        (["--every", "0"], "every is 0 ticks; it must be 1 or more"),
        (["--snapshots", "1"], "snapshots is 1"),
        (["--device", "cpux"], "device is 'cpux'; pass auto, cpu or cuda"),
        (["--precision", "tf32", "--device", "cpu"], "tf32 is a way of multiplying"),
        (["--graphs", "--device", "cpu"], "a CUDA graph is recorded of fast moves"),
    ],
)
def test_the_command_says_in_one_line_what_is_wrong(options, told, tmp_path, capsys):
    fixed = ["--size", "16", "--quiet", "--out", str(tmp_path)]
    assert command().main([*fixed, *options]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("train_wgan_gp: ") and told in said.err
    assert said.err.count("\n") == 1 and said.out == ""


def test_the_command_says_in_one_line_that_pooch_is_missing(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("GANFLOW_DATA", str(tmp_path))
    monkeypatch.setitem(sys.modules, "pooch", None)
    options = ["--data", "flowers", "--size", "16", "--out", str(tmp_path / "run")]
    assert command().main(options) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "which needs pooch: pip install pooch, or" in said


def test_the_command_does_not_promise_a_checkpoint_of_no_tick(
    tmp_path, monkeypatch, capsys
):
    def stop(run):
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("ganflow.training.loop.recorded_turns", stop)
    options = ["--size", "16", "--width", "2", "--graphs", "--out", str(tmp_path)]
    assert command().main(options) == 128 + signal.SIGINT
    assert capsys.readouterr().out == "stopped before the first tick: nothing is kept\n"


def test_a_gpu_beyond_the_last_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert pick_device("cuda:1") == torch.device("cuda:1")
    assert pick_device("cuda").type == "cuda"
    with pytest.raises(ValueError, match="torch sees 2 GPUs; pass cuda:0 to cuda:1"):
        pick_device("cuda:2")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_is_not_there_is_refused():
    assert pick_device("auto") == torch.device("cpu")
    with pytest.raises(ValueError, match="torch sees no GPU"):
        pick_device("cuda")


@pytest.mark.parametrize("slope", [False, True])
def test_the_curves_have_a_panel_for_each_pair_and_one_axis_of_ticks(
    slope, monkeypatch
):
    figures, save = [], Figure.savefig
    monkeypatch.setattr(
        Figure,
        "savefig",
        lambda self, *a, **k: figures.append(self) or save(self, *a, **k),
    )
    names = ["loss_D", "loss_G", "score_real", "score_fake", "penalty", "slope"]
    rows = np.arange(4003 * 6.0).reshape(4003, 6)
    shown = names if slope else names[:4]
    curves_png(shown, rows[:, : len(shown)])
    (figure,) = figures
    labels = ["losses", "scores", "penalty and slope"][: len(shown) // 2]
    assert [axis.get_ylabel() for axis in figure.axes] == labels
    ticks = [axis.get_xlabel() for axis in figure.axes]
    assert ticks == [*[""] * (len(labels) - 1), "tick"]
    for axis, pair in zip(
        figure.axes, zip(shown[::2], shown[1::2], strict=True), strict=True
    ):
        assert [line.get_label() for line in axis.lines] == [*pair]
        for line, name in zip(axis.lines, pair, strict=True):
            x, y = line.get_xdata(), line.get_ydata()
            assert x[0] == 1 and x[-1] == 4003  # every second: no more than pixels
            np.testing.assert_array_equal(y, rows[x - 1, names.index(name)])
            assert len(x) == 2002


def test_a_record_has_the_command_without_the_folder_of_its_program(monkeypatch):
    words = ["/somewhere/train_wgan_gp.py", "--ticks", "4"]
    monkeypatch.setattr(sys, "argv", words)
    said = provenance(torch.device("cpu"), images=3)
    assert said["command"] == "train_wgan_gp.py --ticks 4" and said["images"] == 3


def test_a_look_shows_the_fixed_pictures_and_changes_nothing(monkeypatch):
    """Before the first tick, whenever its time has come, and at the end."""
    monkeypatch.setattr(glance, "SECONDS", 0.0)
    seen = {}
    looked = train(LOOKED, pixels(40), look=seen.setdefault, snapshots=30, **QUIET)
    record = looked.record
    assert [*seen] == record.ticks.tolist() and {0, 1, 9} <= seen.keys()
    for pictures, kept in zip(seen.values(), record.averaged, strict=True):
        np.testing.assert_array_equal(pictures, kept)
    alone = train(LOOKED, pixels(40), snapshots=30, **QUIET)
    for name, values in alone.record.series.items():
        np.testing.assert_array_equal(record.series[name], values)
    pairs = zip(looked.run.G.parameters(), alone.run.G.parameters(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)


def test_between_two_looks_there_is_time_to_train(monkeypatch):
    """However often the losses are read: only the first and the last are left."""
    monkeypatch.setattr(glance, "SECONDS", 1e6)
    seen = []
    train(LOOKED, pixels(40), look=lambda *told: seen.append(told[0]), **QUIET)
    assert seen == [0, 9]


@pytest.mark.parametrize("changes", [{}, {"penalty": "none", "critic_steps": 1}])
def test_a_pace_tells_of_the_whole_run_from_a_few_ticks(changes, monkeypatch):
    """By a clock that a tick moves on by two seconds, the first by a minute."""
    settings, clock = replace(SMALL, ticks=600, **changes), [0.0]

    def slow(run, **how):
        clock[0] += 60 if not run.tick else 2
        return tick(run, **how)

    monkeypatch.setattr(speed, "tick", slow)
    monkeypatch.setattr(speed, "perf_counter", lambda: clock[0])
    found = pace(settings, pixels(40), device="cpu", ticks=2)
    assert found.tick == 2 and found.whole == 1200
    assert found.images == settings.critic_steps * settings.batch / 2
    assert "600 ticks on digits at 16x16 will take about 20 minutes" in str(found)


def test_a_pace_measures_at_least_one_tick():
    with pytest.raises(ValueError, match="ticks"):
        pace(SMALL, pixels(40), ticks=0)
