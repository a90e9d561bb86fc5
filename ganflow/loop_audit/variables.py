"""By which variables the user's code holds its networks and weights.

The frames of the user's code that run now are read from the outermost on: their local
and global variables, the attributes of objects, the entries of dicts and lists, a few
levels deep. Nothing of the user's is called, and nothing is kept.
"""

from __future__ import annotations

import inspect
import os
import re
import sys
import sysconfig
from collections import deque
from collections.abc import Iterable, Iterator
from types import (
    BuiltinFunctionType,
    CodeType,
    FrameType,
    FunctionType,
    MethodType,
    ModuleType,
)
from typing import Any, NamedTuple

from ganflow.loop_audit.kinds import Kind

DEEP = 4  # names in a path
WIDE = 200  # entries of a list or a dict; a data set is no list of networks
MOST = 20_000  # values looked at from one frame

GENERIC = frozenset(
    "arch backbone body cls convs ddp features inner instance item layers m main mod "
    "model models module modules net nets network networks nn obj one p param params "
    "parameters self that this value wrapped x".split()
)
FILLERS = frozenset("base model my net network nn self the".split())
LETTERS = {"g": "G", "d": "D"}
WORDS = {
    **dict.fromkeys("gen generator generators gens gnet netg".split(), "G"),
    **dict.fromkeys(
        "critic critics dis disc discriminator discriminators discs dnet netd".split(),
        "D",
    ),
}
COPIES = frozenset(
    "average averaged avg backup best copied copy ema frozen last mean old previous "
    "running saved shadow target teacher".split()
)
_LEAVES = (
    *(bool, int, float, complex, str, bytes, bytearray, type(None), type, CodeType),
    *(FunctionType, BuiltinFunctionType, MethodType, FrameType),
)


class Variable(NamedTuple):
    """Where a value is found: `trainer.nets["G"]`.

    Parameters
    ----------
    path : tuple of str
        "trainer", "nets", "G"; the place in a list is "[0]".
    frame : int
        0 for the outermost frame of the user's code.
    """

    path: tuple[str, ...]
    frame: int

    @property
    def text(self) -> str:
        """The path with dots."""
        return ".".join(self.path).replace(".[", "[")

    @property
    def name(self) -> str:
        """The last name that tells something; the last name if none does."""
        names: list[str] = []
        for part in self.path:
            if part.startswith("[") and names:
                names[-1] += part
            else:
                names.append(part)
        if is_generic(names[-1]):
            parents = (name for name in reversed(names) if role_of(name))
            return next(parents, names[-1])
        return names[-1]


def words_of(name: str) -> list[str]:
    """The words of an identifier, small: "netG_A2B" gives net, g, a, 2, b."""
    found = re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+", name)
    return [word.lower() for word in found]


def is_generic(name: str) -> bool:
    """Whether a name says nothing of what it holds: `model`, `nets[0]`."""
    return name.rpartition(".")[2].partition("[")[0].strip("_").lower() in GENERIC


def is_copy(name: str) -> bool:
    """Whether a name says that it holds an average or an earlier state."""
    return not COPIES.isdisjoint(words_of(name))


def role_of(name: str) -> str:
    """The role "G" or "D" that a name says; "" if it says none."""
    words = [word for word in words_of(name) if not word.isdigit()]
    while words and words[0] in FILLERS:
        del words[0]
    if not words:
        return ""
    first = words[0]
    return LETTERS.get(first) or WORDS.get(first) or WORDS.get(words[-1], "")


def is_users(file: str) -> bool:
    """Whether a file is of the user's code, and not of a library."""
    if file.startswith("<"):
        return file.startswith("<ipython")
    file = os.path.abspath(file)
    if file.startswith(_OURS):
        return False
    if file.startswith(_PACKAGES):
        spec = getattr(sys.modules.get("__main__"), "__spec__", None)
        top = spec.name.partition(".")[0] if spec else os.devnull
        return file.startswith(tuple(path + top + os.sep for path in _PACKAGES))
    return not file.startswith(_LIBRARY)


_HERE = os.path.dirname(os.path.abspath(__file__))
_RUNNER = os.path.join(_HERE, "script.py")
_OURS = tuple(
    os.path.join(os.path.dirname(_HERE), room, "") for room in ("loop_audit", "tf")
)


_PACKAGES = tuple(
    {sysconfig.get_path(kind) + os.sep for kind in ("purelib", "platlib")}
)
_LIBRARY = tuple(
    {sysconfig.get_path(kind) + os.sep for kind in ("stdlib", "platstdlib")}
)


def users_frames() -> list[FrameType]:
    """The frames of the user's code that run now, the outermost first.

    Of a script that the command runs these are its own: what runs the command is not.
    """
    found, frame = [], sys._getframe(1)
    while frame is not None and frame.f_code.co_filename != _RUNNER:
        if is_users(frame.f_code.co_filename):
            found.append(frame)
        frame = frame.f_back
    return found[::-1]


def spaces(frames: Iterable[FrameType]) -> list[dict[str, object]]:
    """The variables that running code sees, those of the main script first.

    Parameters
    ----------
    frames : iterable of frame
        The outermost first.

    Returns
    -------
    list of dict of name -> value
        For each frame its locals, then its globals; no namespace twice.
    """
    found = {id(one): one for one in [vars(sys.modules["__main__"])]}
    for frame in frames:
        for values in (_locals(frame), frame.f_globals):
            found.setdefault(id(values), values)
    return list(found.values())


def _locals(frame: FrameType) -> dict[str, object]:
    values = frame.f_locals
    if values is frame.f_globals or not frame.f_code.co_flags & inspect.CO_OPTIMIZED:
        return values
    found = dict(values)
    # Before Python 3.13 the frame keeps what it has shown, and would keep it alive. If
    # nobody else holds that dict (the frame, `values`, the argument), it is emptied.
    if isinstance(values, dict) and sys.getrefcount(values) <= 3:
        values.clear()
    return found


def variables(
    frames: Iterable[FrameType], kind: Kind
) -> Iterator[tuple[Any, Variable]]:
    """Every network and every weight that a variable leads to.

    Parameters
    ----------
    frames : iterable of frame
        The outermost first.
    kind : Kind
        What a network is.

    Yields
    ------
    tuple
        A network or a weight that wants a derivative, and one way to it; a value is
        given once for each frame and each name that it has there.
    """
    for number, space in enumerate(spaces(frames)):
        for value, path in _walk(space, kind):
            yield value, Variable(path, number)


def look_up(path: str, frames: Iterable[FrameType], kind: Kind) -> object:
    """What a path such as `trainer.nets["G"]` leads to, without calling anything.

    Parameters
    ----------
    path : str
        It begins with a variable of the main script or of running code, or with an
        attribute of a running method's `self`.
    frames : iterable of frame
        The outermost first.
    kind : Kind
        What a network is.

    Returns
    -------
    object
        None if it leads nowhere.
    """
    parts = _PART.findall(path)
    parts = [part.strip("\"'") if part[0] in "\"'" else part for part in parts]
    namespaces = spaces(frames)
    owners = [space["self"] for space in namespaces if "self" in space]
    for start in [*namespaces, *owners]:
        value: object = start
        for part in parts:
            value = dict(_parts(value, kind)).get(part)
        if value is not None:
            return value
    return None


_PART = re.compile(r"""\[\d+\]|"[^"]*"|'[^']*'|\w+""")


def _walk(
    space: dict[str, object], kind: Kind
) -> Iterator[tuple[Any, tuple[str, ...]]]:
    seen = {id(space)}
    todo: deque[tuple[tuple[str, ...], Any]] = deque(
        ((name,), value) for name, value in list(space.items())
    )
    while todo and len(seen) < MOST:
        path, value = todo.popleft()
        if issubclass(type(value), kind.tensors):
            if kind.learns(value):
                yield value, path
            continue
        if issubclass(type(value), kind.networks):
            yield value, path
        if id(value) in seen or len(path) >= DEEP:
            continue
        seen.add(id(value))
        todo.extend(((*path, part), inner) for part, inner in _parts(value, kind))


def _parts(value: Any, framework: Kind) -> Iterator[tuple[str, Any]]:
    """What hangs on a value, by names; the value's own code is not called."""
    kind = type(value)
    if issubclass(kind, (*_LEAVES, *framework.leaves)):
        return
    if issubclass(kind, dict):
        if dict.__len__(value) <= WIDE:
            items = list(dict.items(value))
            yield from ((key, one) for key, one in items if isinstance(key, str))
        return
    if issubclass(kind, (list, tuple)):
        if len(value) <= WIDE:
            yield from ((f"[{i}]", one) for i, one in enumerate(list(value)))
        return
    if issubclass(kind, ModuleType) and not is_users(
        getattr(value, "__file__", None) or "<built in>"
    ):
        return
    own = _attributes(value, kind)
    if issubclass(kind, framework.networks):
        yield from framework.attributes(value, own)
    else:
        yield from own.items()


def _slots(kind: type) -> Iterator[str]:
    """The names of attributes that may lie outside of an object's dict."""
    yield from getattr(kind, "__dataclass_fields__", ())
    for one in kind.__mro__:
        names = vars(one).get("__slots__", ())
        yield from (names,) if isinstance(names, str) else names


def _attributes(value: object, kind: type) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("__dict__", *_slots(kind)):
        try:
            found[name] = object.__getattribute__(value, name)
        except AttributeError:  # no dict, or a slot that nothing was put in
            continue
    own = found.pop("__dict__", {})
    return {**found, **own}
