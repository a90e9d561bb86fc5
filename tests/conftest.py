"""Fixtures that several test files share."""

import pytest
from site_browser import CHROMIUM, FLAGS, cannot
from small_pair import small_pair


@pytest.fixture
def pair():
    """A small G and D with one batch each."""
    return small_pair()


@pytest.fixture(scope="module")
def chromium():
    """A running Chromium."""
    if CHROMIUM is None:
        cannot("no chromium on this machine: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
