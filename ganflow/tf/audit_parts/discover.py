"""Finds the players of a running TensorFlow script, and has them watched."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from itertools import chain, count
from typing import Any
from weakref import WeakKeyDictionary, ref

from ganflow.loop_audit.given import members_at, nowhere
from ganflow.loop_audit.roles import Player, players_of
from ganflow.loop_audit.stop import WrongPlayer
from ganflow.loop_audit.variables import users_frames, variables
from ganflow.loop_report import LoopReport
from ganflow.tf.audit_parts.kind import KerasKind
from ganflow.tf.audit_parts.observer import Observer
from ganflow.tf.audit_parts.pieces import written_by
from ganflow.tf.load import keras, op_callbacks, tf
from ganflow.tf.networks import kept_in

KIND = KerasKind()
ROUNDS = 2  # steps of one optimizer after which the loop must have come round
LOOKS = 8  # tapes at whose beginning players are looked for


class Discovery:
    """Finds who plays in a script, and keeps an observer on them.

    An optimizer of Keras learns which weights it holds at its first step. Before, the
    players are the networks whose names say a role: they are looked for when a network
    that is not known yet is called and when a tape begins. Each optimizer's first step
    shows whether that is right. If it is not, the watch begins anew, with the right
    players, where the loop comes round to a line that led to its first step.

    Parameters
    ----------
    given : dict of player -> sequence of str
        Paths of variables such as "gan.generator", where the user says who plays.
    after_move : callable
        Called with this object after each move, and after each function that may move
        players where nothing is seen; it may raise.

    Raises
    ------
    WrongPlayer
        At the first step, if a path of `given` leads to no network and no weight.

    Gradient: reaches what it reaches without it; nothing is called, kept or changed.
    """

    def __init__(
        self,
        given: Mapping[str, Sequence[str]],
        after_move: Callable[[Discovery], None],
    ):
        self.given, self.after_move = dict(given), after_move
        self.observer = Observer()
        self.players: dict[str, list[Any]] = {}
        self.blind_moves = 0
        self._before: Observer | None = None  # until the newer one sees a move
        self._on = False
        self._anew = False  # begin as soon as the loop comes round
        self._openings: set[tuple] = set()  # where the way to the first step led
        self._steps: Counter[Any] = Counter()  # since others play than before
        self._idle = False  # somebody plays no more, now that optimizers are known
        self._notes: dict[str, str] = {}
        self._player_of: dict[int, str] = {}
        self._steppers: WeakKeyDictionary[Any, list[ref]] = WeakKeyDictionary()
        self._pieces: dict[str, list[ref]] = {}  # function -> weights it writes
        self._met: dict[int, ref] = {}  # networks of nobody that were called
        self._working = False  # inside an optimizer's step or a network of nobody
        self._looks = 0
        self._exit = ExitStack()

    def __enter__(self) -> Discovery:
        patches: list[tuple[Any, str, Callable[..., Any]]] = [
            (keras.Layer, "__call__", self._calling),
            (tf.GradientTape, "__enter__", self._taping),
            (keras.optimizers.Optimizer, "apply", self._applying),
            (keras.optimizers.LossScaleOptimizer, "apply", self._applying),
        ]
        for owner, name, make in patches:
            real: Any = getattr(owner, name)
            own = vars(owner).get(name)
            setattr(owner, name, functools.wraps(real)(make(real)))
            if own is None:
                self._exit.callback(delattr, owner, name)
            else:
                self._exit.callback(setattr, owner, name, own)
        op_callbacks.add_op_callback(self._operation)
        self._exit.callback(op_callbacks.remove_op_callback, self._operation)
        return self

    def __exit__(self, *raised: object) -> None:
        if self._on:
            self.observer.__exit__()
        self._exit.close()

    @property
    def notes(self) -> tuple[str, ...]:
        """Why networks were put together, or play without an optimizer: a line each."""
        if self.blind_moves:
            return ()  # nobody knows which optimizers a function holds
        return tuple(f"{name}: {note}" for name, note in self._notes.items() if note)

    @property
    def hidden(self) -> str:
        """How steps went by unseen, and what to do; "" if none did."""
        if not tf.executing_eagerly():
            return "TensorFlow builds graphs here, and runs nothing eagerly"
        if not self.blind_moves:
            return ""
        return (
            "weights were moved inside of a tf.function, which runs as one piece: who "
            "moved there, and on what, could not be seen. Put "
            "tf.config.run_functions_eagerly(True) before the loop (for Keras' fit() "
            "and train_on_batch(): compile(..., run_eagerly=True)), and run this again"
        )

    def report(self) -> LoopReport:
        """What was seen up to now."""
        report = self.observer.report()
        if self._before is not None and not report.move_count:
            return self._before.report()
        return report

    # -- where players are looked for

    def _calling(self, real):
        def __call__(layer, *args, **kwargs):
            if self._working or not tf.executing_eagerly():
                return real(layer, *args, **kwargs)
            given = tf.nest.flatten((args, kwargs))
            if any(isinstance(one, keras.KerasTensor) for one in given):
                return real(layer, *args, **kwargs)
            if self._opens() or (self._is_new(layer) and self._find()):
                return type(layer).__call__(layer, *args, **kwargs)  # seen from now on
            if id(layer) in self.observer.state.players.of_layer:
                return real(layer, *args, **kwargs)
            self._working = True
            try:
                return real(layer, *args, **kwargs)
            finally:
                self._working = False

        return __call__

    def _is_new(self, layer: Any) -> bool:
        met = self._met.get(id(layer))
        if met is not None and met() is layer:
            return False
        self._met[id(layer)] = ref(layer)
        return id(layer) not in self.observer.state.players.of_layer

    def _taping(self, real):
        def __enter__(tape):
            if not self._working and tf.executing_eagerly():
                if not self._opens() and self._looks < LOOKS:
                    self._looks += 1
                    self._find()
            return real(tape)

        return __enter__

    def _applying(self, real):
        def apply(optimizer, grads, trainable_variables=None):
            if self._working or not tf.executing_eagerly():
                return real(optimizer, grads, trainable_variables)
            if trainable_variables is not None:
                trainable_variables = list(trainable_variables)
            if optimizer not in self._steppers:
                held = trainable_variables
                if held is None:
                    held = optimizer._trainable_variables
                self._steppers[optimizer] = [ref(kept_in(one)) for one in held]
                self._find(at_step=True)
                if missing := self.given.keys() - self.players.keys():
                    name = min(missing)
                    raise WrongPlayer(nowhere(name, self.given[name], KIND))
            elif self._idle:
                self._idle = False
                self._find(at_step=True, drop=True)
            self._working = True
            self._steps[id(optimizer)] += self._anew
            try:
                return real(optimizer, grads, trainable_variables)
            finally:
                self._working = False

        return apply

    def _operation(self, name, inputs, attrs, outputs, op_name=None, graph=None):
        name = name.decode() if isinstance(name, bytes) else name
        if graph is not None or not name.startswith("__"):
            return
        if name not in self._pieces:
            self._pieces[name] = self._weights_written(name, inputs)
            if self._pieces[name]:
                self._find()
        if self._pieces[name]:
            self.blind_moves += 1
            self.after_move(self)

    def _weights_written(self, name: str, inputs) -> list[ref]:
        written = {id(inputs[i]) for i in written_by(name)}
        if not written:
            return []
        found = {
            key: ref(weight)
            for network in KIND.living()
            for key, weight in KIND.weights(network).items()
            if id(weight.handle) in written and KIND.learns(weight)
        }
        return list(found.values())

    # -- who plays

    def _find(self, *, at_step: bool = False, drop: bool = False) -> bool:
        """Look for players; whether there are others now than before."""
        before = dict(self.players)
        for name in self.given.keys() - self.players.keys():
            if members := members_at(self.given[name], KIND):
                self._add(name, members)
        held = [
            [weight for one in refs if (weight := one()) is not None]
            for refs in (*self._steppers.values(), *self._pieces.values())
            if refs
        ]
        named = list(variables(users_frames(), KIND))
        found = players_of(KIND, held, named, (), self._taken())
        fits = self._fits([player.members for player in found], drop)
        if not fits:
            kept = {name: self.players[name] for name in self.given}
            self.players, self._player_of, self._notes = {}, {}, {}
            for name, members in kept.items():
                self._add(name, members)
        for player in found:
            self._tell(player)
        new = {
            name: members
            for name, members in self.players.items()
            if len(members) != len(before.get(name, ()))
        }
        if not new and fits:
            return False
        if at_step or not fits or not self._on:
            self._anew = True
            self._steps.clear()
            return not at_step and self._begin()
        for name, members in new.items():
            self.observer.add_player(name, members)
        return True

    def _taken(self) -> set[int]:
        """The weights of the players that the user gave, as far as they are built."""
        members = [one for name in self.given for one in self.players.get(name, ())]
        found: set[int] = set()
        for one in members:
            whole = issubclass(type(one), KIND.networks)
            found |= KIND.weights(one).keys() if whole else {KIND.key(one)}
        return found

    def _fits(self, found: Sequence[Sequence[Any]], drop: bool) -> bool:
        """Whether those who play already are among those found, each as one."""
        claimed: set[str] = set()
        for members in found:
            names = self._names_of(members)
            if len(names) > 1 or names & claimed:
                return False
            claimed |= names
        missing = self.players.keys() - claimed - self.given.keys()
        self._idle = bool(missing) and not drop
        return not (drop and missing)

    def _names_of(self, members: Iterable[Any]) -> set[str]:
        """The players that these networks and weights are known to be."""
        known = (self._player_of.get(id(one)) for one in members)
        return {name for name in known if name is not None}

    def _tell(self, player: Player) -> None:
        """Let a player in, or what is new of one that is in."""
        names = self._names_of(player.members)
        if not names:
            numbered = (f"{player.name}_{number}" for number in count(2))
            free = (n for n in chain([player.name], numbered) if n not in self.players)
            name = next(free)
            self._add(name, player.members)
        else:
            (name,) = names
            known = self.players[name]
            new = [one for one in player.members if id(one) not in self._player_of]
            self._add(name, [*known, *new])
        if name not in self.given:
            self._notes[name] = player.note

    def _add(self, name: str, members: list[Any]) -> None:
        self.players[name] = members
        self._player_of |= {id(one): name for one in members}

    def _opens(self) -> bool:
        """Watch from here on, if others play than before and the loop begins here."""
        if self._steppers and not self._anew:
            return False
        way = tuple((f.f_code, f.f_lineno) for f in users_frames())
        if not self._steppers:
            self._openings.add(way)
            return False
        late = max(self._steps.values(), default=0) > ROUNDS
        return (late or way in self._openings) and self._begin()

    def _begin(self) -> bool:
        self._anew = False
        if self._on:
            self.observer.__exit__()
            self._before = self.observer
        self.observer = Observer(self.players)
        self.observer.after_move = self._moved
        self.observer.__enter__()
        self._on = True
        return True

    def _moved(self) -> None:
        if not self._anew:
            self.after_move(self)
