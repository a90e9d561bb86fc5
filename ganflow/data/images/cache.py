"""The cache folder: where it is, and the prepared arrays that are kept in it."""

from __future__ import annotations

import os
import tempfile
import warnings
import zipfile
from hashlib import sha256
from pathlib import Path

import numpy as np

from ganflow.data.images.options import Options

RECIPE = "1"  # counts up when the same source and options come to mean other pixels
FIELDS = ("pixels", "digest", "labels", "classes", "credits")


def cache_folder() -> Path:
    """The folder that GANFLOW_DATA names, or ~/.cache/ganflow. It need not exist."""
    named = os.environ.get("GANFLOW_DATA")
    return Path(named).expanduser() if named else Path.home() / ".cache" / "ganflow"


def prepared_path(name: str, fingerprint: str, options: Options) -> Path:
    """Where the arrays of one source, prepared in one way, are kept."""
    key = sha256(f"{RECIPE} {fingerprint} {options}".encode()).hexdigest()[:16]
    return cache_folder() / "prepared" / f"{name}-{options.size}px-{key}.npz"


def read_prepared(path: Path) -> dict[str, np.ndarray]:
    """Read what `write_prepared` wrote.

    Raises
    ------
    ValueError : the file is damaged.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
            return {field: held[field] for field in FIELDS}
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"{path} is damaged ({error}): delete it, it is made again from its source"
        ) from error


def write_prepared(path: Path, prepared: dict[str, np.ndarray]) -> None:
    """Write arrays so that the file is there whole or not at all.

    Where the folder takes no file, a warning says so and nothing is kept: the images
    are prepared again the next time.
    """
    part = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.stem}-", suffix=".part", delete=False
        ) as out:
            part = Path(out.name)
            np.savez(out, **prepared)
        os.chmod(part, 0o644)  # a temporary file is its owner's alone
        os.replace(part, path)
    except OSError as error:
        warnings.warn(
            f"the prepared images cannot be kept in {path.parent} ({error.strerror}), "
            "so they are prepared again next time: free some space there, or let "
            "GANFLOW_DATA name another folder",
            stacklevel=5,
        )
    finally:
        if part is not None:
            part.unlink(missing_ok=True)
