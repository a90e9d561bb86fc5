"""Eigenvalues stand where they are, beside the circle that decides about them."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from ganflow.plotting import draw_eigenvalues

SPECTRA = {
    "a wheel": {"at once": [1 + 0.2j, 1 - 0.2j], "in turns": [0.98 + 0.19j]},
    "braked": {"at once": [0.9, 0.8 + 0j], "in turns": [0.7, -0.2 + 0.1j]},
}
SHOWN = {"across": (-1.2, 1.2), "up": (-1.2, 1.2)}


def test_each_eigenvalue_is_drawn_at_its_parts_with_a_mark_for_its_schedule():
    panels = draw_eigenvalues(SPECTRA, **SHOWN)
    marks = set()
    for ax, (game, ticks) in zip(panels, SPECTRA.items(), strict=True):
        assert ax.get_title() == game
        lines = {line.get_label(): line for line in ax.get_lines()}
        for name, values in ticks.items():
            values = np.asarray(values)
            drawn = lines[name].get_xydata()
            np.testing.assert_array_equal(drawn, np.c_[values.real, values.imag])
            marks.add((name, lines[name].get_marker()))
    assert len(marks) == 2 and len({mark for _, mark in marks}) == 2


def test_what_is_shaded_is_the_inside_of_the_unit_circle():
    (ax, _) = draw_eigenvalues(SPECTRA, **SHOWN)
    corners = ax.patches[0].get_xy()
    np.testing.assert_allclose(np.hypot(*corners.T), 1, rtol=1e-12)
    assert ax.get_xlim() == (-1.2, 1.2) and ax.get_ylim() == (-1.2, 1.2)


def test_one_legend_names_each_schedule_once():
    with plt.rc_context({"figure.constrained_layout.use": True}):
        figure = draw_eigenvalues(SPECTRA, **SHOWN)[0].figure
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["at once", "in turns"]


@pytest.mark.parametrize(
    "spectra",
    [
        {},
        {"a": {}},
        {"a": {"one": [1]}, "b": {"other": [1]}},
        {"a": dict.fromkeys("wxyz", [1])},
    ],
)
def test_other_spectra_are_refused(spectra):
    with pytest.raises(ValueError, match="expected the same 1 to 3 schedules for each"):
        draw_eigenvalues(spectra, **SHOWN)
