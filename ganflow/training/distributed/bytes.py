"""What the processes of a run exchange, on paper and at the sockets."""

from __future__ import annotations

import os
import socket
import stat
import struct
from dataclasses import dataclass

from torch import nn

from ganflow.training.run import Run

SENT = 200  # where tcp_info of Linux has tcpi_bytes_sent; tcpi_bytes_retrans follows
NORMS = (nn.BatchNorm2d, nn.SyncBatchNorm)


@dataclass(frozen=True)
class Exchange:
    """What each process sends in one tick.

    The logged row and the agreement to stop are some hundred bytes more.

    Attributes
    ----------
    gradients : float, bytes
        Averaged after each move.
    statistics : float, bytes
        Of batch norm, and their gradients.
    """

    gradients: float
    statistics: float


def exchange(run: Run, count: int) -> Exchange:
    """Work out what a tick exchanges.

    A ring averages b bytes in 2 (count - 1) steps of b / count: in the first half each
    process adds its part to what comes and passes it on, in the second what is whole.

    Parameters
    ----------
    run : Run
        Of float32 networks.
    count : int, >= 1
        Of processes.

    Returns
    -------
    Exchange

    Source: Patarasuk and Yuan 2009: no way to average needs fewer.
    """
    ring = 2 * (count - 1) / count
    steps = run.settings.critic_steps
    numbers = sum(n.num_features for n in run.G.modules() if isinstance(n, NORMS))
    # Mean and variance at each call of G; their gradients where backward reaches G.
    averages = 2 * (steps + 1 + (1 if run.settings.fast else steps + 1))
    return Exchange(
        gradients=ring * (steps * _bytes(run.D) + _bytes(run.G)),
        statistics=ring * 4 * numbers * averages,
    )


def sent_bytes() -> int:
    """Count what this process has sent by its open TCP connections, each byte once.

    Returns
    -------
    int, bytes

    Raises
    ------
    OSError
        The system does not tell; Linux does.
    """
    sent = 0
    for name in os.listdir("/proc/self/fd"):
        try:
            if not stat.S_ISSOCK(os.stat(f"/proc/self/fd/{name}").st_mode):
                continue
            with socket.socket(fileno=os.dup(int(name))) as connection:
                sent += _sent(connection)
        except FileNotFoundError:  # that of the listing itself
            continue
    return sent


def _sent(connection: socket.socket) -> int:
    inet = connection.family in (socket.AF_INET, socket.AF_INET6)
    if not inet or connection.type != socket.SOCK_STREAM:
        return 0
    told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    if len(told) < SENT + 16:
        raise OSError("this system does not count the bytes of a TCP connection")
    sent, again = struct.unpack_from("QQ", told, SENT)
    return sent - again


def _bytes(net: nn.Module) -> int:
    return sum(p.numel() * p.element_size() for p in net.parameters())
