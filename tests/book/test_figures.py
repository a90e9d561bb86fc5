"""A page that draws draws as the book does: by its style, as SVG."""

import re

import pytest
from book_links import text_of
from page_table import chapter_pages

DRAWS = re.compile(r"^ *(?:.* = )?(?:draw_\w+|plt\.\w+)\(", re.M)


@pytest.mark.parametrize("page", chapter_pages())
def test_a_page_that_draws_takes_the_book_s_style(page):
    """Without it a notebook makes a picture of pixels, in matplotlib's own colours."""
    text = text_of(page)
    drawn = DRAWS.search(text)
    assert not drawn or "use_book_style()" in text[: drawn.start()], drawn[0]
