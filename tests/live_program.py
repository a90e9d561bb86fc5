"""Call a program of `ganflow.live` by the names of its layout, in node."""

import numpy as np
from live_module import call, read, run, write

from ganflow.live.arithmetic import arithmetic
from ganflow.live.encoding import Function, Module, encode
from ganflow.live.functions import Kernels
from ganflow.live.graph import trace
from ganflow.live.loops import Product
from ganflow.live.memory import Memory, placed
from ganflow.live.products import product_code, product_functions
from ganflow.live.translation import loops_of

KINDS = {"f32": np.float32, "f64": np.float64, "i32": np.int32}


class Asked:
    """Steps for one instance of a program; `answers` makes them all at once.

    Parameters
    ----------
    program : Program
        Whose module is run.
    """

    def __init__(self, program):
        self.program, self.layout = program, program.layout
        self._steps, self._wanted = [], {}

    def put(self, name, value):
        """Write numbers at a name."""
        at, kind, length = self.layout["at"][name]
        content = np.ravel(np.asarray(value, KINDS[kind]))
        assert len(content) <= length, name
        self._steps.append(write(at, content))

    def call(self, name, *values):
        """Call an export; numbers of moves are given as ints."""
        self._steps.append(call(name, *values))

    def want(self, key, name):
        """Read what a name holds now; `answers` gives it under `key`."""
        at, kind, length = self.layout["at"][name]
        size = np.dtype(KINDS[kind]).itemsize
        self._wanted[key] = len(self._steps), kind
        self._steps.append(read(at, size * length))

    def answers(self):
        """What was wanted, as arrays by key."""
        found = run(self.program.code, self._steps)
        return {
            key: np.frombuffer(found[k], KINDS[kind])
            for key, (k, kind) in self._wanted.items()
        }


def set_up(asked, setting):
    """Write a setting's numbers; a GAN's seed and data as well."""
    for name in ("beta", "beta1", "beta2", "strength", "target", "scale"):
        if name in asked.layout["at"]:
            asked.put(name, getattr(setting, name))
    for player in "GD":
        asked.put(f"step_size_{player}", setting.step_of(player))
    if asked.layout["kind"] == "gan":
        data = setting.data
        asked.put("points", data.centres)
        asked.call("seed", str(setting.seed))
        asked.call("data", 0, len(data.centres), data.spread)


def put_state(asked, rule, state):
    """Write parameters and what the rule remembers, of a `State` of one run."""
    for player in "GD":
        for k, value in enumerate(state.values[player]):
            asked.put(f"{player}{k}", value)
        for name, held in state.memory[player].items():
            for k, value in enumerate(held):
                asked.put(f"{rule} {name} {player}{k}", value)


def want_state(asked, rule, state, key, players="GD"):
    """Read what `put_state` writes; keys are (key, name)."""
    for player in players:
        for k in range(len(state.values[player])):
            asked.want((key, f"{player}{k}"), f"{player}{k}")
        for name, held in state.memory[player].items():
            for k in range(len(held)):
                full = f"{rule} {name} {player}{k}"
                asked.want((key, full), full)


def take_move(asked, setting, player, number):
    """Make one move of a player, without its commit."""
    table, which = asked.layout["table"], f"{setting.loss} {setting.penalty}"
    chosen = [table[f"derive {own} {which}"] for own in "GD"]
    chosen.append(table[f"project D {setting.penalty}"])
    asked.call(f"move {player} {setting.rule}", str(number), *chosen)


def play_ticks(asked, setting, ticks):
    """Play the schedule: movers of a turn read its start."""
    moves = {"G": 0, "D": 0}
    for turn in [turn for _ in range(ticks) for turn in setting.schedule.turns]:
        for player in turn:
            take_move(asked, setting, player, moves[player])
        for player in turn:
            asked.call(f"commit {player}")
            moves[player] += 1


class Traced:
    """One function of tensors as a program, with a layout of its own.

    Parameters
    ----------
    function : callable
        Named tensors to named tensors.
    example : dict of Tensor
        What it is called with.
    """

    def __init__(self, function, example):
        found = trace(function, example)
        memory, kernels = Memory(), Kernels()
        memory.add_all(example)
        memory.add_all(function(example))
        self.loops = loops_of(found, memory.named)
        at, end = placed(self.loops, memory.at, memory.end)
        body = tuple(
            product_code(loop, at)
            if isinstance(loop, Product)
            else kernels.code(loop, at)
            for loop in self.loops
        )
        go = Function("go", (), None, (), body, export=True)
        own = (go, *kernels.functions, *product_functions(end), *arithmetic())
        self.code = encode(Module(own, (), end // 65536 + 4, (), ()))
        self.layout = {"at": memory.described()}
        self.kernels = kernels.functions


def results(function, example):
    """What the module makes of the example, and what torch does, by name."""
    program = Traced(function, example)
    asked = Asked(program)
    for name, tensor in example.items():
        asked.put(name, tensor)
    asked.call("go")
    expected = function(example)
    for name in expected:
        asked.want(name, name)
    for name, value in asked.answers().items():
        yield name, value, expected[name].detach().numpy().ravel()
