"""Links from the chapters to the glossary: the first use of each term on a page.

A chapter is a notebook, and a `term` role would stand in it as it is typed, in Colab
too. So the text stays as it is, and the links are made when the site is written.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from book_site import digest
from docutils import nodes
from predictions import choice

GLOSSARY = "book/appendix/glossary"
# Everyday words: they are terms where they stand as a noun, or emphasised.
EVERYDAY = {"cut", "move", "one pass", "turn", "walk"}
NOUN = re.compile(r"(?i)\b(a|an|each|every|of|the) $")
CLOSED = (
    choice,  # which becomes a button
    nodes.FixedTextElement,  # code, and what it prints
    nodes.Titular,
    nodes.caption,
    nodes.literal,
    nodes.math,
    nodes.raw,
    nodes.reference,
)


@dataclass(frozen=True)
class Entry:
    """A definition: its names, its place in the glossary, its first sentence."""

    names: tuple[str, ...]
    place: str
    says: str


def entries(glossary):
    """The definitions of the glossary's document."""
    for item in glossary.findall(nodes.definition_list_item):
        terms = [*item.findall(nodes.term)]
        (meaning,) = item.findall(nodes.definition)
        says = re.split(r"(?<=[.]) ", " ".join(meaning.astext().split()))[0]
        names = tuple(term.astext() for term in terms)
        yield Entry(names, terms[0]["ids"][0], says)


def any_of(names):
    """A pattern for these names, the longest first, also as plurals."""
    longest_first = sorted(map(re.escape, names), key=len, reverse=True)
    return re.compile(rf"(?i)(?<![\w-])({'|'.join(longest_first)})s?(?![\w-])")


def is_open(text):
    """Whether a link may stand at this piece of text."""
    above = text.parent
    while above is not None:
        if isinstance(above, CLOSED):
            return False
        above = above.parent
    return True


def is_meant(found, text):
    """Whether a name is used as a term here."""
    if found[1].lower() not in EVERYDAY:
        return True
    emphasised = isinstance(text.parent, nodes.emphasis) and found[0] == text
    return emphasised or bool(NOUN.search(text[: found.start()]))


def split(text, named, pattern, address):
    """The text as pieces, its first uses as links; `named` loses what is linked."""
    at = 0
    for found in pattern.finditer(text):
        name = found[1].lower()
        if name not in named or not is_meant(found, text):
            continue
        entry = named[name]
        there = nodes.reference("", found[0], refuri=f"{address}#{entry.place}")
        there["internal"], there["classes"] = True, ["gf-term"]
        there["reftitle"] = entry.says
        yield nodes.Text(text[at : found.start()])
        yield there
        at = found.end()
        for other in entry.names:
            del named[other.lower()]
    yield nodes.Text(text[at:])


def link_first_uses(app, doctree, docname):
    """Link each term once, at its first use on a chapter's page."""
    if app.builder.format != "html" or not docname.startswith("notebooks/"):
        return
    known = entries(app.env.get_doctree(GLOSSARY))
    named = {name.lower(): entry for entry in known for name in entry.names}
    pattern = any_of(named)
    address = app.builder.get_relative_uri(docname, GLOSSARY)
    for text in [piece for piece in doctree.findall(nodes.Text) if is_open(piece)]:
        text.parent.replace(text, [*split(text, named, pattern, address)])


def notice_changed_glossary(app, config):
    """Let a changed glossary rewrite every page, as its own text does."""
    config.glossary_made_from = digest(Path(app.confdir), f"{GLOSSARY}.md")


def setup(app):
    """Called by Sphinx."""
    app.add_config_value("glossary_made_from", "", "html", [str])
    app.connect("config-inited", notice_changed_glossary)
    app.connect("doctree-resolved", link_first_uses)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
