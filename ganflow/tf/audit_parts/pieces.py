"""Functions that run as one piece: which of their arguments they overwrite."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ganflow.tf.load import context

WRITES = ("Assign", "ResourceApply", "ResourceSparseApply", "ResourceScatter")
CALLS = ("PartitionedCall", "StatefulPartitionedCall")


@lru_cache(maxsize=256)
def written_by(name: str) -> frozenset[int]:
    """The numbers of a function's arguments that it overwrites, or may overwrite.

    Parameters
    ----------
    name : str
        The function's.
    """
    running: Any = context.context()
    whole = running.get_function_def(name)
    arguments = {a.name: i for i, a in enumerate(whole.signature.input_arg)}
    found: set[int] = set()
    for node in whole.node_def:
        if node.op.startswith(WRITES):
            given = node.input[:1]
        elif node.op in CALLS:
            given = [node.input[i] for i in written_by(node.attr["f"].func.name)]
        elif any(value.HasField("func") for value in node.attr.values()):
            given = node.input  # a branch or a loop
        else:
            continue
        found.update(arguments[one] for one in given if one in arguments)
    return frozenset(found)
