"""The files by which others commit, cite, archive and report keep their form."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PACKAGE = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
CHANGES = (ROOT / "CHANGELOG.md").read_text("utf-8")
FOLDER = ROOT / ".github" / "ISSUE_TEMPLATE"
FORMS = sorted(set(FOLDER.glob("*.yml")) - {FOLDER / "config.yml"})
every_form = pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)


def hooks():
    """The hooks that run before a commit."""
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    return [hook for source in config["repos"] for hook in source["hooks"]]


def test_no_hook_is_fetched_from_elsewhere():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    assert {source["repo"] for source in config["repos"]} == {"local"}


@pytest.mark.parametrize("hook", hooks(), ids=lambda hook: hook["id"])
def test_a_hook_runs_what_the_book_s_environment_has(hook):
    assert hook["language"] == "system"
    program, first, *_ = hook["entry"].split()
    if program == "make":
        target = rf"^{first}:.*## "
        assert re.search(target, (ROOT / "Makefile").read_text("utf-8"), re.M)
        assert hook["pass_filenames"] is False
    else:
        assert program.startswith(".venv/bin/")
        assert Path(sys.executable).with_name(Path(program).name).exists()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (next((ROOT / "book").rglob("*.md")), {"notebooks"}),
        (ROOT / "tools" / "first_cell.md", {"notebooks"}),
        (ROOT / "ganflow" / "__init__.py", {"lint"}),
        (ROOT / "README.md", set()),
    ],
    ids=lambda given: getattr(given, "name", None),
)
def test_a_changed_file_calls_the_hooks_that_concern_it(path, expected):
    name = path.relative_to(ROOT).as_posix()
    patterns = {h["id"]: h["files"] for h in hooks() if "files" in h}
    assert path.is_file()
    assert {id for id, files in patterns.items() if re.search(files, name)} == expected


def test_the_citation_has_what_its_format_asks_for():
    """And no person: the authors are named together."""
    assert CITATION["cff-version"] == "1.2.0"
    assert CITATION["message"] and CITATION["abstract"]
    assert CITATION["type"] == "software"
    assert [set(author) for author in CITATION["authors"]] == [{"name"}]
    assert CITATION["version"] == PACKAGE["version"]
    assert CITATION["license"] == [PACKAGE["license"], "CC-BY-4.0"]


def test_what_is_archived_is_what_is_cited():
    """Zenodo reads its own file, and then no other."""
    kept = json.loads((ROOT / ".zenodo.json").read_text("utf-8"))
    assert kept["title"] == CITATION["title"]
    assert kept["description"] == CITATION["abstract"]
    assert kept["creators"] == CITATION["authors"]
    assert kept["keywords"] == CITATION["keywords"]
    assert (kept["license"], kept["upload_type"]) == (PACKAGE["license"], "software")


def test_the_changelog_goes_from_what_is_new_to_the_first_version():
    title, *heads = re.findall(r"^##? (.*)", CHANGES, re.M)
    assert (title, heads[0]) == ("Changelog", "[Unreleased]")
    found = [re.fullmatch(r"\[(\S+)\] - (\d{4}-\d\d-\d\d)", head) for head in heads[1:]]
    assert all(found) and found[0][1] == PACKAGE["version"]
    days = [match[2] for match in found]
    assert days == sorted(days, reverse=True)
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.*)", CHANGES, re.M)) <= kinds


@every_form
def test_a_form_asks_in_the_way_that_github_reads(path):
    form = yaml.safe_load(path.read_text("utf-8"))
    assert set(form) == {"name", "description", "title", "labels", "body"}
    ids = [field["id"] for field in form["body"]]
    labels = [field["attributes"]["label"] for field in form["body"]]
    assert len(set(ids)) == len(ids) and len(set(labels)) == len(labels)
    for field in form["body"]:
        assert set(field) <= {"type", "id", "attributes", "validations"}
        given = set(field["attributes"]) - {"label", "description"}
        known = {
            "input": {"placeholder"},
            "textarea": {"placeholder", "render"},
            "dropdown": {"options"},
        }
        assert given <= known[field["type"]]
        assert set(field.get("validations", {})) <= {"required"}


@pytest.mark.parametrize("name", ["my_loop", "package_bug"])
def test_the_command_for_versions_prints_them(name):
    body = yaml.safe_load((FOLDER / f"{name}.yml").read_text("utf-8"))["body"]
    (field,) = (field for field in body if field["id"] == "versions")
    (command,) = re.findall(r"`(.*?)`", field["attributes"]["description"])
    command = command.replace("python ", f"'{sys.executable}' ")
    printed = subprocess.check_output(command, shell=True, text=True)
    assert printed.startswith("Python 3.")
    assert {"ganflow", "torch"} <= {line.split()[0] for line in printed.splitlines()}
