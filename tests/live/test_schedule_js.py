"""The page reads and refuses schedules in the words of `ganflow.schedule`."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from in_node import LIVE, Refused, node

from ganflow.schedule import Schedule

MOST = 12
LATER = "ƛɤ\ua7d3\ua7d5"  # they got capital letters after the Unicode of Python 3.11
SPACES = " \t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2003\u2028\u2029\u202f\u205f\u3000"
NO_SPACES = "\ufeff\u200b\u180e\0\x7f"
LONGER = "ßŉǰΐﬁﬃİıſᾳ"  # whose capital is of several letters, or an ASCII one
QUOTED = "'\"\\\a\u00ad\U000e0001\U0001f600\ue000"
CLOSE = "DGdgＤＧ\u13a0ᴅ\U0001d403"
ANY = st.text(
    st.characters(exclude_categories=("Cs", "Cn"), exclude_characters=LATER),
    max_size=12,
)
NEAR = st.text(st.sampled_from("DDGGdg" + SPACES + NO_SPACES + LONGER + QUOTED + CLOSE))
TURNS = st.lists(st.sampled_from(["D", "G", "DG", "GD", "d", "dG"]), max_size=15)
SPACED = st.builds(
    lambda turns, space: space.join(turns), TURNS, st.sampled_from(SPACES)
)


@pytest.fixture(scope="module")
def page():
    with node(LIVE / "schedule.js") as call:
        yield call


def read(text):
    """What Python makes of a text: its schedule or the words of its refusal."""
    try:
        return Schedule.from_text(text)
    except ValueError as error:
        return str(error)


@settings(max_examples=600, derandomize=True, deadline=None)
@given(text=st.one_of(ANY, NEAR, SPACED))
@example("")
@example(" ")
@example("D D G")
@example("DG")
@example("gd\td")
@example("D G DD")
@example("D D")
@example("G")
@example("D G G̈")
@example("D G " + QUOTED)
@example("\x1cD\x1fG\x85")
@example("D\ufeffG")
@example(" ".join("D" * 11 + "G"))
def test_the_page_accepts_and_refuses_what_python_does(page, text):
    expected = read(text)
    if isinstance(expected, str):
        with pytest.raises(Refused) as refused:
            page("turnsOf", text)
        assert str(refused.value) == expected
    elif len(expected.turns) > MOST:
        with pytest.raises(Refused, match=f"{len(expected.turns)} turns; expected at"):
            page("turnsOf", text)
    else:
        turns = page("turnsOf", text)
        assert turns == ["".join(turn) for turn in expected.turns]
        assert page("nameOf", turns) == expected.text == expected.name
        moves = page("movesOf", turns)
        assert moves == [vars(move) for move in expected.moves]
        assert [page("readsOf", move) for move in moves] == [
            str(move) for move in expected.moves
        ]


@pytest.mark.parametrize("letter", [*SPACES, *LONGER, *QUOTED, *CLOSE, *NO_SPACES])
def test_each_odd_letter_between_two_players(page, letter):
    text = f"D{letter}G"
    expected = read(text)
    if isinstance(expected, str):
        with pytest.raises(Refused) as refused:
            page("turnsOf", text)
        assert str(refused.value) == expected
    else:
        assert page("turnsOf", text) == ["".join(turn) for turn in expected.turns]


def test_a_tick_of_thirteen_turns_is_refused_with_its_number(page):
    assert len(page("turnsOf", "D " * 11 + "G")) == MOST
    with pytest.raises(Refused) as refused:
        page("turnsOf", "D " * 12 + "G")
    assert str(refused.value) == (
        "the schedule has 13 turns; expected at most 12 in a tick"
    )
