"""The status page: what became of each page with code in this build.

MyST-NB's directive `nb-exec-table` marks the place. Its own table names files instead
of pages, leaves out those that were not run, and has no total; the one made here takes
its place before MyST-NB fills it.
"""

import os
import time

from docutils import nodes
from executed_with import commit, executed_with
from myst_nb.ext.execution_tables import (
    METADATA_KEY,
    ExecutionStatsNode,
    ExecutionStatsPostTransform,
)
from myst_nb.sphinx_ import NbMetadataCollector
from page_runs import runs
from sphinx.transforms.post_transforms import SphinxPostTransform

LIMIT = 60  # seconds that a page may take on two cores
HEAD = ("Page", "Outcome", "Seconds", "Lines", "Checks", "Last run (UTC)")


def seconds(run):
    """The run time as the page shows it; too long a one says so."""
    if run.data is None:
        return "–"
    return f"{run.seconds:.1f}" + f" (over {LIMIT})" * (run.seconds > LIMIT)


def summary(all_runs):
    """The table in two sentences."""
    ended = sum(run.ended for run in all_runs)
    if not any(run.data for run in all_runs):
        return f"None of the {len(all_runs)} pages with code was run for this build."
    minutes, left = divmod(round(sum(run.seconds for run in all_runs)), 60)
    slow = sum(run.seconds > LIMIT for run in all_runs) or "none"
    return (
        f"Of {len(all_runs)} pages with code, {ended} ran to their end. The runs took "
        f"{minutes} min {left} s together, {slow} of them more than {LIMIT} seconds."
    )


def pages_table(app, here, all_runs):
    """A row for each page, and their sums."""
    rows, sums = [], [0.0, 0, 0]
    for run in all_runs:
        address = app.builder.get_relative_uri(here, run.page)
        title = nodes.reference("", run.title, refuri=address, internal=True)
        figures = [seconds(run), run.lines, run.checks]
        rows.append([title, run.outcome, *figures, run.when])
        sums = [a + b for a, b in zip(sums, (run.seconds, *figures[1:]), strict=True)]
    ended = sum(run.ended for run in all_runs)
    together = [f"{ended} of {len(rows)}", f"{sums[0]:.1f}", *sums[1:], ""]
    return table(HEAD, [*rows, ["Together", *together]], numbers={2, 3, 4})


def versions_table():
    """What ran the cells, and which commit this build was made from."""
    rows = [*executed_with().items(), ("Commit of this build", commit())]
    return table(("What ran them", "Version"), rows)


def table(head, rows, numbers=()):
    """A docutils table whose first column names its rows."""
    group = nodes.tgroup(cols=len(head))
    group += [nodes.colspec(colwidth=1, stub=int(i == 0)) for i in range(len(head))]
    group += [nodes.thead("", row(head, numbers))]
    group += [nodes.tbody("", *(row(cells, numbers) for cells in rows))]
    return nodes.table("", group, classes=["colwidths-auto", "gf-status"])


def row(cells, numbers):
    """A row; the columns `numbers` stand right."""
    filled = nodes.row()
    for i, cell in enumerate(cells):
        inside = cell if isinstance(cell, nodes.Node) else nodes.Text(str(cell))
        paragraph = nodes.paragraph("", "", inside)
        filled += nodes.entry("", paragraph, classes=["text-right"] * (i in numbers))
    return filled


class StatusTables(SphinxPostTransform):
    """Put the tables where MyST-NB's own would be."""

    default_priority = ExecutionStatsPostTransform.default_priority - 1

    def run(self, **kwargs):
        """Called for each page that is written."""
        for place in [*self.document.findall(ExecutionStatsNode)]:
            found = [*runs(self.env)]
            place.replace_self(
                [
                    nodes.paragraph("", summary(found)),
                    pages_table(self.app, self.env.docname, found),
                    versions_table(),
                ]
            )


def write_again(app, env):
    """Write the page in every build: another page, or the commit, may have changed."""
    return [
        page
        for page, data in NbMetadataCollector.get_doc_data(env).items()
        if data.get(METADATA_KEY)
    ]


def count_time_in_utc(app, config):
    """jupyter-cache keeps UTC, and MyST-NB reads it back as local time."""
    os.environ["TZ"] = "UTC"
    time.tzset()


def setup(app):
    """Called by Sphinx."""
    app.connect("config-inited", count_time_in_utc)
    app.connect("env-updated", write_again)
    app.add_post_transform(StatusTables)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
