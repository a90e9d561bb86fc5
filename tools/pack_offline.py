"""Pack the built site into one zip that opens from a folder, without any server.

`make offline` writes _build/where-the-gradient-goes.zip. The same site gives the same
bytes: the entries are sorted and bear one date.
"""

import sys
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
ZIP = ROOT / "_build" / "where-the-gradient-goes.zip"
FOLDER = "where-the-gradient-goes"
README = """\
Where the Gradient Goes, to be read without a network

Unpack the whole folder and open index.html in a browser. From the folder work: every
page and the links between them, formulas, figures, code, the live figures with their
controls, the light and dark theme, and the search, which then lists pages without the
lines around a hit, since from a folder no page may read another one. Links to papers
and to Colab need a network. Should your browser be more cautious, serve the folder:

    python3 -m http.server --directory .      then open http://localhost:8000
"""


def entry(name):
    """A file of the zip, dated alike in every build."""
    info = ZipInfo(f"{FOLDER}/{name}", date_time=(2000, 1, 1, 0, 0, 0))
    info.compress_type = ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    return info


def pack(site, archive):
    """Write every file that the site serves, and the README, into `archive`."""
    with ZipFile(archive, "w") as packed:
        packed.writestr(entry("README.txt"), README)
        for path in sorted(site.rglob("*")):
            name = path.relative_to(site).as_posix()
            if path.is_file() and not name.startswith("."):  # .buildinfo
                packed.writestr(entry(name), path.read_bytes())


def main():
    """Pack the site that is built."""
    if not (SITE / "index.html").is_file():
        sys.exit("offline: nothing is built yet: run make book")
    pack(SITE, ZIP)
    print(f"{ZIP.relative_to(ROOT)}: {ZIP.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
