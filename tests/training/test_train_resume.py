"""A checkpoint holds a whole run, and one that does not belong is refused."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from train_runs import SMALL, differing, pixels, states

from ganflow.training import CannotResume, begin, train
from ganflow.training.keep.checkpoint import resume

QUIET = {"progress": False}


@pytest.fixture(scope="module")
def half(tmp_path_factory):
    """A folder with a run of three ticks."""
    folder = tmp_path_factory.mktemp("half")
    train(replace(SMALL, ticks=3), pixels(40), out=folder, **QUIET)
    return folder


def refused(path, settings=SMALL, images=None):
    """The one sentence with which a checkpoint is refused."""
    with pytest.raises(CannotResume) as caught:
        resume(path, begin(settings, pixels(40) if images is None else images))
    assert "\n" not in str(caught.value)
    return str(caught.value)


HALVES = [{"precision": "bf16"}, {"precision": "fp16"}]


@pytest.mark.parametrize("changes", [{}, {"fast": False}, *HALVES])
@pytest.mark.parametrize("batch", [8, 41])
def test_a_resumed_run_is_the_uninterrupted_one(changes, batch, tmp_path):
    """Also where an epoch ends in a batch, and where a batch holds more than one."""
    settings = replace(SMALL, batch=batch, **changes)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train(settings, pixels(40), out=whole, **QUIET)
    for ticks in (1, 4, 6):
        train(
            replace(settings, ticks=ticks), pixels(40), out=parts, resume=True, **QUIET
        )
    one, other = states(whole), states(parts)
    expected = {"/settings/ticks"}
    names = {n for n in one if "/log/snapshots" not in n}  # theirs depend on the length
    same = [{n: s[n] for n in names} for s in (one, other)]
    assert differing(*same) <= expected


def test_the_log_of_a_killed_run_is_cut_where_its_checkpoint_was(half, tmp_path):
    (tmp_path / "checkpoint.pt").write_bytes((half / "checkpoint.pt").read_bytes())
    log = (half / "log.csv").read_bytes()
    (tmp_path / "log.csv").write_bytes(log + b"4,0.25,0.5\n5,0.")
    train(replace(SMALL, ticks=3), pixels(40), out=tmp_path, resume=True, **QUIET)
    assert (tmp_path / "log.csv").read_bytes() == log


def test_a_run_is_not_begun_over_another(half):
    before = (half / "checkpoint.pt").read_bytes()
    with pytest.raises(CannotResume, match="holds a run already; pass --resume"):
        train(SMALL, pixels(40), out=half, **QUIET)
    assert (half / "checkpoint.pt").read_bytes() == before


def test_to_resume_where_nothing_is_begins(tmp_path):
    settings = replace(SMALL, ticks=1)
    done = train(settings, pixels(40), out=tmp_path, resume=True, **QUIET)
    assert done.run.tick == 1


def test_other_settings_are_refused_by_name(half):
    settings = replace(SMALL, rate_D=2e-4, loss="hinge", seed=5)
    assert (
        "is of other settings: loss (Wasserstein there, hinge here), "
        "rate_D (0.0001 there, 0.0002 here), seed (0 there, 5 here); pass those"
    ) in refused(half / "checkpoint.pt", settings)


def test_other_images_are_refused(half):
    told = refused(half / "checkpoint.pt", images=-pixels(40))
    assert "was trained on other images than data 'digits' holds now" in told


def test_the_folder_of_the_images_may_be_called_something_else(half):
    run = begin(replace(SMALL, data="elsewhere"), pixels(40))
    resume(half / "checkpoint.pt", run)
    assert run.tick == 3


def test_how_adam_runs_is_not_taken_from_the_file(half, tmp_path):
    """A checkpoint of a GPU says capturable, which a CPU refuses to step with."""
    content = torch.load(half / "checkpoint.pt", weights_only=True)
    for name in ("optimizer_G", "optimizer_D"):
        content["parts"][name]["param_groups"][0] |= {"capturable": True, "lr": 5.0}
    path = tmp_path / "checkpoint.pt"
    torch.save(content, path)
    run = begin(SMALL, pixels(40))
    resume(path, run)
    for optimizer in (run.optimizer_G, run.optimizer_D):
        group = optimizer.param_groups[0]
        assert group["capturable"] is False and group["lr"] == 1e-4


@pytest.mark.cuda
def test_a_resumed_run_counts_its_steps_where_it_did_before(tmp_path):
    """On the CPU for the plain Adam; on a GPU each step would wait to read them."""
    settings = replace(SMALL, fast=False, ticks=1)
    how = {"out": tmp_path, "device": "cuda", "resume": True, **QUIET}
    for ticks in (1, 2):
        run = train(replace(settings, ticks=ticks), pixels(40), **how).run
        for memory in run.optimizer_D.state.values():
            assert memory["step"].device.type == "cpu"
            assert memory["exp_avg"].device.type == "cuda"


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(half, tmp_path, share):
    content = (half / "checkpoint.pt").read_bytes()
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(content[: int(share * len(content))])
    assert "is no whole checkpoint" in refused(path)


def test_a_changed_byte_is_refused_or_changes_nothing(half, tmp_path):
    """torch.load itself lets a changed weight pass. Bytes between two entries that
    only fill up a line are the ones that change nothing."""
    whole, path = (half / "checkpoint.pt").read_bytes(), tmp_path / "checkpoint.pt"
    (tmp_path / "log.csv").write_bytes((half / "log.csv").read_bytes())
    refusals = 0
    for place in np.random.default_rng(0).integers(len(whole), size=60):
        content = bytearray(whole)
        content[place] ^= 1
        path.write_bytes(content)
        try:
            resume(path, begin(SMALL, pixels(40)))
        except CannotResume as error:
            assert "checkpoint" in str(error)
            refusals += 1
        else:
            assert not differing(states(tmp_path), states(half))
    assert refusals >= 20


def test_a_changed_weight_is_refused(half, tmp_path):
    content = (half / "checkpoint.pt").read_bytes()
    parts = torch.load(half / "checkpoint.pt", weights_only=True)["parts"]
    weights = parts["D"]["0.weight"].numpy().tobytes()
    assert content.count(weights) == 1
    changed = content.replace(weights, bytes([weights[0] ^ 1]) + weights[1:])
    (tmp_path / "checkpoint.pt").write_bytes(changed)
    assert "is damaged" in refused(tmp_path / "checkpoint.pt")


@pytest.mark.parametrize("content", [b"not a checkpoint", {"weights": torch.ones(2)}])
def test_another_kind_of_file_is_refused(tmp_path, content):
    path = tmp_path / "checkpoint.pt"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    assert "checkpoint" in refused(path)


def test_another_version_is_refused(half, tmp_path):
    content = torch.load(half / "checkpoint.pt", weights_only=True)
    path = tmp_path / "checkpoint.pt"
    content["diary"] = content.pop("log")  # as version 1 called it
    torch.save(content | {"version": 1}, path)
    assert "is of version 1 of checkpoints, this is version 2; go on with" in (
        refused(path)
    )


def test_a_file_that_lacks_a_part_is_not_told_to_be_of_its_own_version(half, tmp_path):
    content = torch.load(half / "checkpoint.pt", weights_only=True)
    del content["log"]
    torch.save(content, tmp_path / "checkpoint.pt")
    told = refused(tmp_path / "checkpoint.pt")
    assert "is no checkpoint of this trainer; remove it to begin anew" in told


def test_a_checkpoint_cannot_run_code(tmp_path):
    """weights_only: a file that would execute something when unpickled is refused."""

    class Bomb:
        def __reduce__(self):
            return (subprocess.run, ([sys.executable, "--version"],))

    path = tmp_path / "checkpoint.pt"
    torch.save({"version": 2, "bomb": Bomb()}, path)
    assert "is no whole checkpoint" in refused(path)
