"""The findings: what each is called, how grave it is, its sentence, cure and page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One kind of finding.

    Parameters
    ----------
    level : str
        "error", "warning" or "note".
    sentence : str
        What was seen; facts in braces are filled in.
    cure : str
        What to change.
    link : str
        The section of the book that shows it.
    """

    level: str
    sentence: str
    cure: str
    link: str


WEIGH = "notebooks/02_cuts/weigh_the_cut.html"
SPARE = "notebooks/03_frozen_critic/spare_the_critic.html"
FIND = "notebooks/04_turns/find_the_schedule.html"
SAVED = "notebooks/04_turns/find_the_saved_tensor.html"
SHARE = "notebooks/06_one_loss/share_one_pass.html"
BROKEN = "notebooks/07_slope_penalty/break_the_penalty.html"
DOUBT = "notebooks/10_errors/doubt_the_number.html"
STOPPED = "notebooks/10_errors/find_who_stopped.html"
NAMED = "notebooks/10_errors/name_the_finding.html"
TRAPS = "notebooks/11_your_loop/spring_two_traps.html"

CATALOGUE = {
    "wiped-before-step": Entry(
        "error",
        "The gradient that this loop works out at {line} for {player} is cleared "
        "before any step takes it.",
        "Clear before backward(), and step between backward() and the next clearing.",
        f"{STOPPED}#zero-grad-in-the-wrong-place",
    ),
    "step-moves-nobody": Entry(
        "error",
        "The optimizer of {player} steps while nothing lies in any gradient that it "
        "holds, so nobody moves.",
        "Call backward() on the loss of {player} before this step, and clear only "
        "before backward().",
        f"{STOPPED}#zero-grad-in-the-wrong-place",
    ),
    "never-moved": Entry(
        "error",
        "No step has moved {player}, while the others have made {others} moves.",
        "Give the weights of {player} to an optimizer, and call its step() after the "
        "backward() of its loss.",
        f"{STOPPED}#the-optimizer-holds-other-weights",
    ),
    "never-cleared": Entry(
        "error",
        "{player} is stepped again on a gradient that an earlier step has taken: "
        "nothing clears it in between, so gradients of all ticks add up.",
        "Call zero_grad() of this optimizer before the backward() of each turn.",
        f"{STOPPED}#zero-grad-in-the-wrong-place",
    ),
    "other-loss-leftovers": Entry(
        "error",
        "The step of {player} also takes what the backward pass at {line} left in it "
        "for the other player's sake.",
        "Freeze {player} while the other's loss is made; or clear it right before its "
        "own backward(), if that one call makes its whole gradient.",
        f"{NAMED}#leftovers-of-the-other-loss",
    ),
    "wrong-weights": Entry(
        "error",
        "This optimizer is stepped for the other player's loss and holds weights of "
        "{player}, which belong to another optimizer.",
        "Give each optimizer the weights of its own player alone.",
        f"{STOPPED}#the-optimizer-holds-other-weights",
    ),
    "earlier-weights": Entry(
        "error",
        "This optimizer holds {tensors} tensors shaped like those of {player}, and "
        "none of them is a weight of {player}: it steps an earlier copy.",
        "Make the optimizer after the last time that the network is made, copied or "
        "replaced.",
        f"{STOPPED}#the-optimizer-holds-other-weights",
    ),
    "nobodys-weights": Entry(
        "warning",
        "{holder} {tensors} weights that belong to no player.",
        "Register them in a network and give them to an optimizer, or name them as a "
        "player, or freeze them.",
        f"{NAMED}#weights-of-nobody",
    ),
    "cut-in-own-turn": Entry(
        "error",
        "{which} is made of its samples, and no derivative of it reaches {player}: the "
        "way is cut at this line or before it.",
        "In the turn of {player} pass its samples on as they are: no detach(), "
        "no_grad(), .data, argmax() or NumPy between.",
        f"{STOPPED}#g-never-learns-its-fake-is-cut",
    ),
    "dead-penalty": Entry(
        "error",
        "A derivative is {how} here and then added to a loss: the loss gets a number, "
        "and no weight learns from it.",
        "{cure}.",
        f"{STOPPED}#a-penalty-without-effect-create-graph",
    ),
    "dead-score": Entry(
        "warning",
        "A score of {player} goes into its own loss, and no backward pass goes "
        "through it.",
        "Leave out the detach(), .data, item() or no_grad() that cuts it off; give a "
        "checkpoint use_reentrant=False.",
        f"{STOPPED}#d-calls-everything-real-detach-sits-on-its-score",
    ),
    "frozen-critic-moves": Entry(
        "warning",
        "Every weight of {player} is frozen in this call, and the call changes its "
        "buffers all the same (running statistics, or a spectral norm's vectors).",
        "Put {player} into eval() for this call, or say to yourself that you want it.",
        f"{STOPPED}#a-frozen-d-that-moves",
    ),
    "mixed-batch-norm": Entry(
        "warning",
        "Data and samples go through {player} in one batch, and its batch norm "
        "mixes their statistics: every score then depends on both.",
        "Score them in two calls, or use a norm that works within a sample.",
        f"{NAMED}#real-and-fake-in-one-batch",
    ),
    "batch-norm-penalty": Entry(
        "warning",
        "A penalty differentiates {player} sample by sample here, while its batch "
        "norm lets each score depend on the whole batch.",
        "Use layer norm, instance norm or none in the critic.",
        f"{BROKEN}#lost-in-another-way-batch-normalisation",
    ),
    "left-in-eval": Entry(
        "warning",
        "{player} is trained on a call that it made in eval(): its batch norm uses "
        "stored statistics and its dropout is off.",
        "Call train() on {player} before the loop, and again after each eval().",
        f"{STOPPED}#left-in-eval-mode-after-a-picture",
    ),
    "autocast-cache": Entry(
        "error",
        "{player} runs here with weights from {late} move(s) ago: autocast keeps the "
        "cast weights until its outermost block ends, whatever a step has changed.",
        "Open one autocast block for each forward pass, or pass cache_enabled=False.",
        f"{TRAPS}#one-autocast-block-around-a-whole-tick",
    ),
    "stale-weight-copy": Entry(
        "error",
        "{player} runs here with a copy of its weights that is {late} move(s) old.",
        "Copy the weights after the step, or use the network's own.",
        f"{NAMED}#a-copy-from-before-the-step",
    ),
    "old-and-new-weights": Entry(
        "error",
        "This backward pass reads weights of {player} that a step has changed since "
        "the score was made: what it gives belongs neither to the old {player} nor to "
        "the new one.",
        "Walk before {player} is stepped, or make the samples' score after the step.",
        f"{SAVED}#not-the-weight-the-tensor-that-was-saved",
    ),
    "simultaneous-in-disguise": Entry(
        "note",
        "The lines take turns, and what {player} is stepped on was made before "
        "{other} moved: the play is simultaneous.",
        "If you want turns, make and score the samples again after the step of "
        "{other}.",
        f"{FIND}#the-loop-that-looks-alternating",
    ),
    "same-pull": Entry(
        "error",
        "{critic} and {maker} pull the score of the samples the same way, so they do "
        "not play against each other.",
        "Turn the sign (or the label) of the samples in one of the two losses.",
        f"{TRAPS}#two-losses-that-want-the-same",
    ),
    "clipped-while-scaled": Entry(
        "error",
        "Gradients are clipped or measured here while the loss scale is still in them.",
        "Call scaler.unscale_(optimizer) first.",
        f"{NAMED}#clipped-while-scaled",
    ),
    "scaler-updated-between": Entry(
        "error",
        "The scaler was updated between the backward pass and the step of this "
        "gradient, so that it is divided by another scale than it was made with.",
        "Call update() once a tick, after the last step.",
        f"{NAMED}#the-scaler-is-updated-between-two-steps",
    ),
    "average-without-buffers": Entry(
        "warning",
        "The weights of {player} are averaged here, and its running statistics are "
        "never copied: the average normalises by those of the first tick.",
        "Copy the buffers of {player} into the average as well.",
        f"{NAMED}#an-average-without-its-buffers",
    ),
    "one-epsilon": Entry(
        "warning",
        "Data and samples are blended here with one factor for the whole batch.",
        "Draw a factor for each sample: shape (batch, 1, 1, 1) for images.",
        f"{NAMED}#one-epsilon-for-the-whole-batch",
    ),
    "saturated": Entry(
        "warning",
        "Next to nothing reaches {player} (at most {size}): its loss is flat where "
        "{other} puts the scores of its samples.",
        "Use the non-saturating loss, or stop {other} from being so sure.",
        f"{STOPPED}#d-is-too-sure-g-s-gradient-arrives-and-is-tiny",
    ),
    "growing-graph": Entry(
        "warning",
        "A sum of losses keeps the graph of every tick here: memory, or the time of "
        "backward(), grows with each.",
        "Add loss.item() or loss.detach() instead.",
        f"{DOUBT}#memory-that-grows-losses-that-are-kept",
    ),
    "wasted-weight-gradients": Entry(
        "note",
        "This backward pass works out gradients of {player} that are cleared unused: "
        "{share:.1%} of the FLOPs of a cycle.",
        "Freeze {player} for this turn: {player}.requires_grad_(False) before the "
        "loss is made; then give each weight back what it had.",
        f"{SPARE}#four-ways-not-to-counted",
    ),
    "walks-into-generator": Entry(
        "note",
        "This backward pass goes on into {player} and what arrives is cleared unused: "
        "{share:.1%} of the FLOPs of a cycle.",
        "Score detached samples in this turn: D(fake.detach()).",
        f"{WEIGH}#what-it-saves",
    ),
    "scored-twice": Entry(
        "note",
        "The same weights of {player} are called on the same input here {again}.",
        "Keep the first result, if its graph serves both.",
        f"{SHARE}#one-backward-pass",
    ),
    "weights-written": Entry(
        "note",
        "Weights of {player} are overwritten here outside of any step, by {by}.",
        "Nothing, if you mean it: weight clipping and loading do.",
        f"{NAMED}#weights-that-are-overwritten",
    ),
    "skipped-step": Entry(
        "note",
        "The scaler left out a step here, since a gradient was infinite or nan.",
        "Nothing, if it is rare: the scale is halved after it.",
        f"{NAMED}#a-step-that-is-left-out",
    ),
}
