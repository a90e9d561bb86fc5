"""Everything that a run needs to go on, in one file that is whole or not there."""

from __future__ import annotations

import io
import os
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from ganflow.training.run import Run

NAME = "checkpoint.pt"
VERSION = 2
KEYS = {"version", "settings", "images", "tick", "parts", "log"}


class CannotResume(ValueError):
    """This checkpoint does not belong to this run; the message says why."""


def save(path: Path, run: Run, log: dict[str, Any]) -> None:
    """Write a checkpoint in one go; the one before stays until this one is whole.

    Parameters
    ----------
    path : Path
        In a folder that exists.
    run : Run
        As it stands.
    log : dict
        What has been recorded of the run: tensors, numbers, and dicts of them.

    Raises
    ------
    OSError
        As the system says; the checkpoint before is untouched.
    """
    content = {
        "version": VERSION,
        "settings": asdict(run.settings),
        "images": run.fingerprint,
        "tick": run.tick,
        "parts": {name: part.state_dict() for name, part in run.parts.items()},
        "log": log,
    }
    buffer = io.BytesIO()
    torch.save(content, buffer)
    write_whole(path, buffer.getvalue())


def resume(path: Path, run: Run, content: bytes | None = None) -> dict[str, Any]:
    """Put a run, fresh from `begin`, where its checkpoint was.

    Parameters
    ----------
    path : Path
        The checkpoint, by the name that messages give it.
    run : Run
        Changed in place.
    content : bytes, optional
        Of the file, where another process has read it.

    Returns
    -------
    dict
        The log that `save` was given.

    Raises
    ------
    CannotResume
        A damaged file, one of another version, settings or images.
    """
    held = _read(path, content)
    if differing := run.settings.differences(held["settings"]):
        raise CannotResume(
            f"{path} is of other settings: {', '.join(differing)}; pass those, or "
            "another --out"
        )
    if held["images"] != run.fingerprint:
        raise CannotResume(
            f"{path} was trained on other images than data {run.settings.data!r} holds "
            "now; pass those, or another --out"
        )
    for name, part in run.parts.items():
        state = held["parts"][name]
        if "param_groups" in state:  # Adam's options are this run's, not the file's:
            # how it runs differs between a CPU and a GPU, and between versions of torch
            state["param_groups"] = part.state_dict()["param_groups"]
        part.load_state_dict(state)
    run.tick = held["tick"]
    return held["log"]


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that under its name there is the old one or all of the new one.

    Parameters
    ----------
    path : Path
        In a folder that exists.
    content : bytes
        All of it.

    Raises
    ------
    OSError
        As the system says, for instance no space; the old file is untouched.
    """
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        with open(unfinished, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the new name itself last through a power cut, where a system offers that."""
    if not hasattr(os, "O_DIRECTORY"):  # Windows
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(path: Path, content: bytes | None) -> dict[str, Any]:
    """The content of a whole file of this version, on the CPU: each part takes what it
    needs to its own device."""
    cure = "remove it to begin anew, or put back a copy"
    try:
        file = io.BytesIO(path.read_bytes() if content is None else content)
        with zipfile.ZipFile(file) as archive:  # torch.load lets a changed byte pass
            if wrong := archive.testzip():
                raise zipfile.BadZipFile(f"{wrong} is damaged")
        file.seek(0)
        held = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file can raise anything
        reason = str(error).split("\n")[0]
        raise CannotResume(
            f"{path} is no whole checkpoint ({reason}); {cure}"
        ) from error
    version = held.get("version") if isinstance(held, dict) else None
    if version is None or (version == VERSION and held.keys() != KEYS):
        raise CannotResume(f"{path} is no checkpoint of this trainer; {cure}")
    if version != VERSION:
        raise CannotResume(
            f"{path} is of version {version} of checkpoints, this is version "
            f"{VERSION}; go on with the ganflow that wrote it, or {cure}"
        )
    return held
