"""What the tool that breaks the package changes, and which tests then judge it."""

import ast
import signal

import desk as desks
import lines_run
import mutations
import pytest
import verdicts
from chosen_tests import HASTY, Chosen, Found, Session
from reach import Reach

CODE = '''"""Text with 1 + 1 in it."""

WIDTH: int = 3  # 1 + 1

@cached(size=1)
def ahead(a: int | None, b: float = 0.5) -> "list[1]":
    if a is not None and not a < b:
        return -a ** 2, f"{b:.3f}"
    return (
        a  # a comment between
        + b
    ), True
'''
ADD = '''"""Sums."""

ZERO = 0
NOTHING = ZERO


def add(a, b, c=0):
    if a > 5:
        return a + NOTHING
    return a + b + c
'''
SUMS = "tests/sums/test_add.py"
TESTS = """from ganflow.sums.add import add


def test_of_two():
    assert add(0, 2) == 2


def test_of_much():
    assert add(6, 0) == 6
"""


@pytest.fixture
def found(tmp_path):
    """The mutants of CODE, by the line and what is changed there."""
    path = tmp_path / "code.py"
    path.write_text(CODE)
    return list(mutations.mutants_of(path, "code.py"))


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A package of one module, its test file, and what each test runs."""
    for file, text in {
        "ganflow/__init__.py": "",
        "ganflow/sums/__init__.py": "",
        "ganflow/sums/add.py": ADD,
        "tests/sums/test_add.py": TESTS,
        "tests/other/test_other.py": "def test_nothing():\n    pass\n",
    }.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
    monkeypatch.setattr(desks, "ROOT", tmp_path)
    monkeypatch.setattr(verdicts, "ROOT", tmp_path)
    monkeypatch.setattr(desks, "LOADED", ("json",))
    monkeypatch.setattr(desks, "tracked", lambda: files_of(tmp_path))
    return tmp_path


def files_of(folder):
    return [p.relative_to(folder).as_posix() for p in folder.rglob("*.py")]


@pytest.fixture
def desk(project, tmp_path_factory):
    """Where mutants of the project are judged."""
    made = desks.Desk(tmp_path_factory.mktemp("copy"))
    yield made
    made.close()


def those_of(project):
    return list(
        mutations.mutants_of(project / "ganflow/sums/add.py", "ganflow/sums/add.py")
    )


def test_each_mutant_changes_one_token_and_still_is_python(found):
    lines = CODE.splitlines()
    for mutant in found:
        broken = mutant.applied(CODE.encode()).decode()
        ast.parse(broken)
        changed = [i for i, line in enumerate(broken.splitlines()) if line != lines[i]]
        assert changed == [mutant.line - 1]


def test_operators_and_constants_change_and_annotations_and_texts_do_not(found):
    changes = {(mutant.line, mutant.old, mutant.new) for mutant in found}
    assert changes == {
        (3, "3", "(3 + 1)"),
        (6, "0.5", "(0.5 + 1)"),
        (7, "and", "or"),
        (7, "is not", "is"),
        (7, "not ", ""),
        (7, "<", "<="),
        (8, "-", ""),
        (8, "**", "*"),
        (8, "2", "(2 + 1)"),
        (12, "True", "False"),
    }


def test_no_part_of_the_package_is_left_out():
    rooms = {mutant.path.split("/")[1] for mutant in mutations.all_mutants()}
    assert {"losses", "tf", "widgets", "nets.py"} <= rooms


def test_a_desk_finds_what_runs_and_what_kills(project, desk):
    """A test for each line; a survivor where none tells; and a name for it."""
    for file in lines_run.test_files(project):
        assert desk.find(file) == file
    known = Found(project)
    reach = known.reach
    judge = verdicts.Verdicts(reach)
    killers = {}
    for mutant in those_of(project):
        killers[judge.name(mutant)] = desk.killer(mutant, known.sessions(mutant))
    two, much = (f"tests/sums/test_add.py::test_of_{one}" for one in ("two", "much"))
    assert killers == {
        "ganflow/sums/add.py: ZERO = «0» -> (0 + 1)": much,
        "ganflow/sums/add.py add: def add(a, b, c=«0»): -> (0 + 1)": two,
        "ganflow/sums/add.py add: if a «>» 5: -> >=": "",
        "ganflow/sums/add.py add: if a > «5»: -> (5 + 1)": "",
        "ganflow/sums/add.py add: return a «+» NOTHING -> -": "",
        "ganflow/sums/add.py add: return a «+» b + c -> -": two,
        "ganflow/sums/add.py add: return a + b «+» c -> -": "",
    }
    assert (desk.copy / "ganflow/sums/add.py").read_text() == ADD


def test_only_tests_that_run_the_line_come_first_and_the_rest_of_their_file_last(
    project, desk
):
    for file in lines_run.test_files(project):
        desk.find(file)
    known = Found(project)
    (mutant,) = (m for m in those_of(project) if m.line == 9)
    sessions = [session.tests for session in known.sessions(mutant)]
    assert sessions == [
        ("tests/sums/test_add.py::test_of_much",),
        ("tests/sums/test_add.py::test_of_two",),
    ]


def test_tests_that_read_a_module_come_first_where_a_default_changes(project, desk):
    """And nowhere else: what a function does is not seen in its text."""
    file = project / "tests/other/test_other.py"
    file.write_text(
        "from pathlib import Path\n\n\ndef test_text():\n"
        "    text = Path(__file__).parents[2] / 'ganflow/sums/add.py'\n"
        "    assert 'c=0' in text.read_text()\n"
    )
    (desk.copy / "tests/other/test_other.py").write_text(file.read_text())
    for one in lines_run.test_files(project):
        desk.find(one)
    known, mutants = Found(project), those_of(project)
    (default,) = (m for m in mutants if m.line == 7)
    order = [test for session in known.sessions(default) for test in session.tests]
    text, two = "tests/other/test_other.py::test_text", f"{SUMS}::test_of_two"
    assert order == [f"{SUMS}::test_of_much", text, two]  # the first loads the module
    inside = next(m for m in mutants if m.line == 10)
    assert text not in [t for s in known.sessions(inside) for t in s.tests]


def test_what_was_found_holds_until_what_a_test_ran_does_something_else(project, desk):
    file, other = "tests/sums/test_add.py", "tests/other/test_other.py"
    for name in (file, other):
        desk.find(name)
    code = project / "ganflow/sums/add.py"
    code.write_text(ADD.replace("Sums.", "Sums of numbers."))
    assert lines_run.kept(file, project)
    code.write_text(ADD.replace("a + b", "b + a"))
    assert not lines_run.kept(file, project)
    assert lines_run.kept(other, project)


def test_a_verdict_is_kept_at_once_and_until_its_test_or_its_mutant_changes(project):
    (mutant, *_) = those_of(project)
    (project / lines_run.KEPT).mkdir(parents=True)
    verdicts.Verdicts(Reach(project)).keep(
        mutant, "tests/sums/test_add.py::test_of_two"
    )
    again = verdicts.Verdicts(Reach(project))
    assert again.killer(mutant) == "tests/sums/test_add.py::test_of_two"
    assert not again.killer(those_of(project)[1])
    (project / "tests/sums/test_add.py").write_text(TESTS + "\n")
    assert not again.killer(mutant)


def test_files_of_one_name_run_side_by_side(project, desk):
    (desk.copy / "tests/other/test_add.py").write_text("def test_it():\n    pass\n")
    two = "tests/sums/test_add.py::test_of_two", "tests/other/test_add.py::test_it"
    assert desk.failing(Session(dict.fromkeys(two, 0.0))) == ""


def test_what_hangs_is_killed_with_all_that_it_started(project, desk, monkeypatch):
    monkeypatch.setattr(desks, "PATIENCE", 1)
    session = Session({"tests/other/test_other.py::test_nothing": 0.0})
    slow = "import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', "
    slow += "'import time; time.sleep(60)'])\ntime.sleep(60)\n"
    (desk.copy / "tests/other/test_other.py").write_text(slow)
    (mutant, *_) = those_of(project)
    assert desk.killer(mutant, iter([session])) == "tests/other/test_other.py"


def test_a_test_may_send_an_interrupt_however_the_tool_was_started(project, desk):
    (desk.copy / "tests/other/test_other.py").write_text(
        "import os, signal, pytest\n\n\ndef test_nothing():\n"
        "    with pytest.raises(KeyboardInterrupt):\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
    )
    session = Session({"tests/other/test_other.py::test_nothing": 0.0})
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert desk.failing(session) == ""
    finally:
        signal.signal(signal.SIGINT, before)


def test_what_fails_by_chance_kills_nothing(project, desk):
    """A test that waits is to fail twice."""
    file = desk.copy / "tests/other/test_other.py"
    file.write_text(
        "from pathlib import Path\n\n\ndef test_late():\n"
        "    place = Path(__file__).with_suffix('.run')\n"
        "    place.write_text(place.read_text() + '.' if place.exists() else '.')\n"
        "    assert place.read_text() != '.'\n\n\ndef test_nothing():\n    pass\n"
    )
    late, nothing = (
        f"tests/other/test_other.py::test_{n}" for n in ("late", "nothing")
    )
    (mutant, *_) = those_of(project)
    waits = Session({late: 2 * HASTY, nothing: 0.0})
    assert desk.killer(mutant, iter([waits])) == ""
    file.with_suffix(".run").unlink()
    quick = Session({late: 0.0, nothing: 0.0})
    assert desk.killer(mutant, iter([quick])) == late


def test_all_tests_of_a_file_run_if_one_is_missing(tmp_path):
    """A mutant may have changed its id."""
    items = [type("Item", (), {"nodeid": name})() for name in ("a", "b", "c")]
    kept = [*items]
    Chosen(("c", "a"), tmp_path).pytest_collection_modifyitems(kept)
    assert [item.nodeid for item in kept] == ["c", "a"]
    Chosen(("c", "d"), tmp_path).pytest_collection_modifyitems(items)
    assert [item.nodeid for item in items] == ["a", "b", "c"]


def test_each_harmless_mutant_is_one_of_the_package_with_its_reason():
    """What it names has changed or is gone otherwise, or it could hide another."""
    reach = Reach(mutations.ROOT)
    name = verdicts.Verdicts(reach).name
    reasons = verdicts.harmless()
    every = [name(mutant) for mutant in mutations.all_mutants()]
    assert {known: every.count(known) for known in reasons} == dict.fromkeys(reasons, 1)
    assert all(len(reason.split()) >= 4 for reason in reasons.values())


def test_a_name_without_its_reason_is_refused(tmp_path):
    path = tmp_path / "harmless.txt"
    path.write_text("# why\n\na.py: a «<» b -> <=\nb.py: a «<» b -> <=\n")
    with pytest.raises(ValueError, match=r"'b.py: a .*' has no reason below it"):
        verdicts.harmless(path)
    path.write_text("# why\n\n    both hold at a == b\n")
    with pytest.raises(ValueError, match=r"'    both .*' is the reason of no mutant"):
        verdicts.harmless(path)
    path.write_text("# why\n\na.py: a «<» b -> <=\n    both hold at a == b\n")
    assert verdicts.harmless(path) == {"a.py: a «<» b -> <=": "both hold at a == b"}


def test_mutants_that_lie_together_share_a_reason(tmp_path):
    path = tmp_path / "harmless.txt"
    path.write_text(
        "a.py: «1» -> 2\nb.py: «1» -> 2\n    why\n\nc.py: «3» -> 4\n    so\n"
    )
    assert verdicts.harmless(path) == {
        "a.py: «1» -> 2": "why",
        "b.py: «1» -> 2": "why",
        "c.py: «3» -> 4": "so",
    }


def test_what_a_zip_asserts_is_left_as_it_is(tmp_path):
    path = tmp_path / "code.py"
    path.write_text("zip(a, b, strict=True)\nzip(a, b, strict=False)\nf(loud=True)\n")
    found = mutations.mutants_of(path, "code.py")
    assert {(m.line, m.old, m.new) for m in found} == {
        (2, "False", "True"),
        (3, "True", "False"),
    }


@pytest.mark.parametrize(
    ("killed", "survived", "share", "enough"),
    [(90, 10, "90.0%", True), (89, 11, "89.0%", False), (0, 0, "100.0%", True)],
)
def test_fewer_than_nine_in_ten_killed_are_too_few(killed, survived, share, enough):
    """Harmless ones are none of them."""
    counts = {"killed": killed, "survived": survived, "harmless": 50}
    words, is_enough = verdicts.summary(counts)
    assert is_enough == enough
    assert words.startswith(f"{killed} of {killed + survived} mutants killed ({share})")
