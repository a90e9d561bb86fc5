"""What torch.cuda says and offers where there is a device."""

from __future__ import annotations

from types import SimpleNamespace

import torch

from cuda_stand_in.graphs import Graph, recording
from cuda_stand_in.operators import STATE, wait

NAME = "a stand-in that computes on the CPU"


class Stream:
    """One after the other, whatever the stream."""

    def __init__(self, *_, **__):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def wait_stream(self, _):
        """There is nothing to wait for."""

    def synchronize(self):
        """Wait, as the host would."""
        wait("Stream.synchronize")

    def is_capturing(self):
        """Whether a graph is being recorded."""
        return STATE.steps is not None


def _debug(mode):
    STATE.when_waiting = {0: "default", 1: "warn", 2: "error"}.get(mode, mode)


def show() -> None:
    """Let torch say that it has one CUDA device."""
    cuda = {
        "_lazy_init": lambda: None,
        "_initialized": True,
        "is_available": lambda: True,
        "device_count": lambda: 1,
        "current_device": lambda: 0,
        "set_device": lambda _: None,
        "get_device_name": lambda *_: NAME,
        "get_device_capability": lambda *_: (9, 0),
        "get_device_properties": lambda *_: SimpleNamespace(
            name=NAME, major=9, minor=0, total_memory=2**30, multi_processor_count=1
        ),
        "is_bf16_supported": lambda *_, **__: True,
        "is_current_stream_capturing": lambda: STATE.steps is not None,
        "synchronize": lambda *_: wait("torch.cuda.synchronize"),
        "set_sync_debug_mode": _debug,
        "get_sync_debug_mode": lambda: ("default", "warn", "error").index(
            STATE.when_waiting
        ),
        # The device's stream of random numbers is the CPU's own.
        "default_generators": (torch.default_generator,),
        "current_stream": lambda *_: Stream(),
        "Stream": Stream,
        "stream": lambda stream: stream,
        "CUDAGraph": Graph,
        "graph": recording,
    }
    for module in (torch.cuda, torch.cuda.random):  # which has taken some by name
        for name, value in cuda.items():
            if module is torch.cuda or hasattr(module, name):
                setattr(module, name, value)
    torch.backends.cuda.is_built = lambda: True
    torch.accelerator.current_stream = lambda *_: Stream()
    torch.accelerator.synchronize = lambda *_: wait("torch.accelerator.synchronize")
    torch.UntypedStorage.clone = _clone


def _clone(storage, own=torch.UntypedStorage.clone):
    """A CPU build cannot make a storage of another device by its name."""
    if storage.device.type != "cuda":
        return own(storage)
    memory = torch.empty(storage.nbytes(), dtype=torch.uint8, device="cuda")
    return memory.untyped_storage().copy_(storage)
