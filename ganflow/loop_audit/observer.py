"""Watch a loop run: the hub that hands each part what it needs, and lets go of all."""

from __future__ import annotations

import threading
import warnings
import weakref
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from itertools import count
from multiprocessing.process import BaseProcess
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch._C._dynamo.eval_frame import get_eval_frame_callback
from torch.nn.modules import module as module_hooks
from torch.optim.optimizer import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

from ganflow.loop_audit.averages import Averages
from ganflow.loop_audit.backward import Passes
from ganflow.loop_audit.calls import Call
from ganflow.loop_audit.costs import Costs
from ganflow.loop_audit.gradients import Gradients
from ganflow.loop_audit.memory import Copied, Memory, Weight
from ganflow.loop_audit.operations import Operations
from ganflow.loop_audit.origins import (
    NOTHING,
    Blend,
    Derivative,
    Factor,
    Origin,
    Torn,
    Trail,
)
from ganflow.loop_audit.places import here, in_checkpoint
from ganflow.loop_audit.plans import tensors
from ganflow.loop_audit.players import (
    Players,
    behaves_otherwise_in_eval,
)
from ganflow.loop_audit.pulls import Pulls
from ganflow.loop_audit.scaling import Scaling
from ganflow.loop_audit.steps import Sizes, Steps
from ganflow.loop_audit.sums import KeptGraphs, Sums
from ganflow.loop_report import LoopReport, Place
from ganflow.loop_report.conclude import conclude
from ganflow.loop_report.log import Backward, Log

# By these a value leaves torch's sight: for NumPy, lists, files, other libraries.
WAYS_OUT = ("numpy", "__array__", "tolist", "__reduce_ex__", "__dlpack__")


class Observer:
    """Sees a loop while it is entered; `report()` says what it did.

    Parameters
    ----------
    players : dict of name -> list of nn.Module or Tensor
        Who learns; more may come in later.

    Gradient: nothing is computed for the loop, changed, detached or kept.
    """

    def __init__(self, players: Mapping[str, list[nn.Module | Tensor]] | None = None):
        self.log = Log()
        self.memory = Memory()
        self.players = Players(self.memory)
        self.after_move: Callable[[Observer], None] | None = None
        self.new_optimizer: Callable[[Any, list[Tensor]], None] | None = None
        self.busy = 0  # above 0 operations are nobody's: inside a step
        self.thread = 0  # where the mode is on: torch keeps one for each thread
        self.compiles = False  # compiled code was seen to run
        self.in_closure = 0
        self.closure_backs: list[Backward] = []
        self.call: Call | None = None
        self.back: Backward | None = None
        self.last_back: Backward | None = None
        self.feeds: dict[tuple[str, str], int] = {}
        self._stack: list[Call] = []
        self._numbers = count()
        self._origins: dict[tuple, Trail] = {}
        self._twins: dict[str, tuple[int, dict]] = {}
        self._calls_of: WeakKeyDictionary[Backward, list[Call]] = WeakKeyDictionary()
        self.left: dict[str, Place] = {}
        self._shapes: dict[str, set] = {}
        self._exit = ExitStack()
        self.costs, self.gradients = Costs(self), Gradients(self)
        self.passes, self.pulls = Passes(self), Pulls(self)
        self.steps, self.sizes = Steps(self), Sizes(self)
        self.scaling, self.sums = Scaling(self), Sums(self)
        self.averages, self.kept = Averages(self), KeptGraphs(self)
        self.operations = Operations(self)
        for name, members in (players or {}).items():
            self.add_player(name, members)

    # -- players

    def add_player(self, name: str, members: list[nn.Module | Tensor]) -> None:
        """Let a player in.

        Parameters
        ----------
        name : str
            Its role.
        members : list of nn.Module or Tensor
            Its networks, or the tensors that it learns.
        """
        self.players.add(name, members)
        self._count_players()

    def _count_players(self) -> None:
        self.log.players = dict(self.players.sizes())
        self._shapes.clear()

    def shapes(self, player: str) -> set:
        """The shapes of a player's weights."""
        if player not in self._shapes:
            weights = self.players.tensors(player)
            self._shapes[player] = {p.shape for p in weights}
        return self._shapes[player]

    # -- entering and leaving

    def __enter__(self) -> Observer:
        self.thread = threading.get_ident()
        self._exit.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("ignore", "Using `torch.compile.* global hooks")
        for handle in (
            module_hooks.register_module_forward_pre_hook(self._enter),
            module_hooks.register_module_forward_hook(self._leave, always_call=True),
            register_optimizer_step_pre_hook(self.steps.before),
            register_optimizer_step_post_hook(self.steps.after),
        ):
            self._exit.callback(handle.remove)
        real = vars(torch.autograd)["_engine_run_backward"]
        self._put(
            torch.autograd,
            "_engine_run_backward",
            lambda outputs, *a, **k: self.passes.run(real, outputs, *a, **k),
        )
        for owner, name, make in (
            *self.gradients.patches(),
            *self.scaling.patches(),
            (torch.optim.Optimizer, "add_param_group", self._adding),
            (BaseProcess, "start", self._starting),
            *((Tensor, name, self._leaving) for name in WAYS_OUT),
        ):
            self._put(owner, name, make(getattr(owner, name)))
        self.operations.__enter__()
        self._exit.callback(self.operations.close)
        return self

    def __exit__(self, *error: Any) -> None:
        self._exit.close()
        self.kept.look()
        self.steps.finish_hand()
        self.steps.forget()
        self.busy = self.in_closure = 0
        self.gradients.look()
        self._stack.clear()
        self.call = None

    def follow(self) -> None:
        """Go with the loop into the thread that runs now."""
        if self.thread != threading.get_ident():
            self.thread = threading.get_ident()
            self.passes.stepped.clear()  # nodes are numbered in each thread anew
            self.operations.__enter__()

    def _put(self, owner: Any, name: str, value: Any) -> None:
        own = owner.__dict__.get(name)
        setattr(owner, name, value)
        if own is None:
            self._exit.callback(delattr, owner, name)
        else:
            self._exit.callback(setattr, owner, name, own)

    def _adding(self, real):
        def add_param_group(optimizer, group):
            result = real(optimizer, group)
            known = self.steps.group(optimizer)
            known.made = known.made or here()
            self.players.refresh()
            self._count_players()
            if self.new_optimizer is not None:
                held = list(optimizer.param_groups[-1]["params"])
                self.new_optimizer(optimizer, held)
            return result

        return add_param_group

    def _leaving(self, real):
        def leave(tensor, *args, **kwargs):
            if not self.busy:
                for o in self.memory.trail(tensor):
                    if type(o) is Origin:
                        self.left[o.player] = here()
            return real(tensor, *args, **kwargs)

        return leave

    def _starting(self, real):
        def start(process):
            target = getattr(process, "_target", None)
            if not getattr(target, "__module__", "").startswith("torch.utils.data"):
                self.log.cannot_see(
                    f"another process was started at {here()}: what it does is unknown"
                )
            return real(process)

        return start

    # -- networks at work

    def _enter(self, module: nn.Module, args: tuple) -> None:
        if self.busy and not self.in_closure:
            self.steps.give_up()
        running = self.call
        if running is not None and running.module() is module:
            running.depth += 1
            return
        player = self.players.of_module.get(module)
        if player is None:
            return
        if not self.compiles and _in_compiled_code():
            self.compiles = True
        if self.busy or self.back is not None:
            return  # a checkpoint runs it again
        if threading.get_ident() != self.thread:
            if self.log.move_count:
                self.log.cannot_see(
                    "networks run in several threads, and one of these is watched: "
                    "what they do in the others is unknown"
                )
                return
            self.follow()
        if running is not None and running.player == player:
            return
        self.steps.finish_hand()
        self.call = call = self._begin_call(module, player, args)
        self._stack.append(call)

    def _begin_call(self, module: nn.Module, player: str, args: tuple) -> Call:
        version = self.log.versions[player]
        call = Call(
            number=next(self._numbers),
            player=player,
            version=version,
            module=weakref.ref(module),
            place=here(),
            whole=module in self.players.roots,
            grad=torch.is_grad_enabled(),
            frozen=self.players.frozen(module),
            autocast=any(map(torch.is_autocast_enabled, ("cpu", "cuda"))),
        )
        if not call.grad and in_checkpoint():
            call.grad = call.walked = True  # it is run again, and walked, in backward
        given = list(tensors(args))
        made_by, cut = set(), set()
        for t in given:
            makers = {
                o.player
                for o in self.memory.trail(t)
                if type(o) is Origin and o.player != player
            }
            made_by |= makers
            if not t.requires_grad and makers:
                cut |= makers
                call.cut_at = self.memory.cut(t) or self._ungraded(t)
            if t.dim() and makers and not call.rows:
                call.rows = [
                    (first, last, _maker(trail, player))
                    for first, last, trail in self.memory.rows(t)
                ]
        self.log.called.add(player)
        if call.grad:
            self.log.taught.add(player)
        call.made_by, call.cut_from = frozenset(made_by), frozenset(cut)
        for maker in sorted(made_by):
            self.feeds[maker, player] = self.feeds.get((maker, player), 0) + 1
        if given and call.whole:
            call.in_eval = not module.training and behaves_otherwise_in_eval(module)
            self._find_twin(call, module, given)
        return call

    def _ungraded(self, tensor: Tensor) -> Place | None:
        """Where a network made a value while grad mode was off."""
        for o in self.memory.trail(tensor):
            if type(o) is Origin and o.call is not None and not o.call.grad:
                return o.call.place
        return None

    def _find_twin(self, call: Call, module: nn.Module, given: list[Tensor]) -> None:
        """Whether the same weights have scored the same input before."""
        version, known = self._twins.get(call.player, (-1, {}))
        if version != call.version:
            known = {}
            self._twins[call.player] = (call.version, known)
        if len(known) > 64:
            known.clear()
        key = (call.module, module.training, *map(self.memory.identity, given))
        call.twin = known.get(key)
        if call.twin is None:
            known[key] = call
        elif call.grad:
            self.log.twice(call.player, call.twin.place, call.place)

    def _leave(self, module: nn.Module, args: tuple, output: Any) -> None:
        call = self.call
        if call is None or call.module() is not module:
            return
        if threading.get_ident() != self.thread:
            return
        if call.depth:
            call.depth -= 1
            return
        while self._stack and self._stack.pop() is not call:
            pass  # calls that an exception has left open
        self.call = self._stack[-1] if self._stack else None
        for t in tensors(output if isinstance(output, (tuple, list)) else (output,)):
            if t.requires_grad and t.grad_fn is not None:
                call.scores = True
                self.passes.made(t.grad_fn, call)
                self.kept.made(t.grad_fn, call)
                if call.whole and t.is_floating_point():
                    self.pulls.watch(call, t)

    # -- small services to the parts

    def new_origin(self, player: str, version: int, call: Call | None) -> Origin:
        """An origin of its own."""
        return Origin(next(self._numbers), player, version, call)

    def origin(
        self,
        player: str,
        version: int,
        copy: Place | None = None,
        torn: Torn | None = None,
    ) -> Trail:
        """The trail of weights that are read outside of any call of their network."""
        key = (player, version, copy, torn)
        known = self._origins.get(key)
        if known is None:
            if len(self._origins) > 256:
                self._origins.clear()
            one = Origin(next(self._numbers), player, version, None, copy, torn)
            known = self._origins[key] = frozenset((one,))
        return known

    def tag(self, kind: type, *args: Any, **kwargs: Any) -> Any:
        """A mark of one use, with a number of its own."""
        return kind(next(self._numbers), *args, **kwargs)

    def written(self, tensor, mark: Weight, name: str, found: Trail, given) -> None:
        """A weight or a buffer of a player was overwritten outside of a step."""
        if mark.buffer:
            call = self.call
            if call is not None and call.player == mark.player and call.frozen:
                if call.made_by and tensor.is_floating_point():
                    self.log.note("frozen-critic-moves", call.place, player=mark.player)
            return
        if any(type(self.memory.mark(one)) is Copied for one in given):
            self.passes.stepped.pop(mark.key, None)  # put back, or loaded
        self.restored(mark.player, map(self.memory.mark, given))
        own = [o for o in found if type(o) is Derivative]
        if own:
            self.steps.by_hand(mark, found, own)
        elif self.log.move_count and self.back is None:
            self.log.note("weights-written", here(), player=mark.player, by=name)

    def restored(self, player: str, marks: Iterable[object]) -> None:
        """Weights are given other values: maybe a copy of what they were."""
        for mark in marks:
            if type(mark) is Copied and mark.player == player:
                if mark.version < self.log.versions[player]:
                    self.log.undo(player, mark.version)

    def remember(self, back: Backward, calls: Iterable[Call]) -> None:
        """Keep the calls that a pass's losses were made from, as long as the pass."""
        self._calls_of[back] = list(calls)

    def cutting_place(self, back: Backward, lost: set[str]) -> Place:
        """The line that took what these players made off its history."""
        for call in self._calls_of.get(back, ()):
            if lost & call.cut_from:
                return call.cut_at or call.place
        for player in lost & set(back.rounded):
            return back.rounded[player]
        for player in lost & set(self.left):
            return self.left[player]
        return back.place

    def look_at_calls(self, who: str, backs: list[Backward]) -> None:
        """What the calls behind a move say of it."""
        now = self.log.versions[who] - 1
        covered = {
            call.twin or call
            for back in backs
            for call in self._calls_of.get(back, ())
            if call.walked
        }
        for back in backs:
            for call in self._calls_of.get(back, ()):
                if call.player != who:
                    if who in call.made_by:
                        self._look_at_scored(who, call, back)
                    continue
                if call.in_eval and call.walked and call.grad:
                    self.log.note("left-in-eval", call.place, player=who)
                alive = call.scores or not call.grad
                dead = alive and not call.walked and call.version == now
                if dead and call.whole and (call.twin or call) not in covered:
                    also = [call.place, back.place]
                    self.log.note(
                        "dead-score", call.ended or call.place, also, player=who
                    )

    def _look_at_scored(self, who: str, call: Call, back: Backward) -> None:
        """Whether a player hears the score of its samples in a loss it moves on."""
        pair = (who, call.player)
        if who not in call.cut_from:
            self.log.heard.add(pair)
        elif call.walked and call.whole:
            place = call.cut_at or call.place
            self.log.unheard[pair] = (place, back)

    def look_at_penalty(self, back: Backward, asked: Tensor, place: Place) -> None:
        """A derivative by an input, with a graph: what a penalty is made from."""
        trail = self.memory.trail(asked)
        before = {o.call for o in trail if type(o) is Origin}  # they made the input
        for call in self._calls_of.get(back, ()):
            if call.normed and call not in before:
                self.log.note(
                    "batch-norm-penalty", place, [call.place], player=call.player
                )
        blends = [o for o in trail if type(o) is Blend]
        factors = [o.count for o in trail if type(o) is Factor]
        if blends and asked.dim() > 1 and len(asked) > 1:
            known = [number for number in factors if number]
            if not factors or (known and all(number == 1 for number in known)):
                self.log.note("one-epsilon", blends[0].place, [place])

    def is_blind(self, who: str, read: Mapping[str, object]) -> bool:
        """Whether a move may have read what went by where nothing is seen."""
        others = set(self.log.players) - {who}
        hidden = self.players.sharded | set(self.left)
        return bool(others & hidden) and not others & set(read)

    def only_makes(self, player: str) -> bool:
        """Whether a player feeds another and is fed by none."""
        makes = any(maker == player for maker, _ in self.feeds)
        return makes and not any(user == player for _, user in self.feeds)

    def skipped(self, ps: Iterable[Tensor]) -> None:
        """A scaler has left out a step."""
        ps = list(ps)
        self.log.note("skipped-step", here())
        for player in dict.fromkeys(map(self.players.of, ps)):
            if player is not None:
                self.log.skip(player)
                self._twins.pop(player, None)
        self.gradients.forgive(ps)

    # -- the report

    def report(self) -> LoopReport:
        """Say what was seen up to now.

        Returns
        -------
        LoopReport
        """
        for kind in sorted(self.memory.strange):
            self.log.cannot_see(
                f"a {kind} has no memory of its own: what it hands on is unknown"
            )
        if self.compiles:
            self.log.cannot_see(
                "compiled code ran uncompiled while it was watched: what is said holds "
                "for the program, and its FLOPs are those of eager code; what ran "
                "first under the watch stays uncompiled until torch.compiler.reset()"
            )
        for player, place in self.left.items():
            self.log.cannot_see(
                f"what {player} made left torch at {place} (for NumPy, a list or a "
                "file): where it went from there is unknown"
            )
        if self.players.sharded:
            self.log.cannot_see(
                f"{' and '.join(sorted(self.players.sharded))}: the weights are sharded"
                " over processes (FSDP), and what is read are copies that are gathered "
                "for each pass: which version a move read, and whose weights a "
                "backward pass reached, is unknown"
            )
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            self.log.cannot_see("what the other processes do is unknown")
        self.log.strays = {} if self.players.sharded else self.steps.strays()
        self.log.still = self.gradients.still()
        self.log.scaled = self.scaling.used
        self.log.shapes = {
            name: tuple(sorted(tuple(p.shape) for p in self.players.tensors(name)))
            for name in self.players.members
        }
        self.log.trainable = {
            n for n in self.players.members if self.players.trainable(n)
        }
        self.log.normed = {
            n for n in self.players.members if self.players.has_statistics(n)
        }
        return conclude(self.log, list(self.feeds))


def _in_compiled_code() -> bool:
    """Whether dynamo looks at what runs now."""
    return callable(get_eval_frame_callback())


def _maker(trail: Trail, player: str) -> str | None:
    makers = {o.player for o in trail if type(o) is Origin and o.player != player}
    return min(makers) if makers else None


__all__ = ["NOTHING", "Observer"]
