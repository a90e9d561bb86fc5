"""Which way a loss pulls scores, against the closed forms of its derivative."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ganflow.loop_report import Place
from ganflow.loop_report.directions import Direction, direction_of
from ganflow.loop_report.log import Pull


def sigmoid(s):
    return 1 / (1 + math.exp(-s))


def pull(slope, scores):
    """What a loss with this derivative does to a batch of scores, on average."""
    slopes = [slope(s) / len(scores) for s in scores]
    return Pull("D", "G", list(scores), slopes, Place("loop.py", 1), len(scores))


UP = {
    "softplus(-s)": lambda s: -sigmoid(-s),
    "hinge at reals": lambda s: -1.0 if s < 1 else 0.0,
    "BCE with logits, 1": lambda s: sigmoid(s) - 1,
    "Wasserstein": lambda s: -1.0,
    "log(1 - sigmoid), minimised": lambda s: -sigmoid(s),
}
DOWN = {
    "softplus(s)": sigmoid,
    "hinge at fakes": lambda s: 1.0 if s > -1 else 0.0,
    "BCE with logits, 0": sigmoid,
    "Wasserstein": lambda s: 1.0,
}
# The derivative of BCE by a probability in (0, 1), as after a sigmoid.
BCE_UP = {"BCE, 1": lambda p: -1 / p}
BCE_DOWN = {"BCE, 0": lambda p: 1 / (1 - p)}

SCORES = st.lists(st.floats(-3, 3), min_size=4, max_size=16, unique=True)
CHANCES = st.lists(st.floats(0.05, 0.95), min_size=4, max_size=16, unique=True)
TARGETS = st.sampled_from([0.0, 1.0, -1.0, 0.9])


def spread(scores):
    """Far enough apart, and at three places, for a line to be told from a curve."""
    wide = max(scores) - min(scores)
    return wide > 0.5 and any(
        min(scores) + 0.1 * wide < s < max(scores) - 0.1 * wide for s in scores
    )


@pytest.mark.parametrize("name", UP)
@given(scores=SCORES)
def test_what_makes_scores_rise(name, scores):
    assume(spread(scores) and any(s < 1 for s in scores))
    found = direction_of([pull(UP[name], scores)])
    assert found.up is True and found.target is None


@pytest.mark.parametrize("name", DOWN)
@given(scores=SCORES)
def test_what_makes_scores_fall(name, scores):
    assume(spread(scores) and any(s > -1 for s in scores))
    found = direction_of([pull(DOWN[name], scores)])
    assert found.up is False and found.target is None


@given(chances=CHANCES)
def test_cross_entropy_of_probabilities(chances):
    assume(spread(chances))
    up = direction_of([pull(BCE_UP["BCE, 1"], chances)])
    down = direction_of([pull(BCE_DOWN["BCE, 0"], chances)])
    assert (up.up, down.up) == (True, False)
    assert up.same_as(down) is False


@given(scores=SCORES, target=TARGETS)
def test_least_squares_pull_to_their_target(scores, target):
    """Wherever the scores lie: on both sides of it, or all of them beyond it."""
    assume(spread(scores))
    found = direction_of([pull(lambda s: 2 * (s - target), scores)])
    assert found.target == pytest.approx(target, abs=1e-6)


@given(scores=SCORES, beyond=st.floats(0.5, 5))
def test_least_squares_beyond_the_target_are_no_other_direction(scores, beyond):
    """D pulls its scores of samples to 0 and G to 1: with all scores above 1 both
    pull down, and yet against each other."""
    assume(spread(scores))
    high = [s - min(scores) + 1 + beyond for s in scores]
    own = direction_of([pull(lambda s: 2 * s, high)])
    makers = direction_of([pull(lambda s: 2 * (s - 1), high)])
    assert (own.up, makers.up) == (False, False)
    assert makers.same_as(own) is False


@given(scores=SCORES, one=TARGETS, other=TARGETS)
def test_two_targets_are_alike_if_they_are_equal(scores, one, other):
    assume(spread(scores) and abs(one - other) != 0.1)
    found = [direction_of([pull(lambda s, t=t: s - t, scores)]) for t in (one, other)]
    assert found[0].same_as(found[1]) is (one == other)


@given(scores=SCORES)
def test_opposite_losses_are_never_alike_and_equal_ones_are(scores):
    assume(spread(scores))
    rise = direction_of([pull(UP["softplus(-s)"], scores)])
    fall = direction_of([pull(DOWN["softplus(s)"], scores)])
    assert rise.same_as(fall) is False and rise.same_as(rise) is True


def test_a_target_against_a_mere_direction_says_nothing():
    """Whether they agree hangs on where the scores are."""
    assert Direction(True, 1.0).same_as(Direction(True)) is None
    assert Direction(None).same_as(Direction(True)) is None


@pytest.mark.parametrize("name", [*UP, *DOWN])
def test_scores_at_two_places_never_make_a_target(name):
    """A line goes through any two points: of a curve it tells nothing."""
    scores = [0.0, 1.5, 1e-5, 1.5 + 1e-5]
    assert direction_of([pull({**UP, **DOWN}[name], scores)]).target is None


@pytest.mark.parametrize("size", [1, 2])
def test_small_batches_are_read_together(size):
    """Least squares beyond the target, a score or two at a time."""
    batches = [[2.0, 4.5], [3.1, 2.4], [5.2, 3.7]]

    def pulls(slope):
        return [pull(slope, batch[:size]) for batch in batches]

    own, makers = direction_of(pulls(lambda s: s)), direction_of(pulls(lambda s: s - 1))
    assert own.target == pytest.approx(0) and makers.target == pytest.approx(1)
    assert own.same_as(makers) is False
    assert direction_of(pulls(UP["softplus(-s)"])) == Direction(True)


def test_flat_scores_have_no_direction():
    hinge = pull(UP["hinge at reals"], [1.5, 2.0, 3.0])
    assert direction_of([hinge]) is None
    assert direction_of([]) is None


def test_batches_with_different_targets_have_none_in_common():
    def towards(target):
        return pull(lambda s: s - target, [-2.0, -1.0, 0.5])

    assert direction_of([towards(1.0), towards(1.0)]).target == pytest.approx(1.0)
    assert direction_of([towards(1.0), towards(3.0)]).target is None


@given(scores=SCORES, target=TARGETS)
def test_float32_keeps_the_target(scores, target):
    torch = pytest.importorskip("torch")
    assume(spread(scores))
    score = torch.tensor(scores, requires_grad=True)
    ((score - target) ** 2).mean().backward()
    one = Pull("D", "G", score.detach(), score.grad, Place("loop.py", 1), len(scores))
    assert direction_of([one]).target == pytest.approx(target, abs=1e-4)
