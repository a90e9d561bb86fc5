"""Each sentence of the statement on accessibility is held by a test that there is."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "book" / "appendix" / "accessibility.md").read_text("utf-8")
ROWS = [row.split(" | ") for row in re.findall(r"^\| (.*) \|$", TEXT, re.M)][1:]


def test_each_row_names_tests_that_there_are():
    tests = "\n".join(path.read_text("utf-8") for path in ROOT.glob("tests/*/*.py"))
    tests += "\n".join(path.read_text("utf-8") for path in ROOT.glob("tests/*.py"))
    assert len(ROWS) > 10
    for claim, held_by in ROWS:
        names = re.findall(r"`(test_\w+)`", held_by)
        assert names, claim
        for name in names:
            assert f"def {name}(" in tests, f"{claim}: there is no {name}"
