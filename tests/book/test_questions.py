"""Every reader question has an answer, a section that shows it, and its threads."""

import re

import pytest
from book_links import CHAPTER, files, sections, text_of

TEXTS = {
    name: text_of(f"book/appendix/{name}")
    for name in ("rosetta", "glossary", "questions", "teaching")
}
QUESTIONS = re.split(r"\n(?=\*\*\d+\. )", TEXTS["questions"])[1:]
THREAD = re.compile(r"\]\((https://(?:github\.com|www\.mathworks\.com)/[^)\s]+\d+)\)")
LINKS = {link for text in TEXTS.values() for link in CHAPTER.findall(text)}


def test_the_questions_are_numbered_through():
    """A reader who is told "question 12" finds one, and only one."""
    numbers = [int(re.match(r"\*\*(\d+)", each)[1]) for each in QUESTIONS]
    assert numbers == [*range(1, len(QUESTIONS) + 1)] != []


@pytest.mark.parametrize("text", QUESTIONS, ids=lambda text: text[2:40])
def test_a_question_has_an_answer_a_section_and_a_thread(text):
    question, rest = re.match(r"\*\*\d+\. (.*?\?.*?)\*\* (.*)", text, re.S).groups()
    answer, shown, asked = re.split(r"\sShown\s+in\s|\sAsked\s+in\s", rest)
    assert 0 < len(answer.split()) <= 40
    assert question.strip() and all(section for _, section in CHAPTER.findall(shown))
    assert CHAPTER.search(shown) and THREAD.search(asked)


@pytest.mark.parametrize(("chapter", "section"), sorted(LINKS))
def test_what_the_appendix_links_to_is_there(chapter, section):
    assert f"notebooks/{chapter}" in set(files())
    assert not section or section in sections(chapter)


def test_no_thread_stands_under_two_names():
    named = {}
    for name, address in re.findall(
        r"\[([^\]]+)\]\((https://github[^)]+)\)", TEXTS["questions"]
    ):
        assert named.setdefault(address, " ".join(name.split())) == " ".join(
            name.split()
        )
        assert address.split("/")[-1] in name
