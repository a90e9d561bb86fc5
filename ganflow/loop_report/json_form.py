"""The report of a watched loop as JSON: everything that the record holds."""

from __future__ import annotations

import json

from ganflow.loop_report.record import LoopRecord

FORMAT = "ganflow loop report"
VERSION = 1  # goes up when a field changes its meaning or leaves


def as_json(record: LoopRecord) -> str:
    """The report for programs.

    Parameters
    ----------
    record : LoopRecord
        Of a watched loop.

    Returns
    -------
    str
        An object: the fields of the record after its `format` and `version`; a place is
        {"file": ..., "line": ..., "source": ...}, line 0 where it is unknown. The same
        text for the same record.
    """
    whole = {"format": FORMAT, "version": VERSION, **record.as_dict()}
    return json.dumps(whole, indent=2, allow_nan=False) + "\n"
