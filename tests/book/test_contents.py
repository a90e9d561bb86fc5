"""The order of the book stands in the contents alone; a folder is a chapter."""

from collections import Counter

from book_links import CONTENTS, ROOT, files
from build_notebooks import chapters, notebook_path, page_name
from build_notebooks import files as files_in

PAGES = list(files())


def chapter_folders():
    """The folders of each chapter's pages; it should be one."""
    for part in CONTENTS["parts"]:
        for chapter in part["chapters"] if part.get("numbered") else ():
            yield {page.rpartition("/")[0] for page in files(chapter)}


def test_every_text_is_in_the_contents_once():
    with_code = [f"notebooks/{page_name(text)}" for text in chapters()]
    texts = [page_name(text) for text in files_in(ROOT / "book", "md")]
    without = [f"book/{name}" for name in texts if f"notebooks/{name}" not in with_code]
    assert Counter(PAGES) == Counter(with_code + without)


def test_a_chapter_is_a_folder_and_its_number_is_its_place():
    folders = list(chapter_folders())
    assert len(folders) == 11
    for number, (folder, *others) in enumerate(folders, 1):
        assert folder.startswith(f"notebooks/{number:02}_") and not others


def test_no_two_pages_have_one_name():
    """A download, a tab in Colab and the commands show the last part of the address."""
    assert set(Counter(page.rpartition("/")[2] for page in PAGES).values()) == {1}


def test_no_name_of_a_page_tells_its_place():
    names = [notebook_path(text).stem for text in chapters()]
    assert [name for name in names if any(sign.isdigit() for sign in name)] == []
