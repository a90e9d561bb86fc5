"""Put ipywidgets 7 and two older widget managers into _build/older_widgets, for tests.

Colab's kernel has the ipywidgets of tools/colab_list.txt, and its own manager draws
with the libraries of html-manager 0.21.0-alpha.3. Nothing that they depend on is
installed: the kernel's packages run over the environment's, and the managers are
bundles. A second run does nothing.
"""

import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from colab_list import LIST, versions
from vendor_assets import ROOT, fail, npm

FOLDER = ROOT / "_build" / "older_widgets"
KERNEL = FOLDER / "kernel"  # goes in front of the environment's own packages
STAMP = FOLDER / "made-from.txt"
LISTED = versions(LIST.read_text("utf-8"))  # what Colab has
NAMES = ("ipywidgets", "anywidget", "ipython-genutils")
PACKAGES = [f"{name}=={LISTED[name]}" for name in NAMES]
# The managers by version, and npm's checksums of their archives.
MANAGERS = {
    "0.20.9": "sha512-GzwmQB5VFGPu+QsJJxYyLOvHdAtnXrOHG0zfFzSD32wu0ZYBG72p2EERP3av9EqE"
    "6NlSe570muudhKwHtsJH9w==",
    "0.21.0-alpha.3": "sha512-Q13ipP2TA/bnATPINpmUGoqO01m6vYxdwO/8t0TUXDiPUIxsSqgV1ye3C"
    "gf+KcWHBCUeSO7Dw5onTFSYslRJ6g==",
}


def run(command, folder):
    """What the command prints; on failure its last line."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        fail(
            f"older widgets did not install: check the network, run again ({said[-1]})"
        )
    return done.stdout


def install_kernel(folder):
    """ipywidgets 7 and the anywidget that goes with it, and nothing else."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
    run([*pip, KERNEL.name, *PACKAGES], folder)


def install_manager(folder, version, checksum):
    """A bundle and its fonts, into a folder of the version's name."""
    package = f"@jupyter-widgets/html-manager@{version}"
    (packed,) = json.loads(run([npm(), "pack", "--json", package], folder))
    if packed["integrity"] != checksum:
        fail(f"{package} has the checksum {packed['integrity']}, not {checksum}")
    (folder / version).mkdir()
    archive = next(folder.glob("*.tgz"))
    with tarfile.open(archive) as content:
        for member in content:
            name = Path(member.name)
            if name.name == "embed-amd.js" or name.suffix in (".woff", ".woff2"):
                member.name = name.name
                content.extract(member, folder / version, filter="data")
    archive.unlink()


def main():
    """Fill the folder aside and move it into place, so that it is never half full."""
    wanted = "\n".join([*PACKAGES, Path(__file__).read_text("utf-8")])
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    print("older widgets: fetching them for the tests, once", flush=True)
    aside = FOLDER.with_name("older_widgets.new")
    for old in (aside, FOLDER):
        shutil.rmtree(old, ignore_errors=True)
    aside.mkdir(parents=True)
    install_kernel(aside)
    for version, checksum in MANAGERS.items():
        install_manager(aside, version, checksum)
    (aside / STAMP.name).write_text(wanted)
    aside.rename(FOLDER)


if __name__ == "__main__":
    main()
