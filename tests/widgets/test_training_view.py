"""The training view shows a run as it is recorded, finished or not."""

from dataclasses import replace

import numpy as np
import pytest
from fake_run import fake_run
from train_runs import SMALL, pixels
from widget_pages import links

from ganflow.training import train
from ganflow.widgets.training_view.view import (
    POINTS,
    TrainingLab,
    TrainingView,
    labels,
    packed,
)


@pytest.mark.parametrize("averaged", [True, False])
def test_the_film_holds_what_was_recorded(averaged):
    run = fake_run()
    said, film = labels(run), packed(run, averaged=averaged)
    points, snapshots = len(said["points"]), len(said["ticks"])
    assert points == POINTS and said["points"][0] == 1 and said["points"][-1] == 1000
    numbers = np.frombuffer(film, "<f4", 4 * points + 5 * snapshots)
    curves = numbers[: 4 * points].reshape(4, points)
    for name, curve in zip(said["curves"], curves, strict=True):
        np.testing.assert_array_equal(
            curve, run.series[name][np.array(said["points"]) - 1].astype("f4")
        )
    np.testing.assert_array_equal(numbers[4 * points :].reshape(-1, 5), run.slopes)
    seen = np.frombuffer(film[numbers.nbytes :], np.uint8)
    expected = run.averaged if averaged else run.samples
    np.testing.assert_array_equal(seen[: expected.size], expected.ravel())
    np.testing.assert_array_equal(seen[expected.size :], run.real.ravel())


def test_before_the_first_tick_there_is_a_picture_and_no_curve():
    lab = TrainingLab(fake_run(ticks=0, snapshots=1))
    assert lab.view.record_["points"] == [] and lab.slider.max == 0
    assert len(lab.view.film) == 4 * 5 + 2 * 25 * 2 * 2 * 3


def test_a_run_without_snapshots_is_refused():
    with pytest.raises(ValueError, match="no snapshot to show"):
        TrainingView().show(fake_run(snapshots=0))


def test_at_stays_inside_the_run():
    lab = TrainingLab(fake_run())
    for asked, got in ((-4, 0), (99, 2), (1, 1)):
        lab.view.at = asked
        assert lab.view.at == got


def test_only_the_penalised_slope_has_a_centre():
    assert labels(fake_run())["center"] == 1
    none = labels(fake_run(penalty="none"))
    assert none["center"] is None and "penalty" not in none["title"]


class Watched(TrainingLab):
    """Keeps what was shown, and when."""

    def __call__(self, run):
        super().__call__(run)
        self.shown = [*getattr(self, "shown", []), self.view.record_["ticks"][:]]
        assert self.view.at == self.slider.value == self.play.max == len(run.ticks) - 1


def test_a_trainer_shows_each_snapshot_as_it_is_taken():
    lab = Watched()
    settings = replace(SMALL, ticks=6)
    done = train(settings, pixels(40), progress=False, snapshots=4, watch=lab)
    assert lab.shown == [done.record.ticks[: k + 1].tolist() for k in range(4)]
    assert lab.view.film == packed(done.record)


def test_the_page_that_was_built_needs_no_kernel():
    """Slider and picture are joined by links that the page itself follows."""
    lab = TrainingLab(fake_run())
    play, slider, view = (w.model_id for w in (lab.play, lab.slider, lab.view))
    joined = {(play, "value", slider, "value"), (slider, "value", view, "at")}
    assert {link for link in links(lab) if slider in link} == joined
