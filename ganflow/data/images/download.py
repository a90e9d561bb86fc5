"""Fetch a file once, whole and checked; go on where an earlier attempt stopped."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from hashlib import file_digest
from pathlib import Path

from tqdm.auto import tqdm

from ganflow.data.images.sources import RemoteFile

ATTEMPTS = 3  # for each address
TIMEOUT = 30  # seconds without a byte
CHUNK = 2**16  # bytes; what a break leaves of one is lost


def local_file(file: RemoteFile, folder: Path, *, progress: bool) -> Path:
    """Give a file of the cache folder that has the right checksum; fetch what is not
    there.

    Raises
    ------
    ConnectionError : no address gave the file.
    ValueError : the file that is there is another one.
    OSError : the cache folder takes no file, or has no space for it.
    ModuleNotFoundError : it has to be fetched, and pooch is not installed.
    """
    path = folder / file.path
    if not path.exists():
        fetch(file, path, progress=progress)
    with path.open("rb") as held:
        found = file_digest(held, "sha256").hexdigest()
    if found != file.sha256:
        raise ValueError(
            f"{path} has the SHA-256 {found[:12]}… ({path.stat().st_size:,} bytes), "
            f"expected {file.sha256[:12]}… ({file.bytes:,} bytes): delete it, and "
            "fetch or copy it again"
        )
    return path


def fetch(file: RemoteFile, path: Path, *, progress: bool) -> None:
    """Download `file` to `path`, which is there whole or not at all.

    What arrived of a broken download stays beside it as `.part`, and the next attempt
    asks only for the rest. Of several processes one downloads, the others wait.
    """
    try:
        import pooch  # noqa: F401
        import requests  # noqa: F401
        from filelock import FileLock
    except ImportError as error:
        raise ModuleNotFoundError(
            f"{file.path} has to be fetched, which needs pooch: pip install pooch, or "
            f"copy the file from {file.urls[0]} to {path} by hand"
        ) from error
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock"):
            problems = _try_each(file, path, progress)
    except OSError as error:
        with suppress(OSError):  # where nothing can be written, nothing may be removed
            _part(path).unlink()  # a full disk needs its space
        raise OSError(
            f"{file.path} cannot be kept in {path.parent} ({error.strerror or error}): "
            f"free {file.bytes / 1e6:,.0f} MB there, or let GANFLOW_DATA name another "
            "folder"
        ) from error
    if not path.exists():
        part = _part(path)
        kept = part.stat().st_size if part.exists() else 0
        kept = f" ({kept:,} bytes are kept)" if kept else ""
        raise ConnectionError(
            f"{file.path} was not fetched: {'; '.join(problems)}; check the network "
            f"and run it again{kept}, or copy the file to {path} by hand"
        )


def _try_each(file: RemoteFile, path: Path, progress: bool) -> list[str]:
    """Ask one address after the other; say what was wrong with those that failed."""
    import requests

    problems = []
    for url in file.urls:
        try:
            if not path.exists():
                _fetch_from(url, file, path, progress)
        except (requests.RequestException, ValueError) as error:
            problems.append(f"{url} {_reason(error)}")
    return problems


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def _fetch_from(url: str, file: RemoteFile, path: Path, progress: bool) -> None:
    import pooch

    keeper = pooch.create(
        path=path.parent,
        base_url="",
        registry={path.name: f"sha256:{file.sha256}"},
        urls={path.name: url},
        retry_if_failed=ATTEMPTS - 1,
    )
    resume = partial(_resume, part=_part(path), file=file, progress=progress)
    keeper.fetch(path.name, downloader=resume)


def _reason(error: Exception) -> str:
    import requests

    response = getattr(error, "response", None)
    if response is not None:
        return f"answered {response.status_code} {response.reason}"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "broke off"
    if "timed out" in str(error):
        return f"said nothing for {TIMEOUT} s"
    if isinstance(error, requests.RequestException):
        return "cannot be reached"
    return "gave a file with another SHA-256 than expected"


def _resume(url, output_file, pooch, *, part: Path, file: RemoteFile, progress: bool):
    """One attempt, of the bytes that are still missing. Called by pooch."""
    import requests

    start = part.stat().st_size if part.exists() else 0
    asked = {"Accept-Encoding": "identity"}  # the bytes themselves, not compressed anew
    if start:
        asked["Range"] = f"bytes={start}-"
    with requests.get(url, headers=asked, stream=True, timeout=TIMEOUT) as response:
        if response.status_code == 416:  # more is here than there: begin anew
            part.unlink()
        response.raise_for_status()
        start = start if response.status_code == 206 else 0
        _write(response, part, start, file, progress)
    part.replace(output_file)


def _write(response, part: Path, start: int, file: RemoteFile, progress: bool) -> None:
    import requests

    bar = tqdm(
        total=file.bytes,
        initial=start,
        disable=not progress,
        desc=part.stem,
        unit="B",
        unit_scale=True,
    )
    with bar, part.open("ab" if start else "wb") as out:
        for chunk in response.iter_content(CHUNK):
            out.write(chunk)
            bar.update(len(chunk))
            if out.tell() > file.bytes:
                break  # another file: its checksum will say so
    if part.stat().st_size < file.bytes:
        raise requests.exceptions.ChunkedEncodingError("fewer bytes than expected")
