"""Everything that a run needs to go on, in one file. Taught in book/08."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from ganflow.training.keep.files import write_whole
from ganflow.training.keep.snapshots import Look
from ganflow.training.run import Run

VERSION = 1
KEYS = {"version", "settings", "images", "tick", "parts", "diary"}


@dataclass
class Diary:
    """What has been seen of a run so far.

    rows : one Tensor (columns,) for each tick, on the CPU
    looks : by the ticks done. seconds : of training by then; `spent` is those so far.
    """

    rows: list[Tensor] = field(default_factory=list)
    looks: dict[int, Look] = field(default_factory=dict)
    seconds: dict[int, float] = field(default_factory=dict)
    spent: float = 0.0


class CannotResume(ValueError):
    """This checkpoint does not belong to this run; the message says why."""


def save(path: Path, run: Run, diary: Diary) -> None:
    """Write a checkpoint in one go; the one before stays until this one is whole.

    Raises
    ------
    OSError : as the system says; the checkpoint before is untouched.
    """
    content = {
        "version": VERSION,
        "settings": asdict(run.settings),
        "images": fingerprint(run.images),
        "tick": run.tick,
        "parts": {name: part.state_dict() for name, part in run.parts.items()},
        "diary": vars(diary) | {"rows": torch.stack(diary.rows)},
    }
    buffer = io.BytesIO()
    torch.save(content, buffer)
    write_whole(path, buffer.getvalue())


def resume(path: Path, run: Run) -> Diary:
    """Put a run, fresh from `begin`, where its checkpoint was.

    Parameters
    ----------
    path : Path. run : Run, changed in place

    Returns
    -------
    Diary

    Raises
    ------
    CannotResume : a damaged file, one of another version, settings or images.
    """
    content = _read(path)
    if differing := run.settings.differences(content["settings"]):
        raise CannotResume(
            f"{path} is of other settings: {', '.join(differing)}; pass those, or "
            "another --out"
        )
    if content["images"] != fingerprint(run.images):
        raise CannotResume(
            f"{path} was trained on other images than data {run.settings.data!r} holds "
            "now; pass those, or another --out"
        )
    for name, part in run.parts.items():
        state = content["parts"][name]
        if "param_groups" in state:  # Adam's options are this run's, not the file's:
            # how it runs differs between a CPU and a GPU, and between versions of torch
            state["param_groups"] = part.state_dict()["param_groups"]
        part.load_state_dict(state)
    run.tick = content["tick"]
    diary = Diary(**content["diary"])
    diary.rows = list(diary.rows)
    return diary


def fingerprint(images: Tensor) -> str:
    """16 hex digits that tell one set of images from another."""
    pixels = images.cpu().contiguous().numpy()
    return hashlib.sha256(pixels).hexdigest()[:16]


def _read(path: Path) -> dict:
    """The content of a whole file of this version, on the CPU: each part takes what it
    needs to its own device."""
    cure = "remove it to begin anew, or put back a copy"
    try:
        with zipfile.ZipFile(path) as archive:  # torch.load lets a changed byte pass
            if wrong := archive.testzip():
                raise zipfile.BadZipFile(f"{wrong} is damaged")
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file can raise anything
        reason = str(error).split("\n")[0]
        raise CannotResume(
            f"{path} is no whole checkpoint ({reason}); {cure}"
        ) from error
    version = content.get("version") if isinstance(content, dict) else None
    if version is None or (version == VERSION and content.keys() != KEYS):
        raise CannotResume(f"{path} is no checkpoint of this trainer; {cure}")
    if version != VERSION:
        raise CannotResume(
            f"{path} is of version {version} of checkpoints, this is version "
            f"{VERSION}; go on with the ganflow that wrote it, or {cure}"
        )
    return content
