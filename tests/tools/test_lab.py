"""Reading in JupyterLab: copies of the notebooks, of which a reader loses none."""

import json

import open_lab
import pytest


@pytest.fixture
def book(tmp_path):
    """Two notebooks, and a place for copies: book(name, text) writes a notebook."""

    def write(name, text):
        path = tmp_path / "notebooks" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    write("intro.ipynb", "1")
    write("01_a/page.ipynb", "1")
    write.copies = tmp_path / "mine"
    write.copies.mkdir()
    write.copy = lambda: open_lab.copy(tmp_path / "notebooks", write.copies)
    return write


def mine(book):
    """What the copies hold, by name."""
    found = book.copies.rglob("*.ipynb")
    return {p.relative_to(book.copies).as_posix(): p.read_text() for p in found}


def test_every_notebook_is_copied_in_its_folder(book):
    assert book.copy() == []
    assert mine(book) == {"intro.ipynb": "1", "01_a/page.ipynb": "1"}


def test_a_copy_that_was_left_as_it_was_follows_the_book(book):
    book.copy()
    book("intro.ipynb", "2")
    assert book.copy() == [] and mine(book)["intro.ipynb"] == "2"


def test_a_copy_that_was_changed_is_kept_and_named_once_the_book_changed(book):
    book.copy()
    (book.copies / "intro.ipynb").write_text("run")
    assert book.copy() == [] and mine(book)["intro.ipynb"] == "run"
    book("intro.ipynb", "2")
    assert book.copy() == ["intro.ipynb"] and mine(book)["intro.ipynb"] == "run"


def test_a_copy_that_nobody_remembers_is_a_reader_s(book):
    (book.copies / "intro.ipynb").write_text("older")
    assert book.copy() == ["intro.ipynb"] and mine(book)["intro.ipynb"] == "older"


def test_without_its_memory_an_equal_copy_still_follows_the_book(book):
    book.copy()
    (book.copies / ".copied.json").write_text(json.dumps({}))
    book.copy()
    book("intro.ipynb", "2")
    assert book.copy() == [] and mine(book)["intro.ipynb"] == "2"


def test_what_jupyter_keeps_for_itself_is_not_copied(book):
    book("01_a/.ipynb_checkpoints/page-checkpoint.ipynb", "1")
    book.copy()
    assert set(mine(book)) == {"intro.ipynb", "01_a/page.ipynb"}
