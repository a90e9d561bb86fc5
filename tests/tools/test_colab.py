"""Publishing stamps one commit's address into each notebook, and pushes these alone."""

import re
import shutil
import subprocess
from pathlib import Path

import build_notebooks
import nbformat
import pytest
import stamp_colab

ROOT = Path(__file__).parents[2]
SHA = "0123456789abcdef0123456789abcdef01234567"
NOTEBOOKS = {
    str(build_notebooks.notebook_path(text).relative_to(ROOT))
    for text in build_notebooks.chapters()
}


def git(*words, cwd=ROOT):
    """What git prints."""
    return subprocess.check_output(["git", *words], cwd=cwd, text=True).strip()


def files(folder):
    """The notebooks in a folder and below."""
    return sorted(folder.rglob("*.ipynb"))


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "make colab REPOSITORY=owner/name"),
        ({"REPOSITORY": ""}, "make colab REPOSITORY=owner/name"),
        ({"REPOSITORY": "https://github.com/a/b"}, "expected owner/name"),
        ({"REPOSITORY": "just-a-name"}, "expected owner/name"),
        ({"REPOSITORY": 'a/b" + x'}, "expected owner/name"),
    ],
)
def test_without_an_owner_and_a_name_it_says_so_in_one_sentence(environment, said):
    with pytest.raises(SystemExit) as stopped:
        stamp_colab.repository(environment)
    assert said in str(stopped.value) and "\n" not in str(stopped.value)


def test_the_name_comes_from_github_unless_another_is_given():
    theirs = {"GITHUB_REPOSITORY": "a/fork"}
    assert stamp_colab.repository(theirs) == "a/fork"
    assert stamp_colab.repository(theirs | {"REPOSITORY": "a/b.c"}) == "a/b.c"
    company = {"REPOSITORY": "mona_octo/book"}  # a user whom a company manages
    assert stamp_colab.repository(company) == "mona_octo/book"


@pytest.mark.parametrize("sha", ["", "main", "0123abc", SHA.upper()])
def test_only_a_full_hash_names_a_commit(sha):
    with pytest.raises(SystemExit, match="40 hexadecimal digits"):
        stamp_colab.commit({"SHA": sha})


def test_the_commit_is_the_one_that_is_checked_out_unless_another_is_given():
    assert stamp_colab.commit({"SHA": SHA}) == SHA
    assert stamp_colab.commit({}) == git("rev-parse", "HEAD")


@pytest.fixture
def stamped(tmp_path, monkeypatch):
    """The folder that `make colab` fills, where an older run left a notebook."""
    out = tmp_path / "_build" / "colab"
    (out / "notebooks" / "00_gone").mkdir(parents=True)
    (out / "notebooks" / "00_gone" / "gone.ipynb").write_text("{}")
    monkeypatch.setattr(stamp_colab, "ROOT", tmp_path)
    monkeypatch.setattr(stamp_colab, "OUT", out)
    for licence in ("LICENSE", "LICENSE-TEXT"):
        (tmp_path / licence).write_text((ROOT / licence).read_text())
    monkeypatch.setenv("REPOSITORY", "somebody/some-book")
    monkeypatch.setenv("SHA", SHA)
    stamp_colab.main()
    return out


def test_each_chapter_and_nothing_else_is_stamped_in_its_first_cell(stamped):
    address = f'ADDRESS = "git+https://github.com/somebody/some-book@{SHA}"'
    paths = files(stamped)
    assert {str(path.relative_to(stamped)) for path in paths} == NOTEBOOKS
    for path in paths:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        first = next(cell for cell in notebook.cells if cell.cell_type == "code")
        assert address in first.source
        assert path.read_text().count("git+https") == 1


def test_a_link_to_a_page_without_a_notebook_leads_to_its_text(stamped):
    """The branch holds notebooks only; they link to each other by their names."""
    links = {}
    for path in files(stamped):
        cells = nbformat.read(path, as_version=4).cells
        text = "\n".join(c.source for c in cells if c.cell_type == "markdown")
        text = re.sub(r"^```.*?^```$|`[^`\n]*`", " ", text, flags=re.S | re.M)
        links[path.stem] = set(re.findall(r"\]\(([^)#\s]+)", text))
        near = {a for a in links[path.stem] if not re.match("(https?|mailto):", a)}
        assert [a for a in near if not (path.parent / a).exists()] == []
    far = f"https://github.com/somebody/some-book/blob/{SHA}/book/"
    texts = {a.removeprefix(far) for a in links["intro"] if a.startswith(far)}
    assert "appendix/teaching.md" in texts
    assert all((ROOT / "book" / text).is_file() for text in texts)


def test_a_page_in_a_folder_links_to_a_text_by_the_same_address():
    far = f"](https://github.com/a/b/blob/{SHA}/book/appendix/glossary.md#term-tick)"
    for up in ("../", "../../"):
        near = f"[tick]({up}book/appendix/glossary.md#term-tick)"
        assert stamp_colab.with_far_links(near, "a/b", SHA) == f"[tick{far}"


def test_the_branch_holds_the_stamped_notebooks_and_the_checkout_stays(stamped):
    """In a copy of this repository, pushed to another one beside it."""
    copy, remote = stamped.parent.parent / "copy", stamped.parent.parent / "remote.git"
    git("clone", "--quiet", "--depth", "1", ROOT.as_uri(), str(copy))
    git("init", "--quiet", "--bare", str(remote))
    push = copy / "tools" / "push_colab.sh"
    shutil.copy(ROOT / "tools" / "push_colab.sh", push)
    refused = subprocess.run([push, remote], capture_output=True, text=True)
    assert refused.returncode == 1 and "run make colab" in refused.stderr
    (copy / "_build").mkdir()
    stamped.rename(copy / "_build" / "colab")
    before = git("status", "--porcelain", cwd=copy)
    for _ in range(2):  # a second push of the same commit changes nothing
        subprocess.run([push, remote], check=True, capture_output=True)
        hashes = git("rev-list", "colab", cwd=remote).split()
        assert len(hashes) == 1
    held = git("ls-tree", "-r", "--name-only", "colab", cwd=remote).splitlines()
    assert set(held) == NOTEBOOKS | {"LICENSE", "LICENSE-TEXT", "README.md"}
    assert git("status", "--porcelain", cwd=copy) == before
