"""What a chapter needs around its subject: shown source, figure style, no noise."""

from __future__ import annotations

import ast
import inspect
import math
import os
import re
import sys
import tempfile
import textwrap
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray as xr

RESULTS = Path(__file__).parent / "results"  # recorded runs, with their provenance
# Okabe and Ito's colours, safe for colour-blind readers; the first is G's, then D's.
CYCLE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)))
INK, PAPER = "#454b53", "#fffefb"


def show_source(*taught: Callable, docstrings: bool = False) -> None:
    """Show the source of functions or classes of the package as a block of code.

    Parameters
    ----------
    *taught : function or class
        Written in Python.
    docstrings : bool, default False
        Keep each docstring whole; by default only its first paragraph stays.

    Raises
    ------
    TypeError
        Something without Python source, such as a number or a builtin.
    """
    code = "\n\n\n".join(source_of(each, docstrings=docstrings) for each in taught)
    if "ipykernel" not in sys.modules:
        print(code)
        return
    from IPython.display import display

    display({"text/markdown": f"```python\n{code}\n```", "text/plain": code}, raw=True)


def source_of(taught: Callable, *, docstrings: bool = False) -> str:
    """Return the source that `show_source` shows, headed by where it stands.

    Parameters
    ----------
    taught : function or class
        Written in Python.
    docstrings : bool
        Keep each docstring whole; by default only its first paragraph stays.

    Returns
    -------
    str

    Raises
    ------
    TypeError
        Something without Python source, such as a number or a builtin.
    """
    taught = inspect.unwrap(taught) if callable(taught) else taught
    try:
        source = textwrap.dedent(inspect.getsource(taught)).rstrip()
    except (TypeError, OSError) as error:
        raise TypeError(
            f"{taught!r} has no Python source to show: pass a function or a class"
        ) from error
    if not docstrings:
        source = _with_short_docstrings(source)
    return f"# {taught.__module__}\n{source}"


def _with_short_docstrings(source: str) -> str:
    lines = source.splitlines()
    documented = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    found = [
        node.body[0]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, documented) and ast.get_docstring(node)
    ]
    for text in sorted(found, key=lambda node: node.lineno, reverse=True):
        written = lines[text.lineno - 1 : text.end_lineno]
        blank = next((i for i, line in enumerate(written) if not line.strip()), None)
        if blank is not None:
            kept = written[:blank]
            kept[-1] += '"""'
            lines[text.lineno - 1 : text.end_lineno] = kept
    return "\n".join(lines)


def use_book_style() -> None:
    """Make matplotlib's figures readable on a light and on a dark page.

    A figure brings its own light paper, since no grey reads well on both pages, and
    each line of a plot differs from the next in colour and in dashes. In a notebook,
    figures are SVG.
    """
    import matplotlib

    matplotlib.rcParams.update(_book_style())
    if "ipykernel" in sys.modules:
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("svg", metadata={"Date": None})


@contextmanager
def in_book_style() -> Iterator[None]:
    """Draw a figure as `use_book_style` would, and leave matplotlib as it was."""
    import matplotlib

    with matplotlib.rc_context(_book_style()):
        yield


def _book_style() -> dict[Any, Any]:
    """What both ask of matplotlib, whose stubs list every key."""
    from cycler import cycler

    ink = dict.fromkeys(
        "text.color axes.labelcolor axes.edgecolor axes.titlecolor "
        "xtick.color ytick.color grid.color".split(),
        INK,
    )
    paper = dict.fromkeys(
        "figure.facecolor axes.facecolor savefig.facecolor legend.facecolor".split(),
        PAPER,
    )
    shape = {
        "axes.prop_cycle": cycler(color=CYCLE) + cycler(linestyle=LINES),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "figure.constrained_layout.use": True,
        "figure.figsize": (6.4, 3.8),
        "figure.labelsize": "medium",  # as the labels of an axis
        "font.size": 12,
        "grid.alpha": 0.3,
        "legend.frameon": False,
        "lines.linewidth": 2,
        "svg.hashsalt": "ganflow",
    }
    return ink | paper | shape


def recorded(name: str) -> xr.Dataset:
    """Load runs that are too long for a page, made by `tools/record_<name>.py`.

    Parameters
    ----------
    name : str
        Such as "tuning".

    Returns
    -------
    xarray.Dataset
        Its attributes say when, how and with which versions it was made.

    Raises
    ------
    FileNotFoundError
        Nothing of that name was recorded.
    """
    import xarray as xr

    path = RESULTS / f"{name}.nc"
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in RESULTS.glob("*.nc"))) or "nothing"
        raise FileNotFoundError(f"no recorded {name!r}; recorded are {known}")
    return xr.load_dataset(path, engine="scipy")


@contextmanager
def quiet_start() -> Iterator[None]:
    """Keep what a library's C++ start-up code prints off the page.

    `with quiet_start(): import tensorflow as tf`. TensorFlow writes lines about oneDNN
    and CUDA past Python, whatever its log level. If the block raises, they are shown.
    A TensorFlow that the block imports stays on the CPU: it would take all memory of a
    GPU.
    """
    new = "tensorflow" not in sys.modules
    sys.stderr.flush()
    with tempfile.TemporaryFile() as said:
        real = os.dup(2)
        os.dup2(said.fileno(), 2)
        try:
            yield
            if new and (tf := sys.modules.get("tensorflow")):
                tf.config.set_visible_devices([], "GPU")
        except BaseException:
            said.seek(0)
            os.write(real, said.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(real, 2)
            os.close(real)


@contextmanager
def raises(kind: type[Exception], words: str) -> Iterator[None]:
    """Run a block that must fail, and print what the framework says.

    Printed is the line of the message that holds `words`, and the next if the sentence
    goes on there, without colours or a warning's place in C++.

    Parameters
    ----------
    kind : type of Exception
        The very class of the error. A warning's class makes that warning an error.
    words : str
        A part of the message, in one line of it; "" for an error without words.

    Raises
    ------
    AssertionError
        The block ran to its end, or raised another class or message.
    """
    with _warnings_of(kind):
        try:
            yield
        except Exception as error:
            said = _expected_words(error, kind, words)
        else:
            raise AssertionError(
                f"expected {kind.__name__} with {words!r}, but nothing was raised"
            )
    print(said)


def refuses(run: Callable[[], object], kind: type[Exception], words: str) -> bool:
    """Find out whether something fails in the expected way, and print how, if it does.

    For a question that asks which of several lines fails: the page need not know.

    Parameters
    ----------
    run : callable
        Called without arguments, such as `loss_G.backward`.
    kind : type of Exception
        The very class of the error. A warning's class makes that warning an error.
    words : str
        A part of the message, in one line of it; "" for an error without words.

    Returns
    -------
    bool
        True if it failed so; False if it ran to its end.

    Raises
    ------
    AssertionError
        It raised another class or message.
    """
    with _warnings_of(kind):
        try:
            run()
        except Exception as error:
            print(_expected_words(error, kind, words))
            return True
    return False


@contextmanager
def _warnings_of(kind: type[Exception]) -> Iterator[None]:
    """Make a warning of this class an error; nothing if it is no warning's class."""
    with warnings.catch_warnings():
        if issubclass(kind, Warning):
            warnings.simplefilter("error", kind)
        yield


def _expected_words(error: Exception, kind: type[Exception], words: str) -> str:
    """The line of the error that holds the words, folded; another error is raised."""
    line = _line_with(words, str(error))
    if type(error) is not kind or line is None:
        expected = f"expected {kind.__name__} with {words!r}"
        came = f"{type(error).__name__}: {error}"
        raise AssertionError(f"{expected}, but came {came}") from error
    return textwrap.fill(f"{kind.__name__}: {line}", 88, break_on_hyphens=False)


def _line_with(words: str, message: str) -> str | None:
    plain = re.sub(r"\x1b\[\d*m| \(Triggered internally at .*", "", message)
    if not words:  # which every line would hold
        return "" if plain == "" else None
    found = re.search(rf".*{re.escape(words)}.*(?:\n[a-z].*)*", plain)
    return re.sub(r"\s*\n", " ", found[0].strip()) if found else None


def answer(*choices: object) -> None:
    """Find which choice of the page's last question is right, and print its number.

    Each choice is said once more as a claim about what the cell has measured, so the
    page cannot keep an answer that is no longer true.

    Parameters
    ----------
    *choices : bool
        For each choice, in the order of the page, whether it holds. A boolean of
        NumPy, torch or TensorFlow counts, too.

    Raises
    ------
    TypeError
        A claim that is neither true nor false, such as a number.
    AssertionError
        Not exactly one of them holds.
    """
    wrong = [claim for claim in choices if _truth(claim) is None]
    if wrong:
        raise TypeError(f"a choice holds or not, but one is {wrong[0]!r}: compare it")
    true = [place for place, claim in enumerate(choices, 1) if _truth(claim)]
    if len(true) != 1:
        held = ", ".join(map(str, true)) or "none"
        raise AssertionError(
            f"one of {len(choices)} choices must hold, but here: {held}"
        )
    print(f"Answer: {true[0]}")


def _truth(claim: object) -> bool | None:
    """The boolean that this is, also as an array or tensor of one; None for another."""
    import numpy as np

    value = np.asarray(claim)
    return bool(value) if value.dtype == bool and value.size == 1 else None


def answer_number(measured: float, *, within: float) -> None:
    """Print the number that the page's last question asks for.

    Parameters
    ----------
    measured : float
        What the cell has measured.
    within : float
        How far from it a prediction may lie and still count as right; at least 0.

    Raises
    ------
    ValueError
        `measured` is not finite, or `within` is negative.
    """
    if not math.isfinite(measured) or not within >= 0:
        raise ValueError(
            f"measured is {measured!r} and within is {within!r}; expected a finite "
            "number, and a distance that is not negative"
        )
    around = f", give or take {within:.6g}" if within else ""
    print(f"Answer: {measured:.6g}{around}")
