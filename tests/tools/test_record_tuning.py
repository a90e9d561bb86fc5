"""The recorded runs of chapter 5 are those that the tool makes."""

import numpy as np
import pytest
import record_tuning
import xarray as xr

from ganflow.dynamics import play
from ganflow.page import recorded
from ganflow.sweeps import sweep

RECORDINGS = record_tuning.recordings()
RUNS = {file: recorded(file) for file in RECORDINGS}
TUNED = RUNS["tuning"]
SETTINGS = {name: setting for (_, name), setting in record_tuning.settings().items()}


@pytest.mark.parametrize("file", RECORDINGS)
def test_a_file_holds_every_setting_of_the_tool_to_its_end(file):
    (found, seeds), runs = RECORDINGS[file], RUNS[file]
    assert runs.runs_of == record_tuning.digest(found, seeds)
    assert runs.setting.values.tolist() == [name for _, name in found]
    assert runs.seed.values.tolist() == list(seeds)
    assert runs.tick.values[-1] == record_tuning.TICKS
    assert runs.done.values.all()


def test_the_advice_is_compared_on_the_same_seeds_as_its_baseline():
    assert set(record_tuning.ADVISED) <= SETTINGS.keys()
    assert set(record_tuning.TURNS) == {"baseline", "simultaneous"}
    fresh = set(record_tuning.FRESH_SEEDS)
    assert fresh.isdisjoint(record_tuning.MORE_SEEDS) and len(fresh) == 64


def test_a_seed_is_the_same_run_in_both_files_that_have_it():
    more = RUNS["tuning_seeds"].sel(seed=list(record_tuning.SEEDS))
    few = TUNED.sel(setting=more.setting.values)
    for name in record_tuning.METRICS:
        np.testing.assert_allclose(few[name], more[name], rtol=1e-4, atol=1e-4)
    rounded = {"rtol": 0, "atol": 1.01e-3}  # a thousandth, where it falls otherwise
    np.testing.assert_allclose(few.samples, more.samples, **rounded)


@pytest.mark.parametrize(
    ("file", "name", "seed"),
    [
        ("tuning", "2 critic steps", 0),
        ("tuning", "digits, R1 0.1", 5),
        ("tuning_seeds", "rates D:G 4", 23),
        ("tuning_turns", "simultaneous", 87),
    ],
)
def test_play_finds_what_was_recorded_early(file, name, seed):
    setting = record_tuning.replace(SETTINGS[name], seed=seed)
    early = record_tuning.EARLY
    run = play(
        setting.players(),
        setting.schedule,
        rule=setting.rules(),
        ticks=early,
        record_every=early,
    )
    for series in record_tuning.EARLY_SERIES:
        kept = RUNS[file][f"early_{series}"].sel(setting=name, seed=seed)
        np.testing.assert_allclose(kept, run[series][-1], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("file", RECORDINGS)
def test_no_number_is_missing_unless_its_run_diverged_or_has_no_modes(file):
    runs = RUNS[file]
    whole = runs.isel(setting=np.isnan(runs.diverged.values).all(axis=1))
    assert np.isfinite(whole.distance).all() and np.isfinite(whole.samples).all()
    ring = whole.isel(setting=whole.data.values == "ring of 8")
    for name in ("modes", "quality", "reverse_kl"):
        assert np.isfinite(ring[name]).all()


def test_the_kept_samples_are_those_of_the_run_to_a_thousandth():
    setting = SETTINGS["baseline"]
    runs = sweep([setting], ticks=0, progress=False)
    found = record_tuning.measured(runs, setting.data)
    assert found["samples"].shape == (1, record_tuning.KEPT, 2)
    for name in record_tuning.METRICS:
        kept = TUNED[name].sel(setting="baseline", seed=0, tick=0)
        np.testing.assert_allclose(found[name][0, 0], kept, rtol=1e-5)
    thousands = TUNED.samples.values * 1000
    np.testing.assert_allclose(thousands, thousands.round(), rtol=0, atol=1e-6)


@pytest.fixture
def small(monkeypatch):
    """Three settings of two programs, two seeds, four ticks."""
    names = ("baseline", "simultaneous", "R1 0.1")
    for name, value in {"TICKS": 4, "EVERY": 2, "EARLY": 2}.items():
        monkeypatch.setattr(record_tuning, name, value)
    return {("some", name): SETTINGS[name] for name in names}, range(2)


def test_a_second_call_does_only_what_is_missing(small, tmp_path, monkeypatch):
    path, record_group, calls = tmp_path / "some.nc", record_tuning.record_group, []

    def stop_after_one(group, seeds):
        calls.append(len(group))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return record_group(group, seeds)

    monkeypatch.setattr(record_tuning, "record_group", stop_after_one)
    with pytest.raises(KeyboardInterrupt):
        record_tuning.record(path, *small)
    half = xr.load_dataset(path, engine="scipy")
    assert half.done.values.tolist() == [1, 1, 0] and calls == [2, 1]
    record_tuning.record(path, *small)
    whole = xr.load_dataset(path, engine="scipy")
    assert whole.done.values.all() and calls == [2, 1, 1]
    assert np.isfinite(whole.modes).all()
    np.testing.assert_array_equal(whole.modes[:2], half.modes[:2])


def test_runs_of_other_settings_are_not_gone_on_with(small, tmp_path, monkeypatch):
    path = tmp_path / "some.nc"
    record_tuning.write(record_tuning.empty(*small), path)
    monkeypatch.setattr(record_tuning, "TICKS", 6)
    with pytest.raises(SystemExit, match="other settings"):
        record_tuning.record(path, *small)
