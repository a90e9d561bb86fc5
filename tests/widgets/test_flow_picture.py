"""The flow picture shows what torch does under each cut and each freeze."""

import json
from dataclasses import replace
from itertools import product

import pytest
import torch
from small_pair import small_pair
from widget_pages import links

from ganflow.widgets.flow_picture import recording as recorder
from ganflow.widgets.flow_picture.recording import record_flow_picture
from ganflow.widgets.flow_picture.view import FlowPictureView, flow_picture, labels

STATES = list(product(recorder.LOSSES, recorder.CUTS, recorder.FREEZES))
PLAYERS, STEP = ("G", "D"), 1e-6


class Exponential(torch.nn.Module):
    """exp, whose derivative needs its own result."""

    def forward(self, x):
        return x.exp()


@pytest.fixture(scope="module")
def pair():
    """A small pair in float64, so that differences of values are sharp."""
    return {name: thing.double() for name, thing in small_pair().items()}


@pytest.fixture(scope="module")
def record(pair):
    return record_flow_picture(**pair)


def reached(loss, cut, freeze):
    """Whom the loss reaches, by the rules that chapters 2 and 3 teach."""
    fake_scored = cut != "D(x_fake).detach()"
    G = cut == "none" and freeze != "G"
    D = freeze != "D" and (loss == "loss_D" or fake_scored)
    return {"G": G, "D": D}


def value(pair, loss, cut, base):
    """The loss, with what the cut drops held where it was at `base`."""
    x_fake = pair["G"](pair["z"]) if cut == "none" else base["x_fake"]
    fake = pair["D"](x_fake) if cut != "D(x_fake).detach()" else base["score"]
    real = pair["D"](pair["x_real"])
    return -fake.mean() if loss == "loss_G" else fake.mean() - real.mean()


@torch.no_grad()
def slope_by_differences(pair, who, loss, cut):
    """The norm of the loss's derivative by a player's weights, two values a weight."""
    x_fake = pair["G"](pair["z"])
    base = {"x_fake": x_fake, "score": pair["D"](x_fake)}
    squares = 0.0
    for weight in pair[who].parameters():
        flat = weight.view(-1)
        for place in range(len(flat)):
            kept = flat[place].item()
            flat[place] = kept + STEP
            up = value(pair, loss, cut, base)
            flat[place] = kept - STEP
            down = value(pair, loss, cut, base)
            flat[place] = kept
            squares += ((up - down) / (2 * STEP)).item() ** 2
    return squares**0.5


@pytest.mark.parametrize("key", STATES, ids=" ".join)
def test_the_norms_are_those_of_finite_differences(record, pair, key):
    loss, cut, freeze = key
    state, arrives = record.states[key], reached(*key)
    for who in PLAYERS:
        norm = state.cells[who].norm
        assert (norm is not None) == arrives[who]
        if norm is not None:
            by_hand = slope_by_differences(pair, who, loss, cut)
            assert norm == pytest.approx(by_hand, rel=1e-6)


@pytest.mark.parametrize("key", STATES, ids=" ".join)
def test_a_step_moves_its_own_player_by_what_arrived(record, key):
    state = record.states[key]
    for who in PLAYERS:
        norm = state.cells[who].norm if who == state.own else None
        far = recorder.LEARNING_RATE * (norm or 0.0)
        assert state.moved[who] == pytest.approx(far, rel=1e-9)


@pytest.mark.parametrize("key", STATES, ids=" ".join)
def test_it_raises_exactly_where_nobody_is_reached(record, key):
    state = record.states[key]
    assert bool(state.error) == (not any(reached(*key).values()))
    assert ("does not require grad" in state.error) == bool(state.error)
    assert ("raises" in state.verdict) == bool(state.error)


def test_on_the_way_each_value_gets_the_derivative_by_it(record, pair):
    """Of the mean of n scores by a score 1/n; by x_fake as autograd.grad says."""
    x_fake = pair["G"](pair["z"]).detach().requires_grad_()
    (slope,) = torch.autograd.grad(pair["D"](x_fake).mean(), x_fake)
    each = len(pair["z"]) ** -0.5
    for loss in recorder.LOSSES:
        links = record.states[loss, "none", "nobody"].links
        assert links["x_fake"].norm == pytest.approx(float(slope.norm()))
        assert links["score_fake"].norm == pytest.approx(each)
    assert links.keys() == {"x_fake", "score_fake"}
    real = record.states["loss_D", "none", "nobody"].links["score_real"]
    assert real.norm == pytest.approx(each)


@pytest.mark.parametrize("key", STATES, ids=" ".join)
def test_a_cross_stands_where_the_cut_is_written_and_something_was_lost(record, key):
    _, cut, freeze = key
    crossed = {n for n, link in record.states[key].links.items() if link.state == "cut"}
    at_fake = cut in ("G(z).detach()", "no_grad around G") and freeze != "G"
    at_score = cut == "D(x_fake).detach()"
    wanted = {"x_fake": at_fake, "score_fake": at_score}
    assert crossed == {name for name, here in wanted.items() if here}


@pytest.mark.parametrize(
    ("key", "verdict", "why"),
    [
        (("loss_G", "none", "nobody"), "G learns.", "What arrives in D is left behind"),
        (("loss_G", "none", "D"), "G learns.", "frozen, and lets the gradient through"),
        (("loss_G", "G(z).detach()", "nobody"), "G learns nothing:", "detach cuts its"),
        (("loss_G", "none", "G"), "G learns nothing:", "it is frozen, and opt_G.step"),
        (("loss_D", "no_grad around G", "nobody"), "D learns.", "no_grad cuts its"),
        (("loss_D", "D(x_fake).detach()", "G"), "D learns from x_real only.", "frozen"),
        (
            ("loss_G", "G(z).detach()", "D"),
            "loss_G.backward() raises",
            "no path is left",
        ),
    ],
)
def test_the_words_say_who_learns_and_why(record, key, verdict, why):
    state = record.states[key]
    assert state.verdict == verdict
    assert why in state.why


def test_a_gradient_of_zero_teaches_nothing_and_is_no_cut(pair):
    D = torch.nn.Linear(2, 1).double()
    torch.nn.init.zeros_(D.weight)
    state = record_flow_picture(**pair | {"D": D}).states["loss_G", "none", "nobody"]
    assert state.links["x_fake"].state == "live"
    assert state.verdict == "G learns nothing:"
    assert state.why.startswith("its gradient is exactly 0, and opt_G.step() raises no")


class Chosen(torch.nn.Linear):
    """A choice of one of five, which has no derivative."""

    def forward(self, x):
        return super().forward(x).argmax(1)


class Deaf(torch.nn.Module):
    """A D that does not look."""

    def __init__(self):
        super().__init__()
        self.bias = torch.nn.Parameter(torch.ones(1))

    def forward(self, x):
        return self.bias.expand(len(x), 1)


class Root(torch.nn.Module):
    """The root of a negative number."""

    def forward(self, x):
        return (-1 - x.square()).sqrt()


def embedded():
    return torch.nn.Sequential(torch.nn.Embedding(5, 2), torch.nn.Linear(2, 1))


ODD = {
    "its path is cut: not differentiable": lambda G, D: {
        "G": Chosen(2, 5).double(),
        "D": embedded().double(),
        "x_real": torch.arange(3),
    },
    "no path leads there": lambda G, D: {"D": Deaf()},
    "its gradient is nan": lambda G, D: {"D": torch.nn.Sequential(D, Root())},
}


@pytest.mark.parametrize("cause", ODD)
def test_odd_networks_get_a_cause_of_their_own(pair, cause):
    given = pair | ODD[cause](pair["G"], pair["D"])
    state = record_flow_picture(**given).states["loss_G", "none", "nobody"]
    assert state.verdict == "G learns nothing:"
    assert state.why.startswith(f"{cause}, and opt_G.step() raises no error.")


def test_a_step_that_rounding_swallows_teaches_nothing(pair):
    """A float32 weight of 100 does not notice a step of 1e-9."""
    G, D = torch.nn.Linear(2, 2), torch.nn.Linear(2, 1)
    torch.nn.init.constant_(D.weight, 1e-9)
    for weight in G.parameters():
        torch.nn.init.constant_(weight, 100.0)
    given = {"z": pair["z"].float(), "x_real": pair["x_real"].float()}
    state = record_flow_picture(G, D, **given).states["loss_G", "none", "nobody"]
    assert state.cells["G"].norm > 0 == state.moved["G"]
    assert state.verdict == "G learns nothing:"
    assert state.why.startswith("its step is lost in the rounding of its weights")


def test_dropout_drops_the_same_in_every_program(pair):
    """A freeze of D changes no number of G's; torch's own draws are left alone."""
    D = torch.nn.Sequential(torch.nn.Dropout(0.5), pair["D"])
    drawn = torch.get_rng_state()
    states = record_flow_picture(**pair | {"D": D}).states
    for loss, freeze in product(recorder.LOSSES, ("nobody", "D")):
        norm = states[loss, "none", freeze].cells["G"].norm
        assert norm == states["loss_G", "none", "nobody"].cells["G"].norm > 0
    assert torch.equal(torch.get_rng_state(), drawn)


def test_what_cannot_be_copied_is_refused_in_words(pair):
    z = pair["z"] * torch.ones(1, requires_grad=True)
    with pytest.raises(ValueError, match="has a history: detach z and x_real"):
        record_flow_picture(**pair | {"z": z})


def test_the_networks_stay_as_they_were(pair):
    before = [p.clone() for who in PLAYERS for p in pair[who].parameters()]
    record_flow_picture(**pair)
    after = [p for who in PLAYERS for p in pair[who].parameters()]
    assert all(p.requires_grad and p.grad is None for p in after)
    assert all(torch.equal(p, q) for p, q in zip(before, after, strict=True))


def test_another_mistake_than_a_cut_is_not_swallowed(pair):
    """Scores of another batch size than the reals' do not become a state."""
    with pytest.raises(RuntimeError, match="must match the size"):
        record_flow_picture(**pair | {"x_real": pair["x_real"][:2]})


def test_an_error_of_the_networks_own_is_not_told_as_a_cut(pair):
    """Only a loss without history is; this ReLU overwrites what exp has saved."""
    D = torch.nn.Sequential(pair["D"], Exponential(), torch.nn.ReLU(inplace=True))
    with pytest.raises(RuntimeError, match="changed in place"):
        record_flow_picture(**pair | {"D": D})


def test_a_record_that_lacks_a_combination_is_refused(record):
    fewer = {k: state for k, state in record.states.items() if k[2] != "G"}
    with pytest.raises(ValueError, match="record each of 24 combinations"):
        replace(record, states=fewer)


# ---- the widget ----


def test_the_page_gets_each_state_by_its_three_positions(record):
    sent = labels(record)
    assert json.loads(json.dumps(sent, allow_nan=False)) == sent
    assert len(sent) == 24
    state = sent["1,1,0"]
    assert state["loss"] == "loss_G"
    assert [line for line, changed in state["code"] if changed] == [
        "x_fake = G(z).detach()"
    ]
    assert state["players"]["G"] == {"does": "stays", "grad": "", "fate": "cut: detach"}
    assert sent["0,2,1"]["players"]["D"]["does"] == "frozen"


def test_controls_are_ordinary_widgets_linked_in_the_browser(record):
    box = flow_picture(record, loss=0, cut=2, freeze=1)
    *rows, view = box.children
    assert isinstance(view, FlowPictureView)
    assert [row.value for row in rows] == ["loss_D", "no_grad around G", "D"]
    assert [view.loss, view.cut, view.freeze] == [0, 2, 1]
    joined = links(box)
    for row, name in zip(rows, ("loss", "cut", "freeze"), strict=True):
        assert (row.model_id, "index", view.model_id, name) in joined
