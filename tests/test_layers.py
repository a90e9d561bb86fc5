"""Imports point down, and importing the package costs next to nothing."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "ganflow"
LAYERS = [
    ("check",),  # plain Python
    ("schedule", "records", "games", "data"),  # plain data, numpy at most
    ("metrics",),
    ("losses", "nets", "trace", "layout", "cost"),  # torch
    ("dynamics", "one_loss"),
    ("sweeps", "tf"),  # tf alone loads TensorFlow
    ("training",),
    ("plotting", "widgets", "page"),  # matplotlib, anywidget
]
DEPTH = {name: depth for depth, names in enumerate(LAYERS) for name in names}
PLAIN = ("torch", "tensorflow", "keras", "matplotlib", "anywidget", "ipywidgets")


def imports(path):
    """Every module that `path` imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: import from the package's full name"
            yield node.module


def module_of(path):
    """The top-level name inside ganflow: "trace" for ganflow/trace/watch.py."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


FILES = sorted(
    path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE
) + sorted(path for path in PACKAGE.glob("*.py") if path.name != "__init__.py")
PAIRS = sorted(
    {
        (module_of(path), name.split(".")[1])
        for path in FILES
        for name in imports(path)
        if name.startswith("ganflow.")
    }
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_has_a_layer(path):
    assert module_of(path) in DEPTH, f"{path.name}: give it a layer in DEPTH"


@pytest.mark.parametrize(("module", "imported"), PAIRS)
def test_imports_point_down(module, imported):
    assert module == imported or DEPTH[imported] < DEPTH[module], (
        f"{module} imports {imported}: move it down"
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_frameworks_stay_in_their_layer(path):
    found = {name.split(".")[0] for name in imports(path)}
    if DEPTH[module_of(path)] <= DEPTH["metrics"]:
        assert not found & set(PLAIN), f"{path.name} is plain data"
    if module_of(path) != "tf":
        assert not found & {"tensorflow", "keras"}


def test_torch_is_loaded_before_tensorflow():
    """The other order can hang the process."""
    loaded = list(imports(PACKAGE / "tf" / "load.py"))
    assert loaded.index("torch") < loaded.index("tensorflow")


def test_importing_ganflow_loads_no_framework_and_takes_under_50_ms():
    code = (
        "import sys, time; start = time.perf_counter(); import ganflow; "
        "print(time.perf_counter() - start); print(*sys.modules)"
    )
    seconds = []
    for _ in range(3):  # the fastest of three: a busy machine can only slow it down
        command = [sys.executable, "-c", code]
        shown = subprocess.run(command, capture_output=True, text=True, check=True)
        first, modules = shown.stdout.splitlines()
        seconds.append(float(first))
        assert not {*PLAIN, "numpy"} & set(modules.split())
    assert min(seconds) < 0.05
