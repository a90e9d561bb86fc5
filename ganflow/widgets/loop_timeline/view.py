"""The timeline of versions on a page: choose a loop, tap a step, see what it read."""

from __future__ import annotations

from collections.abc import Mapping

import ipywidgets
import traitlets

from ganflow.loop_report import LoopRecord
from ganflow.loop_report.picture import picture
from ganflow.loop_report.words import settling
from ganflow.widgets.kit import KitView, script_of, style_of


class LoopTimelineView(KitView):
    """Reports of watched loops, one shown: two cycles, and what each step read.

    `loop` (a position in the reports) may come from another widget by `join`, so no
    kernel is needed. Trains nothing.

    Parameters
    ----------
    *reports : LoopRecord
        Of watched loops.
    loop : int
        Which one to begin with, as a position.
    """

    _esm = script_of(__file__, "../../loop_report/timeline.js")
    _css = style_of(__file__)
    pictures = traitlets.List(traitlets.Unicode()).tag(sync=True)
    titles = traitlets.List(traitlets.Unicode()).tag(sync=True)
    loop = traitlets.Int().tag(sync=True)

    def __init__(self, *reports: LoopRecord, loop: int = 0):
        super().__init__(
            pictures=[picture(report) for report in reports],
            titles=[f"{report.name}. {settling(report)}" for report in reports],
            loop=loop,
        )


def loop_timeline(
    reports: LoopRecord | Mapping[str, LoopRecord], *, loop: int = 0
) -> ipywidgets.VBox:
    """The picture, under a row of buttons where there are several loops.

    Parameters
    ----------
    reports : LoopRecord, or dict of str to LoopRecord
        Of one watched loop, or of several by the names on their buttons.
    loop : int, default 0
        Which one to begin with, as a position.

    Returns
    -------
    ipywidgets.VBox
        Works with no kernel.

    Raises
    ------
    ValueError
        No report.

    Gradient: none; reads records.
    """
    named = reports if isinstance(reports, Mapping) else {"": reports}
    if not named:
        raise ValueError("reports is empty; expected one report at least")
    view = LoopTimelineView(*named.values(), loop=loop)
    if len(named) == 1:
        return ipywidgets.VBox([view])
    row = ipywidgets.ToggleButtons(
        options=list(named),
        index=loop,
        description="loop",
        style={"description_width": "3em", "button_width": "auto"},
    )
    view.join((row, "index"), (view, "loop"))
    return ipywidgets.VBox([row.add_class("gf-loops-choice"), view])
