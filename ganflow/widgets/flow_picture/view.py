"""The book in one picture: pick a loss, cut, freeze, and see who learns."""

from __future__ import annotations

import ipywidgets
import traitlets

from ganflow.records.flow import significant
from ganflow.widgets.flow_picture.record import PLAYERS, FlowPicture, FlowState
from ganflow.widgets.kit import KitView, script_of, style_of


class FlowPictureView(KitView):
    """One recorded program: where its loss goes, what a step takes or leaves behind.

    `loss`, `cut` and `freeze` (positions in the record) choose what is shown. They may
    come from another widget by `join`, so no kernel is needed. Trains nothing.

    Parameters
    ----------
    record : FlowPicture
        As `record_flow_picture` makes it.
    **chosen : int
        loss, cut and freeze to begin with, as positions in `record`.
    """

    _esm = script_of(__file__)
    _css = style_of(__file__)
    record_ = traitlets.Dict().tag(sync=True)
    loss = traitlets.Int().tag(sync=True)
    cut = traitlets.Int().tag(sync=True)
    freeze = traitlets.Int().tag(sync=True)

    def __init__(self, record: FlowPicture, **chosen: int):
        super().__init__(record_=labels(record), **chosen)


def labels(record: FlowPicture) -> dict:
    """A record as the picture reads it; a state's name is its three positions.

    Parameters
    ----------
    record : FlowPicture
        As `record_flow_picture` makes it.

    Returns
    -------
    dict
        Of JSON types: "1,0,2" is the second loss, the first cut, the third freeze.
    """
    names = (record.losses, record.cuts, record.freezes)

    def place(key: tuple[str, str, str]) -> str:
        at = (all_.index(one) for all_, one in zip(names, key, strict=True))
        return ",".join(map(str, at))

    return {place(key): _state(state) for key, state in record.states.items()}


def _state(state: FlowState) -> dict:
    return {
        "loss": state.loss,
        "own": state.own,
        "verdict": state.verdict,
        "why": state.why,
        "raises": bool(state.error),
        "code": [[line, n in state.changed] for n, line in enumerate(state.code)],
        "links": {
            name: [link.state, "" if link.norm is None else significant(link.norm, 3)]
            for name, link in state.links.items()
        },
        "players": {who: _player(state, who) for who in PLAYERS},
    }


def _player(state: FlowState, who: str) -> dict:
    norm = state.cells[who].norm
    stays = "frozen" if who in state.frozen else "stays"
    return {
        "does": "moves" if state.moved[who] else stays,
        "grad": "" if norm is None else significant(norm, 4),
        "fate": state.fate(who),
    }


def flow_picture(
    record: FlowPicture, *, loss: int = 1, cut: int = 0, freeze: int = 0
) -> ipywidgets.VBox:
    """The picture under its three rows of buttons.

    Parameters
    ----------
    record : FlowPicture
        As `record_flow_picture` makes it.
    loss : int, default 1
        What to begin with, as a position in `record.losses`.
    cut : int, default 0
        What to begin with, as a position in `record.cuts`.
    freeze : int, default 0
        What to begin with, as a position in `record.freezes`.

    Returns
    -------
    ipywidgets.VBox
        Works with no kernel.

    Gradient: none; reads a record.
    """
    view = FlowPictureView(record, loss=loss, cut=cut, freeze=freeze)
    style = {"description_width": "3.6em", "button_width": "auto"}
    options = {"loss": record.losses, "cut": record.cuts, "freeze": record.freezes}
    rows = []
    for name, names in options.items():
        row = ipywidgets.ToggleButtons(
            options=names, index=getattr(view, name), description=name, style=style
        )
        view.join((row, "index"), (view, name))
        rows.append(row.add_class("gf-flow-choice"))
    return ipywidgets.VBox([*rows, view])
