"""Imports point down, and importing the package costs next to nothing."""

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "ganflow"
LAYERS = [
    ("lazy", "check"),  # plain Python
    ("schedule", "records", "games", "data"),  # plain data, numpy at most
    ("metrics", "loop_report"),
    ("losses", "nets", "trace", "layout", "cost"),  # torch
    ("dynamics", "one_loss", "loop_audit"),
    ("sweeps", "tf"),  # tf alone loads TensorFlow
    ("training", "live"),
    ("page", "notebook"),  # matplotlib
    ("plotting",),
    ("widgets",),  # anywidget
    ("__main__",),  # the command
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
    if path != PACKAGE / "tf" / "load.py":  # which loads them in their order
        assert not found & {"tensorflow", "keras"}
    if module_of(path) != "tf":
        assert "ganflow.tf" not in {name[:10] for name in imports(path)}


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.glob("widgets/*/*.py")), ids=lambda path: path.parent.name
)
def test_a_widget_knows_no_other_widget(path):
    """Its folder imports itself and what lies beside the folders: the shared kit."""
    shared = {file.stem for file in (PACKAGE / "widgets").glob("*.py")}
    allowed = shared | {path.parent.name}
    start = "ganflow.widgets."
    found = {n.split(".")[2] for n in imports(path) if n.startswith(start)}
    assert found <= allowed, f"{path.name} imports {sorted(found - allowed)}"
    assert "ganflow.widgets" not in imports(path), "name the module of the kit"


def test_torch_is_loaded_before_tensorflow():
    """The other order can hang the process."""
    loaded = list(imports(PACKAGE / "tf" / "load.py"))
    assert loaded.index("torch") < loaded.index("tensorflow")


def test_no_imports_go_round_in_a_circle():
    """Between modules, also inside one package; what a type checker imports counts."""
    names = {dotted(path): path for path in PACKAGE.rglob("*.py")}
    graph = {name: set(modules_in(path, names)) for name, path in names.items()}
    assert len(graph) > 100
    graphlib.TopologicalSorter(graph).prepare()  # raises a CycleError that names them


def dotted(path):
    """What to import: "ganflow.trace.watch", and "ganflow.trace" for its __init__."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules_in(path, names):
    """The modules of `names` that `path` imports, also as `from ganflow.a import b`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in names)
        elif isinstance(node, ast.ImportFrom):
            found = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from found & names.keys() or {node.module} & names.keys()


INITS = sorted(PACKAGE.rglob("__init__.py"))


def face(path):
    """The names that a package offers: those its __init__ binds, or its stub lists."""
    stub = path.with_suffix(".pyi")
    trees = [ast.parse(file.read_text()) for file in (path, stub) if file.exists()]
    for node in (node for tree in trees for node in tree.body):
        if isinstance(node, ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        else:
            names = (inner for inner in ast.walk(node) if isinstance(inner, ast.Name))
            yield from (name.id for name in names if isinstance(name.ctx, ast.Store))


@pytest.mark.parametrize("path", INITS, ids=dotted)
def test_no_name_that_a_package_offers_is_a_module_in_it(path):
    """Else `import ganflow.tf.flow as f` gives whichever of the two was bound last."""
    modules = {module.stem for module in path.parent.glob("*.py")}
    modules |= {package.parent.name for package in path.parent.glob("*/__init__.py")}
    assert not modules & set(face(path))


def test_importing_the_tensorflow_package_loads_no_framework():
    code = "import sys, ganflow.tf; print(*dir(ganflow.tf)); print(*sys.modules)"
    command = [sys.executable, "-c", code]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    names, modules = (set(line.split()) for line in shown.stdout.splitlines())
    assert {"watch", "flow", "__doc__"} <= names
    assert not {*PLAIN, "numpy"} & modules


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
