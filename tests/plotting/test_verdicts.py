"""Verdicts: a box for each pair of a row and a column, in one of three looks."""

import re

import pytest
from drawn_shapes import (
    assert_inside,
    assert_on_paper,
    boxes_of,
    extent,
    middle,
    pieces,
    words_of,
)
from matplotlib.colors import to_hex

from ganflow.plotting import draw_verdicts
from ganflow.plotting.verdicts import KEY, LOOKS, SAYS

TABLE = {
    "D(x).mean()": {"plain": "right", "compiled": "right"},
    "penalty": {"plain": "right", "compiled": "refused", "reentrant": "WRONG"},
    "kept": {"reentrant": "refused"},
}


@pytest.fixture
def drawn():
    return draw_verdicts(TABLE, right=["right"], silent=["WRONG"])


def cells(ax):
    """The boxes of the table, row by row, each from the left."""
    boxes = [box for box in boxes_of(ax) if box.get_width() > KEY]
    return sorted(boxes, key=lambda b: (b.get_y(), b.get_x()))


def look_of(box):
    """Which look a box has."""
    colors = box.get_facecolor(), box.get_edgecolor()
    return next(
        name
        for name, look in LOOKS.items()
        if all(
            to_hex(color) == look[part].lower()
            for color, part in zip(colors, ("facecolor", "edgecolor"), strict=True)
        )
    )


def test_each_pair_that_has_words_has_a_box_in_its_look(drawn):
    looks = ["right", "right", "right", "told", "silent", "told"]
    assert [look_of(box) for box in cells(drawn)] == looks


def test_words_stand_in_the_middle_of_their_box_and_do_not_run_over_it(drawn):
    for box, words in zip(
        cells(drawn),
        ["right", "right", "right", "refused", "WRONG", "refused"],
        strict=True,
    ):
        said = [patch for name, patch in pieces(drawn, "words") if name == words]
        (own,) = [each for each in said if extent(box).contains(*middle(each))]
        assert_inside(own, box, slack=0)


def test_a_box_stands_under_its_column_and_beside_its_row(drawn):
    words = {name: middle(patch) for name, patch in pieces(drawn, "words")}
    pairs = [(row, column) for row, said in TABLE.items() for column in said]
    for box, (row, column) in zip(cells(drawn), pairs, strict=True):
        outer = extent(box)
        assert outer.x0 < words[column][0] < outer.x1
        assert outer.y0 < words[row][1] < outer.y1


def test_the_legend_says_the_looks_that_are_there_and_no_other(drawn):
    def legend(ax):
        return [words for words in words_of(ax) if words in SAYS.values()]

    assert legend(drawn) == [*SAYS.values()]
    assert legend(draw_verdicts({"a": {"b": "c"}})) == [SAYS["told"]]


def test_nothing_runs_over_the_paper(drawn):
    assert_on_paper(drawn)
    columns = [f"a column of many words {number}" for number in range(4)]
    wide = draw_verdicts({"a row": dict.fromkeys(columns, "refused")})
    assert_on_paper(wide)
    assert [name for name in words_of(wide) if name in columns] == columns


@pytest.mark.parametrize(
    ("table", "right", "silent", "message"),
    [
        ({}, (), (), "the table has no words"),
        ({"a": {"b": ""}}, (), (), "the table has no words"),
        ({"a": {"b": "c"}}, ["c"], ["c"], "['c'] are called right and silent"),
    ],
)
def test_what_cannot_be_drawn_is_refused(table, right, silent, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        draw_verdicts(table, right, silent)
