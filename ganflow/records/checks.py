"""Checks of what both frameworks' flow tables are given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ganflow.records.watch import Watch


def check_dict(what: str, given: object, example: str) -> None:
    """Raise TypeError, with an example, for anything that is no dict."""
    if not isinstance(given, Mapping):
        raise TypeError(
            f"{what} is of type {type(given).__name__}: pass a dict such as {example}"
        )


def check_losses(losses: Mapping[str, Any], check: Callable[[str, Any], None]) -> None:
    """Raise TypeError for no dict, ValueError for no loss, what `check` does of one."""
    check_dict("losses", losses, '{"loss_D": loss_D}')
    if not losses:
        raise ValueError('no losses: pass a dict such as {"loss_D": loss_D}')
    for name, loss in losses.items():
        check(name, loss)


def check_watch(seen: object, kind: type[Watch]) -> None:
    """Raise TypeError for anything but a watch of this framework, or None."""
    if not isinstance(seen, kind | None):
        raise TypeError(
            f"seen is of type {type(seen).__name__}: pass the watch that saw these "
            f"losses, a {kind.__name__}"
        )
