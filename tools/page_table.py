"""Print how each page reads: words, ease, figures, and what a reader can answer.

The figures are those of the site that was built last; without one the column says so.
Ease is Flesch's (R. Flesch, A new readability yardstick, Journal of Applied Psychology
32, 1948): 206.835 - 1.015 words a sentence - 84.6 syllables a word; 60 to 70 is plain
English. A word has as many syllables as groups of vowels, without a silent e.
"""

import re
from pathlib import Path
from typing import NamedTuple

from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
NO_PROSE = re.compile(
    r"\A---\n.*?^---$"  # the head
    r"|^```(?!\{glossary\}).*?^```$"  # cells and code
    r"|^:::\{predict\}.*?^:::$"  # asked of the reader, not told
    r"|^(:::|```).*?$"  # where a note or the glossary begins and ends
    r"|\]\([^)\s]*\)|^\[[^\]\n]+\]: .*?$",  # where a link leads
    re.S | re.M,
)
FORMULA = re.compile(r"\$\$.+?\$\$|\$[^$\s](?:[^$]*[^$\s])?\$", re.S)
CODE = re.compile(r"`[^`]+`")
ASKED, PROMPT = re.compile(r"^:::\{predict\}$", re.M), re.compile(r"\*\*Predict\b")
# A sentence ends at its point, and where a heading, an item, a row or a paragraph ends.
END = re.compile(r"[.!?](?=[\s*)\"|]|$)|\n\s*\n|\n(?=\s*(?:[-*|#]+|\d+\.)\s)")
VOWELS = re.compile(r"[aeiouy]+(?!(?<=[^aeiouyl]e)(?:s|d)?$)")
LAB = 'script[type="application/vnd.jupyter.widget-view+json"]'
COLUMNS = ("page", "words", "words a sentence", "ease", "figures", "answerable", "not")


class Row(NamedTuple):
    """What the table says of a page; `figures` is None where none was built."""

    page: str
    words: int
    sentence: float
    ease: float
    figures: int | None
    answerable: int
    unanswerable: int


def prose(text):
    """A page outside its code; a formula is one word, and so is a name in code."""
    return FORMULA.sub("x", NO_PROSE.sub(" ", text))


def words_of(prose):
    """The words of a prose."""
    return [w for w in re.split(r"[\s|]+", prose) if re.search(r"\w", w)]


def words(text):
    """How many words a page has outside its code; a formula is one."""
    return len(words_of(prose(text)))


def syllables(word):
    """About how many syllables a word has: at least one."""
    letters = re.sub(r"[^a-z]", "", word.lower())
    return max(1, len(VOWELS.findall(letters)))


def reading(text):
    """Words a sentence, and Flesch's reading ease."""
    plain = CODE.sub("x", prose(text))
    sentences = [s for s in map(words_of, END.split(plain)) if s]
    said = [word for sentence in sentences for word in sentence]
    long = len(said) / len(sentences)
    heavy = sum(map(syllables, said)) / len(said)
    return long, 206.835 - 1.015 * long - 84.6 * heavy


def figures(page, site=SITE):
    """The pictures and labs of a built page, or None."""
    built = site / f"{page}.html"
    if not built.exists():
        return None
    article = BeautifulSoup(built.read_text("utf-8"), "html.parser").article
    # A lab's first view is its picture; one without has its place alone.
    labs = [
        lab for lab in article.select(LAB) if not lab.find_previous_sibling("figure")
    ]
    return len(article.find_all("img")) + len(labs)


def row(page, text, site=SITE):
    """What the table says of one page."""
    asked, prompts = len(ASKED.findall(text)), len(PROMPT.findall(text))
    return Row(page, words(text), *reading(text), figures(page, site), asked, prompts)


def chapter_pages(root=ROOT):
    """The chapters' pages in the book's order, without their solutions, and texts."""
    contents = (root / "_toc.yml").read_text("utf-8")
    pages = re.findall(r"file: (notebooks/\S+)", contents)
    pages = [page for page in pages if "/solutions_to_" not in page]
    text = {p: root / "book" / f"{p.removeprefix('notebooks/')}.md" for p in pages}
    return {page: path.read_text("utf-8") for page, path in text.items()}


def main():
    """Print the table."""
    rows = [row(page, text) for page, text in chapter_pages().items()]
    print(f"| {' | '.join(COLUMNS)} |\n|---|{'---:|' * (len(COLUMNS) - 1)}")
    for one in rows:
        seen = "not built" if one.figures is None else one.figures
        print(
            f"| {one.page.removeprefix('notebooks/')} | {one.words} "
            f"| {one.sentence:.1f} | {one.ease:.0f} | {seen} | {one.answerable} "
            f"| {one.unanswerable} |"
        )
    asked = sum(one.answerable for one in rows)
    print(
        f"\n{len(rows)} pages, {sum(one.words for one in rows):,} words, {asked} ",
        end="",
    )
    print(f"answerable, {sum(one.unanswerable for one in rows)} not.")


if __name__ == "__main__":
    main()
