"""Add SHIFT_SEEDS, a whole number, to every seed that is set in this process.

Python imports a module of this name as it starts, if its folder is on PYTHONPATH; a
page's kernel and the processes that a cell starts therefore all have the shift. A seed
is shifted where torch, TensorFlow, Keras, numpy, Python or ganflow take it, so no page
has to be read for the ways in which it spells one. Equal seeds stay equal, and
different ones different.
"""

import ctypes
import gc
import os
import random
from numbers import Integral

import wrapt

SHIFT = int(os.environ["SHIFT_SEEDS"])
NAMES = {"seed", "entropy", "key", "op_seed", "x", "a"}  # what a seed is called


def shifted(seed):
    """The seed that is meant: of a tuple the first number, of an array all of them."""
    if isinstance(seed, Integral) and not isinstance(seed, bool) and seed >= 0:
        return int(seed) + SHIFT
    if isinstance(seed, (list, tuple)) and seed:
        return (shifted(seed[0]), *seed[1:])
    if hasattr(seed, "dtype") and seed.dtype.kind in "iu":
        return seed + SHIFT
    return seed  # None asks the system; what else there is the callee knows


def shifting(call, instance, args, kwargs):
    """Call with the first argument shifted, or the one that is named as a seed."""
    args = tuple(shifted(arg) if i == 0 else arg for i, arg in enumerate(args))
    return call(
        *args, **{k: shifted(v) if k in NAMES else v for k, v in kwargs.items()}
    )


def shift(*names):
    """Shift the seeds of these callables of a module, once it is imported."""

    def patch(module):
        for name in names:
            wrapt.wrap_function_wrapper(module, name, shifting)

    return patch


def shift_torch(torch):
    """Shift what any generator of torch takes; its type is one of C, and is closed."""
    kind = torch.Generator
    plain = kind.manual_seed
    (members,) = gc.get_referents(kind.__dict__)
    members["manual_seed"] = lambda self, seed: plain(self, shifted(seed))
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))


def shift_program(settings):
    """Shift what a program of WebAssembly is given; it draws as torch and numpy do."""

    def given(call, instance, args, kwargs):
        plain = call(*args, **kwargs)
        return plain | {"seed": shifted(plain["seed"])} if "seed" in plain else plain

    wrapt.wrap_function_wrapper(settings, "page_setting", given)


shift("seed", "Random.seed")(random)
for imported, patch in {
    "numpy.random": shift(
        *("seed", "default_rng", "SeedSequence", "RandomState"),
        *("PCG64", "PCG64DXSM", "Philox", "MT19937", "SFC64"),
    ),
    "torch": shift_torch,
    "tensorflow.python.framework.random_seed": shift("set_seed", "get_seed"),
    "tensorflow.python.ops.stateful_random_ops": shift("Generator.from_seed"),
    "keras.src.random.seed_generator": shift("SeedGenerator.__init__", "draw_seed"),
    "ganflow.dynamics.batches": shift("Stream.batch"),
    "ganflow.live.settings": shift_program,
}.items():
    wrapt.register_post_import_hook(patch, imported)
