"""Run one loss's backward and step under each cut and freeze, and keep what happened.

The program that a reader sees is the program that runs: its text is executed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from itertools import product

import torch
from torch import Tensor, nn

from ganflow.records import FlowCell
from ganflow.trace.flow import flow
from ganflow.trace.watch import WatchedBlock, watch
from ganflow.widgets.flow_picture.record import PLAYERS, FlowPicture, FlowState, Link

LOSSES = {
    "loss_D": ("score_real = D(x_real)", "loss_D = (score_fake - score_real).mean()"),
    "loss_G": ("loss_G = -score_fake.mean()",),
}
CUTS = {  # how x_fake is made, and how its score is
    "none": (("x_fake = G(z)",), ("score_fake = D(x_fake)",)),
    "G(z).detach()": (("x_fake = G(z).detach()",), ("score_fake = D(x_fake)",)),
    "no_grad around G": (
        ("with torch.no_grad():", "    x_fake = G(z)"),
        ("score_fake = D(x_fake)",),
    ),
    "D(x_fake).detach()": (
        ("x_fake = G(z)",),
        ("score_fake = D(x_fake).detach()",),
    ),
}
FREEZES = {
    "nobody": (),
    "D": ("D.requires_grad_(False)",),
    "G": ("G.requires_grad_(False)",),
}
LEARNING_RATE = 0.1


def record_flow_picture(
    G: nn.Module, D: nn.Module, *, z: Tensor, x_real: Tensor
) -> FlowPicture:
    """Run every combination of LOSSES, CUTS and FREEZES, each on copies of G and D.

    Parameters
    ----------
    G : nn.Module
        Takes z, gives what D takes. Where it draws (dropout), each program draws the
        same.
    D : nn.Module
        Gives scores, higher = more real.
    z : Tensor
        (n, ...), with no gradient asked for.
    x_real : Tensor
        (n, ...), with no gradient asked for.

    Returns
    -------
    FlowPicture

    Raises
    ------
    TypeError
        G or D is no network, z or x_real no tensor.
    ValueError
        A network without parameters or without shapes, a parameter that G and D share,
        a tensor with history that cannot be copied.

    Gradient: each program's own, as its lines say; G, D and torch's generator stay as
    they were.
    """
    names, states = {"G": G, "D": D, "z": z, "x_real": x_real}, {}
    for key in product(LOSSES, CUTS, FREEZES):
        with torch.random.fork_rng():
            torch.manual_seed(0)
            states[key] = _run(*key, names=_copied(names))
    return FlowPicture(tuple(LOSSES), tuple(CUTS), tuple(FREEZES), states)


def program(loss: str, cut: str, freeze: str) -> tuple[str, ...]:
    """The lines up to the loss. `backward` and `step` come after them.

    Parameters
    ----------
    loss : str
        One of LOSSES.
    cut : str
        One of CUTS.
    freeze : str
        One of FREEZES.

    Returns
    -------
    tuple of str
    """
    made, scored = CUTS[cut]
    return (*FREEZES[freeze], *made, *scored, *LOSSES[loss])


def _copied(names: Mapping) -> dict:
    try:
        return deepcopy(dict(names))
    except RuntimeError as error:
        raise ValueError(
            "each program gets a copy of G, D, z and x_real, and a tensor in one of "
            "them has a history: detach z and x_real; a network with a spectral or "
            "weight norm of the old kind, torch.nn.utils, call once under no_grad"
        ) from error


def _run(loss: str, cut: str, freeze: str, *, names: dict) -> FlowState:
    players = {who: names[who] for who in PLAYERS}
    forward = program(loss, cut, freeze)
    with watch(**names) as seen:
        exec("\n".join(forward), names | {"torch": torch}, names)
    arrived = _listen(names)
    own = loss.removeprefix("loss_")
    optimizer = torch.optim.SGD(names[own].parameters(), lr=LEARNING_RATE)
    cells = _cells(loss, names[loss], players, optimizer, seen)
    before = {who: _flat(net) for who, net in players.items()}
    end = (f"{loss}.backward()", f"opt_{own}.step()")
    error = _finish(end, names | {f"opt_{own}": optimizer}, names[loss])
    plain = program(loss, "none", "nobody")
    return FlowState(
        code=(*forward, *end),
        changed=tuple(n for n, line in enumerate(forward) if line not in plain),
        loss=loss,
        frozen=tuple(who for who in PLAYERS if not _learns(players[who])),
        cells=cells,
        links=_links(names, arrived),
        moved={w: float((_flat(players[w]) - before[w]).norm()) for w in PLAYERS},
        error=error,
    )


def _finish(end: tuple[str, str], names: dict, loss: Tensor) -> str:
    """Run `backward` and `step`; what torch says where the loss has no history."""
    if loss.requires_grad:
        exec("\n".join(end), names)
        return ""
    try:
        exec(end[0], names)
    except RuntimeError as refused:
        return str(refused)
    raise AssertionError(f"{end[0]} ran, though nothing here asks for a gradient")


def _cells(
    loss: str,
    value: Tensor,
    players: Mapping[str, nn.Module],
    optimizer: torch.optim.Optimizer,
    seen: WatchedBlock,
) -> dict[str, FlowCell]:
    """The loss's row of the flow table; empty cells where it has no history."""
    if value.requires_grad:
        table = flow({loss: value}, players, {loss: optimizer}, seen)
        return {who: table[loss, who] for who in players}
    return {who: _nothing(net) for who, net in players.items()}


def _nothing(network: nn.Module) -> FlowCell:
    return FlowCell.of_norms([None for _ in network.parameters()])


def _listen(names: Mapping) -> dict[str, float]:
    """Note the norm of what arrives at each value on the way, as backward comes by."""
    arrived: dict[str, float] = {}

    def note(name: str):
        return lambda slope: arrived.__setitem__(name, float(slope.norm()))

    for name in ("x_fake", "score_fake", "score_real"):
        if name in names and names[name].requires_grad:
            names[name].register_hook(note(name))
    return arrived


def _links(names: Mapping, arrived: Mapping[str, float]) -> dict[str, Link]:
    """A value is cut where its makers wanted a gradient, and it has no history."""
    makers = {"x_fake": [names["G"]], "score_real": [names["D"]]}
    makers["score_fake"] = [names["D"], names["x_fake"]]
    return {
        name: Link(
            norm=arrived.get(name),
            cut=any(map(_learns, makers[name])) and not names[name].requires_grad,
        )
        for name in ("x_fake", "score_fake", "score_real")
        if name in names
    }


def _learns(maker: nn.Module | Tensor) -> bool:
    tensors: Iterable = [maker] if isinstance(maker, Tensor) else maker.parameters()
    return any(tensor.requires_grad for tensor in tensors)


def _flat(network: nn.Module) -> Tensor:
    return torch.cat([p.detach().ravel().clone() for p in network.parameters()])
