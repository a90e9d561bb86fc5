"""Draw the README's picture from the README's own code: book/_static/one_step.svg."""

import contextlib
import io
import re
from pathlib import Path

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt  # noqa: E402

from ganflow.plotting import draw_trace  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "book" / "_static" / "one_step.svg"


def readme_code():
    """The Python block of the README."""
    readme = (ROOT / "README.md").read_text("utf-8")
    return re.search(r"```python\n(.*?)```", readme, re.S).group(1)


def main():
    """Run the code and draw what it watched, one trace for each loss."""
    names = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(readme_code(), "README.md", "exec"), names)
    plt.rcParams["svg.hashsalt"] = "ganflow"  # the same code gives the same bytes
    figure, axes = plt.subplots(1, 2, figsize=(9.5, 4.6), layout="constrained")
    for ax, loss in zip(axes, ("loss_D", "loss_G"), strict=True):
        draw_trace(names["seen"].trace(names[loss]), "network", ax, name=loss)
    figure.savefig(PICTURE, metadata={"Date": None})


if __name__ == "__main__":
    main()
