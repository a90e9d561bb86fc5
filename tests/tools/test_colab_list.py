"""Renewing the list of Colab's packages says what of ours moved."""

import subprocess

import colab_list
import pytest

FREEZE = (
    "# generated\nnumpy=={numpy}\nother=={other}\nwithout @ https://host/w.whl#a=b\n"
)


@pytest.fixture
def publish(tmp_path, monkeypatch):
    """Publish a list in a repository like Colab's, once, and read it into a file."""
    source = tmp_path / "source"
    source.mkdir()
    monkeypatch.setattr(colab_list, "LIST", tmp_path / "list.txt")
    as_somebody = ["-c", "user.name=a", "-c", "user.email=a@b.c"]

    def write(python="3.13.1", numpy="2.1", other="1"):
        text = FREEZE.format(numpy=numpy, other=other)
        (source / "pip-freeze.gpu.txt").write_text(text)
        system = f"# generated\nUbuntu 22\nPython {python}\nR version 4\n"
        (source / "os-info-gpu.txt").write_text(system)
        commit = [*as_somebody, "commit", "--quiet", "-m", "a"]
        for words in (["init", "--quiet"], ["add", "."], commit):
            subprocess.run(["git", *words], cwd=source, check=True)
        return source.as_uri()

    colab_list.LIST.write_text(colab_list.published(write()))
    return write


def test_the_list_says_where_it_was_read_and_of_which_day(publish):
    head, *lines = colab_list.LIST.read_text().split("\nnumpy")
    assert "source, commit " in head and "# Python==3.13.1" in head
    assert lines == ["==2.1\nother==1\nwithout @ https://host/w.whl#a=b\n"]
    held = {"python": "3.13.1", "numpy": "2.1", "other": "1"}
    assert colab_list.versions(colab_list.LIST.read_text()) == held


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"numpy": "2.2"}, "numpy 2.1 -> 2.2"), ({"python": "3.14.0"}, "-> 3.14.0;")],
)
def test_a_package_of_ours_that_moved_is_named_and_the_list_renewed(
    publish, changed, said
):
    with pytest.raises(SystemExit) as stopped:
        colab_list.main(publish(**changed))
    assert said in stopped.value.code and "other" not in stopped.value.code
    assert changed.items() <= colab_list.versions(colab_list.LIST.read_text()).items()


def test_what_no_page_needs_moves_without_a_word(publish):
    colab_list.main(publish(other="2"))
    assert colab_list.versions(colab_list.LIST.read_text())["other"] == "2"


def test_colab_has_all_that_the_package_needs():
    held = colab_list.versions(colab_list.LIST.read_text())
    assert [name for name in colab_list.ours() if name not in held] == []
