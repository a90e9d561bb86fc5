"""What the pages without code link to: pages, their sections, what cells there show."""

import json
import re
from functools import cache
from pathlib import Path

import yaml
from myst_parser.mdit_to_docutils.base import default_slugify

ROOT = Path(__file__).parents[2]
# From the appendix to a page with code, such as 04_turns/take_turns, and a section.
CHAPTER = re.compile(r"\]\(\.\./\.\./notebooks/([\w/]+)\.ipynb(?:#([^)]+))?\)")
CONTENTS = yaml.safe_load((ROOT / "_toc.yml").read_text())


def files(tree=CONTENTS):
    """Every page that the contents name, at any depth."""
    if isinstance(tree, dict):
        yield from (tree[key] for key in ("root", "file") if key in tree)
        yield from (page for part in tree.values() for page in files(part))
    elif isinstance(tree, list):
        yield from (page for part in tree for page in files(part))


def text_of(page):
    """The text of a page that the contents name."""
    place = page.removeprefix("notebooks/").removeprefix("book/")
    return (ROOT / "book" / f"{place}.md").read_text("utf-8")


def solutions_of(page):
    """Where the tasks of a page are solved: beside it, by the name of its folder."""
    folder = page.split("/")[0]
    return f"{folder}/solutions_to_{folder.partition('_')[2]}"


def slug(heading):
    """A heading as MyST spells it in an address."""
    return default_slugify(heading.replace("`", ""))


def sections(page):
    """What a link may name in a page: its headings."""
    prose = re.sub(r"^```.*?^```", "", text_of(page), flags=re.S | re.M)
    return {slug(heading) for heading in re.findall(r"^## (.*)", prose, re.M)}


@cache
def cells(page):
    """The code of each section of a page, and what its cells print or assert."""
    path = ROOT / "notebooks" / f"{page}.ipynb"
    section, code, found = "", {}, {}
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            printed = ["".join(out.get("text", "")) for out in cell["outputs"]]
            held = re.findall(r"^ *assert .*(?:\n +.*)*", source, re.M)
            code[section] = "\n".join((code.get(section, ""), source))
            found[section] = "\n".join((found.get(section, ""), *printed, *held))
        for heading in re.findall(r"^## (.*)", source, re.M):
            section = slug(heading) if cell["cell_type"] == "markdown" else section
    return code, found
