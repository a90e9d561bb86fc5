"""A derivative trace to turn in the hand: pick the loss, cut, freeze, unfold."""

from __future__ import annotations

from collections.abc import Mapping

import ipywidgets
import traitlets

from ganflow.layout import FOLDS
from ganflow.records import DerivativeTrace
from ganflow.widgets.kit import KitView, script_of, style_of
from ganflow.widgets.trace_view.states import OUTSIDE, TraceState, pack


class TraceView(KitView):
    """Recorded traces of one program, one state at a time. Trains nothing.

    `loss` (a number), `cut` and `frozen` choose the state, `folds` how deep each
    network is open (the empty name stands for what runs outside them). All of them may
    come from another widget by `join`, so no kernel is needed.
    """

    _esm = script_of(__file__)
    _css = style_of(__file__)
    record_ = traitlets.Dict().tag(sync=True)
    loss = traitlets.Int().tag(sync=True)
    cut = traitlets.Bool().tag(sync=True)
    frozen = traitlets.Bool().tag(sync=True)
    folds = traitlets.Dict().tag(sync=True)

    @classmethod
    def record(
        cls,
        states: Mapping[tuple, TraceState | DerivativeTrace],
        *,
        column: float = 640.0,
        **chosen: int | dict[str, str],
    ) -> TraceView:
        """A view of recorded states.

        Parameters
        ----------
        states : mapping from tuple to TraceState or DerivativeTrace
            By (loss,), (loss, cut) or (loss, cut, frozen); the loss by its name, cut
            and frozen True or False.
        column : float, default 640.0
            px, the widest that a picture may be.
        **chosen : int, bool or dict
            loss, cut, frozen and folds to begin with.

        Returns
        -------
        TraceView

        Raises
        ------
        TypeError
            A state that is neither.
        ValueError
            No states, or a key of another form.

        Gradient: none; reads records.
        """
        states = {
            key: state if isinstance(state, TraceState) else TraceState(state)
            for key, state in states.items()
        }
        return cls(record_=pack(states, column=column), **chosen)

    @traitlets.validate("loss")
    def _a_recorded_loss(self, proposal: dict) -> int:
        losses = self.record_.get("losses", [])
        if not 0 <= proposal["value"] < max(1, len(losses)):
            raise traitlets.TraitError(
                f"loss is the number of one of {', '.join(losses)}, counted from 0, "
                f"not {proposal['value']}"
            )
        return proposal["value"]

    @traitlets.validate("folds")
    def _known_folds(self, proposal: dict) -> dict[str, str]:
        folds = proposal["value"]
        for home, fold in folds.items():
            if home and home not in self.record_.get("networks", []):
                raise traitlets.TraitError(f"no network named {home!r} was recorded")
            if fold not in (FOLDS if home else OUTSIDE):
                allowed = ", ".join(FOLDS if home else OUTSIDE)
                raise traitlets.TraitError(
                    f"{home or 'the outside'} folds by {allowed}, not by {fold!r}"
                )
        return folds


def trace_lab(
    view: TraceView | Mapping[tuple, TraceState | DerivativeTrace],
    *,
    cut: str = "detach the fake",
    frozen: str = "freeze D",
) -> ipywidgets.VBox:
    """A view with its controls: the loss, and a switch for each thing that varies.

    Parameters
    ----------
    view : TraceView or mapping
        A view, or the recorded states to make one of.
    cut : str, default "detach the fake"
        The words beside the switch of the cut.
    frozen : str, default "freeze D"
        The words beside the switch of the freeze.

    Returns
    -------
    ipywidgets.VBox
        Works with and without a kernel.

    Gradient: none; reads records.
    """
    if not isinstance(view, TraceView):
        view = TraceView.record(view)
    recorded = view.record_["states"].items()
    states = [name.split(",") for name, state in recorded if state["recorded"]]
    look = {"style": {"description_width": "initial"}, "layout": {"width": "auto"}}
    losses = view.record_["losses"]
    controls: list[ipywidgets.DOMWidget] = [
        ipywidgets.Dropdown(options=losses, index=view.loss, description="loss", **look)
    ]
    view.join((controls[0], "index"), (view, "loss"))
    for place, trait, words in ((1, "cut", cut), (2, "frozen", frozen)):
        if len({state[place] for state in states}) > 1:
            switch = ipywidgets.Checkbox(
                value=getattr(view, trait), description=words, indent=False, **look
            )
            view.join((switch, "value"), (view, trait))
            controls.append(switch)
    row = ipywidgets.Layout(flex_flow="row wrap", grid_gap="0 24px")
    return ipywidgets.VBox([ipywidgets.Box(controls, layout=row), view])
