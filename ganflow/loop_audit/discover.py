"""Finds the players of a running script: the networks that its optimizers step."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, count
from typing import TYPE_CHECKING

from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_pre_hook
from torch.nn.parameter import is_lazy
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_pre_hook

from ganflow.loop_audit.given import members_at, nowhere
from ganflow.loop_audit.roles import Player, players_of
from ganflow.loop_audit.stop import WrongPlayer
from ganflow.loop_audit.torch_kind import TorchKind
from ganflow.loop_audit.variables import (
    Variable,
    users_frames,
    variables,
)

if TYPE_CHECKING:
    from ganflow.loop_audit.observer import Observer
    from ganflow.loop_report import LoopReport

Member = nn.Module | Tensor
KIND = TorchKind()


class Discovery:
    """Tells an observer who plays, as soon as a script's networks begin to work.

    The optimizers that the script makes are noted. At the next call of any network (the
    variables are bound by then), or at the latest at the next step, the networks that
    they step are looked for, named by the variables that hold them, and handed to the
    observer. In a script that has no optimizer they are the networks whose names say a
    role, as soon as a weight has a derivative. Enter it before the observer, so that
    its hooks run first.

    Parameters
    ----------
    observer : Observer
        Who watches; it is told by `add_player` (all members of a player, again if some
        are new), and tells of optimizers by `new_optimizer`.
    given : dict of player -> sequence of str
        Paths of variables such as "trainer.netG", where the user says who plays.

    Raises
    ------
    WrongPlayer
        At the first step, if a path of `given` leads to no network and no weight.

    Gradient: reaches what it reaches without it; nothing is called, kept or changed.
    """

    def __init__(
        self, observer: Observer, given: Mapping[str, Sequence[str]] | None = None
    ):
        self.observer = observer
        self.given = dict(given or {})
        self.players: dict[str, list[Member]] = {}
        self._notes: dict[str, str] = {}
        self._player_of: dict[int, str] = {}  # of a member, by its id
        self._optimizers: list[weakref.ref[Optimizer]] = []
        self._early: list[tuple[weakref.ref[nn.Module], Variable]] = []
        self._given: set[int] = set()  # ids of the weights of given players
        self._known: set[int] = set()  # ids of the weights of all players
        self._pending = False
        self._hooks: list = []

    def __enter__(self) -> Discovery:
        self.observer.new_optimizer = self.new_optimizer
        self._hooks = [
            register_module_forward_pre_hook(self._before_call),
            register_optimizer_step_pre_hook(self._before_step),
        ]
        return self

    def __exit__(self, *raised: object) -> None:
        for hook in self._hooks:
            hook.remove()
        self.observer.new_optimizer = None

    def new_optimizer(self, optimizer: Optimizer, tensors: Sequence[Tensor]) -> None:
        """Note an optimizer, and the variables that hold its networks now.

        Parameters
        ----------
        optimizer : Optimizer
            It has just been given a group.
        tensors : sequence of Tensor
            The group's.
        """
        if all(ref() is not optimizer for ref in self._optimizers):
            self._optimizers.append(weakref.ref(optimizer))
        held = {id(tensor) for tensor in tensors}
        if held <= self._known:
            return  # made anew for the same networks
        for value, variable in variables(users_frames(), KIND):
            if not isinstance(value, nn.Module):
                continue
            if not held.isdisjoint(KIND.weights(value)):
                self._early.append((weakref.ref(value), variable))
        self._pending = True

    hidden, blind_moves = "", 0  # torch runs nothing unseen

    @property
    def notes(self) -> tuple[str, ...]:
        """Why networks were put together, or play without an optimizer: a line each."""
        return tuple(f"{name}: {note}" for name, note in self._notes.items() if note)

    def report(self) -> LoopReport:
        """What the observer has seen up to now."""
        return self.observer.report()

    def _before_call(self, module: nn.Module, inputs: object) -> None:
        if self._pending or self._learns_by_hand(module):
            self._find()

    def _learns_by_hand(self, module: nn.Module) -> bool:
        """Whether derivatives were made in a script that has no optimizer at all."""
        if self._optimizers or self.players:
            return False
        own = module._parameters.values()
        return any(p is not None and p.is_leaf and p.grad is not None for p in own)

    def _before_step(self, optimizer: Optimizer, *rest: object) -> None:
        if self._pending:
            self._find()
            if missing := self.given.keys() - self.players.keys():
                name = min(missing)
                raise WrongPlayer(nowhere(name, self.given[name], KIND))

    def _find(self) -> None:
        frames = users_frames()
        for name in self.given.keys() - self.players.keys():
            if members := members_at(self.given[name], KIND):
                found = [_bared(one) for one in members]
                self._add(name, found)
                self._given |= {key for one in found for key in _weights(one)}
        optimizers = [one for ref in self._optimizers if (one := ref()) is not None]
        held = [
            [weight for group in one.param_groups for weight in group["params"]]
            for one in optimizers
        ]
        lazy = any(is_lazy(weight) for weights in held for weight in weights)
        self._pending = lazy or not self.given.keys() <= self.players.keys()
        if self._pending:
            return  # shapes come with the first call, variables at the latest by a step
        early = [(one, at) for ref, at in self._early if (one := ref()) is not None]
        named = list(variables(frames, KIND))
        for player in players_of(KIND, held, named, early, self._given):
            self._tell(player)
        self._early.clear()

    def _tell(self, player: Player) -> None:
        """Hand on a player, or what is new of one that an optimizer was given since."""
        names = {self._player_of.get(id(member)) for member in player.members}
        if names == {None}:
            name = self._free(player.name)
            self._notes[name] = player.note
            self._add(name, player.members)
        elif None in names:
            name = next(name for name in self.players if name in names)
            new = [one for one in player.members if id(one) not in self._player_of]
            self._add(name, [*self.players[name], *new])

    def _add(self, name: str, members: list[Member]) -> None:
        self.players[name] = members
        self._player_of |= {id(member): name for member in members}
        self._known |= {key for one in members for key in _weights(one)}
        self.observer.add_player(name, members)

    def _free(self, name: str) -> str:
        """The name, or with a number behind it if another player has it."""
        numbered = (f"{name}_{number}" for number in count(2))
        return next(one for one in chain([name], numbered) if one not in self.players)


def _bared(member: Member) -> Member:
    return KIND.inside(member) if isinstance(member, nn.Module) else member


def _weights(member: Member) -> Iterable[int]:
    return KIND.weights(member) if isinstance(member, nn.Module) else (id(member),)
