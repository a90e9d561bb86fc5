"""Questions that a reader answers before seeing what happens, and their sheets.

A chapter is a notebook, so the form must read well where nothing knows it:

    :::{predict}
    Whose weights does the second walk fill?

    1. G's alone. <!-- Then D would have to be frozen. -->
    2. G's and D's.

    :::

What a wrong choice would need stands in a comment, which no viewer of notebooks shows.
Which choice is right the page does not say: its next cell that calls
`ganflow.page.answer` finds it out and prints it. A question without choices asks for a
number, which `ganflow.page.answer_number` prints. Without JavaScript all is shown;
predictions.js hides what follows until the reader answers.
"""

import re
from hashlib import sha256

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

SHEETS = ("book/appendix/predictions", "book/appendix/wrong_predictions")
PRINTED = re.compile(r"^Answer: ([-+.\de]+)(?:, give or take ([.\de]+))?$", re.M)
CODE = re.compile(r"`([^`]+)`")
COMMENT = re.compile(r"<!--\s*(.*?)\s*-->", re.S)


class prediction(nodes.General, nodes.Element):
    """A question, then its choices; `right` is a place from 1 on, or a number."""


class choice(nodes.General, nodes.Element):
    """One choice; `why` says what it would need, and is empty for the right one."""


class sheet(nodes.General, nodes.Element):
    """Where all questions of the book are listed, once all pages are read."""


class Predict(SphinxDirective):
    """One question, with a numbered list of two to four choices or none."""

    has_content = True

    def run(self):
        """Called by docutils."""
        read = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, read)
        lists = [part for part in read if isinstance(part, nodes.enumerated_list)]
        question = [part for part in read if part not in lists]
        if not question or len(lists) > 1 or read[-1:] != (lists or read[-1:]):
            raise self.error("expected a question, and one numbered list after it")
        choices = [as_choice(item) for one in lists for item in one]
        if [*read.findall(is_link)]:
            raise self.error(
                "a question is printed on sheets, and its choices become buttons: "
                "neither may hold a link; put it before the form"
            )
        if len(choices) not in (0, 2, 3, 4):
            raise self.error(f"expected two to four choices, or none: {len(choices)}")
        name = sha256(read.astext().encode()).hexdigest()[:8]
        form = prediction("", *question, *choices, ids=[f"predict-{name}"])
        question[0]["ids"].append(f"question-{name}")  # the form's name, read aloud
        self.set_source_info(form)
        return [form]


class Sheets(SphinxDirective):
    """The place of all questions."""

    def run(self):
        """Called by docutils."""
        return [sheet()]


def as_choice(item):
    """The choice that an item of the list is, its comment taken out of the text."""
    whys = []
    for raw in [*item.findall(nodes.raw)]:
        if comment := COMMENT.fullmatch(raw.astext().strip()):
            whys.append(" ".join(comment[1].split()))
            raw.parent.remove(raw)
    inline = [piece for part in item for piece in part]
    return choice("", *inline, why=" ".join(whys))


def is_link(node):
    """Whether this leads somewhere, now or once Sphinx has found out where."""
    return isinstance(node, (nodes.reference, pending_xref))


def is_output(node):
    """Whether this is what a cell printed."""
    return isinstance(node, nodes.literal_block) and "stream" in node["classes"]


def find_answers(app, document):
    """Give each question of a page the answer that the cells after it print.

    Raises
    ------
    ExtensionError : no answer, one too many, or one that the choices do not fit.
    """
    waiting, docname = [], app.env.docname
    for node in document.findall(lambda n: isinstance(n, prediction) or is_output(n)):
        if isinstance(node, prediction):
            waiting.append(node)
            continue
        for printed in PRINTED.finditer(node.astext()):
            if not waiting:
                raise ExtensionError(f"{docname}: no question for {printed[0]!r}")
            take(waiting.pop(0), printed, docname)
    if waiting:
        asked = " ".join(waiting[0][0].astext().split())
        raise ExtensionError(f"{docname}: no cell prints the answer of {asked!r}")
    forms = [*document.findall(prediction)]
    if forms:
        app.env.predictions[docname] = [form.deepcopy() for form in forms]
        answers = nodes.container("", answers_to(forms), classes=["gf-answers"])
        document[0] += answers  # on paper only, at the end of the page


def take(form, printed, docname):
    """Note the printed answer, if the question's choices fit it."""
    choices = [part for part in form if isinstance(part, choice)]
    asked = f"{docname}: of {' '.join(form[0].astext().split())!r} "
    if choices and printed[2]:
        raise ExtensionError(f"{asked}the cell prints {printed[0]!r}")
    form["right"] = printed[1]
    form["within"] = "" if choices else printed[2] or "0"
    unexplained = [str(i) for i, each in enumerate(choices, 1) if not each["why"]]
    if choices and unexplained != [printed[1]]:
        raise ExtensionError(
            f"{asked}choice {printed[1]} is right, so all others, and they alone, need "
            f"a comment that says why; without one: {', '.join(unexplained) or 'none'}"
        )


# ---- sheets of questions ----


def answers_to(forms):
    """A numbered list of the right answers."""
    return nodes.enumerated_list("", *[nodes.list_item("", right(f)) for f in forms])


def right(form):
    """The right answer of a question, in words."""
    if form["within"]:
        around = "" if form["within"] == "0" else f", give or take {form['within']}"
        return nodes.paragraph("", form["right"] + around)
    choices = [part for part in form if isinstance(part, choice)]
    words = choices[int(form["right"]) - 1].deepcopy().children
    return nodes.paragraph("", "", nodes.Text(f"({form['right']}) "), *words)


def asked(form, source):
    """A question as an item of a sheet, with a link to where it is asked."""
    parts = form.deepcopy().children
    choices = [
        nodes.list_item("", nodes.paragraph("", "", *part.children))
        for part in parts
        if isinstance(part, choice)
    ]
    question = [part for part in parts if not isinstance(part, choice)]
    question[-1] += [nodes.Text(" "), source]
    chosen = [nodes.enumerated_list("", *choices)] if choices else []
    name = f"asked-{form['ids'][0]}"
    return nodes.list_item("", *question, *chosen, ids=[name])


def in_order(env, docname):
    """The names of all pages, from this one on, as the contents list them."""
    yield docname
    for below in env.toctree_includes.get(docname, []):
        yield from in_order(env, below)


def fill_sheets(app, doctree, docname):
    """List the questions of each chapter, and their answers."""
    for place in [*doctree.findall(sheet)]:
        chapters = {}
        for page in dict.fromkeys(in_order(app.env, app.config.root_doc)):
            if page in app.env.predictions:
                chapters.setdefault(page.split("/")[-2], []).append(page)
        parts = [chapter_sheet(app, docname, *each) for each in chapters.items()]
        place.replace_self(parts)
        if any(doctree.findall(nodes.math)):
            app.env.domains["math"].data["has_equations"][docname] = True


def chapter_sheet(app, docname, chapter, pages):
    """The questions of a chapter, headed by the title of its first page."""
    title = app.env.titles[pages[0]].astext()
    questions, forms = nodes.enumerated_list(), []
    for page in pages:
        address = app.builder.get_relative_uri(docname, page)
        for form in app.env.predictions[page]:
            there = f"{address}#{form['ids'][0]}"
            source = nodes.reference("", app.env.titles[page].astext(), refuri=there)
            source["internal"] = True
            questions += asked(form, source)
            forms.append(form)
    part = nodes.section(ids=[f"sheet-{chapter}"], classes=["gf-sheet"])
    part += nodes.title("", title)
    part += questions
    part += nodes.container("", nodes.rubric("", "Answers"), answers_to(forms))
    return part


def keep_questions(app):
    """Have a place for the questions of each page, which an earlier build may fill."""
    if not hasattr(app.env, "predictions"):
        app.env.predictions = {}


def forget(app, env, docname):
    """A page is read anew."""
    getattr(env, "predictions", {}).pop(docname, None)


def merge(app, env, docnames, other):
    """Another process has read these pages."""
    found = {name: other.predictions.get(name) for name in docnames}
    env.predictions |= {name: forms for name, forms in found.items() if forms}


def rewrite_sheets(app, env):
    """A sheet is written each time, since any page may have changed."""
    return [name for name in env.all_docs if name in SHEETS]


# ---- HTML ----


def visit_prediction(translator, node):
    """Open the question; predictions.js makes its choices buttons."""
    data = {"right": node["right"], "within": node["within"], "name": node["ids"][0]}
    values = " ".join(f'data-{key}="{value}"' for key, value in data.items())
    opened = f'<div class="gf-predict" id="{node["ids"][0]}" role="group" '
    named = f'aria-labelledby="{node[0]["ids"][0]}"'
    translator.body.append(f"{opened}{named} {values}>\n")
    translator.body.append('<p class="gf-predict-title">Predict</p>')


def depart_prediction(translator, node):
    """Close it."""
    translator.body.append("</ol>\n" if node.next_node(choice) else "")
    translator.body.append("</div>\n")


def visit_choice(translator, node):
    """One item of the list, which its first opens."""
    first = not isinstance(node.parent[node.parent.index(node) - 1], choice)
    translator.body.append('<ol class="gf-choices">\n' if first else "")
    translator.body.append('<li><span class="gf-choice">')


def depart_choice(translator, node):
    """After its words what it would need."""
    translator.body.append("</span>")
    if node["why"]:
        why = CODE.sub(r"<code>\1</code>", translator.encode(node["why"]))
        translator.body.append(f' <span class="gf-why">{why}</span>')
    translator.body.append("</li>\n")


def add_script(app, pagename, templatename, context, doctree):
    """Load predictions.js on the pages that need it."""
    if pagename in (*app.env.predictions, *SHEETS):
        app.add_js_file("predictions.js", loading_method="defer")


def setup(app):
    """Called by Sphinx."""
    app.add_directive("predict", Predict)
    app.add_directive("prediction-sheets", Sheets)
    app.add_node(prediction, html=(visit_prediction, depart_prediction))
    app.add_node(choice, html=(visit_choice, depart_choice))
    app.add_node(sheet)
    app.connect("builder-inited", keep_questions)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("env-updated", rewrite_sheets)
    app.connect("doctree-read", find_answers)
    app.connect("doctree-resolved", fill_sheets)
    app.connect("html-page-context", add_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
