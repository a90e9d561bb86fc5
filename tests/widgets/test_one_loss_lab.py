"""The lab of one loss shows what training does, told by formulas of its own."""

import json
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from torch.func import functional_call
from widget_pages import give, links, view_alone

from ganflow.losses import LOSSES as PAIRS
from ganflow.one_loss import one_pass
from ganflow.widgets.one_loss_lab.record import PASSES
from ganflow.widgets.one_loss_lab.recording import (
    OPTIMIZERS,
    counted,
    lengths,
    points,
    record_one_loss_lab,
    start,
)
from ganflow.widgets.one_loss_lab.schemes import LOSSES, SCHEMES, Pair, why_none
from ganflow.widgets.one_loss_lab.view import OneLossLabView, labels, one_loss_lab

LAMBDAS, TICKS = (0.1, 1.0, 100.0), (1, 3)
SAME = ("shared graph", "single loss (Su)", "gradient reversal", "one pass")


@pytest.fixture(scope="module")
def lab():
    return record_one_loss_lab(lambdas=LAMBDAS, ticks=TICKS, seed=1)


# ---- training, once more, from the formulas ----


def gradients(nets, params, loss, lam, x_real, z):
    """Each player's own loss by its own weights; nothing is cut, nothing frozen."""
    x_fake = functional_call(nets["G"], params["G"], (z,))
    scores = [functional_call(nets["D"], params["D"], (x,)) for x in (x_real, x_fake)]
    loss = PAIRS[loss]
    by = {"D": loss.D(*scores), "G": lam * loss.G(scores[1])}
    return {
        who: torch.autograd.grad(by[who], list(params[who].values()), retain_graph=True)
        for who in "GD"
    }


def pushes(optimizer, grads, memory, tick):
    """What one move takes from the parameters, written out."""
    if optimizer == "SGD":
        return [2e-4 * g for g in grads]
    beta1, beta2 = (0.5, 0.999) if optimizer == "Adam" else (0.0, 0.99)
    for (m, v), g in zip(memory, grads, strict=True):
        m.mul_(beta1).add_((1 - beta1) * g)
        v.mul_(beta2).add_((1 - beta2) * g * g)
    if optimizer == "RMSProp":
        return [1e-3 * m / (v.sqrt() + 1e-8) for m, v in memory]
    one, two = 1 - beta1**tick, 1 - beta2**tick
    return [1e-3 * (m / one) / ((v / two).sqrt() + 1e-8) for m, v in memory]


def trained(loss, optimizer, lam, *, turns=("GD",)):
    """Both players' parameters in one row each: at the start, then after TICKS."""
    G, D, x_real, z = start(max(TICKS), 1)
    nets = {"G": G, "D": D}
    params = {who: dict(net.named_parameters()) for who, net in nets.items()}
    flat = lambda: [torch.cat([p.ravel() for p in params[w].values()]) for w in "GD"]  # noqa: E731
    memory = {
        who: [(torch.zeros_like(p), torch.zeros_like(p)) for p in params[who].values()]
        for who in "GD"
    }
    seen = [flat()]
    for tick in range(1, max(TICKS) + 1):
        for turn in turns:
            batch = x_real[tick - 1], z[tick - 1]
            found = gradients(nets, params, loss, lam, *batch)
            for who in turn:
                moves = pushes(optimizer, found[who], memory[who], tick)
                pairs = zip(params[who].items(), moves, strict=True)
                params[who] = {
                    name: (p - push).detach().requires_grad_()
                    for (name, p), push in pairs
                }
        seen += [flat()] if tick in TICKS else []
    return [torch.stack(rows).detach().numpy() for rows in zip(*seen, strict=True)]


def far(path, other=None):
    """Distances of G and D from their start, or from another run, (T, 2)."""
    from_where = (
        [rows[:1] for rows in path] if other is None else [r[1:] for r in other]
    )
    both = zip(path, from_where, strict=True)
    return np.stack([np.linalg.norm(a[1:] - b, axis=1) for a, b in both], axis=1)


@pytest.mark.parametrize("at", list(product(range(3), range(3))))
@pytest.mark.parametrize("loss", LOSSES)
def test_lengths_are_those_of_the_formulas(lab, loss, at):
    """Two steps at once, and D before G, for every loss, optimizer and lambda."""
    optimizer, lam = list(OPTIMIZERS)[at[0]], LAMBDAS[at[1]]
    both = trained(loss, optimizer, lam)
    in_turn = trained(loss, optimizer, lam, turns=("D", "G"))
    here = (LOSSES.index(loss), *at)
    np.testing.assert_allclose(lab.moved[0, *here], far(both), rtol=1e-7)
    np.testing.assert_allclose(lab.moved[1, *here], far(in_turn), rtol=1e-7)
    apart = far(in_turn, both) / far(both)
    np.testing.assert_allclose(lab.apart[1, *here], apart, rtol=1e-4, atol=1e-9)


def test_all_schemes_land_where_two_steps_do_but_alternating(lab):
    """Alternating G is off by more; D, which moves first, not yet in one tick.

    Where a derivative is zero, as that of D's last bias in a Wasserstein loss, Adam
    divides what rounding leaves of it by an epsilon of 1e-8: hence no smaller bound.
    """
    assert not lab.apart[0].any()
    for scheme in SAME:
        apart = lab.apart[lab.schemes.index(scheme)]
        assert np.nanmax(apart) < 1e-5, scheme
    alternating = lab.apart[lab.schemes.index("alternating")]
    assert not alternating[..., 0, 1].any()
    assert alternating[..., -1, 0].min() > 1e-4


def test_under_sgd_one_tick_moves_G_lambda_times_as_far_and_D_alike(lab):
    one = lab.moved[:, :, lab.optimizers.index("SGD"), :, 0]
    relative = one / one[:, :, [LAMBDAS.index(1)]]
    for number, scheme in enumerate(lab.schemes):
        for row, why in zip(relative[number], lab.why_none[number], strict=True):
            if not why:
                np.testing.assert_allclose(row[:, 0], LAMBDAS, rtol=1e-9)
                np.testing.assert_allclose(row[:, 1], 1, rtol=1e-9, err_msg=scheme)


@pytest.mark.parametrize("rule", ["Adam", "RMSProp"])
def test_under_adam_and_rmsprop_lambda_moves_nobody_farther(lab, rule):
    """Their epsilon of 1e-8 keeps a little of a gradient that is made 0.1 as long."""
    moved = lab.moved[:, :, lab.optimizers.index(rule)]
    ratio = moved / moved[:, :, [LAMBDAS.index(1)]]
    np.testing.assert_allclose(ratio[~np.isnan(ratio)], 1, rtol=0, atol=2e-3)


def test_reversal_is_recorded_exactly_where_it_gives_G_its_own_gradient(lab):
    """Tried: G's gradient by reversal against the definition, at the start."""
    scheme = lab.schemes.index("gradient reversal")
    G, D, x_real, z = start(1, 1)
    for number, loss in enumerate(LOSSES):
        grads = {}
        for name in ("two steps", "gradient reversal"):
            pair = Pair(G, D, OPTIMIZERS["SGD"])
            SCHEMES[name].move(pair, PAIRS[loss], 1.0, x_real[0], z[0])
            grads[name] = torch.cat([p.grad.ravel() for p in pair.G.parameters()])
        served = torch.allclose(*grads.values(), rtol=1e-9, atol=1e-12)
        assert served == (why_none("gradient reversal", loss) == "")
        for array in (lab.moved, lab.apart):
            assert np.isnan(array[scheme, number]).all() == (not served)
            assert np.isfinite(array[scheme, number]).all() == served
            others = np.delete(array[:, number], scheme, axis=0)
            assert np.isfinite(others).all()
    assert "saturating and Wasserstein" in lab.why_none[scheme][LOSSES.index("hinge")]


def test_the_hinge_leaves_some_fakes_flat_at_the_start():
    """So that one pass has to send some through D again."""
    G, D, x_real, z = start(1, 0)
    done = one_pass(G, D, PAIRS["hinge"], x_real[0], z[0])
    assert 0 < done.redone < len(z[0])


@pytest.mark.parametrize(
    ("scheme", "passes"),
    [
        ("two steps", [1, 3, 2, 1, 1]),
        ("alternating", [1, 3, 2, 1, 1]),
        ("shared graph", [1, 2, 2, 1, 1]),
        ("single loss (Su)", [1, 3, 3, 1, 1]),
        ("gradient reversal", [1, 2, 2, 1, 1]),
        ("one pass", [1, 2, 2, 1, 1]),
    ],
)
def test_passes_are_those_that_one_counts_by_hand(lab, scheme, passes):
    assert len(PASSES) == len(passes)
    assert lab.passes[lab.schemes.index(scheme)].tolist() == passes


def test_costs_are_ordered_as_the_passes_say(lab):
    flops, saved = (
        dict(zip(lab.schemes, x, strict=True)) for x in (lab.flops, lab.saved)
    )
    assert flops["gradient reversal"] == flops["one pass"] < flops["shared graph"]
    assert flops["shared graph"] < flops["two steps"] == flops["alternating"]
    assert flops["two steps"] < flops["single loss (Su)"]
    assert saved["single loss (Su)"] > 1.2 * saved["two steps"] > saved["one pass"]
    assert counted("one pass").flops == flops["one pass"]


@pytest.mark.parametrize("ticks", [(20, 1), (1, 1), (0, 3), ()])
def test_ticks_out_of_order_are_refused_before_anything_is_trained(ticks, monkeypatch):
    """They would be told in the order of time, each under another's name."""
    monkeypatch.setattr("ganflow.widgets.one_loss_lab.recording.points", None)
    with pytest.raises(ValueError, match="ticks are .*; they must rise, from 1 or mor"):
        record_one_loss_lab(lambdas=LAMBDAS, ticks=ticks)


def test_record_says_what_does_not_fit(lab):
    with pytest.raises(ValueError, match="apart has shape .*, expected"):
        replace(lab, apart=lab.apart[..., 0])
    with pytest.raises(ValueError, match="1 must be among them"):
        replace(lab, lambdas=(0.1, 2.0, 10.0))


def test_a_loss_that_the_lab_does_not_know_is_named():
    with pytest.raises(ValueError, match=r"\['relativistic'\] are not of these: sat"):
        record_one_loss_lab(losses=("hinge", "relativistic"))


def test_a_page_that_computes_in_float64_and_with_threads_records_the_same(lab):
    threads = torch.get_num_threads()
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(2)
    try:
        again = points("one pass", "hinge", "SGD", 100.0, ticks=TICKS, seed=1)
        cost = counted("two steps")
        assert (torch.get_default_dtype(), torch.get_num_threads()) == (
            torch.float64,
            2,
        )
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_num_threads(threads)
    here = lab.schemes.index("one pass"), LOSSES.index("hinge"), 0, LAMBDAS.index(100)
    np.testing.assert_array_equal(lengths(again), lab.moved[here])
    assert cost.saved_bytes == lab.saved[0]


# ---- the widget ----


def test_arrays_travel_in_the_records_order(lab):
    view = OneLossLabView(lab)
    for name in ("moved", "apart"):
        sent = np.frombuffer(getattr(view, name), "<f4").reshape(lab.moved.shape)
        np.testing.assert_allclose(sent, getattr(lab, name), rtol=1e-6)
    assert json.loads(json.dumps(labels(lab), allow_nan=False)) == labels(lab)


def test_it_opens_where_lambda_is_1(lab):
    assert one_loss_lab(lab).children[1].lam == LAMBDAS.index(1)


def test_controls_are_ordinary_widgets_linked_in_the_browser(lab):
    box = one_loss_lab(lab, scheme=3, loss=2, optimizer=1, lam=2)
    choices, view, _ = box.children
    names = ("scheme", "loss", "optimizer", "lam")
    options = [list(control.options) for control in choices.children]
    lists = [lab.schemes, lab.losses, lab.optimizers, ("0.1", "1", "100")]
    assert options == [list(names) for names in lists]
    assert [c.index for c in choices.children] == [getattr(view, n) for n in names]
    assert all(control.description for control in choices.children)
    joined = links(box)
    for control, name in zip(choices.children, names, strict=True):
        assert (control.model_id, "index", view.model_id, name) in joined


SCHEMES_AT = {name: number for number, name in enumerate(SCHEMES)}
CHOICES = ("scheme", "loss", "optimizer", "lam")
CLIPPED = """() => [...document.querySelectorAll(".name, .number, td, th, .words")]
  .filter((part) => part.scrollWidth > part.clientWidth + 1 && part.clientWidth)
  .map((part) => part.textContent)"""
OVERLAP = """() => [...document.querySelectorAll(".axis")].flatMap((axis) => {
  const ends = [...axis.querySelectorAll("i")].map((i) => i.getBoundingClientRect());
  return ends.slice(1).filter((end, k) => end.left < ends[k].right);
}).length"""


@pytest.fixture(params=[1000, 390], ids=["wide", "phone"])
def page(request, chromium, lab):
    """The view alone on a page, at the first of every choice."""
    with view_alone(chromium, OneLossLabView(lab), request.param) as page:
        page.wait_for_selector(".entry")
        yield page


def choose(page, *at):
    give(page, **dict(zip(CHOICES, at, strict=True)))


def place_of(page, who, tick):
    """How far right the mark stands, in per cent of its scale."""
    row = page.locator(f".entry.{who}", has_text=f"{tick} tick")
    return row.locator(".spot:not(.other)").evaluate("m => parseFloat(m.style.left)")


@pytest.mark.browser
def test_lambda_stretches_Gs_way_under_SGD_and_not_under_Adam(page):
    for optimizer, stretched in ((0, True), (1, False), (2, False)):
        at = []
        for lam in range(3):
            choose(page, SCHEMES_AT["single loss (Su)"], 2, optimizer, lam)
            at.append(place_of(page, "G", 1))
            assert abs(place_of(page, "D", 1) - 50) < 0.1
        assert (at[0] < 40 and at[2] > 80) == stretched
        assert (max(at) - min(at) < 0.1) == (not stretched)


@pytest.mark.browser
def test_every_choice_fits_its_page(page):
    for at in product(range(6), range(5), (0, 2), (0, 2)):
        choose(page, *at)
        assert page.evaluate(CLIPPED) == [], at
        assert page.evaluate(OVERLAP) == 0
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, at


@pytest.mark.browser
def test_what_cannot_be_is_said_where_the_numbers_would_stand(page):
    choose(page, SCHEMES_AT["gradient reversal"], LOSSES.index("hinge"), 0, 1)
    said = page.locator(".says[aria-live=polite]").inner_text()
    assert "not G’s hinge loss" in said
    assert page.locator(".entry.G, .entry.D").count() == 0
    assert page.locator(".entry.chosen .number").inner_text() == "cannot"
    assert set(page.locator("td:last-child").all_inner_texts()) == {"–"}
    choose(page, SCHEMES_AT["gradient reversal"], LOSSES.index("Wasserstein"), 0, 1)
    assert "Both land where two steps take them" in page.locator(".says").inner_text()
    choose(page, 0, 9, 0, 0)
    assert "Nothing was recorded" in page.locator(".says").inner_text()


@pytest.mark.browser
def test_leaving_stops_listening(page):
    page.evaluate("leave()")
    before = page.locator("#here").inner_html()
    choose(page, 3, 2, 1, 2)
    assert page.locator("#here").inner_html() == before
