"""The findings of a watched loop as SARIF 2.1.0, for editors and for GitHub."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ganflow.loop_report.record import Finding, LoopRecord, Place
from ganflow.loop_report.words import address

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(record: LoopRecord, *, root: str | Path = ".", book: str = "") -> str:
    """The findings as a SARIF log of one run.

    Parameters
    ----------
    record : LoopRecord
        Of a watched loop.
    root : str or Path
        The folder that paths are relative to: the repository's. A file that lies
        elsewhere gets its whole path.
    book : str
        The book's address; "" leaves out `helpUri`, which must be a whole one, and the
        help text names the section by its path.

    Returns
    -------
    str
        JSON, the same for the same record. A finding whose line is unknown has no
        location.

    Source: SARIF Version 2.1.0, OASIS Standard, 27 March 2020.
    """
    base = Path(root).resolve()
    firsts: dict[str, Finding] = {}
    for finding in record.findings:
        firsts.setdefault(finding.id, finding)
    rules = [_rule(finding, book) for finding in firsts.values()]
    index = {name: i for i, name in enumerate(firsts)}
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "ganflow audit", "rules": rules}},
                "columnKind": "unicodeCodePoints",
                "results": [
                    _result(finding, index[finding.id], base)
                    for finding in record.findings
                ],
            }
        ],
    }
    return json.dumps(log, indent=2) + "\n"


def _rule(finding: Finding, book: str) -> dict[str, Any]:
    words = finding.id.split("-")
    link = address(finding.link, book)
    rule = {
        "id": finding.id,
        "name": "".join(word.capitalize() for word in words),
        "shortDescription": {"text": f"{' '.join(words).capitalize()}."},
        "help": {"text": f"{finding.cure} The section of the book: {link}"},
    }
    return rule | ({"helpUri": link} if book else {})


def _result(finding: Finding, index: int, base: Path) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.id,
        "ruleIndex": index,
        "level": finding.level,
        "message": {"text": f"{finding.sentence} Cure: {finding.cure}"},
        "occurrenceCount": finding.times,
    }
    if _known(finding.place):
        result["locations"] = [_location(finding.place, base)]
    if also := [_location(place, base) for place in finding.also if _known(place)]:
        result["relatedLocations"] = also
    return result


def _known(place: Place) -> bool:
    return bool(place.file) and place.line > 0


def _location(place: Place, base: Path) -> dict[str, Any]:
    path = Path(place.file).resolve()
    if path.is_relative_to(base):
        relative = quote(path.relative_to(base).as_posix())
        artifact = {"uri": relative, "uriBaseId": "%SRCROOT%"}
    else:
        artifact = {"uri": path.as_uri()}
    region: dict[str, Any] = {"startLine": place.line}
    if place.source:
        region["snippet"] = {"text": place.source}
    return {"physicalLocation": {"artifactLocation": artifact, "region": region}}
