"""Each chapter page of the built site shows its answer in a picture or a lab."""

import pytest
from page_table import chapter_pages, figures
from site_pages import SITE


@pytest.mark.parametrize("page", chapter_pages())
def test_a_chapter_page_has_a_picture(page):
    shown = figures(page, SITE)
    if shown is None:
        pytest.skip(f"{page} was not built: run `make book` first")
    assert shown, f"{page} has neither a figure nor a lab"
