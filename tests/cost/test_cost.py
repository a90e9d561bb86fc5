"""What a step costs, by hooks: the book's table of schemes, row by row."""

import pytest
import torch
from one_loss_steps import setting
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from ganflow.cost import StepCost, cost_of, cost_table
from ganflow.losses import LOSSES, gradient_penalty
from ganflow.one_loss import one_pass, reverse_gradient, single_loss
from ganflow.schedule import Passes, Schedule

LOSS = LOSSES["non-saturating"]
BATCH = 8


def cost(step, made):
    return cost_of(lambda: step(made), G=made.G, D=made.D, batch=BATCH)


def step_D(made, x_fake):
    loss_D = LOSS.D(made.D(made.x_real), made.D(x_fake.detach()))
    loss_D.backward()


def dcgan(made):
    """D, then G on the same fake; D's gradients of G's step are left behind."""
    x_fake = made.G(made.z)
    step_D(made, x_fake)
    LOSS.G(made.D(x_fake)).backward()


def dcgan_frozen(made):
    x_fake = made.G(made.z)
    step_D(made, x_fake)
    made.D.requires_grad_(False)
    LOSS.G(made.D(x_fake)).backward()
    made.D.requires_grad_(True)


def fresh(made):
    step_D(made, made.G(made.z))
    LOSS.G(made.D(made.G(made.z))).backward()


def shared(made):
    x_fake = made.G(made.z)
    scores = made.D(made.x_real), made.D(x_fake)
    loss_D, loss_G = LOSS.D(*scores), LOSS.for_G(*scores)
    torch.autograd.grad(loss_D, list(made.D.parameters()), retain_graph=True)
    torch.autograd.grad(loss_G, list(made.G.parameters()))


def su(made):
    x_fake = made.G(made.z)
    scores = made.D(made.x_real), made.D(x_fake), made.D(x_fake.detach())
    single_loss(LOSS, *scores).backward()


def reversal(made):
    x_fake = reverse_gradient(made.G(made.z))
    LOSS.D(made.D(made.x_real), made.D(x_fake)).backward()


def one(made):
    one_pass(made.G, made.D, LOSS, made.x_real, made.z, check=False)


# G forward, D forward, D weights, D input, G backward
TABLE = {
    dcgan: Passes(1, 3, 3, 1, 1),
    dcgan_frozen: Passes(1, 3, 2, 1, 1),
    fresh: Passes(2, 3, 3, 1, 1),
    shared: Passes(1, 2, 2, 1, 1),
    su: Passes(1, 3, 3, 1, 1),
    reversal: Passes(1, 2, 2, 1, 1),
    one: Passes(1, 2, 2, 1, 1),
}


@pytest.mark.parametrize("step", TABLE, ids=lambda step: step.__name__)
def test_passes_are_those_of_the_table(step):
    assert cost(step, setting()).passes == TABLE[step]


def test_the_schedule_says_the_same_where_it_speaks_of_the_step():
    """Schedules freeze D in G's move and draw fresh noise each turn."""
    made = setting()

    def turns(schedule):
        def step(made):
            for turn in schedule.turns:
                {("D",): move_D, ("G",): move_G, ("D", "G"): shared}[turn](made)

        return cost(step, made).passes

    def move_D(made):
        step_D(made, made.G(made.z))

    def move_G(made):
        loss_G = LOSS.G(made.D(made.G(made.z)))
        torch.autograd.grad(loss_G, list(made.G.parameters()))

    for text in ("DG", "D G", "G D", "D D D G", "D G G", "D DG G"):
        schedule = Schedule.from_text(text)
        assert turns(schedule) == schedule.passes, text


def test_flops_are_those_of_torchs_own_counter():
    for step in (fresh, su, one):
        made = setting()
        with FlopCounterMode(display=False) as counted:
            step(made)
        assert cost(step, made).flops == counted.get_total_flops() > 0


def test_one_pass_takes_the_fewest_flops():
    flops = {step: cost(step, setting()).flops for step in TABLE}
    assert flops[one] == flops[reversal]
    assert flops[one] < flops[shared] < flops[dcgan] < flops[fresh]
    assert flops[one] <= 0.78 * flops[fresh]


def linear_pair():
    """G 3 -> 4 and D 4 -> 1 without biases, batch 5: every count is done by hand."""
    G = nn.Linear(3, 4, bias=False)
    D = nn.Linear(4, 1, bias=False)
    return G, D, torch.randn(5, 3), torch.randn(5, 4)


def test_flops_of_a_linear_pair_are_counted_by_hand():
    G, D, z, _ = linear_pair()
    found = cost_of(lambda: D(G(z)).mean().backward(), G=G, D=D, batch=5)
    forward = 2 * 5 * 3 * 4 + 2 * 5 * 4
    backward = 2 * 5 * 3 * 4 + 2 * (2 * 5 * 4)  # G's weights; D's weights and input
    assert found.flops == forward + backward


def test_saved_bytes_are_the_inputs_of_each_layer():
    """A linear layer keeps its input; the weights are there anyway."""
    G, D, z, _ = linear_pair()
    found = cost_of(lambda: D(G(z)).mean().backward(), G=G, D=D, batch=5)
    assert found.saved_bytes == z.nbytes + 5 * 4 * 4


def test_saved_bytes_are_those_kept_at_once():
    """Freed graphs make room: two steps in a row keep no more than one."""
    made = setting()
    once, twice = cost(fresh, made), cost(lambda m: (fresh(m), fresh(m)), made)
    assert twice.saved_bytes == once.saved_bytes
    both = cost(lambda m: (LOSS.G(m.D(m.G(m.z))), LOSS.G(m.D(m.G(m.z)))), made)
    alone = cost(lambda m: LOSS.G(m.D(m.G(m.z))), made)
    assert both.saved_bytes < 2 * alone.saved_bytes


def test_peak_bytes_are_of_all_that_lives_at_once():
    G, D, z, x = linear_pair()

    def step():
        kept = torch.zeros(1000)
        for _ in range(3):
            torch.zeros(500)
        return kept + z.sum()

    assert cost_of(step, G=G, D=D, batch=5).peak_bytes == (1000 + 1000 + 1) * 4


def test_a_penalty_by_the_input_is_counted_and_not_refused():
    made = setting()

    def step(made):
        x_fake = made.G(made.z)
        gradient_penalty(made.D, made.x_real, x_fake).backward()

    assert cost(step, made).passes == Passes(1, 1, D_weights=1, D_input=2)


def test_a_fake_scored_twice_is_two_passes():
    """Both calls read one tensor, whose derivative comes once, as a sum."""

    def step(made):
        x_fake = made.G(made.z)
        (made.D(x_fake) + made.D(x_fake)).mean().backward()

    assert cost(step, setting()).passes == Passes(1, 2, 2, 2, 1)


def test_a_derivative_that_comes_past_D_is_no_pass_of_it():
    """The fake is read directly too, and D's score of it is not used."""

    def step(made):
        x_fake = made.G(made.z)
        made.D(x_fake)
        x_fake.square().mean().backward()

    assert cost(step, setting()).passes == Passes(1, 1, 0, 0, 1)


def test_a_pass_to_some_of_the_weights_is_a_pass():
    def step(made):
        made.D(made.x_real).mean().backward()
        made.D(made.x_real).mean().backward(inputs=[made.D[-2].weight])

    assert cost(step, setting()).passes == Passes(D_forward=2, D_weights=2)


def test_what_was_there_before_the_step_is_not_its_own():
    """Changed in place, as an optimizer does it, or seen in another shape."""
    G, D, z, x = linear_pair()
    found = cost_of(lambda: (x.mul_(2), z.t()), G=G, D=D, batch=5)
    assert found.peak_bytes == 0


def test_hooks_leave_with_the_count():
    made = setting()
    cost(fresh, made)
    for net in (made.G, made.D):
        assert not net._forward_hooks and not net._forward_pre_hooks


def test_part_of_a_batch_is_a_fraction():
    made = setting()
    found = cost(lambda m: m.D(m.x_real[:2]), made)
    assert found.passes == Passes(D_forward=0.25)


def test_the_table_has_a_line_for_each_step():
    costs = {"as usual": StepCost(Passes(2, 3, 3, 1, 1), 560_000_000, 10**7, 10**8)}
    head, line = cost_table(costs).splitlines()
    assert head.split("  ")[-3:] == ["GFLOP", "saved MB", "peak MB"]
    assert line.split() == "as usual 2 3 3 1 1 0.560 10.0 100".split()
    assert len(head) == len(line)


def test_an_empty_batch_is_refused():
    made = setting()
    with pytest.raises(ValueError, match="batch is 0"):
        cost_of(lambda: None, G=made.G, D=made.D, batch=0)
