"""The widget carries the record unchanged, and its controls choose the state."""

import numpy as np
import pytest
from widget_pages import links

from ganflow.widgets.loss_arrows.record import LossArrows
from ganflow.widgets.loss_arrows.view import LossArrowsView, loss_arrows, quantised

RNG = np.random.default_rng(0)


def recorded(**changes):
    """Two losses, three moments, four fakes, a surface of 5 x 5."""
    parts = {
        "losses": ("saturating", "hinge"),
        "steps": (0, 10, 30),
        "extent": 2.0,
        "real": RNG.normal(size=(6, 2)),
        "fake": RNG.normal(size=(4, 2)),
        "surface": RNG.normal(size=(2, 3, 5, 5)),
        "score": RNG.normal(size=(2, 3, 4)),
        "arrows": RNG.normal(size=(2, 3, 4, 2)),
    }
    return LossArrows(**parts | changes)


def test_record_names_the_array_whose_shape_does_not_fit():
    with pytest.raises(ValueError, match=r"score has shape \(2, 3, 5\), expected"):
        recorded(score=np.zeros((2, 3, 5)))
    with pytest.raises(ValueError, match="arrows has shape"):
        recorded(arrows=np.zeros((2, 2, 4, 2)))


@pytest.mark.parametrize("name", ["real", "fake", "score", "arrows"])
def test_arrays_travel_as_float32(name):
    record = recorded()
    sent = np.frombuffer(getattr(LossArrowsView(record), name), "<f4")
    np.testing.assert_allclose(sent, getattr(record, name).ravel(), rtol=1e-6)


def test_surface_travels_in_levels_fine_enough_for_ten_bands():
    record = recorded()
    view = LossArrowsView(record)
    levels = np.frombuffer(view.surface, "<u2").reshape(6, -1)
    low, high = np.array([view.lowest]).T, np.array([view.highest]).T
    back = low + levels / 65535 * (high - low)
    np.testing.assert_allclose(back, record.surface.reshape(6, -1), rtol=0, atol=1e-4)


def test_a_surface_that_is_not_finite_has_no_range():
    surface = np.zeros((1, 2, 2, 2))
    surface[0, 1, 0, 0] = np.nan
    low, high, levels = quantised(surface)
    assert low == high == [0.0, None]
    assert (levels == 0).all()


def test_controls_are_ordinary_widgets_linked_in_the_browser():
    box = loss_arrows(recorded(), loss=1, step=2)
    *controls, view = box.children
    assert [control.index for control in controls] == [view.loss, view.step, view.log]
    assert all(control.description for control in controls)
    joined = links(box)
    for control, name in zip(controls, ["loss", "step", "log"], strict=True):
        assert (control.model_id, "index", view.model_id, name) in joined


def test_every_state_of_the_controls_is_recorded():
    record = recorded()
    choose_loss, choose_step, _, _ = loss_arrows(record).children
    assert list(choose_loss.options) == list(record.losses)
    assert list(choose_step.options) == ["0", "10", "30"]
