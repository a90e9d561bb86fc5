"""The recorded runs of chapter 5 are those that the tool makes."""

import numpy as np
import pytest
import record_tuning

from ganflow.dynamics import play
from ganflow.page import recorded
from ganflow.sweeps import sweep

TUNED = recorded("tuning")
SETTINGS = {name: setting for (_, name), setting in record_tuning.settings().items()}


def test_the_file_holds_every_setting_of_the_tool_to_its_end():
    assert TUNED.runs_of == record_tuning.digest(record_tuning.settings())
    assert TUNED.setting.values.tolist() == list(SETTINGS)
    assert TUNED.seed.values.tolist() == list(record_tuning.SEEDS)
    assert TUNED.tick.values[-1] == record_tuning.TICKS
    assert TUNED.done.values.all()


@pytest.mark.parametrize("name", ["2 critic steps", "digits, R1 0.1"])
@pytest.mark.parametrize("seed", [0, 5])
def test_play_finds_what_was_recorded_early(name, seed):
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
        kept = TUNED[f"early_{series}"].sel(setting=name, seed=seed)
        np.testing.assert_allclose(kept, run[series][-1], rtol=1e-5, atol=1e-5)


def test_no_number_is_missing_unless_its_run_diverged_or_has_no_modes():
    whole = TUNED.isel(setting=np.isnan(TUNED.diverged.values).all(axis=1))
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
    few = {("some", name): SETTINGS[name] for name in names}
    monkeypatch.setattr(record_tuning, "settings", lambda: few)
    for name, value in {"SEEDS": range(2), "TICKS": 4, "EVERY": 2, "EARLY": 2}.items():
        monkeypatch.setattr(record_tuning, name, value)
    return record_tuning


def test_a_second_call_does_only_what_is_missing(small, tmp_path, monkeypatch):
    path, record_group, calls = tmp_path / "some.nc", small.record_group, []

    def stop_after_one(group):
        calls.append(len(group))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return record_group(group)

    monkeypatch.setattr(small, "record_group", stop_after_one)
    with pytest.raises(KeyboardInterrupt):
        small.record(path)
    half = small.xr.load_dataset(path, engine="scipy")
    assert half.done.values.tolist() == [1, 1, 0] and calls == [2, 1]
    small.record(path)
    whole = small.xr.load_dataset(path, engine="scipy")
    assert whole.done.values.all() and calls == [2, 1, 1]
    assert np.isfinite(whole.modes).all()
    np.testing.assert_array_equal(whole.modes[:2], half.modes[:2])


def test_runs_of_other_settings_are_not_gone_on_with(small, tmp_path, monkeypatch):
    path = tmp_path / "some.nc"
    small.write(small.empty(small.settings()), path)
    monkeypatch.setattr(small, "TICKS", 6)
    with pytest.raises(SystemExit, match="other settings"):
        small.record(path)
