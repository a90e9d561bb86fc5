"""The report in a terminal: true to the record, narrow, plain."""

import re
import subprocess
import sys
from dataclasses import replace

import pytest
from loop_samples import ALL, FILE, at, linecache, moves

from ganflow.loop_report import Place, words
from ganflow.loop_report.text import COLUMNS, _book, _finding, _folded, as_text


@pytest.mark.parametrize("make", ALL.values(), ids=ALL)
def test_it_fits_a_terminal_in_plain_ascii(make):
    text = str(make())
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 98
    assert 12 <= len(text.splitlines()) <= 60
    assert text == repr(make()) == str(make())


@pytest.mark.parametrize("make", ALL.values(), ids=ALL)
def test_every_kind_of_move_of_a_cycle_is_told_with_its_line(make):
    text = str(make())
    for move, _ in words.alike(words.one_cycle(make())):
        name = words.version(move.player, move.version)
        place = str(move.place) if move.place.file else "a line that is unknown"
        told = rf"{re.escape(name)}(, the first of \d+ alike)?: {move.player} moves at"
        assert re.search(rf"{told} {re.escape(place)} ", text)


def unfolded(name):
    """The text of a sample in one line."""
    return " ".join(str(ALL[name]()).split())


def test_the_schedule_comes_first_and_whether_it_is_settled():
    lines = str(ALL["alternating"]()).splitlines()
    assert lines[2] == "Schedule: alternating: D reads G0, G reads D1"
    assert lines[3] == (
        "  It is settled: after 6 moves the pattern of 2 moves had repeated twice."
    )
    assert "It is not settled: in 3 moves" in str(ALL["unsettled"]())
    assert "It is not settled: no move was seen." in str(ALL["empty"]())


def test_a_read_is_the_newest_or_so_many_moves_back():
    assert "It reads D4 (newest)." in str(ALL["alternating"]())
    assert "It reads D3 (1 move back)." in str(ALL["simultaneous"]())
    pool = str(ALL["pool"]())
    assert "It reads G2 (2 moves back) and G3 (1 move back)." in pool


def test_not_there_and_unknown_are_two_things():
    """A step on D alone was looked at; what came from disk was not."""
    alone = str(ALL["stylegan"]())
    assert "It reads its own weights only; a read of G is not there." in alone
    assert "unknown" not in alone.split("Cost of a cycle")[0]
    blind = str(ALL["blind"]())
    assert "It reads G3 (newest); what else it reads is unknown." in blind
    assert "      What it reads is unknown." in blind
    assert "a read of" not in blind


def test_37_moves_are_told_as_four_kinds_and_an_order():
    text = unfolded("stylegan")
    assert text.count(" moves at ") == 4
    assert "G41, the first of 16 alike: G moves at train.py:48" in text
    assert "fed by 2 backward passes at train.py:47" in text
    assert "One cycle of 37 moves, in this order: 2 x G, 2 x D, G, D," in text
    assert "this order: 5 x D, G" in str(ALL["critic"]())
    assert "this order: D, G, Q with G" in str(ALL["three"]())


def test_what_arrived_says_its_fate():
    text = str(ALL["alternating"]())
    row = r"train\.py:47  D +8 of 8 +4  wiped 3, left behind 1"
    assert re.search(row, text)
    lost = replace(ALL["alternating"]().arrivals[2], fates={"wiped": 3})
    assert words.fate(lost) == "wiped 3, unknown 1"


def test_cost_is_shared_among_players_and_passes_and_sums_to_all():
    report = ALL["faults"]()
    shares = [s for kinds in words.spent(report).values() for s in kinds.values()]
    assert sum(shares) == pytest.approx(1)
    assert "12.7 GFLOP; 6.3 % of it was seen to lead to nothing." in str(report)
    assert "Wasted at train.py:47: 6.3 %, gradients by weights of D." in str(report)
    unwasted = replace(report.cost, rows=report.cost.rows[:3])
    assert "none of it was seen to lead to nothing" in str(
        replace(report, cost=unwasted)
    )


def test_findings_show_level_line_source_sentence_cure_and_section():
    text = str(ALL["faults"]())
    assert "Findings: 1 error, 1 warning and 2 notes" in text
    start = text.index("  ERROR other-loss-leftovers: train.py:42, seen 3 times")
    told = text[start:].splitlines()
    assert told[1] == "      | opt_D.step()"
    assert told[4] == "      See also train.py:47."
    assert told[5].startswith("      Cure: Call opt_D.zero_grad()")
    assert told[6] == "      The book on it: notebooks/10_errors/read_the_error.html"
    assert text.index("ERROR") < text.index("WARNING") < text.index("NOTE")


def test_nothing_found_is_said_in_one_line():
    text = str(ALL["critic"]())
    assert "\nFindings: nothing wrong, doubtful or wasted was seen.\n" in text


def test_a_move_that_read_from_the_dark_is_never_called_fully_seen():
    dark = replace(ALL["blind"](), unseen=())
    assert "Unknown: nothing" not in str(dark)
    assert "Unknown: nothing" in str(ALL["alternating"]())


def test_an_address_of_the_book_goes_before_each_path():
    text = as_text(ALL["faults"](), book="https://example.org/book/")
    links = re.findall(r"The book on it:\s+(\S+)", text)
    assert len(links) == 5
    assert all(link.startswith("https://example.org/book/") for link in links)


def test_letters_of_a_source_line_beyond_ascii_are_escaped():
    line = at(42)
    linecache.cache[FILE][2][41] = "größe.step()\n"
    try:
        found = replace(ALL["faults"]().findings[0], place=line)
        text = as_text(replace(ALL["faults"](), findings=(found,)))
        assert r"| gr\xf6\xdfe.step()" in text
    finally:
        at(42)


def test_a_cycle_is_counted_from_the_loops_first_move():
    report = ALL["critic"]()
    cut = replace(report, moves=report.moves[2:-3])
    assert [move.number for move in words.one_cycle(cut)] == [12, 13, 14, 15, 16, 17]
    assert len(words.one_cycle(cut, repeats=2)) == 12
    few = replace(report, moves=report.moves[2:7])
    assert [move.number for move in words.one_cycle(few)] == [2, 3, 4, 5, 6]


def test_a_move_on_an_older_version_of_its_own_player_says_so():
    (move,) = moves([("D", 42, [41], {"G": [0]})], 1)
    stale = replace(move, version=4, reads={"D": (2,), "G": (0,)})
    assert words.reading(stale, "GD") == "It reads G0 (newest) and D2 (1 move back)."
    assert words.reading(move, "GD") == "It reads G0 (newest)."


def test_several_lines_may_feed_a_move():
    (move,) = moves([("D", 42, [41, 52, 52], {})], 1)
    lines = "train.py:41 and train.py:52 (2 of them)"
    assert words.feeding(move) == f"fed by the backward passes at {lines}"
    assert "unknown" in words.feeding(replace(move, fed_by=(Place("", 0),)))


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0, "0 %"),
        (0.0004, "below 0.1 %"),
        (0.063, "6.3 %"),
        (0.5, "50 %"),
        (1, "100 %"),
    ],
)
def test_shares_have_two_digits(share, said):
    assert words.percent(share) == said


def indents(lines):
    return [len(line) - len(line.lstrip()) for line in lines]


@pytest.mark.parametrize(("indent", "hang"), [(0, 2), (2, 0), (2, 4)])
def test_what_does_not_fit_a_line_goes_on_further_in(indent, hang):
    first, *rest = indents(_folded("word " * 60, indent, hang))
    assert first == indent and rest == [indent + hang] * len(rest) and len(rest) > 1
    assert _folded("word " * 60, indent) == _folded("word " * 60, indent, 0)


def test_an_address_that_does_not_fit_stands_alone_and_two_further_in():
    short = _book("a.html", "https://book.example", 2)
    assert short == ["  The book on it: https://book.example/a.html"]
    room = COLUMNS - len(short[0])
    full = _book("a" * room + "a.html", "https://book.example", 2)
    assert len(full) == 1 and len(full[0]) == COLUMNS
    long = _book("a" * room + "aa.html", "https://book.example", 2)
    assert long[0] == "  The book on it:" and indents(long) == [2, 4]


@pytest.mark.parametrize(("times", "more"), [(1, ""), (2, ", seen 2 times")])
def test_a_finding_says_how_often_if_more_than_once(times, more):
    some = next(report.findings for make in ALL.values() if (report := make()).findings)
    found = replace(some[0], times=times)
    line = next(_finding(found, ""))
    assert line.endswith(f"{found.place}{more}")


SHELL = """
from IPython.core.compilerop import CachingCompiler
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

class OfAKernel(CachingCompiler):
    format_code_name = None  # as in IPython 7
    def get_code_name(self, raw_code, code, number):
        return f"/no/such/folder/{len(code)}.py"

InteractiveShell.compiler_class = OfAKernel
config = Config()
config.HistoryManager.hist_file = ":memory:"
shell = InteractiveShell.instance(config=config)
"""


def test_a_cell_is_named_by_the_number_of_its_latest_run():
    """Its file has a name of the kernel's own, which Colab's IPython cannot read."""
    place = "here = Place(sys._getframe().f_code.co_filename, 1); print(here)"
    cells = ["import sys; from ganflow.loop_report import Place", place, "print(here)"]
    cells += [place, "print(Place('/a/b.py', 3))"]
    run = f"for cell in {cells}: shell.run_cell(cell, True).raise_error()"
    command = [sys.executable, "-W", "ignore", "-c", SHELL + run]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout.split() == ["In[2]:1", "In[2]:1", "In[4]:1", "b.py:3"], done


def test_what_is_said_of_a_player_goes_on_two_further_in():
    note = "G plays with an encoder: " + "one optimizer steps both, " * 5
    (make, *_) = ALL.values()
    first, second, empty = as_text(replace(make(), notes=(note,))).splitlines()[1:4]
    assert [len(line) - len(line.lstrip()) for line in (first, second)] == [2, 4]
    assert not empty
