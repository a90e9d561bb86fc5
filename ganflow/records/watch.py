"""What saw a training step: the questions that both frameworks' watches answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from ganflow.records.derivative_trace import DerivativeTrace

Loss = TypeVar("Loss", contravariant=True)


class Watch(ABC, Generic[Loss]):
    """What saw a training step, ready to say of each loss where its derivative goes.

    A loss is asked for by what stands for it in its framework. In torch that is the
    tensor, whose history is the graph that ran. A TensorFlow step is kept as a graph
    that never ran: the tensors of the running program are not in it, and a loss goes by
    the name under which the step returned it.
    """

    @abstractmethod
    def trace(self, loss: Loss) -> DerivativeTrace:
        """Follow the history of a loss: what backward walks, and what is cut off.

        Parameters
        ----------
        loss : Tensor or str
            A loss of the watched step: the tensor in torch, its name in TensorFlow.

        Returns
        -------
        DerivativeTrace
            Its first node is the loss.

        Raises
        ------
        TypeError
            What is given cannot stand for a loss.
        ValueError
            The watch did not see the loss being made, or the loss has no history.
        """

    @abstractmethod
    def saw(self, loss: Loss) -> bool:
        """Say whether the watch was on while all of the history of a loss was made.

        Parameters
        ----------
        loss : Tensor or str
            As in `trace`.

        Raises
        ------
        TypeError
            What is given cannot stand for a loss.
        """
