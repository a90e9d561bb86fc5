"""A page is as long as a reader feels it: in words and in cells."""

import re

import pytest
from book_links import files, text_of
from page_table import words

PAGES = list(files())
SOLVED = [page for page in PAGES if "/solutions_to_" in page]
WORDS, CELLS = 1500, 25
CELLS_OF_A_TASK = 4  # solutions are looked up one by one
# Pages that are still too long, and how long each may be. They only get shorter: a page
# that did so by more than SLACK words gets a lower number here, or none.
LONGER = {
    "book/appendix/teaching": 3807,
    "book/appendix/questions": 3282,
    "notebooks/10_errors/read_the_error": 2073,  # a row for each message
}
SLACK = 50
A_PAGE = """---
kernelspec: {name: python3}
---

# Two words

Four [words in a](../a/link.md#this) link, one formula: $a + b = c$. Two `x + y`.

:::{note}
Three more words.
:::

:::{predict}
Not told.
:::

| a table | 2 words |
|---|---|
| it's | – |

```{code-cell} ipython3
:tags: [some-tag]

no = "words"
```

[t1]: https://example.org/no-word-of-the-page
"""


def cells(text):
    """How many cells a page shows."""
    shown = re.findall(r"^```\{code-cell\}.*?^```$", text, re.S | re.M)
    return sum("remove-cell" not in cell.partition("\n\n")[0] for cell in shown)


def test_words_are_those_that_are_read():
    assert words(A_PAGE) == 2 + 5 + 3 + 3 + 3 + 5
    assert words("```{glossary}\nterm\n  Its meaning.\n```\n") == 3


def test_a_cell_that_is_removed_from_the_page_is_not_counted():
    assert cells(A_PAGE) == 1
    assert cells(A_PAGE.replace("some-tag", "remove-cell")) == 0


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_read_in_one_sitting(page):
    most, found = LONGER.get(page, WORDS), words(text_of(page))
    assert found <= most, (
        f"{page}: {found} words, {most} at most: split it, or say less"
    )


@pytest.mark.parametrize("page", LONGER)
def test_a_page_that_became_shorter_stays_so(page):
    found = words(text_of(page))
    assert found > WORDS, f"{page}: {found} words, take it off the list"
    assert found > LONGER[page] - SLACK, f"{page}: {found} words, lower its number"


@pytest.mark.parametrize("page", [page for page in PAGES if page not in SOLVED])
def test_a_page_has_no_more_cells_than_a_reader_follows(page):
    assert cells(text_of(page)) <= CELLS


@pytest.mark.parametrize("page", SOLVED)
def test_a_solution_has_no_more_cells_than_a_reader_follows(page):
    for solution in re.split(r"^## ", text_of(page), flags=re.M)[1:]:
        assert cells(solution) <= CELLS_OF_A_TASK, solution.partition("\n")[0]
