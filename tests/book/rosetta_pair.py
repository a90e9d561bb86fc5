"""The names that the Rosetta page uses: the same small networks in both frameworks."""

import copy

import numpy as np

from ganflow.tf.load import keras, tf

# isort: split
import torch

SHAPES = {"G": [(2, 3), (3, 3)], "D": [(3, 4), (4, 1)], "B": [(3, 2)]}


def arrays():
    """Weights of each network, and one batch of everything, as NumPy arrays."""
    rng = np.random.default_rng(0)
    weights = {
        name: [rng.normal(size=size) for shape in shapes for size in (shape, shape[1:])]
        for name, shapes in SHAPES.items()
    }
    batch = {"z": (4, 2), "x_real": (4, 3)}
    values = {name: rng.normal(size=shape) for name, shape in batch.items()}
    values["epsilon"] = rng.uniform(size=(4, 1))
    return weights, values


def torch_names(path):
    """What a PyTorch snippet may use. `D.calls` counts its forward passes."""
    weights, values = arrays()
    nets = {}
    for name, arrays_of in weights.items():
        layers = []
        for kernel, bias in zip(arrays_of[::2], arrays_of[1::2], strict=True):
            layers += [torch.nn.Linear(*kernel.shape), torch.nn.Tanh()]
            layers[-2].load_state_dict(
                {"weight": torch.tensor(kernel.T), "bias": torch.tensor(bias)}
            )
        last = torch.nn.BatchNorm1d(2) if name == "B" else torch.nn.Identity()
        nets[name] = torch.nn.Sequential(*layers[:-1], last)
    tensors = {name: torch.tensor(v).float() for name, v in values.items()}
    nets["D"].calls = 0
    nets["D"].register_forward_pre_hook(count)
    step = torch.optim.SGD(nets["G"].parameters(), lr=0.1)
    more = {"path": path / "run", "optimizer_G": step}
    return nets | tensors | {"torch": torch, "copy": copy} | more


def count(net, inputs):
    """A hook: one more forward pass begins."""
    net.calls += 1


def tf_names(path):
    """What a TensorFlow snippet may use."""
    weights, values = arrays()
    nets = {}
    for name, arrays_of in weights.items():
        kernels = arrays_of[::2]
        layers = [keras.Input(kernels[0].shape[:1])]
        for kernel in kernels:
            layers.append(keras.layers.Dense(kernel.shape[1], "tanh"))
        layers[-1].activation = keras.activations.linear
        nets[name] = keras.Sequential(layers)
        nets[name].set_weights(arrays_of)
    nets["B"].add(keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5))
    tensors = {name: tf.constant(v, tf.float32) for name, v in values.items()}
    more = {"path": str(path / "run"), "optimizer_G": keras.optimizers.SGD(0.1)}
    return nets | tensors | {"tf": tf, "keras": keras} | more
