"""What the tool that breaks the package changes, and what it leaves alone."""

import ast

import mutants
import pytest

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


@pytest.fixture
def found(tmp_path):
    """The mutants of CODE, by the line and what is changed there."""
    path = tmp_path / "code.py"
    path.write_text(CODE)
    return list(mutants.mutants_of(path, "code.py"))


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


def test_a_mutant_s_own_tests_come_first():
    tests = mutants.tests_for("ganflow/dynamics/rules.py", mutants.ROOT)
    assert tests[0] == "tests/dynamics/test_rules.py"
    assert "tests/dynamics/test_play.py" in tests
    assert "tests/losses/test_losses.py" not in tests
    assert mutants.tests_for("ganflow/metrics.py", mutants.ROOT)[0] == (
        "tests/test_metrics.py"
    )


def test_a_test_that_fails_kills_and_one_that_passes_does_not(tmp_path):
    package, tests = tmp_path / "ganflow", tmp_path / "tests" / "sums"
    for folder in (package / "sums", tests):
        folder.mkdir(parents=True)
    for init in (package, package / "sums"):
        (init / "__init__.py").touch()
    (package / "sums" / "add.py").write_text("def add(a, b):\n    return a + b + 0\n")
    (tests / "test_add.py").write_text(
        "from ganflow.sums.add import add\n\n\ndef test_add():\n"
        "    assert add(0, 2) == 2\n"
    )
    code, path = package / "sums" / "add.py", "ganflow/sums/add.py"
    outcomes = {
        (mutant.start, mutant.new): mutants.is_killed(mutant, tmp_path)
        for mutant in mutants.mutants_of(code, path)
    }
    plus = [i for i, letter in enumerate(code.read_text()) if letter == "+"]
    last = len(code.read_text()) - 2
    assert outcomes == {
        (plus[0], "-"): True,
        (plus[1], "-"): False,  # 2 - 0
        (last, "(0 + 1)"): True,
    }


def test_no_test_kills_what_no_test_names(tmp_path):
    """Not even the tests of other modules, which pytest runs if it is given none."""
    (tmp_path / "ganflow").mkdir()
    (tmp_path / "tests").mkdir()
    code = tmp_path / "ganflow" / "alone.py"
    code.write_text("ONE = 1\n")
    other = tmp_path / "tests" / "test_others.py"
    other.write_text("def test_what_fails():\n    assert False\n")
    (mutant,) = mutants.mutants_of(code, "ganflow/alone.py")
    assert not mutants.is_killed(mutant, tmp_path)
    assert code.read_text() == "ONE = 1\n"
