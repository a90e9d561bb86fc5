"""The table of pages: counted by hand on a small page, and on a small site."""

import pytest
from page_table import chapter_pages, figures, reading, row, syllables, words

PAGE = """---
kernelspec: {name: python3}
---

# Two words

A walk goes back. It ends at `z.grad`!

- Each leaf gets one:
- and no more.

| a | table |
|---|---|
| of | rows |

:::{predict}
Who moves?

1. G. <!-- Then it would. -->
2. D.

:::

**Predict:** who else?

```{code-cell} ipython3
no = "words."
```
"""
SITE = """<img src="logo.png"><article>
<p><img src="a.png" alt="A"></p>
<div><figure class="gf-first-view"><img src="b.png"></figure>
<script type="application/vnd.jupyter.widget-view+json">{}</script></div>
<div><script type="application/vnd.jupyter.widget-view+json">{}</script></div>
</article>"""


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("walk", 1), ("makes", 1), ("moved", 1), ("table", 2), ("little", 2),
        ("derivative", 4), ("the", 1), ("G", 1), ("z.grad", 1), ("needs,", 1),
        ("penalty", 3), ("4", 1),
    ],
)  # fmt: skip
def test_syllables_are_groups_of_vowels_without_a_silent_e(word, expected):
    assert syllables(word) == expected


def test_ease_is_flesch_s_of_sentences_items_rows_and_headings():
    """Two words; A walk goes back; It ends at x; two items; two rows; who else."""
    lengths = [2, 4, 4, 4, 3, 2, 2, 3]  # words of each
    one_each = sum(lengths)  # "table" and no other word has two syllables
    long, ease = reading(PAGE)
    assert long == pytest.approx(one_each / len(lengths), rel=1e-12)
    heavy = (one_each + 2) / one_each  # and "predict"
    assert ease == pytest.approx(206.835 - 1.015 * long - 84.6 * heavy, rel=1e-12)
    assert words(PAGE) == one_each


def test_a_harder_page_has_a_lower_ease():
    hard = PAGE.replace("walk goes back. It", "differentiation accumulates and it")
    assert reading(hard)[1] < reading(PAGE)[1] - 10


def test_figures_are_the_article_s_pictures_and_labs_each_once(tmp_path):
    (tmp_path / "page.html").write_text(SITE)
    assert figures("page", tmp_path) == 3
    assert figures("another", tmp_path) is None


def test_a_row_counts_what_can_be_answered_and_what_cannot(tmp_path):
    one = row("page", PAGE, tmp_path)
    assert (one.answerable, one.unanswerable, one.figures) == (1, 1, None)


def test_the_pages_are_the_chapters_in_the_book_s_order_without_solutions():
    pages = list(chapter_pages())
    assert pages[0] == "notebooks/01_traces/follow_a_trace" and pages == sorted(
        pages, key=lambda page: page.split("/")[1]
    )
    assert not any("solutions" in page for page in pages) and len(pages) > 50
