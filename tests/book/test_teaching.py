"""The teaching notes: four parts a chapter, and cells that show what they say."""

import ast
import re
from dataclasses import replace

import pytest
from book_links import CHAPTER, CONTENTS, cells, files, slug, solutions_of, text_of

from ganflow.dynamics import play
from ganflow.schedule import ALTERNATING, SIMULTANEOUS, critic_steps
from ganflow.widgets.one_loss_lab.recording import LAMBDAS, OPTIMIZERS
from ganflow.widgets.schedule_lab.choices import OPENING

TEACHING = "book/appendix/teaching"
TEXT = text_of(TEACHING)
PARTS = ["Predict aloud.", "The usual wrong answer.", "10 minutes.", "50 minutes."]
ENTRIES = re.split(r"^## (?=\d+\. )", TEXT, flags=re.M)[1:]
PAGES = sorted({page.removeprefix("notebooks/") for page in files()})
CHAPTERS = [  # the first page of each
    chapter["file"].removeprefix("notebooks/")
    for part in CONTENTS["parts"]
    if part.get("numbered")
    for chapter in part["chapters"]
]
BLOCKS = [b for entry in ENTRIES for b in re.split(r"\n\n|\n(?=- )", entry)]


def parts(entry):
    """The parts of an entry by their names, in the order of the text."""
    found = re.split(r"^\*\*([^*]+)\*\* ?", entry, flags=re.M)
    return dict(zip(found[1::2], found[2::2], strict=True))


def unfounded(block):
    """What a block sets in code, and no section that it links to holds.

    A name has to stand in a cell; a number has to be printed or asserted by one.
    """
    linked = [(cells(page), section) for page, section in CHAPTER.findall(block)]
    code, found = (
        "\n".join(both[kind].get(section, "") for both, section in linked)
        for kind in (0, 1)
    )
    spans = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", block)]
    return [
        span
        for span in spans
        if not re.search(
            rf"(?<![\w.]){re.escape(span)}(?!\w|\.\d)",
            found if re.match(r"[-\[]?\d", span) else code + found,
        )
    ]


def test_the_notes_are_in_the_contents_and_have_each_chapter_in_order():
    titles = [re.search(r"^# (.*)", text_of(c), re.M)[1] for c in CHAPTERS]
    heads = [entry.splitlines()[0] for entry in ENTRIES]
    assert TEACHING in set(files())
    assert heads == [f"{n}. {title}" for n, title in enumerate(titles, 1)] != []


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.splitlines()[0])
def test_an_entry_has_its_four_parts(entry):
    found = parts(entry)
    assert list(found) == PARTS
    for part in found.values():
        assert any(section for _, section in CHAPTER.findall(part))
    assert "?" in found[PARTS[0]]
    assert re.search("[Tt]empting|tempts", found[PARTS[1]]) and "`" in found[PARTS[1]]
    assert re.search(r"Say:\s", found[PARTS[2]])


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.splitlines()[0])
def test_a_plan_has_a_task_with_its_solution(entry):
    plan = " ".join(parts(entry)[PARTS[3]].split())
    task, solved, page = re.search(
        r"task ([12]) \(\[solved\]\(\.\./\.\./notebooks/(\S+)\)\) of \[On your own\]"
        r"\(\.\./\.\./notebooks/(\S+)\.ipynb#on-your-own\)",
        plan,
    ).groups()
    title = slug(re.search(r"^# (.*)", text_of(page), re.M)[1])
    assert solved == f"{solutions_of(page)}.ipynb#{title}-task-{task}"


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.splitlines()[0])
def test_an_entry_stays_within_its_chapter(entry):
    first = CHAPTERS[int(entry.split(".")[0]) - 1]
    folders = {page.split("/")[0] for page, _ in CHAPTER.findall(entry)}
    assert folders == {first.split("/")[0]}


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block[:40])
def test_what_stands_in_code_is_shown_by_a_linked_section(block):
    assert unfounded(block) == []


def test_a_number_that_no_linked_cell_shows_is_found_out():
    (block,) = (b for b in BLOCKS if "`-0.0902`" in b)
    assert unfounded(block.replace("-0.0902", "-0.0903")) == ["-0.0903"]
    assert unfounded(block.replace("-0.0902", "-0.09")) == ["-0.09"]  # not a part
    elsewhere = block.replace("#what-the-guess", "#memory-that-grows-what-the-guess")
    assert "-0.0902" in unfounded(elsewhere)


def test_the_seconds_in_the_table_are_those_of_the_pages():
    row = re.compile(
        r"^\| \[.+\]\(\.\./\.\./notebooks/(\S+)\.ipynb\).*\| (\d+) s \|$", re.M
    )
    cost = re.compile(r"\*\*Cost:\*\* about (\d+) seconds")
    costs = {chapter: cost.search(text_of(chapter))[1] for chapter in CHAPTERS}
    assert dict(row.findall(TEXT)) == costs


def test_the_notes_cite_no_thread_that_the_rest_of_the_book_does_not():
    known = "".join(text_of(page) for page in set(files()) - {TEACHING})
    threads = re.findall(r"\[([^\]]+)\]\((https:[^)]+)\)", TEXT)
    assert threads
    for name, address in threads:
        assert f"]({address})" in known
        assert name.split()[-1] == address.split("/")[-1] or "github" not in address


def lab_run(loss, schedule, step_size, strength=0.0):
    """A hundred ticks of chapter 4's lab, by plain descent, under R1."""
    setting = replace(
        OPENING,
        loss=loss,
        schedule=schedule,
        step_size=step_size,
        penalty="R1",
        strength=strength,
    )
    rules = setting.rules()
    return play(setting.players(), setting.schedule, rule=rules, ticks=100)


def test_the_lab_of_chapter_4_does_what_its_scripts_say():
    three = SIMULTANEOUS, ALTERNATING, critic_steps(5)
    at_once, in_turn, five = (lab_run("saturating", s, 0.5) for s in three)
    assert at_once.radius[-1] > 2 * at_once.radius[0]  # leaves
    assert 0.8 < in_turn.radius[-1] / in_turn.radius[0] < 1.2  # turns
    assert abs(five.psi).max() > 1.5 * abs(in_turn.psi).max()  # taller
    assert abs(five.theta).max() < abs(in_turn.theta).max()
    held = [lab_run("saturating", s, 0.5, 1.0) for s in three]
    assert all(run.radius[-1] < 1e-3 for run in held)
    at_once, in_turn = (lab_run("Wasserstein", s, 1.0, 2.0) for s in three[:2])
    assert at_once.radius[-1] < 1e-3 and in_turn.radius[-1] > 1e3


OPENINGS = {  # chapter: the figure's call, how it opens, what the script says of it
    2: (
        "02_cuts/cut_the_trace#try-it",
        "TraceView.record",
        {"cut": True},
        "opens on D's loss, with *detach the fake* ticked. Untick it first: which",
    ),
    3: (
        "03_frozen_critic/choose_what_g_hears#while-d-learns",
        "loss_arrows",
        {"loss": 0, "step": 2},
        "saturating, then non-saturating, each with *D's updates* from 10 to 300; the "
        "slider opens at 30, pull it back first.",
    ),
    4: (
        "04_turns/take_turns#try-it",
        "schedule_lab",
        {},
        "opens on the saturating loss, played at once. Move the step size from 0.2 to",
    ),
    5: (
        "05_tuning/tune_the_schedule#try-it",
        "mixture_lab",
        {},
        "A is the baseline, B has a second critic step.",
    ),
    6: (
        "06_one_loss/turn_lambda#try-it",
        "one_loss_lab",
        {"scheme": 3, "loss": 2, "lam": 3},
        "as it opens, move λ: G's mark follows. Set Adam, move λ",
    ),
}


@pytest.mark.parametrize("number", OPENINGS)
def test_a_script_starts_from_how_its_figure_opens(number):
    where, name, opening, words = OPENINGS[number]
    page, section = where.split("#")
    calls = [
        node
        for node in ast.walk(ast.parse(cells(page)[0][section]))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == name
    ]
    assert len(calls) == 1
    found = {word.arg: ast.literal_eval(word.value) for word in calls[0].keywords}
    assert found == opening
    assert words in " ".join(parts(ENTRIES[number - 1])[PARTS[2]].split())


def test_the_positions_at_which_the_figures_open_are_what_the_scripts_call_them():
    trace, arrows = (
        cells(page)[0][section]
        for page, _, section in (OPENINGS[n][0].partition("#") for n in (2, 3))
    )
    assert re.search(r'"loss_D": .*"loss_G"', trace)  # the first is the one shown
    code, _ = cells("03_frozen_critic/choose_what_g_hears")
    drawn = code["four-losses-one-direction"]
    pairs = ast.literal_eval(re.search(r"four = (\(.*?\))", drawn)[1])
    assert pairs[0] == "saturating"
    assert ast.literal_eval(re.search(r"steps, .* = (\(.*?\)),", arrows)[1])[2] == 30
    opening = OPENING.loss, OPENING.schedule, OPENING.step_size
    assert opening == ("saturating", SIMULTANEOUS, 0.2)
    tuned = cells("05_tuning/tune_the_schedule")[0]["try-it"]
    assert 'mixture_lab(tried["baseline"], tried["2 critic steps"])' in tuned
    assert (list(OPTIMIZERS)[0], LAMBDAS[3]) == ("SGD", 10.0)
