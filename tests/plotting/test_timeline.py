"""The still timeline has a box for each version and an arrow for each read."""

import numpy as np
import pytest
from drawn_shapes import (
    assert_inside,
    boxes_of,
    extent,
    middle,
    paper_of,
    pieces,
    words_of,
)
from loop_samples import ALL

from ganflow.loop_report.timeline import lay_out_moves
from ganflow.plotting import draw_timeline

LOOPS = [name for name in ALL if name != "empty"]


@pytest.mark.parametrize("name", LOOPS)
def test_each_version_has_a_box_that_says_its_name(name):
    places = lay_out_moves(ALL[name]())
    ax = draw_timeline(ALL[name]())
    boxes = dict(pieces(ax, "version"))
    assert set(boxes) == {f"{box.player}{box.version}" for box in places.boxes}
    for box in places.boxes:
        words = [a for w, a in pieces(ax, "words") if w == box.title]
        drawn = middle(boxes[f"{box.player}{box.version}"])
        apart = [np.abs(middle(word) - drawn).max() for word in words]
        assert min(apart) < 3


@pytest.mark.parametrize("name", LOOPS)
def test_each_read_has_an_arrow_from_the_step_to_what_it_read(name):
    places = lay_out_moves(ALL[name]())
    ax = draw_timeline(ALL[name]())
    boxes, reads = dict(pieces(ax, "version")), pieces(ax, "read")
    assert len(reads) == len(places.arrows)
    for (ends, line), arrow in zip(reads, places.arrows, strict=True):
        start, end = (boxes[each] for each in ends.split(" > "))
        corners = line.get_path().vertices
        for corner, box in ((corners[0], start), (corners[-1], end)):
            assert extent(box).padded(0.5).contains(*corner)
        assert (line.get_linestyle() == "-") == (arrow.lag == 0)
    labels = [arrow.label for arrow in places.arrows if arrow.label]
    assert [words for words in words_of(ax) if words in labels] == labels


def test_a_loop_that_reads_an_older_version_says_how_old():
    ax = draw_timeline(ALL["simultaneous"]())
    said = [a for words, a in pieces(ax, "words") if words == "1 back"]
    behind = [box for box in boxes_of(ax) if box.get_zorder() == 5.5]
    assert len(said) == len(behind) > 0
    for words, paper in zip(said, behind, strict=True):
        assert_inside(words, paper)
        np.testing.assert_allclose(middle(words), middle(paper), rtol=0, atol=3)
    assert "1 back" not in words_of(draw_timeline(ALL["alternating"]()))


def test_several_loops_stand_below_each_other_under_their_names():
    reports = {name: ALL[name]() for name in ("alternating", "simultaneous", "critic")}
    ax = draw_timeline(reports)
    names = [a for words, a in pieces(ax, "words") if words in reports]
    heights = [middle(name)[1] for name in names]
    assert len(names) == 3 and heights == sorted(heights)
    tall = [lay_out_moves(report).height for report in reports.values()]
    assert (np.diff(heights) > tall[:-1]).all()


@pytest.mark.parametrize("name", LOOPS)
def test_all_of_it_lies_on_the_paper(name):
    ax = draw_timeline({"a name that is longer than this picture is wide": ALL[name]()})
    for kind in ("version", "read", "words"):
        for _, artist in pieces(ax, kind):
            assert_inside(artist, paper_of(ax), slack=4)


@pytest.mark.parametrize(
    ("reports", "message"),
    [
        ({}, "reports is empty; expected one"),
        ({"a": ALL["empty"]()}, "no step was seen in the loop 'a'"),
    ],
)
def test_what_cannot_be_drawn_is_refused(reports, message):
    with pytest.raises(ValueError, match=message):
        draw_timeline(reports)
