"""Make notebooks/ from the texts in book/. One way only: text to notebook.

The same text gives the same bytes. All outputs are dropped, except, where the source
did not change, what cells tagged `nbval-check-output` print and the still picture that
a cell tagged `first-view` brings of its lab, for who reads the file and runs nothing;
`--execute` refreshes exactly these from the pages' runs. A page is named by its file,
`take_turns`, or with its folder, `04_turns/take_turns`; a folder, `04_turns`, names all
the pages in it.
"""

import argparse
import json
import os
import re
import sys
from collections import Counter
from hashlib import sha1
from pathlib import Path

import jupytext
import nbformat

ROOT = Path(__file__).resolve().parent.parent
CHECKED, PICTURED = "nbval-check-output", "first-view"
PNG, PLAIN = "image/png", "text/plain"
ADDRESS_LINE = 'ADDRESS = ""'
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def files(folder, kind):
    """The files of a kind in `folder` and below, without what an editor hides there."""
    found = {path: path.relative_to(folder) for path in folder.rglob(f"*.{kind}")}
    hidden = re.compile(r"(^|/)[._]")  # such as .ipynb_checkpoints, _static
    return sorted(p for p, name in found.items() if not hidden.search(name.as_posix()))


def chapters(root=ROOT):
    """The texts that become notebooks: those in book/ whose header names a kernel."""
    return [
        text
        for text in files(root / "book", "md")
        if re.match(r"---\n(?:.*\n)*?kernelspec:", text.read_text("utf-8"))
    ]


def page_name(text):
    """What the contents call the page: its place in book/, 04_turns/take_turns."""
    return text.relative_to(book_of(text)).with_suffix("").as_posix()


def book_of(text):
    """The folder book/ that holds a text."""
    return next(folder for folder in text.parents if folder.name == "book")


def notebook_path(text):
    """Where the page's notebook lies: in notebooks/ as its text does in book/."""
    return book_of(text).parent / "notebooks" / f"{page_name(text)}.ipynb"


def is_checked(cell):
    """Whether nbval compares this cell's output with the stored one."""
    return is_tagged(cell, CHECKED)


def is_pictured(cell):
    """Whether this cell shows a lab, whose picture is stored."""
    return is_tagged(cell, PICTURED)


def is_tagged(cell, tag):
    """Whether this is a cell of code that has the tag."""
    return cell.cell_type == "code" and tag in cell.metadata.get("tags", [])


def read_text(text):
    """The page as a notebook without outputs, its cell ids made from the content."""
    notebook = jupytext.read(text, fmt="md:myst")
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen = Counter()
    for cell in notebook.cells:
        digest = sha1(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:8]
        seen[digest] += 1
        cell.id = f"{digest}-{seen[digest]}"  # survives insertions, not edits
    return notebook


def keep_outputs(notebook, executed):
    """Give each tagged cell the output that the same cell has in `executed`.

    The count is the cell's place among the code cells, which is what a fresh run
    counts; without one nbval would pass an empty cell in silence, and refuse another.
    """
    known = {cell.id: cell.get("outputs", []) for cell in executed.cells}
    code_cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for place, cell in enumerate(code_cells, 1):
        if (is_checked(cell) or is_pictured(cell)) and known.get(cell.id):
            cell.outputs = stored(known[cell.id], cell)
            cell.execution_count = place
    return notebook


def stored(outputs, cell):
    """Of what a tagged cell showed, what its notebook keeps."""
    if is_checked(cell):
        return [plain_text(output, cell) for output in outputs]
    return picture_of(outputs, cell)


def plain_text(output, cell):
    """A stream of printed text, the only output that is stored and compared."""
    if output.output_type != "stream" or output.name != "stdout":
        raise ValueError(
            f"a cell tagged {CHECKED} may only print, but this one gave "
            f"{output.output_type}: use print in\n{cell.source}"
        )
    return nbformat.v4.new_output("stream", name="stdout", text=output.text)


def picture_of(outputs, cell):
    """A lab's picture, and its sentence; of one output a viewer shows one type only."""
    for output in outputs:
        if PNG in output.get("data", {}):
            words = output.data[PLAIN]
            data, about = {PNG: output.data[PNG], PLAIN: words}, output.metadata
            sentence = {"text/markdown": words.splitlines()[-1]}
            return [
                nbformat.v4.new_output("display_data", data, metadata=about),
                nbformat.v4.new_output("display_data", sentence),
            ]
    raise ValueError(
        f"a cell tagged {PICTURED} must end with a lab that has a picture, made by "
        f"ganflow.widgets.first_view, but this one has none:\n{cell.source}"
    )


def build(text, executed=None):
    """The notebook of the page `text`, as the string that belongs on disk."""
    notebook, path = read_text(text), notebook_path(text)
    if executed is None and path.exists():
        executed = nbformat.read(path, as_version=4)
    if executed is not None:
        keep_outputs(notebook, executed)
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


def page_runs():
    """The module that runs pages and keeps their runs; it takes a second to import."""
    sys.path.insert(0, str(ROOT / "book" / "_ext"))
    import page_runs

    return page_runs


def refresh(texts, runs=None):
    """Store what the tagged cells of these pages show in their runs.

    A page whose run does not hold any more is run first.
    """
    runs = runs or page_runs().Runs()
    paths = {text: notebook_path(text) for text in texts}
    for text, path in paths.items():
        write(path, build(text))
    runs.run(runs.missing(paths.values()))
    for text, path in paths.items():
        write(path, build(text, runs.find(nbformat.read(path, as_version=4))))


def stamp(notebook, address):
    """The notebook's text, with a first cell that installs ganflow from `address`."""
    empty, filled = json.dumps(ADDRESS_LINE), json.dumps(f'ADDRESS = "{address}"')
    if notebook.count(empty[1:-1]) != 1:
        raise ValueError(f"expected {ADDRESS_LINE} once, in the notebook's first cell")
    return notebook.replace(empty[1:-1], filled[1:-1])


def orphans():
    """Notebooks whose text is gone."""
    made = {notebook_path(text) for text in chapters()}
    return sorted(set(files(ROOT / "notebooks", "ipynb")) - made)


def changed(texts):
    """Notebooks that are missing, or not what their texts make."""
    for text in texts:
        path = notebook_path(text)
        if not path.exists() or path.read_text("utf-8") != build(text):
            yield path


def told(paths):
    """The paths in words."""
    return ", ".join(os.path.relpath(path, ROOT) for path in paths)


def write(path, made):
    """Write only what changed, so that a second run changes nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text("utf-8") != made:
        path.write_text(made, "utf-8")
        print(f"made {os.path.relpath(path, ROOT)}")


def named(words, texts):
    """The texts that the words name, all if there are none.

    Raises
    ------
    ValueError : no text has such a name.
    """
    found = {}
    for word in words:
        name = re.compile(rf"(.*/)?{re.escape(word)}(/.*)?")
        these = [text for text in texts if name.fullmatch(page_name(text))]
        if not these:
            raise ValueError(
                f"no page in book/ is named {word}; expected take_turns, "
                "04_turns/take_turns, or 04_turns for all pages of that folder"
            )
        found |= dict.fromkeys(these)
    return list(found) or texts


def parse_arguments(words=None):
    """The command line; unknown pages are refused by name."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "pages", nargs="*", metavar="page", help="take_turns, or 04_turns for all there"
    )
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--execute", action="store_true", help="refresh the outputs")
    action.add_argument(
        "--check", action="store_true", help="only see whether they are what texts make"
    )
    args = parser.parse_args(words)
    try:
        args.texts = named(args.pages, chapters())
    except ValueError as error:
        parser.error(str(error))
    return args


def main():
    """Write or check every notebook, or only those of the pages that were named."""
    args = parse_arguments()
    if args.check:
        if paths := [*changed(args.texts)]:
            sys.exit(
                f"not what book/ makes: {told(paths)}\n"
                "run `make notebooks`; for notebooks of your own there is `make lab`"
            )
    elif args.execute:
        refresh(args.texts)
    else:
        for text in args.texts:
            write(notebook_path(text), build(text))
    if left := orphans():
        sys.exit(f"no text in book/ makes these notebooks, remove them: {told(left)}")


if __name__ == "__main__":
    main()
