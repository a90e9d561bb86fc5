"""Watch an eager TensorFlow loop run, and let go of all that was put in its way."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from ganflow.loop_report import LoopReport
from ganflow.loop_report.conclude import conclude
from ganflow.loop_report.places import here, pass_over
from ganflow.tf.audit_parts.calls import Calls
from ganflow.tf.audit_parts.flops import Flops
from ganflow.tf.audit_parts.marks import Origin, Scaled
from ganflow.tf.audit_parts.operations import Operations
from ganflow.tf.audit_parts.state import State
from ganflow.tf.audit_parts.steps import Steps
from ganflow.tf.audit_parts.tapes import Tapes
from ganflow.tf.audit_parts.words import in_tensorflow
from ganflow.tf.load import EagerTensor, backprop, keras, op_callbacks, pywrap_tfe, tf

pass_over(tf, keras, __file__)


class Observer:
    """Sees a loop while it is entered; `report()` says what it did.

    Parameters
    ----------
    players : dict of name -> list of networks or variables
        Who learns; more may come in later by `add_player`.

    Gradient: nothing is computed for the loop, changed, cut or kept.
    """

    def __init__(self, players: Mapping[str, list[Any]] | None = None):
        self.state = State()
        self._steps = Steps(self.state)
        self._tapes = Tapes(self.state, self._steps)
        self._calls = Calls(self.state, self._tapes, self._steps)
        self._flops = Flops(self.state)
        self._operations = Operations(self.state, self._flops, self._steps)
        self._exit = ExitStack()
        self._entered = False
        for name, members in (players or {}).items():
            self.add_player(name, members)

    @property
    def after_move(self) -> Callable[[], None] | None:
        """What is called after each move; it may raise."""
        return self.state.after_move

    @after_move.setter
    def after_move(self, told: Callable[[], None] | None) -> None:
        self.state.after_move = told

    def add_player(self, name: str, members: Iterable[Any]) -> None:
        """Let a player in.

        Parameters
        ----------
        name : str
            Its role.
        members : list of networks or variables
            What plays it.
        """
        self.state.add_player(name, members)
        if self._entered:
            for patch in self._calls.patches_of(members):
                self._put(*patch)

    def __enter__(self) -> Observer:
        self._entered = True
        for owner, name, make in (
            *self._steps.patches(),
            *self._tapes.patches(),
            *self._calls.patches(),
            (keras.optimizers.LossScaleOptimizer, "scale_loss", self._scaling),
            *self._calls.patches_of(self.state.players.everybody()),
            (EagerTensor, "numpy", self._leaving),
            (EagerTensor, "__array__", self._leaving),
            (pywrap_tfe, "TFE_Py_FastPathExecute", _reading),
        ):
            self._put(owner, name, make)
        pywrap_tfe.TFE_Py_RegisterGradientFunction(self._flops.gradient)
        self._exit.callback(
            pywrap_tfe.TFE_Py_RegisterGradientFunction, backprop._gradient_function
        )
        op_callbacks.add_op_callback(self._operations)
        self._exit.callback(op_callbacks.remove_op_callback, self._operations)
        return self

    def __exit__(self, *error: Any) -> None:
        self._entered = False
        self._exit.close()
        self._steps.finish_hand()
        self._tapes.sweep()

    def _put(self, owner: Any, name: str, make) -> None:
        real = getattr(owner, name)
        own = vars(owner).get(name)
        setattr(owner, name, functools.wraps(real)(make(real)))
        if own is None:
            self._exit.callback(delattr, owner, name)
        else:
            self._exit.callback(setattr, owner, name, own)

    def _scaling(self, real):
        def scale_loss(optimizer, loss):
            made, memory = real(optimizer, loss), self.state.memory
            memory.set(made, memory.trail(made) | {self.state.tag(Scaled)})
            return made

        return scale_loss

    def _leaving(self, real):
        def leave(value, *args, **kwargs):
            if value._num_elements() > 1 and self.state.back is None:
                for one in self.state.memory.trail(value):
                    if type(one) is Origin:
                        self.state.left[one.player] = here()
            return real(value, *args, **kwargs)

        return leave

    def report(self) -> LoopReport:
        """Say what was seen up to now.

        Returns
        -------
        LoopReport
        """
        state, log, players = self.state, self.state.log, self.state.players
        for player, place in state.left.items():
            log.cannot_see(
                f"what {player} made left TensorFlow for NumPy at {place}: where it "
                "went from there is unknown"
            )
        if tf.distribute.has_strategy():
            log.cannot_see("what the other replicas do is unknown")
        names = set(players.members)
        log.trainable = {n for n in names if players.trainable(n)} - state.hidden
        log.normed = {n for n in names if players.has_statistics(n)}
        log.still = state.still()
        report = conclude(log, list(state.feeds))
        if state.hidden:
            who = " and ".join(sorted(state.hidden))
            report = replace(
                report,
                name=f"unknown: a tf.function that ran as one piece may move {who}",
                schedule=None,
                settled=False,
                settled_after=None,
                cycle=None,
            )
        findings = [
            in_tensorflow(finding)
            for finding in report.findings
            if finding.id != "simultaneous-in-disguise" or not state.openly
        ]
        return replace(report, findings=tuple(findings))


def _reading(real):
    """Read variables before an operation: TensorFlow's short cut tells nobody."""

    def execute(context, name, op, *args):
        if any(isinstance(one, (tf.Variable, list, tuple)) for one in args):
            args = tuple(map(_read, args))
        return real(context, name, op, *args)

    return execute


def _read(value: Any) -> Any:
    if isinstance(value, tf.Variable):
        return tf.convert_to_tensor(value)
    if isinstance(value, list | tuple) and any(
        isinstance(v, tf.Variable) for v in value
    ):
        return [_read(one) for one in value]
    return value
