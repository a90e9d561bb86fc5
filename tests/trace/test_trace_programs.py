"""The trace is right on code nobody wrote: random programs, an independent answer."""

import re
from collections import Counter

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from trace_programs import PROGRAMS, Run, World

from ganflow.trace.watch import watch

SETTINGS = settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
SEEN = Counter()
REFUSED = (
    r"modified by an inplace|modified inplace|\.detach_\(\)|recomputation|"
    "single memory location"
)


def watched(program, *, cuts=True):
    """Run a program: the world, the run, its loss, and its trace or None."""
    world = World(program.frozen if cuts else frozenset())
    run = Run(world, program, cuts=cuts)
    with watch(**world.named) as seen:
        loss = run.loss()
    if loss.grad_fn is None:
        with pytest.raises(ValueError, match="has no history"):
            seen.trace(loss)
        return world, run, loss, None
    return world, run, loss, seen.trace(loss)


def answered(loss, world):
    """Which weights autograd itself reaches: (network, name) pairs."""
    # A program may detach a weight in place and write to it: then it is no leaf.
    wanted = {k: w for k, w in world.weights.items() if w.requires_grad and w.is_leaf}
    if not (wanted and loss.requires_grad):
        return set()
    slopes = torch.autograd.grad(
        loss, list(wanted.values()), allow_unused=True, retain_graph=True
    )
    return {key for key, s in zip(wanted, slopes, strict=True) if s is not None}


def reached(trace):
    """What the trace says: (network, name) pairs."""
    if trace is None:
        return set()
    return {(who, name) for who, names in trace.reached.items() for name in names}


def takes(node):
    """Whether a derivative may arrive there: not at a leaf that was frozen later."""
    leaf = getattr(node, "variable", None)
    return node is not None and (leaf is None or leaf.requires_grad)


def answer_of(program):
    """What autograd reaches, unwatched; a write to a saved value is allowed for."""
    with torch.autograd.graph.allow_mutation_on_saved_tensors():
        world = World(program.frozen)
        run = Run(world, program)
        return answered(run.loss(), world), run.skipped


def behind_cuts(trace):
    """The weights that lie behind any cut edge, by a search of its own."""
    ends = {}
    for edge in trace.edges:
        ends.setdefault(edge.start, set()).add(edge.end)
    todo, seen = [edge.end for edge in trace.edges if edge.cut], set()
    while todo:
        number = todo.pop()
        if number not in seen:
            seen.add(number)
            todo += ends.get(number, ())
    nodes = {node.id: node for node in trace.nodes}
    return {
        (nodes[i].network, nodes[i].name) for i in seen if nodes[i].kind == "parameter"
    }


@SETTINGS
@given(PROGRAMS)
def test_reached_is_where_autograd_gives_a_derivative(program):
    world, run, loss, trace = watched(program)
    SEEN["programs"] += 1
    try:
        expected = answered(loss, world)
    except RuntimeError as error:
        assert re.search(REFUSED, str(error))
        try:
            expected, skipped = answer_of(program)
        except RuntimeError:
            return  # torch has no answer: it refuses this backward pass
        if skipped != run.skipped:
            return
    SEEN["reached"] += bool(expected)
    SEEN["cut"] += bool(trace and trace.cuts)
    SEEN["answered"] += 1
    assert reached(trace) == expected


@SETTINGS
@given(PROGRAMS)
def test_live_edges_are_those_of_next_functions(program):
    _, _, loss, trace = watched(program)
    if trace is None:
        return
    ends = {}
    for edge in trace.edges:
        if edge.live:
            ends.setdefault(edge.start, []).append(edge.end)
    names = {node.id: node.op for node in trace.nodes if node.live}
    twins, todo = {}, [(trace.root, loss.grad_fn)]
    while todo:
        number, node = todo.pop()
        if number in twins:
            assert twins[number] is node
            continue
        twins[number] = node
        assert names[number] == node.name()
        after = dict.fromkeys(n for n, _ in node.next_functions if takes(n))
        todo += zip(ends.get(number, []), after, strict=True)
    assert twins.keys() == names.keys()
    assert len(set(twins.values())) == len(twins)


@SETTINGS
@given(PROGRAMS)
def test_a_cut_is_what_stands_before_what_it_hides(program):
    """Leave the cuts out: what is reached besides is just what lay behind them."""
    if any(step.op == "grad" for step in program.steps):
        return  # without cuts there is more to differentiate: another program
    _, run, _, trace = watched(program)
    world, free, loss, full = watched(program, cuts=False)
    if trace is None or run.skipped != free.skipped:
        return
    SEEN["compared"] += 1
    hidden, more = behind_cuts(trace), reached(full) - reached(trace)
    assert more <= hidden
    if not any(step.op in ("argmax", "max_index") for step in program.steps):
        assert hidden <= reached(full)
        SEEN["hidden"] += bool(hidden)


def test_the_programs_do_what_they_are_meant_to():
    """At least 200 are answered, and enough of them reach, cut and hide something."""
    if SEEN["programs"] < SETTINGS.max_examples:
        pytest.skip("runs after the three tests above")
    assert SEEN["answered"] >= 200
    assert min(SEEN["reached"], SEEN["cut"], SEEN["compared"], SEEN["hidden"]) >= 60
