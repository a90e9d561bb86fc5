"""`make serve`: the built files as they are, and pages that follow each build."""

import os
import re
import socket
from functools import partial
from http.server import ThreadingHTTPServer
from threading import Thread
from urllib.request import urlopen

import pytest
import serve_site
from content_policy import with_policy

PAGE = """<!doctype html><html><head><meta charset="utf-8">
<link rel="icon" href="data:,"></head><body>{}</body></html>"""


@pytest.fixture
def site(tmp_path):
    """A folder that is served, and its address."""
    (tmp_path / "page.html").write_text(with_policy(PAGE.format("one")))
    (tmp_path / "a.css").write_text("p { color: black }")
    handler = partial(serve_site.ReloadingHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield tmp_path, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_page_comes_with_the_script_and_another_file_as_it_is(site):
    folder, address = site
    with urlopen(f"{address}/page.html") as answer:
        page = answer.read().decode()
    assert (
        re.sub(r"<script src=[^>]*></script>", "", page)
        == (folder / "page.html").read_text()
    )
    with urlopen(f"{address}/a.css") as answer:
        assert answer.read() == (folder / "a.css").read_bytes()


@pytest.mark.browser
def test_an_open_page_reloads_when_it_is_built_again(site, chromium):
    folder, address = site
    page = chromium.new_page()
    wrong = []
    page.on("console", lambda said: wrong.append(said.text))
    with page.expect_response("**/page.html") as asked:
        page.goto(f"{address}/page.html")
    while asked.value.request.method != "HEAD":  # it knows what it shows
        with page.expect_response("**/page.html") as asked:
            pass
    path = folder / "page.html"
    path.write_text(with_policy(PAGE.format("two")))
    later = path.stat().st_mtime + 5
    os.utime(path, (later, later))
    page.wait_for_selector("text=two")
    assert wrong == []
    page.close()


def test_a_port_that_is_taken_and_a_site_that_is_not_there_are_one_line(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(serve_site, "SITE", tmp_path)
    with pytest.raises(SystemExit, match="nothing built yet: run make book"):
        serve_site.main(0)
    (tmp_path / "index.html").touch()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit, match=f"try: make serve PORT={port + 1}$"):
            serve_site.main(port)
