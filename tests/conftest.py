"""Fixtures that several test files share."""

import os
from zipfile import ZipFile

import pack_offline
import pytest
import torch
import webdriver
from page_cost import CHROMIUM, FLAGS, serve
from site_browser import cannot, open_page
from site_pages import SITE, stale_notebooks
from small_pair import small_pair


def outdated():
    """In one line why the built site says nothing of these notebooks, or ""."""
    if "GANFLOW_SITE" in os.environ or not (stale := stale_notebooks()):
        return ""
    names = ", ".join(stale[:3]) + ", …" * (len(stale) > 3)
    return f"the site was built from another {names}: run make book"


def pytest_sessionstart():
    """Where a browser is required, an old site is one line and not a hundred errors."""
    required = os.environ.get("GANFLOW_REQUIRE_BROWSER") == "1"
    if required and (SITE / "index.html").exists() and (why := outdated()):
        pytest.exit(why, returncode=1)


def pytest_runtest_setup(item):
    """Without a CUDA device its tests are for the process that has the stand-in."""
    if item.get_closest_marker("cuda") and not torch.cuda.is_available():
        pytest.skip("no CUDA device: tests/cuda_stand_in says how one is stood in for")


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


@pytest.fixture(scope="module", params=["chromium", "firefox", "webkit"])
def reader(request, tmp_path_factory):
    """Who reads pages and moves their controls, in each browser."""
    if request.param == "chromium":
        opened = webdriver.chromium(request.getfixturevalue("chromium"))
    elif request.param == "firefox":
        if webdriver.FIREFOX is None:
            cannot("no firefox on this machine: apt-get install firefox-esr")
        opened = webdriver.firefox(tmp_path_factory.mktemp("profile"))
    else:
        if not (webdriver.WEBKIT and webdriver.MINI and webdriver.SCREEN):
            cannot("no webkit on this machine: apt-get install webkit2gtk-driver xvfb")
        opened = webdriver.webkit()
    with opened as who:
        yield who


@pytest.fixture(scope="module")
def site():
    """The folder of the built site, if it is up to date."""
    if not (SITE / "index.html").exists():
        cannot(f"no site in {SITE.name}/: run make book")
    if why := outdated():
        cannot(why)
    return SITE


@pytest.fixture(scope="module")
def browser(chromium, site):
    """Chromium, when it has an up-to-date site to read."""
    return chromium


@pytest.fixture(scope="module")
def folder(site, tmp_path_factory):
    """The unpacked zip of the built site."""
    place = tmp_path_factory.mktemp("offline")
    pack_offline.pack(site, place / "book.zip")
    ZipFile(place / "book.zip").extractall(place)
    return place / pack_offline.FOLDER


@pytest.fixture(scope="module")
def host():
    """Where the site is served."""
    with serve(SITE) as address:
        yield address


@pytest.fixture
def visit(browser, host):
    """Open a page of its own for one test."""
    opened = []

    def visit_page(path, **how):
        opened.append(open_page(browser, f"{host}/{path}", **how))
        return opened[-1]

    yield visit_page
    for page in opened:
        page.close()
