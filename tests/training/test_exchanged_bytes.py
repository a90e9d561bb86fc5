"""What processes exchange in a tick, by hand; and what a socket says it has sent."""

import socket
import sys
from types import SimpleNamespace

import pytest
from torch import nn

from ganflow.training.distributed.bytes import exchange, sent_bytes

STEPS = 3
G_BYTES, D_BYTES = 4 * (2 * 6 + 6 + 2 * 5), 4 * (4 + 1)


def run(*, fast):
    """Its G has a batch norm of five channels, whose ten weights are exchanged, too."""
    G = nn.Sequential(nn.Linear(2, 6), nn.BatchNorm2d(5))
    settings = SimpleNamespace(critic_steps=STEPS, fast=fast)
    return SimpleNamespace(G=G, D=nn.Linear(4, 1), settings=settings)


@pytest.mark.parametrize(("count", "share"), [(1, 0), (2, 1), (4, 1.5)])
def test_each_move_exchanges_its_player_s_gradients(count, share):
    """By a ring: 2 (count - 1) / count times their bytes."""
    said = exchange(run(fast=False), count)
    assert said.gradients == share * (STEPS * D_BYTES + G_BYTES)


@pytest.mark.parametrize(
    ("fast", "backwards"), [(False, STEPS + 1), (True, 1)], ids=["slow", "fast"]
)
def test_each_call_of_G_exchanges_means_and_variances_and_so_does_its_backward(
    fast, backwards
):
    said = exchange(run(fast=fast), 2)
    calls = STEPS + 1
    assert said.statistics == 4 * 5 * 2 * (calls + backwards)


@pytest.fixture
def connected():
    """The two ends of a TCP connection of this process with itself."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        near = socket.create_connection(server.getsockname())
        far, _ = server.accept()
    with near, far:
        yield near, far


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts what is sent")
def test_bytes_are_counted_at_the_sockets_of_tcp_alone(connected):
    near, far = connected
    before = sent_bytes()
    near.sendall(b"x" * 1000)
    assert len(_all(far, 1000)) == 1000
    assert sent_bytes() - before == 1000
    one, other = socket.socketpair()
    with one, other, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        one.sendall(b"y" * 500)
        datagrams.sendto(b"z" * 500, far.getsockname())
        assert sent_bytes() - before == 1000
    far.sendall(b"x" * 24)
    assert len(_all(near, 24)) == 24
    assert sent_bytes() - before == 1024


def _all(connection, count):
    """So many bytes, however they come."""
    return connection.recv(count, socket.MSG_WAITALL)
