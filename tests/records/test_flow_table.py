"""The table itself: its text, its HTML, and what it refuses."""

from html.parser import HTMLParser

import pytest

from ganflow.records import Flow, FlowCell

UNSEEN = "not seen: numpy()"


def small_table():
    return Flow(
        ("loss_D", "loss_G"),
        ("G", "D"),
        {
            ("loss_D", "G"): FlowCell(None, 0, 4, 0, "detach"),
            ("loss_D", "D"): FlowCell(0.37868, 4, 4, 4),
            ("loss_G", "G"): FlowCell(12345.678, 3, 4, 3),
            ("loss_G", "D"): FlowCell(0.1, 4, 4, 0),
        },
    )


def test_the_text_table_is_aligned_ascii_with_four_digits():
    expected = """\
loss   | G                           | D
-------+-----------------------------+--------------------
loss_D | cut: detach                 | 0.3787, stepped
loss_G | 1.235e+04, stepped (3 of 4) | 0.1000, left behind"""
    assert str(small_table()) == repr(small_table()) == expected
    assert expected.isascii()


def test_only_a_cut_that_was_seen_is_called_a_cut():
    words = {
        why: FlowCell(None, 0, 4, why=why).words()
        for why in (
            "detach",
            "frozen parameter",
            "no path",
            "no path: never called",
            UNSEEN,
        )
    }
    assert words == {
        "detach": "cut: detach",
        "frozen parameter": "cut: frozen parameter",
        "no path": "no path",
        "no path: never called": "no path: never called",
        UNSEEN: UNSEEN,
    }
    assert FlowCell(None, 0, 4).words() == "no path"
    assert FlowCell(None, 0, 4, why=UNSEEN).state == "not seen"


def test_a_cell_says_how_much_of_what_arrives_is_stepped():
    """The words, and the state that the page's style sheet knows."""
    told = {
        (4, None): ("0.5000 arrives", "arrives"),
        (3, None): ("0.5000 arrives (3 of 4)", "arrives"),
        (4, 4): ("0.5000, stepped", "stepped"),
        (3, 3): ("0.5000, stepped (3 of 4)", "stepped"),
        (4, 1): ("0.5000, 1 stepped, 3 left behind", "partly stepped"),
        (3, 1): ("0.5000, 1 stepped, 2 left behind (3 of 4)", "partly stepped"),
        (4, 0): ("0.5000, left behind", "left behind"),
    }
    for (reached, stepped), (words, state) in told.items():
        cell = FlowCell(0.5, reached, 4, stepped)
        assert (cell.words(), cell.state) == (words, state)
    table = Flow(("loss",), ("D",), {("loss", "D"): FlowCell(0.5, 4, 4, 1)})
    assert 'class="gf-D gf-partly-stepped"' in table._repr_html_()
    assert ">→ 0.5000, 1 stepped, 3 left behind</td>" in table._repr_html_()


def test_what_a_step_holds_is_counted_where_something_arrives():
    norms, held = [3.0, None, 4.0], [True, True, False]
    assert FlowCell.of_norms(norms, held=held) == FlowCell(5.0, 2, 3, 1)
    assert FlowCell.of_norms(norms) == FlowCell(5.0, 2, 3, None)
    assert FlowCell.of_norms([None], held=[True], why="detach").stepped == 0


class Outline(HTMLParser):
    """Collects the tags, the row heads and the cells of a table."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.words = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def test_the_html_table_has_a_caption_scopes_and_the_words_of_the_text():
    outline = Outline(small_table()._repr_html_())
    assert outline.open == []
    assert [tag for tag, _ in outline.tags].count("caption") == 1
    scopes = [attrs.get("scope") for tag, attrs in outline.tags if tag == "th"]
    assert scopes == ["col", "col", "col", "row", "row"]
    cells = [attrs["class"] for tag, attrs in outline.tags if tag == "td"]
    assert cells == [
        "gf-G gf-cut",
        "gf-D gf-stepped",
        "gf-G gf-stepped",
        "gf-D gf-left-behind",
    ]
    text = " ".join(outline.words)
    for cell in small_table().cells.values():
        assert cell.words() in text


def test_the_cross_in_html_stands_for_a_cut_only():
    cells = {("loss_D", "G"): FlowCell(None, 0, 4, why="no path")}
    assert ">no path</td>" in Flow(("loss_D",), ("G",), cells)._repr_html_()
    assert ">✕ cut: detach</td>" in small_table()._repr_html_()


def test_names_are_escaped_in_html():
    table = Flow(("<b>",), ("a&b",), {("<b>", "a&b"): FlowCell(1.0, 1, 1, 1)})
    assert "<b>" not in table._repr_html_() and "a&amp;b" in table._repr_html_()


def test_a_record_that_contradicts_itself_is_refused():
    with pytest.raises(ValueError, match="a norm belongs"):
        FlowCell(None, 1, 2)
    with pytest.raises(ValueError, match="5 of 4"):
        FlowCell(1.0, 5, 4)
    with pytest.raises(ValueError, match="4 of 3 reached parameters stepped"):
        FlowCell(1.0, 3, 4, 4)
    with pytest.raises(ValueError, match="cells are"):
        Flow(("loss_D",), ("D",), {})
    with pytest.raises(KeyError, match="is no cell"):
        small_table()["loss_X", "D"]


def test_only_a_derivative_of_exactly_zero_is_called_zero():
    states = [FlowCell(norm, 2, 2, 2).state for norm in (0.0, 1e-300, 1.0)]
    assert states == ["zero", "stepped", "stepped"]
