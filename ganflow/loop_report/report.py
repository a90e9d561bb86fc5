"""The report of a watched loop: its record, and the forms in which it is read."""

from __future__ import annotations

from pathlib import Path

from ganflow.loop_report.html import as_fragment, as_html
from ganflow.loop_report.json_form import as_json
from ganflow.loop_report.record import LoopRecord
from ganflow.loop_report.sarif import as_sarif
from ganflow.loop_report.text import as_text


class LoopReport(LoopRecord):
    """What a loop did. `print(report)` is the report for people."""

    def __str__(self) -> str:
        return as_text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return as_fragment(self)

    def save(self, path: str | Path, *, book: str = "", root: str | Path = ".") -> Path:
        """Write the report in the form that the name of the file asks for.

        Parameters
        ----------
        path : str or Path
            Ends in ".txt", ".json", ".sarif" or ".html".
        book : str
            The book's address; "" shows its sections by their paths.
        root : str or Path
            The folder that SARIF's paths are relative to: the repository's.

        Returns
        -------
        Path
            Where it is.

        Raises
        ------
        ValueError
            Another ending.
        """
        path = Path(path)
        forms = {
            ".txt": lambda: as_text(self, book=book) + "\n",
            ".json": lambda: as_json(self),
            ".sarif": lambda: as_sarif(self, root=root, book=book),
            ".html": lambda: as_html(self, book=book),
        }
        if path.suffix not in forms:
            raise ValueError(
                f"{path.name} ends in {path.suffix!r}; a report is written to a file "
                f"that ends in {', '.join(forms)}"
            )
        path.write_text(forms[path.suffix](), encoding="utf-8")
        return path
