"""Where a recorded run comes from: machine, versions, commit, command."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import date
from functools import cache
from pathlib import Path

import torch

from ganflow.training.precision import capability

UNKNOWN = "unknown"


def provenance(device: torch.device, **more: object) -> dict[str, object]:
    """Describe this process.

    Parameters
    ----------
    device : torch.device
        That trains.
    **more
        Entries to add, of types that JSON has.

    Returns
    -------
    dict of str to object
    """
    own = capability(device)
    return {
        "device": device_name(device),
        "capability": f"{own[0]}.{own[1]}" if own else "none",
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "cuda": torch.version.cuda or "none",
        "commit": _commit(),
        "date": date.today().isoformat(),
        "command": " ".join((Path(sys.argv[0]).name, *sys.argv[1:])),
        **more,
    }


def device_name(device: torch.device) -> str:
    """Say what the maker calls it."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{platform.machine()} CPU"


@cache
def _commit() -> str:
    """The commit that the package was read from, "-dirty" if it was edited since.

    A copy without its history may be told by GANFLOW_COMMIT.
    """
    command = ("git", "describe", "--always", "--dirty", "--exclude=*", "--abbrev=12")
    try:
        done = subprocess.run(
            command,
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):  # no git, or not in a clone
        return os.environ.get("GANFLOW_COMMIT", UNKNOWN)
    return done.stdout.strip()
