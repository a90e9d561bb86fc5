"""The report for programs: JSON holds everything, SARIF what its readers require."""

import json
import re
from dataclasses import fields, replace
from pathlib import Path

import pytest
from loop_samples import ALL, FILE

from ganflow.loop_report import LoopRecord, Place
from ganflow.loop_report.json_form import as_json
from ganflow.loop_report.sarif import as_sarif

ROOT = Path(FILE).parent.parent
URI = re.compile(r"(?!/)[\w./%-]+|file:///[\w./%-]+")  # no blank, nothing unquoted


@pytest.mark.parametrize("make", ALL.values(), ids=ALL)
def test_json_holds_every_field(make):
    report = make()
    told = json.loads(as_json(report))
    assert list(told) == ["format", "version", *(f.name for f in fields(LoopRecord))]
    assert len(told["moves"]) == len(report.moves)
    for said, move in zip(told["moves"], report.moves, strict=True):
        assert {p: tuple(v) for p, v in said["reads"].items()} == move.reads
        place = said["place"]
        assert (place["file"], place["line"]) == move.place
    assert [f["id"] for f in told["findings"]] == [f.id for f in report.findings]
    assert as_json(report) == as_json(replace(report))


def test_json_names_the_schedule_as_it_is_read():
    told = json.loads(as_json(ALL["critic"]()))
    assert told["schedule"] == "D D D D D G"
    assert json.loads(as_json(ALL["pool"]()))["schedule"] is None


def test_json_is_strict():
    """A number that is not one would be no JSON."""
    report = ALL["alternating"]()
    row = replace(report.cost.rows[0], flops=float("nan"))
    with pytest.raises(ValueError, match="not JSON compliant"):
        as_json(replace(report, cost=replace(report.cost, rows=(row,))))


def run_of(report, **options):
    log = json.loads(as_sarif(report, root=ROOT, **options))
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    return run


def locations(result):
    return [*result.get("locations", ()), *result.get("relatedLocations", ())]


@pytest.mark.parametrize("make", ALL.values(), ids=ALL)
def test_sarif_has_what_the_standard_requires(make):
    run = run_of(make())
    rules = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["name"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["shortDescription"]["text"] and rule["help"]["text"]
    assert len(run["results"]) == len(make().findings)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        assert result["occurrenceCount"] >= 1
        for location in locations(result):
            physical = location["physicalLocation"]
            assert URI.fullmatch(physical["artifactLocation"]["uri"])
            assert physical["region"]["startLine"] >= 1


def test_sarif_shows_each_finding_on_its_line():
    first, *_ = run_of(ALL["faults"]())["results"]
    (place,) = first["locations"]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "gan/train.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 42, "snippet": {"text": "opt_D.step()"}},
    }
    (also,) = first["relatedLocations"]
    assert also["physicalLocation"]["region"]["startLine"] == 47


def test_sarif_gives_an_unknown_line_no_location():
    norm = run_of(ALL["faults"]())["results"][1]
    assert norm["ruleId"] == "frozen-critic-moves" and norm["level"] == "warning"
    assert "locations" not in norm


def test_sarif_gives_a_file_outside_of_the_root_its_whole_path():
    report = ALL["faults"]()
    far = replace(report.findings[0], place=Place("/else where/a.py", 3))
    (result,) = run_of(replace(report, findings=(far,)))["results"]
    (location,) = result["locations"]
    uri = location["physicalLocation"]["artifactLocation"]
    assert uri == {"uri": "file:///else%20where/a.py"}


def test_sarif_links_the_book_where_its_address_is_known():
    """`helpUri` has to be a whole address; without one the help names the page."""
    rule = run_of(ALL["faults"](), book="https://example.org")["tool"]["driver"][
        "rules"
    ]
    assert (
        rule[0]["helpUri"]
        == "https://example.org/notebooks/10_errors/read_the_error.html"
    )
    rule = run_of(ALL["faults"]())["tool"]["driver"]["rules"]
    assert "helpUri" not in rule[0]
    assert "notebooks/10_errors/read_the_error.html" in rule[0]["help"]["text"]


def test_two_findings_of_one_kind_share_their_rule():
    report = ALL["faults"]()
    twice = replace(report, findings=(*report.findings, report.findings[0]))
    run = run_of(twice)
    assert len(run["tool"]["driver"]["rules"]) == 4
    assert [r["ruleIndex"] for r in run["results"]] == [0, 1, 2, 3, 0]
    assert as_sarif(twice, root=ROOT) == as_sarif(replace(twice), root=ROOT)


def test_sarif_places_a_finding_on_the_first_line_of_a_file_and_none_on_no_line():
    report = next(r for make in ALL.values() if (r := make()).findings)
    for line, known in ((1, True), (0, False)):
        finding = replace(report.findings[0], place=Place(FILE, line), also=())
        run = run_of(replace(report, findings=(finding,)))
        (result,) = run["results"]
        assert ("locations" in result) == known


@pytest.mark.parametrize("write", [as_json, lambda report: as_sarif(report, root=ROOT)])
def test_each_level_is_two_blanks_further_in(write):
    lines = write(ALL["alternating"]()).splitlines()
    depth = {len(line) - len(line.lstrip()) for line in lines}
    assert depth == {*range(0, max(depth) + 1, 2)}
