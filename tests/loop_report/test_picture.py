"""The SVG shows what the timeline lays out: each number where the eye expects it."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from loop_samples import ALL

from ganflow.loop_report.picture import marks, picture
from ganflow.loop_report.timeline import BOX, HEAD, lay_out_moves

SAMPLES = {name: make() for name, make in ALL.items() if name != "empty"}
PX = {"rtol": 0, "atol": 0.051}  # numbers are written with one decimal
CAPITAL = 0.7  # height of a capital, in sizes of the font
SIZES = {"title": 14, "note": 11, "back": 12, "lane": 16, "span": 12.5}  # timeline.css


@pytest.fixture(params=SAMPLES.values(), ids=SAMPLES)
def shown(request):
    """The picture of a sample as a tree, and what it should show."""
    text = re.search(r"<svg width=.*?</svg>(?=</div>)", picture(request.param))[0]
    return ElementTree.fromstring(text), lay_out_moves(request.param)


def numbers(node, *names):
    return [float(node.get(name)) for name in names]


def of_kind(svg, kind):
    """The nodes of a class, in the order in which they are drawn."""
    return [node for node in svg.iter() if kind in (node.get("class") or "").split()]


def middle_of(text, kind):
    """Where the middle of a line of capitals stands."""
    x, y = numbers(text, "x", "y")
    return x, y - CAPITAL * SIZES[kind] / 2


def test_boxes_lie_where_the_timeline_has_them(shown):
    svg, places = shown
    drawn = {g.get("data-box"): g.find("rect") for g in of_kind(svg, "box")}
    assert len(drawn) == len(places.boxes)
    for box in places.boxes:
        rect = drawn[f"{box.player}-{box.version}"]
        at = numbers(rect, "x", "y", "width", "height")
        np.testing.assert_allclose(at, [box.x, box.y, box.width, BOX], **PX)


def test_words_stand_in_the_middle_of_their_box_one_below_the_other(shown):
    svg, _ = shown
    for group in of_kind(svg, "box"):
        x, y, width, height = numbers(group.find("rect"), *"x y width height".split())
        title, *notes = group.findall("text")
        lines = [middle_of(title, "title"), *(middle_of(n, "note") for n in notes)]
        across = [place[0] for place in lines]
        np.testing.assert_allclose(across, x + width / 2, rtol=0, atol=0.11)
        down = [place[1] for place in lines]
        assert abs(np.mean(down) - (y + height / 2)) < 2
        if notes:
            apart = CAPITAL * (SIZES["title"] + SIZES["note"]) / 2
            assert apart + 2 < down[1] - down[0] < height - apart


def test_an_arrow_runs_along_its_pieces_and_its_head_ends_it(shown):
    svg, places = shown
    drawn = of_kind(svg, "read")
    by_step = sorted(places.arrows, key=lambda a: places.boxes.index(a.start))
    assert len(drawn) == len(by_step)
    lengths = set()
    for group, arrow in zip(drawn, by_step, strict=True):
        path = [float(n) for n in re.findall(r"-?[\d.]+", group[0].get("d"))]
        points = [arrow.pieces[0][0], *(p for c in arrow.pieces for p in c[1:])]
        np.testing.assert_allclose(np.reshape(path, (-1, 2)), points, **PX)
        x, y, left, back, wide = map(float, re.findall(r"-?[\d.]+", group[1].get("d")))
        before, end = arrow.pieces[-1][2:]
        np.testing.assert_allclose((x, y), end, **PX)
        assert (back > 0) == (before[1] > end[1])
        assert left == -wide / 2 and abs(back) <= wide < 2 * abs(back)
        lengths.add(abs(back))
    assert len(lengths) == 1


def test_a_label_is_centred_where_the_timeline_has_it(shown):
    svg, places = shown
    labels = [text for text in svg.iter("text") if text.get("class") == "back"]
    by_step = sorted(places.arrows, key=lambda a: places.boxes.index(a.start))
    told = [arrow for arrow in by_step if arrow.label]
    assert [text.text for text in labels] == [arrow.label for arrow in told]
    for text, arrow in zip(labels, told, strict=True):
        x, y = middle_of(text, "back")
        assert abs(x - arrow.label_at[0]) < 0.06 and abs(y - arrow.label_at[1]) < 0.5


def test_a_cycle_s_ground_lies_evenly_around_its_boxes_and_under_its_name(shown):
    svg, places = shown
    grounds = of_kind(svg, "cycle0") + of_kind(svg, "cycle1")
    names = of_kind(svg, "span")
    assert len(grounds) == len(names) == len(places.spans)
    for ground, (x0, x1, name), text in zip(grounds, places.spans, names, strict=True):
        x, y, width, height = numbers(ground, "x", "y", "width", "height")
        np.testing.assert_allclose(x0 - x, x + width - x1, rtol=0, atol=0.11)
        assert 0 < x0 - x and y > 0
        np.testing.assert_allclose(y, places.height - (y + height), rtol=0, atol=0.6)
        assert text.text == name and numbers(text, "x") == [round(x0, 1)]
        top = middle_of(text, "span")[1] - CAPITAL * SIZES["span"] / 2
        assert y < top and numbers(text, "y")[0] < HEAD
        held = [b for b in places.boxes if x0 <= b.x and b.x + b.width <= x1 + 0.1]
        assert held and all(y < b.y and b.y + BOX < y + height for b in held)
    rows = [ground.get("x") for ground in grounds]
    assert len(set(rows)) == len(rows)


def test_a_lane_has_its_name_at_its_height_left_of_all_boxes(shown):
    svg, places = shown
    for text in of_kind(svg, "lane"):
        height = places.lanes[text.text]
        x, y = middle_of(text, "lane")
        assert abs(y - height) < 1
        first = min(box.x for box in places.boxes)
        assert 8 < x < x + 0.62 * SIZES["lane"] * len(text.text) < first


def test_the_line_of_a_life_goes_from_the_first_version_to_the_last(shown):
    svg, places = shown
    lives = [node.get("d") for node in of_kind(svg, "life")]
    for line, (player, height) in zip(lives, places.lanes.items(), strict=True):
        own = [box.x for box in places.boxes if box.player == player]
        told = [float(n) for n in re.findall(r"[\d.]+", line)]
        np.testing.assert_allclose(told, [min(own), height, max(own)], **PX)


def test_a_fifth_player_of_no_role_has_the_first_colour_again():
    names = ["a", "G", "b", "c", "d", "e", "D"]
    found = marks(names)
    assert [found[name] for name in names] == [
        "other1", "G", "other2", "other3", "other4", "other1", "D",
    ]  # fmt: skip
