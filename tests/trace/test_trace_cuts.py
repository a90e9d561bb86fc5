"""What a trace says of the cuts that a GAN's loop is made of."""

import pytest
import torch
from small_pair import ALL, score_of_fake

from ganflow.trace.watch import watch


def under(context):
    def cut(G, z):
        with context():
            return G(z)

    return cut


CUTS = {
    "detach": lambda G, z: G(z).detach(),
    ".data": lambda G, z: G(z).data,
    "detach_": lambda G, z: G(z).detach_(),
    "no_grad": under(torch.no_grad),
    "inference_mode": lambda G, z: under(torch.inference_mode)(G, z).clone(),
    "not differentiable": lambda G, z: (G(z) > 0).float(),
}


@pytest.mark.parametrize("reason", CUTS)
def test_a_cut_fake_trains_D_and_names_what_keeps_it_from_G(pair, reason):
    trace = score_of_fake(pair, CUTS[reason])
    assert trace.reached == {"G": (), "D": ALL}
    assert [edge.cut for edge in trace.cuts] == [reason]
    assert trace.why_not("G") == (reason,)
    assert not trace.flows_through("D")
    hidden = {(n.network, n.name) for n in trace.nodes if n.name and not n.live}
    assert hidden == {("G", name) for name in ALL} | {(None, "z")}


def test_an_uncut_fake_trains_both_and_passes_through_D(pair):
    trace = score_of_fake(pair)
    assert trace.reached == {"G": ALL, "D": ALL}
    assert trace.cuts == ()
    assert trace.flows_through("D") and trace.accumulates_into("D")
    assert not trace.flows_through("G")


def test_a_frozen_critic_is_passed_through_and_not_accumulated_into(pair):
    pair["D"].requires_grad_(False)
    trace = score_of_fake(pair)
    assert trace.reached == {"G": ALL, "D": ()}
    assert trace.flows_through("D") and not trace.accumulates_into("D")
    assert trace.why_not("D") == ("frozen parameter",)
    ends = [trace.by_id[edge.end] for edge in trace.cuts]
    assert [(n.network, n.name) for n in ends] == [
        ("D", "2.weight"), ("D", "2.bias"), ("D", "0.weight"), ("D", "0.bias")
    ]  # fmt: skip


def test_a_critic_frozen_after_its_forward_pass_takes_nothing_either(pair):
    with watch(**pair) as seen:
        loss = pair["D"](pair["G"](pair["z"])).mean()
    pair["D"].requires_grad_(False)
    trace = seen.trace(loss)
    assert trace.reached == {"G": ALL, "D": ()}
    assert trace.why_not("D") == ("frozen parameter",)
    loss.backward()
    assert [p.grad for p in pair["D"].parameters()] == [None] * 4


def test_a_critic_of_which_one_layer_is_frozen_is_reached_in_part(pair):
    pair["D"][2].requires_grad_(False)
    trace = score_of_fake(pair)
    assert trace.reached["D"] == ("0.weight", "0.bias")
    assert trace.why_not("D") == ("frozen parameter",)


def test_detaching_the_score_leaves_nothing_to_trace(pair):
    with watch(**pair) as seen:
        loss = pair["D"](pair["G"](pair["z"])).detach().mean()
    with pytest.raises(ValueError) as refused:
        seen.trace(loss)
    assert str(refused.value) == (
        "this tensor of shape () has no history, cut by detach: trace a tensor that "
        "backward() can start from"
    )


def test_a_write_through_a_data_alias_is_a_cut_and_not_a_gap(pair):
    buffer = torch.zeros(3, 2)
    with watch(**pair) as seen:
        buffer.data.copy_(pair["G"](pair["z"]))
        loss = pair["D"](buffer).mean()
    trace = seen.trace(loss)
    assert trace.reached["G"] == ()
    assert trace.why_not("G") == (".data",)


def test_a_write_through_a_detached_alias_changes_what_the_original_came_from():
    theta, psi = (torch.tensor([n], requires_grad=True) for n in (2.0, 3.0))
    with watch(theta=theta, psi=psi) as seen:
        x_fake = theta * 1.0
        x_fake.detach().mul_(psi)
        loss = x_fake.sum()
    trace = seen.trace(loss)
    assert loss.item() == 6.0  # the value depends on psi
    assert trace.reached == {"theta": ("theta",), "psi": ()}  # its derivative does not
    assert trace.why_not("psi") == ("detach",)


def test_a_write_under_no_grad_changes_what_the_original_came_from():
    theta, psi = (torch.tensor([n], requires_grad=True) for n in (2.0, 3.0))
    with watch(theta=theta, psi=psi) as seen:
        x_fake = theta * 1.0
        with torch.no_grad():
            x_fake.mul_(psi)
        loss = x_fake.sum()
    assert seen.trace(loss).why_not("psi") == ("no_grad",)


def test_an_optimizer_step_is_no_history_of_the_weight(pair):
    D = pair["D"]
    step = torch.optim.Adam(D.parameters(), lr=0.1)
    with watch(**pair) as seen:
        for _ in range(2):
            step.zero_grad()
            loss = D(pair["x_real"]).mean()
            loss.backward()
            step.step()
            with torch.no_grad():
                for weight in D.parameters():
                    weight.clamp_(-0.1, 0.1)
                    weight.data.mul_(0.9)
        loss = D(pair["x_real"]).mean()
    trace = seen.trace(loss)
    assert trace.cuts == ()
    # mean, 2 addmm, 2 t, leaky_relu, 4 weights and the input: one forward pass.
    assert len(trace.nodes) == 11


def test_a_view_made_under_no_grad_claims_a_gradient_and_has_none(pair):
    def cut(G, z):
        x_fake = G(z)
        with torch.no_grad():
            view = x_fake.view(3, 2)
        assert view.requires_grad and view.grad_fn is None  # torch's own surprise
        return view

    trace = score_of_fake(pair, cut)
    assert trace.reached["G"] == () and trace.why_not("G") == ("no_grad",)


def test_a_leaf_made_of_a_cut_fake_shows_the_cut_behind_it(pair):
    with watch(**pair) as seen:
        x_hat = pair["G"](pair["z"]).detach().requires_grad_()
        loss = pair["D"](x_hat).mean()
    trace = seen.trace(loss)
    (edge,) = trace.cuts
    assert edge.cut == "detach"
    assert trace.by_id[edge.start].kind == "input" and trace.by_id[edge.start].live
    assert (trace.by_id[edge.end].network, trace.by_id[edge.end].layer) == ("G", "2")
    assert trace.flows_through("D")  # into x_hat, which is not D's


class Product(torch.autograd.Function):
    """A function of one's own: what runs in it has no graph."""

    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a * b

    @staticmethod
    def backward(ctx, slope):
        a, b = ctx.saved_tensors
        return slope * b, slope * a


@pytest.mark.parametrize("reason", ["detach", "no_grad"])
def test_a_function_of_one_s_own_names_what_cut_one_of_its_values(reason):
    """And looks through what it was given with a derivative."""
    torch.manual_seed(0)
    G, D = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    with watch(G=G, D=D) as seen:
        cut = CUTS[reason](G, torch.randn(4, 2))
        with torch.no_grad():
            cut = 2 * cut
        loss = Product.apply(D(torch.randn(4, 2)), cut).sum()
    trace = seen.trace(loss)
    assert reason in trace.why_not("G")
    assert set(trace.reached["D"]) == {"weight", "bias"} and not trace.reached["G"]
