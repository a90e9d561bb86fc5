"""The moves of `ganflow.dynamics` as one WebAssembly module, for pages that train.

From what the package does to bytes: `trace` writes down the operators that it calls
(`graph`, and `tracing` for moves, derivatives and pictures); `loops_of` makes loops of
them (`translation`, by the tables of `operators`); these become functions (`functions`,
`products`, beside `arithmetic` and `draws`), which `encode` writes. `gan_program` and
`game_program` put a module together; `program.js` runs it, in a page or by `node`, as
`settings` tells it.
"""

from ganflow.live.encoding import Function, Module, encode
from ganflow.live.functions import Kernels
from ganflow.live.graph import Node, Trace, trace
from ganflow.live.loops import Product, Store
from ganflow.live.node import call_in_node, play_in_node
from ganflow.live.program import Program, game_program, gan_program
from ganflow.live.settings import page_data, page_setting
from ganflow.live.tracing import trace_derivative, trace_move
from ganflow.live.translation import loops_of
from ganflow.live.values import Buffer, Value, View

__all__ = [
    "Buffer",
    "Function",
    "Kernels",
    "Module",
    "Node",
    "Product",
    "Program",
    "Store",
    "Trace",
    "Value",
    "View",
    "call_in_node",
    "encode",
    "game_program",
    "gan_program",
    "loops_of",
    "page_data",
    "page_setting",
    "play_in_node",
    "trace",
    "trace_derivative",
    "trace_move",
]
