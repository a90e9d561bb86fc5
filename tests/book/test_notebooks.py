"""The notebooks are what the text makes, and nbval really compares them."""

import subprocess
import sys
from pathlib import Path

import build_notebooks
import nbformat
import page_runs
import pytest

ROOT = Path(__file__).parents[2]
TEXTS = build_notebooks.chapters()
FIRST_CELL = (ROOT / "tools" / "first_cell.md").read_text()
MACHINES = ROOT / "book" / "09_many_machines"
COLUMNS = 98  # of code, beside both sidebars of a page 1,400 px wide
HEADER = """---
kernelspec: {display_name: Python 3, language: python, name: python3}
---
"""


def by_name(text):
    return text.stem


def run_nbval(path):
    """Exit code and output of nbval alone, without this project's own options."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    options = ["-c", "/dev/null", "--nbval-lax", "--nbval-current-env", str(path)]
    done = subprocess.run([*command, *options], capture_output=True, text=True)
    return done.returncode, done.stdout


@pytest.fixture
def page(tmp_path):
    """A chapter in a folder of its own: page(source) -> path of its text."""
    (tmp_path / "book" / "01_tries").mkdir(parents=True)
    (tmp_path / "notebooks" / "01_tries").mkdir(parents=True)

    def write(source):
        text = tmp_path / "book" / "01_tries" / "try_it.md"
        text.write_text(HEADER + source)
        return text

    return write


PRINTS = """
```{code-cell} ipython3
:tags: [nbval-check-output]

print(6 * 7)
```
"""


@pytest.mark.parametrize("text", TEXTS, ids=by_name)
def test_the_notebook_is_what_its_text_makes(text):
    made = build_notebooks.build(text)
    assert build_notebooks.notebook_path(text).read_text("utf-8") == made, (
        f"edit {text.relative_to(ROOT)} and run `make notebooks`"
    )


def test_a_notebook_that_was_run_in_place_is_noticed(page):
    text = page(PRINTS)
    path = build_notebooks.notebook_path(text)
    assert [*build_notebooks.changed([text])] == [path]  # there is none yet
    made = build_notebooks.build(text)
    path.write_text(made)
    assert [*build_notebooks.changed([text])] == []
    path.write_text(made.replace('"execution_count": null', '"execution_count": 1'))
    assert [*build_notebooks.changed([text])] == [path]


def test_every_notebook_has_a_text():
    assert build_notebooks.orphans() == []


def test_a_notebook_lies_in_notebooks_as_its_text_lies_in_book(page):
    text = page(PRINTS)
    assert build_notebooks.page_name(text) == "01_tries/try_it"
    place = build_notebooks.notebook_path(text)
    assert place == text.parents[2] / "notebooks" / "01_tries" / "try_it.ipynb"


def test_a_copy_that_an_editor_keeps_is_no_page(page):
    text = page(PRINTS)
    copy = text.parent / ".ipynb_checkpoints" / "try_it-checkpoint.md"
    copy.parent.mkdir()
    copy.write_text(text.read_text())
    assert build_notebooks.chapters(text.parents[2]) == [text]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["take_turns"], ["04_turns/take_turns"]),
        (["04_turns/take_turns", "intro"], ["04_turns/take_turns", "intro"]),
        (["09_many_machines"], sorted(p.stem for p in MACHINES.glob("*.md"))),
        (["take_turns", "take_turns"], ["04_turns/take_turns"]),
    ],
)
def test_a_page_is_named_with_or_without_its_folder(words, found):
    texts = build_notebooks.parse_arguments(words).texts
    names = [build_notebooks.page_name(text) for text in texts]
    assert len(names) == len(found)
    assert all(part in name for part, name in zip(found, names, strict=True))


def test_without_a_name_every_page_is_meant():
    assert build_notebooks.parse_arguments([]).texts == TEXTS


@pytest.mark.parametrize("word", ["turns", "take_turn", "04_turns/walk_it_twice"])
def test_a_name_that_no_page_has_is_refused(word, capsys):
    with pytest.raises(SystemExit):
        build_notebooks.parse_arguments([word])
    assert f"no page in book/ is named {word}; expected" in capsys.readouterr().err


@pytest.mark.parametrize("text", TEXTS, ids=by_name)
def test_every_checked_cell_has_an_output_and_a_count(text):
    path = build_notebooks.notebook_path(text)
    cells = nbformat.read(path, as_version=4).cells
    checked = [cell for cell in cells if build_notebooks.is_checked(cell)]
    assert checked, "a chapter without one checked number guards nothing"
    for cell in checked:
        assert cell.outputs and cell.execution_count, (
            f"run `make outputs PAGE={text.stem}`; never run:\n{cell.source}"
        )


STORED = [["image/png", "text/plain"], ["text/markdown"]]  # of a lab


@pytest.mark.parametrize("text", TEXTS, ids=by_name)
def test_no_other_output_is_stored(text):
    path = build_notebooks.notebook_path(text)
    for cell in nbformat.read(path, as_version=4).cells:
        if build_notebooks.is_pictured(cell):
            assert [[*output.data] for output in cell.outputs] == STORED
        elif cell.cell_type == "code" and not build_notebooks.is_checked(cell):
            assert cell.outputs == [] and cell.execution_count is None


@pytest.mark.parametrize("text", TEXTS, ids=by_name)
def test_every_chapter_begins_with_the_same_first_cell(text):
    source = text.read_text()
    assert FIRST_CELL in source
    assert source.index("{code-cell}") == source.index(FIRST_CELL) + len("```")


@pytest.mark.parametrize("text", TEXTS, ids=by_name)
def test_cells_are_short_enough_for_one_thought(text):
    for cell in build_notebooks.read_text(text).cells:
        if cell.cell_type == "code" and "remove-cell" not in cell.metadata.get(
            "tags", []
        ):
            assert len(cell.source.splitlines()) <= 20, cell.source


@pytest.mark.parametrize("text", TEXTS, ids=by_name)
def test_no_line_of_a_cell_or_its_output_runs_past_the_edge_of_the_page(text):
    for cell in nbformat.read(build_notebooks.notebook_path(text), as_version=4).cells:
        printed = "".join(output.get("text", "") for output in cell.get("outputs", []))
        for line in f"{cell.source}\n{printed}".splitlines():
            assert cell.cell_type != "code" or len(line) <= COLUMNS, line


@pytest.fixture
def runs(tmp_path):
    """An empty store of runs."""
    return page_runs.Runs(tmp_path / "runs")


def test_an_output_stays_with_its_cell_and_goes_when_the_cell_changes(page, runs):
    text = page(PRINTS)
    build_notebooks.refresh([text], runs)
    page("A sentence above.\n" + PRINTS)
    (cell,) = (
        c
        for c in nbformat.reads(build_notebooks.build(text), 4).cells
        if build_notebooks.is_checked(c)
    )
    assert cell.outputs[0].text == "42\n" and cell.execution_count == 1
    page(PRINTS.replace("7", "8"))
    (cell,) = nbformat.reads(build_notebooks.build(text), 4).cells
    assert cell.outputs == [] and cell.execution_count is None


def test_a_checked_cell_may_only_print(page, runs):
    text = page(PRINTS.replace("print(6 * 7)", "6 * 7"))
    with pytest.raises(ValueError, match="use print in"):
        build_notebooks.refresh([text], runs)


LAB = """
```{code-cell} ipython3
:tags: [first-view]

import ipywidgets
from matplotlib.figure import Figure
from ganflow.widgets.first_view import with_first_view

words = {"alt": "Nothing yet.", "sentence": "It *trains* where scripts run."}
with_first_view(ipywidgets.VBox(), lambda: Figure(figsize=(2, 1)), **words)
```
"""


def test_of_a_lab_the_picture_and_its_sentence_are_stored_and_stay(page, runs):
    text = page(LAB)
    build_notebooks.refresh([text], runs)
    made = build_notebooks.notebook_path(text).read_text()
    assert build_notebooks.build(text) == made
    (cell,) = nbformat.reads(made, 4).cells
    picture, sentence = cell.outputs
    assert [[*output.data] for output in cell.outputs] == STORED
    assert picture.metadata["image/png"] == {
        "width": 192,
        "height": 96,
        "alt": "Nothing yet.",
    }
    assert sentence.data["text/markdown"] == "It *trains* where scripts run."
    assert run_nbval(build_notebooks.notebook_path(text))[0] == 0


def test_a_cell_that_is_to_show_a_lab_and_does_not_is_named(page, runs):
    text = page(PRINTS.replace(build_notebooks.CHECKED, build_notebooks.PICTURED))
    with pytest.raises(ValueError, match="must end with a lab"):
        build_notebooks.refresh([text], runs)


def test_nbval_passes_a_true_output_and_fails_a_corrupted_one(page, runs):
    text = page(PRINTS)
    build_notebooks.refresh([text], runs)
    path = build_notebooks.notebook_path(text)
    made = path.read_text()
    assert run_nbval(path)[0] == 0
    path.write_text(made.replace('"42\\n"', '"43\\n"'))
    code, shown = run_nbval(path)
    assert code == 1 and "1 failed" in shown


def test_a_notebook_without_a_place_for_the_address_is_not_published():
    with pytest.raises(ValueError, match="once"):
        build_notebooks.stamp("{}", "git+https://github.com/owner/name@0123abc")
