"""What runs the cells: the versions, the machine in neutral words, the commit."""

import platform
import shutil
import subprocess
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path

from joblib import cpu_count

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = (
    "torch",
    "tensorflow",
    "keras",
    "numpy",
    "scipy",
    "scikit-learn",
    "matplotlib",
    "xarray",
    "ipywidgets",
    "anywidget",
    "jupyter-book",
    "ganflow",
)
GPU = """import torch
cuda = torch.cuda.is_available()
print(torch.cuda.get_device_name() if cuda else "no CUDA GPU")"""


@cache
def executed_with():
    """Each package and its version, Python's, and the machine's.

    A process of its own asks for the GPU: the build itself needs no torch.
    """
    gpu = subprocess.check_output([sys.executable, "-c", GPU], text=True).strip()
    system = f"{platform.system()} on {platform.machine()}"
    return {
        "Machine": f"{cpu_count()} CPU cores, {gpu}, {system}",
        "Python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }


def commit(root=ROOT):
    """The commit that the files are of, as git abbreviates it."""
    if not (root / ".git").exists() or not shutil.which("git"):
        return "no commit"
    command = ["git", "--no-optional-locks", "-C", root, "describe", "--always"]
    command += ["--dirty", "--exclude=*"]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip().replace("-dirty", " and changes") or "no commit"
