"""Reports of loops that nobody ran: one of each kind that a form must tell."""

import linecache
from functools import cache

from ganflow.loop_report import (
    Arrival,
    CostRow,
    Finding,
    LoopCost,
    LoopReport,
    Move,
    Place,
)
from ganflow.schedule import ALTERNATING, SIMULTANEOUS, critic_steps

FILE = "/project/gan/train.py"
SOURCE = {
    38: "x_fake = G(z)",
    40: "loss_D = F.softplus(D(x_fake.detach())).mean() + F.softplus(-D(x)).mean()",
    41: "loss_D.backward()",
    42: "opt_D.step()",
    46: "loss_G = F.softplus(-D(x_fake)).mean()",
    47: "loss_G.backward()",
    48: "opt_G.step()",
    52: "penalty.backward()",
    53: "opt_D.step()",
    57: "path_length.backward()",
    58: "opt_G.step()",
    61: "loss_Q.backward()",
    62: "opt_Q.step()",
}
TENSORS = {"G": 10, "D": 8, "Q": 4, "encoder": 12, "D_patch": 6}


def at(line):
    """A line of the file that the samples share; its text is known to linecache."""
    lines = [f"    {SOURCE.get(n, 'pass')}\n" for n in range(1, 80)]
    linecache.cache[FILE] = (1, None, lines, FILE)
    return Place(FILE, line)


def moves(turns, cycles):
    """Moves of `cycles` cycles.

    Each turn is (player, line of its step, lines that fed it, lags by other player);
    "by", "joint", "blind" and "tensors" may follow in a dict.
    """
    now, found = dict.fromkeys(TENSORS, 0), []
    made: dict = {}
    for _ in range(cycles):
        for player, step, fed, lags, *more in turns:
            extra = dict(more[0]) if more else {}
            made = made if extra.get("joint") else dict(now)  # as the step began
            reads = {player: (made[player],)}
            for other, back in lags.items():
                reads[other] = tuple(
                    made[other] - lag
                    for lag in sorted(back, reverse=True)
                    if made[other] >= lag
                ) or (0,)
            newest = {p: n for p, n in made.items() if p in {player, *lags}}
            now[player] += 1
            found.append(
                Move(
                    number=len(found),
                    player=player,
                    version=now[player],
                    place=at(step) if step else Place("", 0),
                    reads=reads,
                    newest=newest,
                    tensors=extra.pop("tensors", TENSORS[player]),
                    of=TENSORS[player],
                    fed_by=tuple(at(line) for line in fed),
                    **{"by": "Adam", **extra},
                )
            )
    return tuple(found)


def report(turns, name, schedule=None, *, cycles=4, players="GD", **more):
    """A report of `cycles` cycles of these turns; `more` overrides its fields."""
    found = moves(turns, cycles)
    fields = {
        "players": {p: TENSORS[p] for p in players},
        "name": name,
        "schedule": schedule,
        "settled": True,
        "settled_after": 3 * len(turns),
        "cycle": len(turns),
        "moves": found,
        "move_count": len(found),
        "arrivals": (),
        "findings": (),
    }
    return LoopReport(**{**fields, **more})


D_TURN = ("D", 42, [41], {"G": [0]})
G_TURN = ("G", 48, [47], {"D": [0]})
ARRIVALS = (
    Arrival(at(41), "D", 8, 8, 4, {"stepped": 4}),
    Arrival(at(47), "G", 10, 10, 4, {"stepped": 4}),
    Arrival(at(47), "D", 8, 8, 4, {"wiped": 3, "left behind": 1}),
)
COST = LoopCost(
    (
        CostRow(at(38), "G", "forward", 2.0e9),
        CostRow(at(40), "D", "forward", 1.6e9),
        CostRow(at(41), "D", "weights", 1.6e9),
        CostRow(at(41), "D", "through", 1.2e9),
        CostRow(at(46), "D", "forward", 0.8e9),
        CostRow(at(47), "D", "weights", 0.8e9, 0.8e9),
        CostRow(at(47), "D", "through", 0.8e9),
        CostRow(at(47), "G", "weights", 2.0e9),
        CostRow(at(47), "G", "through", 1.9e9),
        CostRow(at(46), "", "forward", 2.0e6),
    )
)
WASTED = Finding(
    "wasted-weight-gradients",
    "note",
    at(47),
    "D's weights were differentiated in G's turn and wiped unused: 6.3 % of a cycle.",
    "Freeze D before loss_G is made: D.requires_grad_(False); thaw it in D's turn.",
    "notebooks/03_frozen_critic/spare_the_critic.html",
    4,
)
NEVER_CLEARED = Finding(
    "other-loss-leftovers",
    "error",
    at(42),
    "This step of D also took what loss_G.backward() left in D's .grad: D is pushed to "
    "score fakes higher, against its own loss.",
    "Call opt_D.zero_grad() before loss_D.backward().",
    "notebooks/10_errors/read_the_error.html",
    3,
    (at(47),),
)
DISGUISE = Finding(
    "simultaneous-in-disguise",
    "note",
    at(48),
    "The lines look alternating, but G's derivative was made by D's weights from "
    "before D's step.",
    "Score the fakes anew, by D(x_fake), after opt_D.step().",
    "notebooks/04_turns/find_the_schedule.html#the-loop-that-looks-alternating",
)
NORM = Finding(
    "frozen-critic-moves",
    "warning",
    Place("", 0),
    "D is frozen in G's turn, yet the running statistics of its BatchNorm moved.",
    "Call D.eval() for G's turn, and D.train() after it.",
    "notebooks/03_frozen_critic/hold_d_still.html",
)


@cache
def alternating():
    return report(
        [D_TURN, G_TURN],
        "alternating: D reads G0, G reads D1",
        ALTERNATING,
        arrivals=ARRIVALS,
        cost=COST,
        findings=(WASTED,),
    )


@cache
def simultaneous():
    return report(
        [D_TURN, ("G", 48, [47], {"D": [1]})],
        "simultaneous: D reads G0, G reads D0",
        SIMULTANEOUS,
        findings=(DISGUISE,),
        arrivals=ARRIVALS[:2],
    )


@cache
def critic():
    return report([D_TURN] * 5 + [G_TURN], "5 critic steps", critic_steps(5))


@cache
def stylegan():
    """G and D 16 times, path lengths of G each fourth time, R1 once: 37 moves."""
    two = {"fed": [41, 41]}
    turns = []
    for i in range(16):
        turns.append(("G", 48, [47, 47], {"D": [0]}))
        if i % 4 == 0:
            turns.append(("G", 58, [57, 57], {}, {"tensors": 9}))
        turns.append(("D", 42, two["fed"], {"G": [0]}))
        if i == 0:
            turns.append(("D", 53, [52, 52], {}, {"tensors": 7}))
    name = "alternating, with steps on G alone (4 of 20) and on D alone (1 of 17)"
    return report(turns, name, cycles=3)


@cache
def three():
    """InfoGAN: one step moves G and Q at once."""
    turns = [
        D_TURN,
        G_TURN,
        ("Q", 62, [61], {"G": [0], "D": [0]}),
        ("G", 62, [61], {"Q": [0], "D": [0]}, {"joint": True}),
    ]
    return report(turns, "D, then G, then Q and G at once", players="GDQ")


@cache
def pool():
    turns = [("D", 42, [41], {"G": [1, 2]}), G_TURN]
    return report(
        turns,
        "alternating with a pool: D reads fakes that are 1 and 2 moves of G old",
        cycles=5,
    )


@cache
def unsettled():
    return report(
        [D_TURN, G_TURN, D_TURN],
        "no name yet: the pattern of the moves has not repeated twice",
        cycles=1,
        settled=False,
        settled_after=None,
        cycle=None,
    )


@cache
def empty():
    return report(
        [],
        "none: no step was seen",
        cycles=0,
        settled=False,
        settled_after=None,
        cycle=None,
        players=["encoder", "D_patch"],
    )


@cache
def faults():
    """Findings of all levels, one of them at no line."""
    return report(
        [D_TURN, G_TURN],
        "alternating: D reads G0, G reads D1",
        ALTERNATING,
        arrivals=ARRIVALS,
        cost=COST,
        findings=(NEVER_CLEARED, NORM, WASTED, DISGUISE),
        unseen=(
            "D runs compiled; under this watch it runs uncompiled, so operations are "
            "those of the uncompiled code.",
        ),
    )


@cache
def blind():
    """Old fakes come back from disk; a step whose lines are all unknown."""
    turns = [
        ("D", 42, [41], {"G": [0]}, {"blind": True}),
        ("G", 0, [], {}, {"by": "hand", "blind": True}),
    ]
    return report(
        turns,
        "unknown: D and G take turns, but what they read is known in part",
        unseen=("A tensor came in from NumPy at train.py:38: whose it is is unknown.",),
    )


@cache
def long_names():
    """Two players with whole words for names."""
    turns = [
        ("encoder", 48, [47], {"D_patch": [0]}),
        ("D_patch", 42, [41], {"encoder": [1]}),
    ]
    return report(
        turns,
        "the encoder steps first, D_patch reads it from before that step",
        players=["encoder", "D_patch"],
    )


ALL = {
    make.__name__: make
    for make in (
        alternating,
        simultaneous,
        critic,
        stylegan,
        three,
        pool,
        unsettled,
        empty,
        faults,
        blind,
        long_names,
    )
}
