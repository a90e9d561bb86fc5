"""Make notebooks/*.ipynb from the chapters in book/. One way only: text to notebook.

The same text gives the same bytes. All outputs are dropped, except those of cells
tagged `nbval-check-output` whose source did not change; `--execute` runs the chapters
and refreshes exactly these.
"""

import argparse
import json
import re
import sys
from collections import Counter
from hashlib import sha1
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
CHECKED = "nbval-check-output"
ADDRESS_LINE = 'ADDRESS = ""'
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def chapters(root=ROOT):
    """The texts that become notebooks: those in book/ whose header names a kernel."""
    return [
        text
        for text in sorted((root / "book").glob("*.md"))
        if re.match(r"---\n(?:.*\n)*?kernelspec:", text.read_text("utf-8"))
    ]


def notebook_path(text):
    """Where the notebook of the chapter `text` lies."""
    return text.parent.parent / "notebooks" / f"{text.stem}.ipynb"


def is_checked(cell):
    """Whether nbval compares this cell's output with the stored one."""
    return cell.cell_type == "code" and CHECKED in cell.metadata.get("tags", [])


def read_text(text):
    """The chapter as a notebook without outputs, its cell ids made from the content."""
    notebook = jupytext.read(text, fmt="md:myst")
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen = Counter()
    for cell in notebook.cells:
        digest = sha1(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:8]
        seen[digest] += 1
        cell.id = f"{digest}-{seen[digest]}"  # survives insertions, not edits
    return notebook


def keep_checked_outputs(notebook, executed):
    """Give each checked cell the output that the same cell has in `executed`.

    The count is the cell's place among the code cells, which is what a fresh run
    counts; without one nbval would pass an empty cell in silence.
    """
    known = {cell.id: cell.get("outputs", []) for cell in executed.cells}
    code_cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for place, cell in enumerate(code_cells, 1):
        if is_checked(cell) and known.get(cell.id):
            cell.outputs = [plain_text(output, cell) for output in known[cell.id]]
            cell.execution_count = place
    return notebook


def plain_text(output, cell):
    """A stream of printed text, the only output that is stored and compared."""
    if output.output_type != "stream" or output.name != "stdout":
        raise ValueError(
            f"a cell tagged {CHECKED} may only print, but this one gave "
            f"{output.output_type}: use print in\n{cell.source}"
        )
    return nbformat.v4.new_output("stream", name="stdout", text=output.text)


def build(text, executed=None):
    """The notebook of the chapter `text`, as the string that belongs on disk."""
    notebook, path = read_text(text), notebook_path(text)
    if executed is None and path.exists():
        executed = nbformat.read(path, as_version=4)
    if executed is not None:
        keep_checked_outputs(notebook, executed)
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


def execute(text):
    """Run the chapter in notebooks/ and return it with its outputs."""
    client = NotebookClient(
        read_text(text),
        timeout=300,
        coalesce_streams=True,
        resources={"metadata": {"path": str(notebook_path(text).parent)}},
    )
    return client.execute()


def stamp(notebook, address):
    """The notebook's text, with a first cell that installs ganflow from `address`."""
    empty, filled = json.dumps(ADDRESS_LINE), json.dumps(f'ADDRESS = "{address}"')
    if notebook.count(empty[1:-1]) != 1:
        raise ValueError(f"expected {ADDRESS_LINE} once, in the notebook's first cell")
    return notebook.replace(empty[1:-1], filled[1:-1])


def orphans():
    """Notebooks whose text is gone."""
    made = {notebook_path(text) for text in chapters()}
    return sorted(set((ROOT / "notebooks").glob("*.ipynb")) - made)


def write(path, made):
    """Write only what changed, so that a second run changes nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text("utf-8") != made:
        path.write_text(made, "utf-8")
        print(f"made {path.name}")


def parse_arguments():
    """The command line; unknown chapters are refused by name."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stems", nargs="*", metavar="chapter", help="02_cut_the_trace")
    parser.add_argument("--execute", action="store_true", help="refresh the outputs")
    args = parser.parse_args()
    if unknown := set(args.stems) - {text.stem for text in chapters()}:
        parser.error(f"no such chapter in book/: {', '.join(sorted(unknown))}")
    return args


def main():
    """Write every notebook, or only those of the chapters that were named."""
    args = parse_arguments()
    for text in chapters():
        if args.stems and text.stem not in args.stems:
            continue
        made = build(text, execute(text) if args.execute else None)
        write(notebook_path(text), made)
    if left := orphans():
        names = ", ".join(path.name for path in left)
        sys.exit(f"no text in book/ makes these notebooks, remove them: {names}")


if __name__ == "__main__":
    main()
