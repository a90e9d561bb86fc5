"""The live pages in Chromium, Firefox and WebKit, served and unpacked from the zip."""

import page_cost
import pytest
from site_pages import LIVE, holding

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
DRAWN = f"return ({page_cost.DRAWN})()"
SCROLL = "document.querySelector('[data-live]').scrollIntoView()"


@pytest.fixture(params=["http", "file"])
def root(request):
    """Where the site is: on a server, and in the folder that the zip unpacks to."""
    if request.param == "http":
        return request.getfixturevalue("host")
    return request.getfixturevalue("folder").as_uri()


@pytest.mark.parametrize("path", LIVE)
def test_widgets_are_drawn_and_no_other_host_is_asked(site, reader, root, path):
    reader.go(f"{root}/{path}")
    reader.run(SCROLL)
    reader.wait(DRAWN)
    own = (f"{root}/", "file:", "data:", "blob:")
    assert [url for url in reader.asked() if not url.startswith(own)] == []
    assert reader.complaints() == []


LAB = "[data-live=ready] .gf-widget"
FIELD = "[data-live=ready] .widget-text input"  # the first one is the schedule's
LOOKS = f"""return [...document.querySelectorAll("{LAB} canvas")]
    .map((canvas) => canvas.toDataURL()).join()"""
OTHER = f"""const now = (() => {{ {LOOKS} }})();
return now !== arguments[0] && now"""
SAYS = f"return document.querySelector('{LAB}').textContent.includes(arguments[0])"


@pytest.fixture(params=holding('class="gf-first-view"'))
def lab(request, site, reader, root):
    """A reader who has come to the lab of a page."""
    reader.go(f"{root}/{request.param}")
    reader.run(SCROLL)
    reader.wait(DRAWN)
    yield reader
    assert reader.complaints() == []


def test_a_schedule_that_is_typed_is_played_and_a_wrong_one_is_explained(lab):
    first = lab.run(LOOKS)
    lab.write(FIELD, "D D D G")
    if lab.run("return document.querySelector('.gf-mixture') !== null"):
        lab.click(f"{LAB} .steps button")
    second = lab.wait(OTHER, first)
    assert second != first
    lab.write(FIELD, "D X")
    lab.wait(SAYS, "X")
    lab.write(FIELD, "D G")
    lab.wait(OTHER, second)


# ---- that this reader can say no


WRONG = """<!doctype html><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="img-src 'self'"><p>Words</p>
<button>go</button><input value="old"><script>
const late = (source) => document.body.append(
  Object.assign(document.createElement("img"), { src: source }));
document.querySelector("button").onclick = () => {
  late("missing.png");
  late("https://example.org/other.png");
  console.error("said", "aloud");
  Promise.reject(new Error("broken"));
  throw new Error("thrown");
};</script>"""


SAID = ["said aloud", "Error: broken", "thrown"]
ALL_HEARD = """return arguments[0].every((part) =>
    complaints.some((words) => words.includes(part)))"""


@pytest.fixture
def wrong(reader, tmp_path):
    """A page where all goes wrong once its button is pressed."""
    (tmp_path / "page.html").write_text(WRONG)
    with page_cost.serve(tmp_path) as host:
        reader.go(f"{host}/page.html")
        yield reader


def test_a_reader_notes_all_that_goes_wrong(wrong):
    assert wrong.complaints() == []
    wrong.click("button")
    wrong.wait(ALL_HEARD, ["missing.png", "refused: https://example.org", *SAID])


def test_a_reader_replaces_what_stands_in_a_field(wrong):
    wrong.write("input", "D D G")
    assert wrong.run("return document.querySelector('input').value") == "D D G"
    assert wrong.run("return arguments[0] + 1", 2) == 3
