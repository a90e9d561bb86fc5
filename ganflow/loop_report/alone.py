"""One audit at a time, whatever the framework."""

_on: list[object] = []


def begin(audit: object) -> None:
    """Let an audit begin.

    Parameters
    ----------
    audit : object
        What watches.

    Raises
    ------
    RuntimeError
        Another is on.
    """
    if _on:
        raise RuntimeError(
            "an audit is on already, and two cannot nest: leave the first `with` "
            "block before you enter the next"
        )
    _on.append(audit)


def end() -> None:
    """Say that the audit which is on has come off."""
    _on.clear()


def is_on() -> bool:
    """Whether an audit is on."""
    return bool(_on)
