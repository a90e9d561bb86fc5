"""What the pages without code link to: pages, their sections, what cells there show."""

import json
import re
from functools import cache
from pathlib import Path

import yaml
from myst_parser.mdit_to_docutils.base import default_slugify

ROOT = Path(__file__).parents[2]
CHAPTER = re.compile(r"\]\(\.\./notebooks/(\w+)\.ipynb(?:#([^)]+))?\)")
CONTENTS = yaml.safe_load((ROOT / "_toc.yml").read_text())


def files(tree=CONTENTS):
    """Every page that the contents name, at any depth."""
    if isinstance(tree, dict):
        yield from (tree[key] for key in ("root", "file") if key in tree)
        yield from (page for part in tree.values() for page in files(part))
    elif isinstance(tree, list):
        yield from (page for part in tree for page in files(part))


def slug(heading):
    """A heading as MyST spells it in an address."""
    return default_slugify(heading.replace("`", ""))


def sections(chapter):
    """What a link may name in a chapter: its headings."""
    text = (ROOT / "book" / f"{chapter}.md").read_text("utf-8")
    prose = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    return {slug(heading) for heading in re.findall(r"^## (.*)", prose, re.M)}


@cache
def cells(chapter):
    """The code of each section of a chapter, and what its cells print or assert."""
    path = ROOT / "notebooks" / f"{chapter}.ipynb"
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
