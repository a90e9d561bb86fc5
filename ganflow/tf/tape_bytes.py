"""Count the bytes that TensorFlow's tapes hold, as eager operations make them."""

from __future__ import annotations

import weakref
from typing import Any

from ganflow.tf.load import EagerTensor, op_callbacks, pywrap_tfe

WEIGHTS = "ReadVariableOp"  # hands out a variable's own memory


class TapeBytes:
    """While entered: values that were made while a tape recorded and are still held.

    Only eager operations are seen. What a variable holds does not count, nor what is
    made outside every tape. A value that only a name holds counts as long as the name
    does.

    Gradient: unchanged; it only looks.
    """

    def __init__(self):
        self.now = self._crest = 0
        self._held: set[int] = set()

    def crest(self) -> int:
        """The most bytes held at once since this was last asked."""
        most, self._crest = self._crest, self.now
        return most

    def __enter__(self) -> TapeBytes:
        op_callbacks.add_op_callback(self._made)
        return self

    def __exit__(self, *error: Any) -> None:
        op_callbacks.remove_op_callback(self._made)

    def _made(self, kind: str, inputs: Any, attrs: Any, outputs: Any, *_: Any) -> None:
        if kind == WEIGHTS or pywrap_tfe.TFE_Py_TapeSetIsEmpty():
            return
        for value in outputs:
            if not isinstance(value, EagerTensor) or id(value) in self._held:
                continue
            size = int(value.shape.num_elements()) * value.dtype.size
            self._held.add(id(value))
            self.now += size
            self._crest = max(self._crest, self.now)
            weakref.finalize(value, self._let_go, id(value), size)

    def _let_go(self, name: int, size: int) -> None:
        self._held.discard(name)
        self.now -= size
