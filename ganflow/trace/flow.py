"""Which loss reaches whose parameters, and whose step holds them: torch tensors in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.optim import Optimizer

from ganflow.records import Flow, FlowCell
from ganflow.records.checks import check_dict, check_losses, check_watch
from ganflow.records.flow import why_nothing_arrives
from ganflow.records.steps import held_after
from ganflow.trace.sharding import check_whole
from ganflow.trace.walk import derivatives, where_it_stops
from ganflow.trace.watch import WatchedBlock

Player = nn.Module | Tensor | Iterable[nn.Module | Tensor]
Step = Optimizer | Tensor | Iterable[Optimizer | Tensor] | None
# What torch says where it refuses the walk, and what that means to who asked.
REFUSALS = {
    "backward through the graph a second time": (
        "the graph of {name} is freed, or a part of it that another backward() walked "
        "too: ask for the flow before {name}.backward() and before that other one, or "
        "call them with retain_graph=True"
    ),
    "modified by an inplace operation": (
        "a value that the backward pass of {name} needs was changed in place, most "
        "often by an optimizer's step: ask for the flow before the step"
    ),
    "use_reentrant=True": (
        "the graph of {name} holds a checkpoint with use_reentrant=True, which runs in "
        "one piece with a backward pass of its own: {name}.backward() can run it, and "
        "autograd.grad, by which flow asks, cannot; use_reentrant=False gives the same "
        "gradients and can be asked"
    ),
    "donated buffers": (
        "the graph of {name} holds a network compiled for backward passes that reuse "
        "its memory (donated buffers), and flow keeps every graph: make {name} inside "
        "`with watch(...)`, where torch runs the network uncompiled, or with the "
        "network itself instead of its compiled form, or set "
        "torch._functorch.config.donated_buffer = False before the network is compiled"
    ),
}


def flow(
    losses: Mapping[str, Tensor],
    players: Mapping[str, Player],
    steps: Mapping[str, Step] | None = None,
    seen: WatchedBlock | None = None,
) -> Flow:
    """Say what each loss's backward pass would send to each player.

    Parameters
    ----------
    losses : dict of name -> Tensor with one element
        Still with their graphs. Under a gradient scaler pass the loss itself: of the
        scaled one each norm is longer by the scale.
    players : dict of name -> nn.Module, Tensor, or iterable of them
        A tensor in two players counts for both.
    steps : dict of loss -> optimizer, tensors, or several of them; or None
        The step that follows the loss's backward pass: its optimizer, or the tensors
        that a step by hand moves, or () for none. A cell says *stepped* of parameters
        that are among these very tensors, and *left behind* of others. Of a loss that
        is not in it, the table says only what *arrives*.
    seen : WatchedBlock or None
        The watch that saw the losses being made, to name what cut a path.

    Returns
    -------
    Flow
        table[loss, player] has the norm, the state, and the reason of a cut.

    Raises
    ------
    TypeError
        No dict, no watch, or a loss, a player or a step of the wrong kind: a name shows
        no step.
    ValueError
        A loss with several elements, without history, or made before the watch; a step
        after an unknown loss, an empty player, or one that is sharded over processes.
    RuntimeError
        Backward cannot run: the graph, or a part of it, is freed, a value it needs was
        changed in place, or a function has no derivative to give. Or flow cannot ask: a
        checkpoint with use_reentrant=True, or a compiled network that reuses the memory
        of its graph.

    Gradient: computed with `torch.autograd.grad`, for every leaf of the graph as
    `backward` does it, and thrown away. No `.grad` and no `requires_grad` changes, and
    every graph is kept. In several processes it is that of this one's own loss, not the
    average that `DistributedDataParallel` makes of what `backward` brings. Hooks on
    tensors run as in `backward`, so once more; where a function hands on None, a second
    time, to find it.
    """
    members = _members(players)
    tensors = parameters_of(members)
    for player, given in members.items():
        check_whole("flow", player, given)
    check_losses(losses, _check_loss)
    check_watch(seen, WatchedBlock)
    held = held_after(losses, steps, _weights_of)
    traces = {} if seen is None else {n: seen.trace(x) for n, x in losses.items()}

    def why(name: str, player: str) -> str:
        if stops := where_it_stops(losses[name], tensors[player]):
            return ", ".join(stops)
        frozen = not any(tensor.requires_grad for tensor in tensors[player])
        whole = seen is None or seen.saw(losses[name])
        trace = traces.get(name)
        return why_nothing_arrives(trace, player, frozen=frozen, whole=whole)

    listed = {player: [id(p) for p in given] for player, given in tensors.items()}
    return Flow.fill(
        held, listed, lambda name: _norms(name, losses[name], tensors), why
    )


def left_behind(players: Mapping[str, Player]) -> dict[str, float | None]:
    """Read the norm of what lies in each player's `.grad` now, None if nothing does.

    After a step that is what nobody cleared. Before it, what the step is to take is in
    the number, too: the norm does not say from which loss it comes, nor who steps.
    Under a gradient scaler it is longer by the scale until `unscale_`.

    Parameters
    ----------
    players : dict of name -> nn.Module, Tensor, or iterable of them
        A tensor in two players counts for both.

    Returns
    -------
    dict of name -> float, >= 0, or None
        Euclidean norm over all of the player's parameters. Of a player that is sharded
        over processes (FSDP) over this one's pieces, and None where it has none: the
        squares of all processes' norms add up to the square of the whole.

    Raises
    ------
    TypeError
        No dict, or a player that is neither network, tensor, nor tensors.
    ValueError
        No player, a player without tensors, or lazy and never called.

    Gradient: none is computed, none is cleared.
    """
    lying = {}
    for player, tensors in parameters_of(players).items():
        norms = [None if p.grad is None else _norm(p.grad) for p in tensors]
        lying[player] = FlowCell.of_norms(norms).norm
    return lying


def parameters_of(players: Mapping[str, Player]) -> dict[str, list[Tensor]]:
    """List each player's tensors, each once.

    Parameters
    ----------
    players : dict of name -> nn.Module, Tensor, or iterable of them
        As in `flow`.

    Raises
    ------
    TypeError
        No dict, or a player that is neither network, tensor, nor tensors.
    ValueError
        No player, a player without tensors, or lazy and never called.
    """
    members = _members(players)
    return {player: _tensors(player, given) for player, given in members.items()}


def _members(players: Mapping[str, Player]) -> dict[str, list[Any]]:
    """What plays each player; listed, since an iterator gives it only once."""
    check_dict("players", players, '{"G": G, "D": D}')
    if not players:
        raise ValueError('no players: pass a dict such as {"G": G, "D": D}')
    members = {}
    for player, given in players.items():
        if isinstance(given, (nn.Module, Tensor)) or not isinstance(given, Iterable):
            members[player] = [given]
        else:
            members[player] = list(given)
    return members


def _tensors(player: str, members: list[Any]) -> list[Tensor]:
    found = []
    for one in members:
        found += one.parameters() if isinstance(one, nn.Module) else [one]
    tensors = list({id(tensor): tensor for tensor in found}.values())
    if not tensors:
        raise ValueError(f"{player} has no parameters: nothing could reach it")
    for tensor in tensors:
        if not isinstance(tensor, Tensor):
            raise TypeError(
                f"{player} is to be a network, a tensor, or a list of them, and holds "
                f"a {type(tensor).__name__}"
            )
        if is_lazy(tensor):
            raise ValueError(
                f"{player} has a parameter without a shape: call it once first"
            )
    return tensors


def _weights_of(where: str, step: Any) -> list[Tensor] | None:
    """What an optimizer holds. Wrappers of one, Lightning's say, have its groups."""
    if isinstance(step, Tensor):
        return [step]
    groups = getattr(step, "param_groups", None)
    return None if groups is None else [p for group in groups for p in group["params"]]


def _check_loss(name: str, loss: Tensor) -> None:
    if not isinstance(loss, Tensor):
        raise TypeError(
            f"{name} is a {type(loss).__name__}, not a tensor: pass the loss itself, "
            "not loss.item()"
        )
    if loss.numel() != 1 or loss.is_complex():
        raise ValueError(
            f"{name} has shape {tuple(loss.shape)} and dtype {loss.dtype}: a loss is "
            "one real number, so take its mean() or sum() first"
        )
    if not loss.requires_grad:
        raise ValueError(
            f"{name} has no history: it was made from frozen or detached tensors only, "
            "or under no_grad, so backward() has nowhere to go"
        )


def _norms(
    name: str, loss: Tensor, tensors: Mapping[str, list[Tensor]]
) -> dict[str, list[float | None]]:
    """One backward pass: for each player, a norm per tensor, None where cut."""
    players = {id(p): p for listed in tensors.values() for p in listed}
    wanted = [p for p in players.values() if p.requires_grad]
    arrived = _derivatives(name, loss, wanted)
    norm = {
        id(p): None if slope is None else _norm(slope)
        for p, slope in zip(wanted, arrived, strict=True)
    }
    return {who: [norm.get(id(p)) for p in listed] for who, listed in tensors.items()}


def _derivatives(
    name: str, loss: Tensor, wanted: list[Tensor]
) -> Sequence[Tensor | None]:
    try:
        return derivatives(loss, wanted)
    except RuntimeError as error:
        for words, meaning in REFUSALS.items():
            if words in str(error):
                raise RuntimeError(meaning.format(name=name)) from error
        raise


def _norm(slope: Tensor) -> float:
    """In double precision, so that a small derivative does not round to zero."""
    slope = slope.detach()
    values = slope.coalesce().values() if slope.is_sparse else slope
    wide = torch.complex128 if values.is_complex() else torch.float64
    return torch.linalg.vector_norm(values, dtype=wide).item()
