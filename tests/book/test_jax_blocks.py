"""What chapter 2 prints of JAX: the blocks run, and torch's twins print the same."""

import json
import re
from contextlib import redirect_stdout
from io import StringIO

import pytest
from book_links import ROOT, text_of

PAGE = "notebooks/02_cuts/come_from_jax"
BLOCK = re.compile(
    r"^```python\n# JAX\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.S | re.M
)
BLOCKS = BLOCK.findall(text_of(PAGE))


def printed_by_torch():
    """What the page's checked cells print, as the notebook keeps it."""
    cells = json.loads((ROOT / f"{PAGE}.ipynb").read_text("utf-8"))["cells"]
    texts = ["".join(o["text"]) for c in cells for o in c.get("outputs", ())]
    return [line for text in texts for line in text.splitlines()]


def test_every_block_of_jax_on_the_page_is_found():
    assert len(BLOCKS) == text_of(PAGE).count("# JAX\n") > 0


def test_the_twins_print_what_jax_printed():
    twins = printed_by_torch()
    printed = [line for _, text in BLOCKS for line in text.splitlines()]
    others = [line for line in printed if line not in twins]
    assert len(printed) > 10 and others == ["5 5", "norm          [nan nan]"]


def test_the_blocks_print_what_the_page_shows():
    pytest.importorskip("jax", reason="jax is not installed")
    names = {}
    for code, shown in BLOCKS:
        with redirect_stdout(StringIO()) as said:
            exec(compile(code, PAGE, "exec"), names)
        assert said.getvalue() == shown
