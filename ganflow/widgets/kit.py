"""Give a view its script and style: the kit that all views share, and its own.

A page without a kernel has the script that a widget carries and no file beside it, so
what `view.js` imports from `../kit.js` is put in front of it here; so is what it
imports from other modules of the package, where `view.py` names them.

Under `ANYWIDGET_HMR=1` the widgets that are shown follow their files: save `kit.js`,
`kit.css` or a view's own two files, and what is on the screen is drawn anew.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Thread
from time import sleep

import anywidget
import ipywidgets
import traitlets

KIT = Path(__file__)
EXPORT = re.compile(
    r"^export (?=(?:async function|function\*?|class|const) (\w+))", re.M
)
STRAY = re.compile(r"^\s*(?:import\b|export\b.* from ).*", re.M)
LOOK_EVERY = 0.3  # seconds between two looks at files that somebody edits

End = tuple[ipywidgets.Widget, str]  # a widget, and the name of one of its traits


class KitView(anywidget.AnyWidget):
    """A view that knows what joins it to its controls, and so can ask a page for it.

    A page of Colab makes a widget once another one names it, and no widget but the view
    has a reason to name a link: there, without this, the controls would move nothing.
    """

    _joins = traitlets.List(traitlets.Instance(ipywidgets.Widget)).tag(
        sync=True, **ipywidgets.widget_serialization
    )

    def join(self, one: End, other: End) -> None:
        """Keep two traits equal in the page, with no kernel.

        Parameters
        ----------
        one : (Widget, str)
            A control, or the view itself, and the trait; its value is what both begin
            with.
        other : (Widget, str)
            What is to be equal to it.
        """
        self._joins = [*self._joins, ipywidgets.jslink(one, other)]


def script_of(view: str, *others: str) -> object:
    """The module that a browser gets for a view: what it imports of the kit, then it.

    Parameters
    ----------
    view : str
        `__file__` of a `view.py`; its script is the `view.js` beside it.
    *others : str
        Further modules that it imports from, as it writes them:
        "../../loop_report/timeline.js".

    Returns
    -------
    object
        Fit for `_esm`: a str, or what follows the files under `ANYWIDGET_HMR=1`.

    Raises
    ------
    ValueError
        The script has another import than one of names that the kit, or a module named
        here, exports.
    """

    def read() -> str:
        files = {name: Path(view).parent / name for name in others}
        texts = {name: file.read_text("utf-8") for name, file in files.items()}
        return joined(*_texts(view, ".js"), texts)

    return _followed(read)


def style_of(view: str) -> object:
    """The style of a view: the kit's, then its own.

    Parameters
    ----------
    view : str
        `__file__` of a `view.py`; its style is the `view.css` beside it.

    Returns
    -------
    object
        Fit for `_css`: a str, or what follows the files under `ANYWIDGET_HMR=1`.
    """
    return _followed(lambda: "\n".join(_texts(view, ".css")))


def joined(kit: str, view: str, others: Mapping[str, str] | None = None) -> str:
    """One module of several: the kit in a scope of its own, then what imports it.

    Parameters
    ----------
    kit : str
        A module that imports nothing and exports functions, classes and constants by
        name.
    view : str
        A module whose one import is `import { names } from "../kit.js";`, and one of
        this form from each of the others.
    others : dict of str to str, optional
        Further modules like the kit, by the names that they are imported by. Each may
        import, in the same form, from the kit and from those that come after it.

    Returns
    -------
    str
        The view, its imports replaced by the texts, the kit's first and each once. It
        knows the names that it and the modules asked for and no others.

    Raises
    ------
    ValueError
        Anything else is imported or handed on, or a name that is not exported.
    """
    text, scopes = view, []
    for name, module in {**(others or {}), "../kit.js": kit}.items():
        line = re.compile(
            rf'^import \{{([^{{}}]*)\}} from "{re.escape(name)}";\n', re.M
        )
        # What was put in front already may ask for it too.
        parts = [text, *scopes]
        asked = _asked(name, [line.findall(part) for part in parts])
        text, *scopes = [line.sub("", part) for part in parts]
        scopes.append(_scope(name, module, asked))
    text = "".join([*reversed(scopes), text])
    if stray := STRAY.search(text):
        raise ValueError(
            f"{stray[0].strip()!r} cannot be joined: a view imports names from "
            '"../kit.js" and from what is named beside it, and those import nothing '
            "else"
        )
    return text


def _asked(name: str, found: list[list[str]]) -> list[str]:
    """The names between the braces of the imports, at most one in each part."""
    times = max(map(len, found))
    if times != 1:
        raise ValueError(
            f"a view imports from {name} {times} times, expected once: "
            f'import {{ names }} from "{name}";'
        )
    names = ",".join(name for lines in found for name in lines).split(",")
    return sorted({one.strip() for one in names if one.strip()})


def _scope(name: str, module: str, asked: list[str]) -> str:
    """A module in a scope of its own, and the names that it was asked for."""
    exported = EXPORT.findall(module)
    if unknown := set(asked) - set(exported):
        raise ValueError(
            f"{name} exports no {', '.join(sorted(unknown))}; it exports "
            f"{', '.join(exported)}"
        )
    names, scope = f"{{ {', '.join(asked)} }}", EXPORT.sub("", module)
    return f"const {names} = (() => {{\n{scope}return {names};\n}})();\n"


def _texts(view: str, kind: str) -> tuple[str, str]:
    files = (KIT.with_suffix(kind), Path(view).with_suffix(kind))
    kit, own = (file.read_text(encoding="utf-8") for file in files)
    return kit, own


def _followed(read: Callable[[], str]) -> object:
    """What `read` says; under `ANYWIDGET_HMR=1` what it says whenever it is asked."""
    if os.environ.get("ANYWIDGET_HMR") != "1":
        return read()
    from anywidget._file_contents import VirtualFileContents

    text = VirtualFileContents(read())

    def follow() -> None:
        while True:
            sleep(LOOK_EVERY)
            try:
                now = read()
            except (OSError, ValueError) as error:  # said in the widget's place
                now = f"throw new Error({json.dumps(str(error))});"
            if now != text.contents:
                text.contents = now

    Thread(target=follow, daemon=True).start()
    return text
