"""The names that the API page of the book lists, found without a build."""

from types import SimpleNamespace

from api_page import public
from package_imports import ROOT


def as_sphinx_knows(folder):
    """What Sphinx's environment would say of the notebooks in a folder."""
    found = {str(path.with_suffix("")) for path in folder.rglob("*.ipynb")}
    return SimpleNamespace(found_docs=found, doc2path=lambda page: f"{page}.ipynb")


PUBLIC = public(as_sphinx_knows(ROOT / "notebooks"))
