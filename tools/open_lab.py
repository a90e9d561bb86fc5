"""Open the notebooks in JupyterLab, as copies that are the reader's own.

JupyterLab saves what it runs. The copies are in my-notebooks/, which git ignores, so
the book's own notebooks stay as they were made. A copy that was changed is kept.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from build_notebooks import files

ROOT = Path(__file__).resolve().parent.parent
COPIES = ROOT / "my-notebooks"
VERSION = "4.6.6"  # of JupyterLab; what it needs beyond the book's own pins may float


def install():
    """Install JupyterLab into the book's environment, once; none of its pins moves."""
    if find_spec("jupyterlab"):
        return
    print("lab: installing JupyterLab takes a minute", flush=True)
    pins = ROOT / "_build" / "pins.txt"
    pins.parent.mkdir(exist_ok=True)
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines(keepends=True)
    pins.write_text("".join(line for line in lines if not line.startswith("-e ")))
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--constraint", pins]
    if subprocess.call([*pip, f"jupyterlab=={VERSION}"]):
        sys.exit("lab: JupyterLab was not installed: check the network, run it again")


def digest(path):
    """What tells two files apart."""
    return sha256(path.read_bytes()).hexdigest()


def copy(source, copies):
    """Copy each notebook that is new, or whose copy the reader has not changed.

    Returns
    -------
    The names of the copies that were kept although the book's notebook is another now.
    """
    stamp = copies / ".copied.json"
    copied = json.loads(stamp.read_text("utf-8")) if stamp.exists() else {}
    kept = []
    for path in files(source, "ipynb"):
        name = path.relative_to(source).as_posix()
        mine, now = copies / name, digest(path)
        if mine.exists() and digest(mine) not in (copied.get(name), now):
            if copied.get(name) != now:
                kept.append(name)
            continue
        mine.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, mine)
        copied[name] = now
    stamp.write_text(json.dumps(copied, indent=1), "utf-8")
    return kept


def main():
    """Install, copy, open."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--no-browser", action="store_true", help="only serve it")
    args = parser.parse_args()
    install()
    for name in copy(ROOT / "notebooks", COPIES):
        print(f"lab: {COPIES.name}/{name} is yours and was kept; the book's is newer")
    options = ["--no-browser"] * args.no_browser
    lab = [sys.executable, "-m", "jupyterlab", f"--notebook-dir={COPIES}", *options]
    os.execv(lab[0], lab)


if __name__ == "__main__":
    main()
