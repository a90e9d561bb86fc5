"""Make .venv and install requirements.txt into it, once. Standard library only.

Every line here also parses on an old Python 3, so that it can say that it is too old.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "installed-requirements.txt"  # what it was installed from
LOG = ROOT / "_build" / "set-up.log"
INSTALL = "-m pip install --progress-bar off -r requirements.txt"


def check_python(version):
    """The versions that every pinned package has wheels for."""
    if not (3, 11) <= version <= (3, 13):
        sys.exit(
            "set-up: Python 3.11, 3.12 or 3.13 is needed, and "
            f"{sys.executable} is {version[0]}.{version[1]}; name another one, for "
            "example: make PYTHON=python3.12 book"
        )


def run(command, advice):
    """Run quietly; on failure say the reason in one line and where the log is."""
    with LOG.open("a") as log:
        code = subprocess.call(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
    if code:
        lines = [line.strip() for line in LOG.read_text().splitlines() if line.strip()]
        errors = [line for line in lines if "ERROR" in line] or lines or ["no output"]
        reason = f"{errors[-1][:160]}; all of it: {LOG.relative_to(ROOT)}"
        sys.exit(f"set-up: {advice} ({reason})")


def main():
    """Do nothing when the environment is up to date."""
    check_python(sys.version_info[:2])
    mark = f"# Python {sys.version_info[0]}.{sys.version_info[1]}\n"
    sources = [(ROOT / n).read_text() for n in ("requirements.txt", "pyproject.toml")]
    wanted = "".join([*sources, mark])
    installed = STAMP.read_text() if STAMP.exists() else ""
    if installed == wanted:
        return
    log = LOG.relative_to(ROOT)
    print(f"set-up: installing into .venv takes minutes, see {log}", flush=True)
    LOG.parent.mkdir(exist_ok=True)
    LOG.write_text("")
    clear = [] if installed.endswith(mark) else ["--clear"]
    run(
        [sys.executable, "-m", "venv", *clear, str(VENV)],
        "no virtual environment could be made; on Debian: apt install python3-venv",
    )
    run(
        [str(VENV / "bin" / "python"), *INSTALL.split()],
        "the packages were not installed: check network and disk, then run it again",
    )
    STAMP.write_text(wanted)


if __name__ == "__main__":
    main()
