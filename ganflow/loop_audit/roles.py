"""Which networks play together: by the optimizers that step them and by names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ganflow.loop_audit.kinds import Kind
from ganflow.loop_audit.networks import Named, Network, Networks
from ganflow.loop_audit.variables import is_copy, is_generic

MOST_NAMES = 4  # in the name of a player of several networks


@dataclass(frozen=True)
class Player:
    """Networks that move together.

    Parameters
    ----------
    name : str
        The network's, or those of all of them.
    networks : tuple of Network
        In the order of the optimizers.
    note : str
        Why these networks are one player, or why it plays; "" where it is plain.
    """

    name: str
    networks: tuple[Network, ...]
    note: str = ""

    @property
    def role(self) -> str:
        """The first role that its networks say."""
        return next((one.role for one in self.networks if one.role), "")

    @property
    def members(self) -> list[Any]:
        """What to watch."""
        return [member for network in self.networks for member in network.members]


def players_of(
    kind: Kind,
    optimizers: Sequence[Sequence[Any]],
    named: Sequence[Named],
    early: Sequence[Named] = (),
    taken: Iterable[int] = (),
) -> list[Player]:
    """Say who plays in a script.

    Networks that one optimizer steps are one player. If some of them are generators and
    some discriminators, by their names, they are two. If the script has no other
    optimizer, and no name says a role, each of them is one. Networks of one role and
    with weights of the same shapes, such as D_A and D_B, are one player, too. A network
    that no optimizer holds plays if a player would be missing without it: an optimizer
    that holds another's weights, or weights of no network, does not hide whom it was
    made for.

    Parameters
    ----------
    kind : Kind
        What networks are in the script's framework.
    optimizers : sequence of sequence of weights
        What each holds, in the order in which they were made.
    named : sequence of (network or weight, Variable)
        What the variables hold now.
    early : sequence of (network, Variable)
        What they held when the optimizers were made.
    taken : iterable of int
        The keys of weights that the user gave to players.

    Returns
    -------
    list of Player
        No two have the same name.
    """
    networks, taken = Networks(kind, optimizers, named, early), set(taken)
    stepped = [one for one in networks.stepped() if taken.isdisjoint(one.weights)]
    free = [one for one in networks.unstepped() if taken.isdisjoint(one.weights)]
    renewed = [_renewed(one, free) for one in stepped]
    modules = {network.module for network in renewed}
    free = [one for one in free if one.module not in modules]
    players = [
        player
        for together in _connected(renewed)
        for player in _split(together, alone=len(optimizers) == 1)
    ]
    players = _twins_together(players)
    if not taken and (len(players) < 2 or _doubtful(stepped, len(optimizers))):
        players = _with_missing(players, free)
    return _named_apart(players)


def _renewed(network: Network, free: list[Network]) -> Network:
    """What took the place of an earlier network that an optimizer still holds."""
    if network.module is None or (network.bound and not is_copy(network.name)):
        return network
    twins = [one for one in free if one.shapes == network.shapes]
    twins.sort(key=lambda one: one.role != network.role)
    if not twins:
        return network
    return replace(twins[0], stepped_by=network.stepped_by, instead_of=network.name)


def _connected(networks: list[Network]) -> list[list[Network]]:
    """Networks that are linked by optimizers which step several of them."""
    groups: list[list[Network]] = []
    for network in networks:
        linked = [
            group
            for group in groups
            if any(network.stepped_by & other.stepped_by for other in group)
        ]
        merged = [other for group in linked for other in group]
        groups = [group for group in groups if group not in linked]
        groups.append([*merged, network])
    return groups


def _split(networks: list[Network], *, alone: bool) -> list[Player]:
    """The players of networks that are linked by optimizers."""
    roles = {network.role for network in networks}
    game = {"G", "D"} <= roles
    groups: dict[object, list[Network]] = {}
    for network in networks:
        key: object = network.stepped_by
        if game and network.role:
            key = network.role
        elif game or (alone and roles == {""}):
            key = id(network)
        groups.setdefault(key, []).append(network)
    names = [_joined(group) for group in groups.values()]
    return [
        Player(name, tuple(group), _why(name, group, names))
        for name, group in zip(names, groups.values(), strict=True)
    ]


def _twins_together(players: list[Player]) -> list[Player]:
    """Make one player of alike networks of one role, each with its own optimizer.

    Those of one list are of one role, whatever it is called.
    """
    groups: dict[object, list[Player]] = {}
    for player in players:
        kinds = [(one.role or _list_of(one), *one.shapes) for one in player.networks]
        alike = kinds[0][0] and len(set(kinds)) == 1
        groups.setdefault(kinds[0] if alike else id(player), []).append(player)
    found = []
    for group in groups.values():
        networks = tuple(one for player in group for one in player.networks)
        note = "alike and of one role, each with an optimizer of its own"
        joined = Player(_joined(networks), networks, note)
        found.append(group[0] if len(group) == 1 else joined)
    return found


def _list_of(network: Network) -> str:
    """The name of the list that holds a network; "" if none does that tells."""
    name = network.name.partition("[")[0]
    return "" if name == network.name or is_generic(name) else name


def _why(name: str, group: list[Network], names: list[str]) -> str:
    notes = [
        f"no optimizer holds {one.name}, one holds {one.instead_of} in its place"
        for one in group
        if one.instead_of
    ]
    if len(names) > 1:
        rest = " and ".join(other for other in names if other != name)
        notes.append(f"an optimizer steps it and {rest}")
    elif len(group) > 1:
        notes.append(
            "one optimizer steps both" if len(group) == 2 else "one optimizer steps all"
        )
    return "; ".join(notes)


def _doubtful(stepped: list[Network], optimizers: int) -> bool:
    """Whether an optimizer has no network of its own, or the other role's, too."""
    for number in range(optimizers):
        own = [one for one in stepped if number in one.stepped_by]
        if all(len(one.stepped_by) > 1 for one in own):  # true of none
            return True
        if optimizers > 1 and {"G", "D"} <= {one.role for one in own}:
            return True
    return False


def _with_missing(players: list[Player], free: list[Network]) -> list[Player]:
    """Add networks without an optimizer: those with a role, else one for the other."""
    wanted = [one for one in free if one.role]
    if not wanted and len(players) < 2:
        wanted = free
    players = list(players)
    for network in wanted:
        note = f"no optimizer holds {network.name}"
        same = [
            place
            for place, player in enumerate(players)
            if network.role and network.role == player.role
        ]
        if not same:
            players.append(Player(network.name, (network,), note))
        elif len(same) == 1:
            group = (*players[same[0]].networks, network)
            players[same[0]] = Player(_joined(group), group, note)
    return players


def _joined(networks: Sequence[Network]) -> str:
    """One name for networks: "G_A+G_B"; "critics" for critics[0] and critics[1]."""
    names = list(dict.fromkeys(network.name for network in networks))
    roots = {name.partition("[")[0] for name in names}
    if len(names) > 1 and len(roots) == 1 and all("[" in name for name in names):
        return roots.pop()
    if len(names) > MOST_NAMES:
        rest = len(names) - MOST_NAMES + 1
        names = [*names[: MOST_NAMES - 1], f"{rest} more"]
    return "+".join(names)


def _named_apart(players: list[Player]) -> list[Player]:
    """The players, with a number behind a name that another has already."""
    taken: set[str] = set()
    found = []
    for player in players:
        name, number = player.name, 2
        while name in taken:
            name, number = f"{player.name}_{number}", number + 1
        taken.add(name)
        found.append(replace(player, name=name))
    return found
