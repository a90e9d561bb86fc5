"""What runs the cells: the versions, and the machine in neutral words."""

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

    A process of its own asks for the GPU, where there may be one: then no other part
    of the build holds it.
    """
    gpu = "no CUDA GPU"
    if shutil.which("nvidia-smi"):
        gpu = subprocess.check_output([sys.executable, "-c", GPU], text=True).strip()
    system = f"{platform.system()} on {platform.machine()}"
    return {
        "Machine": f"{cpu_count()} CPU cores, {gpu}, {system}",
        "Python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }
