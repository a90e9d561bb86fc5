"""A question hides what follows till it is answered; the answer is kept and listed."""

import subprocess
import sys

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from package_imports import ROOT

STATIC = ROOT / "book" / "_static"
CONF = f"""import sys
sys.path.insert(0, {str(ROOT / "book" / "_ext")!r})
extensions = ["myst_nb", "predictions"]
nb_execution_mode = "off"
myst_enable_extensions = ["colon_fence", "dollarmath"]
html_static_path = [{str(STATIC)!r}]
html_css_files = ["ganflow.css"]
html_theme = "basic"
suppress_warnings = ["myst-nb.lexer", "config.cache"]
"""
INDEX = "# All\n\n```{toctree}\nnotebooks/03_d/page\nbook/appendix/predictions\n"
INDEX += "book/appendix/wrong_predictions\n```\n"
ASKED = """# Spare the critic

## Two halves

Before it.

:::{predict}
Does it need `gradWeight` of D?

1. Of each layer. <!-- Then `gradWeight` would be read. -->
2. Of none.
3. Of the last.
   <!-- Only if the loss
   held it. -->

:::
"""
AGAIN = """After the first.

(deep)=
### Deeper

Here.

:::{predict}
How many products has $G$?

:::
"""
RESULTS = "x 3\nAnswer: 2\n", "Answer: 9, give or take 0.5\n"


def printing(text):
    outputs = [new_output("stream", name="stdout", text=text)]
    return new_code_cell("run()", outputs=outputs, execution_count=1)


def write_site(folder, texts, results):
    """The sources of a small site with one page of these texts and printed results."""
    for name in ("notebooks/03_d", "book/appendix"):
        (folder / name).mkdir(parents=True)
    cells = []
    for text, result in zip(texts, results, strict=True):
        cells += [new_markdown_cell(text), printing(result)]
    cells += [new_markdown_cell("The end.")]
    nbformat.write(new_notebook(cells=cells), folder / "notebooks/03_d/page.ipynb")
    (folder / "conf.py").write_text(CONF)
    (folder / "index.md").write_text(INDEX)
    for name in ("predictions", "wrong_predictions"):
        (folder / f"book/appendix/{name}.md").write_text(
            (ROOT / f"book/appendix/{name}.md").read_text("utf-8")
        )


def build(folder):
    command = [sys.executable, "-m", "sphinx", "-q", "-W", str(folder)]
    return subprocess.run(
        [*command, str(folder / "out")], capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The built site's folder."""
    folder = tmp_path_factory.mktemp("asks")
    write_site(folder, (ASKED, AGAIN), RESULTS)
    run = build(folder)
    assert run.returncode == 0, run.stderr
    return folder / "out"


PAGE = "notebooks/03_d/page.html"


def soup(small, path=PAGE):
    return BeautifulSoup((small / path).read_text("utf-8"), "html.parser")


@pytest.fixture
def reader(chromium, small):
    """A reader with a browser of their own: reader(path) opens a page."""
    context = chromium.new_context()
    page = context.new_page()
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))

    def visit(path=PAGE):
        page.goto(f"{(small / path).as_uri()}")
        return page

    yield visit
    assert page.complaints == []
    context.close()


def waits(page):
    """The texts of what is hidden."""
    return page.eval_on_selector_all(
        ".gf-waits", "all => all.filter(e => e.inert).map(e => e.innerText.trim())"
    )


def test_without_a_script_all_is_there(small):
    first, second = soup(small).select(".gf-predict")
    choices = [item.get_text().strip() for item in first.select(".gf-choice")]
    assert choices == ["Of each layer.", "Of none.", "Of the last."]
    whys = [why.decode_contents() for why in first.select(".gf-why")]
    assert whys == [
        "Then <code>gradWeight</code> would be read.",
        "Only if the loss held it.",
    ]
    assert not first.select("button, input") and not second.select("button, input")
    assert not soup(small).select("[inert], .gf-waits")
    assert (first["data-right"], second["data-right"]) == ("2", "9")


def test_a_sheet_has_what_typesets_its_formulas(small):
    scripts = soup(small, "book/appendix/predictions.html").select("script[src]")
    assert any("mathjax" in script["src"] for script in scripts)


def test_what_follows_waits_up_to_the_next_heading_or_question(reader):
    page = reader()
    cell, after, deep_cell, end = waits(page)
    assert cell.endswith("Answer: 2") and after == "After the first."
    assert deep_cell.endswith("give or take 0.5") and end == "The end."


def test_a_wrong_choice_says_what_it_would_need_and_is_kept(reader):
    page = reader()
    page.get_by_role("button", name="Of each layer.").focus()
    page.keyboard.press("Enter")
    status = page.get_by_role("status").first
    assert status.inner_text() == "Not so. Then gradWeight would be read."
    assert len(waits(page)) == 2
    assert page.locator("[data-was=wrong]").count() == 1

    page = reader("book/appendix/wrong_predictions.html")
    assert "0 of 1 first answers were right." in page.inner_text("#gf-wrong")
    items = page.locator(".gf-sheet > ol > li:visible")
    assert items.count() == 1
    assert "You answered “Of each layer.”." in items.inner_text()
    assert "Of none." in items.inner_text()
    assert not page.get_by_text("Answers", exact=True).is_visible()
    items.get_by_role("link").click()
    assert page.url.endswith(page.locator(".gf-predict").first.get_attribute("id"))
    assert len(waits(page)) == 2  # it is answered
    assert "first answer was not right" in page.get_by_role("status").first.inner_text()

    page.get_by_role("button", name="Of none.").click()
    assert status.inner_text() == "Right."
    page = reader("book/appendix/wrong_predictions.html")
    assert "Since then you were right." in page.inner_text(".gf-sheet")
    page.get_by_role("button", name="Forget my answers").click()
    assert "No question has been answered" in page.inner_text("#gf-wrong")
    assert page.locator(".gf-sheet:visible").count() == 0
    assert len(waits(reader())) == 4


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("9.5", "Right."),
        ("8,5", "Right."),
        ("9.6", "Not so: it is 9."),
        ("nine", "“nine” is no number: type one such as 12 or 0.5."),
    ],
)
def test_a_number_counts_within_its_tolerance(reader, typed, said):
    page = reader()
    page.get_by_label("Your number").fill(typed)
    page.keyboard.press("Enter")
    assert page.get_by_role("status").last.inner_text() == said
    assert len(waits(page)) == (4 if "no number" in said else 2)


def test_a_reader_may_look_without_answering(reader):
    page = reader()
    page.get_by_role("button", name="Show without answering").first.click()
    assert len(waits(page)) == 2
    assert len(waits(reader())) == 4  # nothing was kept

    page = reader("book/appendix/wrong_predictions.html")
    page.get_by_label("Show every page whole").check()
    assert waits(reader()) == []


@pytest.mark.parametrize(
    "kept",
    [
        "no JSON",
        "null",
        "7",
        '["x"]',
        '{"answers": null, "open": "yes"}',
        '{"answers": {"NAME": null}}',
        '{"answers": {"NAME": {"first": 2}}}',
    ],
)
def test_what_is_no_answer_counts_as_none(reader, kept):
    page = reader()
    name = page.locator(".gf-predict").first.get_attribute("id")
    page.evaluate(
        "text => localStorage.setItem('gf-predictions', text)",
        kept.replace("NAME", name),
    )
    assert len(waits(reader())) == 4
    assert page.get_by_role("status").first.inner_text() == ""
    page = reader("book/appendix/wrong_predictions.html")
    assert "No question has been answered" in page.inner_text("#gf-wrong")
    reader().get_by_role("button", name="Of none.").click()
    assert len(waits(reader())) == 2  # and an answer is kept again


def test_the_answer_to_a_question_that_was_rewritten_is_not_counted(reader):
    page = reader()
    page.evaluate(
        """localStorage.setItem("gf-predictions", JSON.stringify(
        {answers: {"predict-0ld": {first: "Of all.", right: true, since: true}}}))"""
    )
    assert len(waits(reader())) == 4
    page.get_by_role("button", name="Of each layer.").click()
    page = reader("book/appendix/wrong_predictions.html")
    assert "0 of 1 first answers were right." in page.inner_text("#gf-wrong")


def test_a_screen_reader_hears_the_question_and_what_was_shown(reader):
    page = reader()
    form = page.get_by_role("group", name="Does it need gradWeight of D?")
    assert form.get_by_role("listitem").count() == 3
    assert form.get_by_role("button", name="Of none.").count() == 1
    form.get_by_role("button", name="Show without answering").click()
    assert form.get_by_role("status").inner_text() == "What follows is shown."
    form = page.get_by_role("group", name="How many products has")
    form.get_by_label("Your number").fill("9")
    form.get_by_role("button", name="Answer", exact=True).click()
    assert form.get_by_role("status").inner_text() == "Right."


def test_on_paper_nothing_is_blurred_and_the_answers_come_last(reader, small):
    page = reader()
    page.emulate_media(media="print")
    blurred = "all => all.map(e => getComputedStyle(e).filter)"
    assert set(page.eval_on_selector_all(".gf-waits", blurred)) == {"none"}
    answers = page.locator(".gf-answers")
    assert answers.is_visible()
    assert answers.inner_text().split("\n\n") == ["(2) Of none.", "9, give or take 0.5"]
    assert not page.locator(".gf-foot").first.is_visible()


@pytest.mark.parametrize("answers", [False, True])
def test_a_teacher_prints_a_chapter(reader, answers):
    page = reader("book/appendix/predictions.html")
    page.evaluate(
        """window.print = () => {
        window.seen = [...document.querySelectorAll("li, .rubric")]
            .filter(e => e.checkVisibility()).map(e => e.innerText.trim()); }"""
    )
    page.emulate_media(media="print")
    names = "Print the questions", "Print them with the answers"
    page.evaluate(
        "name => [...document.querySelectorAll('button')]"
        ".find(b => b.innerText === name || b.textContent === name).click()",
        names[answers],
    )
    seen = page.evaluate("window.seen")
    assert any(text.startswith("How many products has") for text in seen)
    assert ("Answers" in seen) == answers == any("(2)" in text for text in seen)
    assert page.evaluate("document.documentElement.dataset.sheet ?? null") is None


@pytest.mark.parametrize(
    ("texts", "results", "said"),
    [
        ([ASKED], ["x 3\n"], "no cell prints the answer of 'Does it need"),
        (["No form."], ["Answer: 1\n"], "no question for 'Answer: 1'"),
        ([ASKED], ["Answer: 1\n"], "choice 1 is right, so all others"),
        ([ASKED], [RESULTS[1]], "the cell prints 'Answer: 9"),
        ([ASKED.replace("1. Of", "1. [a](x)")], ["Answer: 2\n"], "may hold a link"),
        ([ASKED.replace("Does", "[Does](x)")], ["Answer: 2\n"], "may hold a link"),
        ([ASKED.replace("2. Of none.\n3.", "")], ["Answer: 1\n"], "two to four"),
    ],
)
def test_what_does_not_fit_stops_the_build(tmp_path, texts, results, said):
    write_site(tmp_path, texts, results)
    run = build(tmp_path)  # in a process of its own: other tests have loaded Sphinx
    assert run.returncode != 0 and said in run.stderr
