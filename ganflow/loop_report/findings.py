"""Make a finding of the catalogue."""

from __future__ import annotations

from collections.abc import Collection

from ganflow.loop_report.catalogue import CATALOGUE
from ganflow.loop_report.record import (
    Finding,
    Place,
)


def finding(
    what: str,
    place: Place,
    also: Collection[Place] = (),
    times: int = 1,
    level: str | None = None,
    **facts: object,
) -> Finding:
    """Make a finding of the catalogue, its facts filled in.

    Parameters
    ----------
    what : str
        Its id.
    place : Place
        The line.
    also : collection of Place
        Other lines that belong to it.
    times : int
        How often it was seen.
    level : str or None
        Another level than the catalogue's.
    **facts : object
        What its sentence and its cure name.

    Returns
    -------
    Finding
    """
    entry = CATALOGUE[what]
    return Finding(
        id=what,
        level=level or entry.level,
        place=place,
        sentence=entry.sentence.format(**facts),
        cure=entry.cure.format(**facts),
        link=entry.link,
        times=times,
        also=tuple(one for one in also if one != place),
        facts=facts,
    )
