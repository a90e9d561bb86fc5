"""The Keras twin of a torch network: the same weights, channels last."""

from torch import nn

from ganflow.tf.load import keras

LAYERS = keras.layers


def as_keras(value):
    """A torch weight as Keras lays it out; convolutions of both kinds turn alike."""
    order = {4: (2, 3, 1, 0), 2: (1, 0)}.get(value.ndim)
    return (value.permute(order) if order else value).detach().cpu().numpy()


def weights_of(net):
    """All numbers of a torch network, in the order of its Keras twin's."""
    return [as_keras(value) for value in net.state_dict().values() if value.ndim]


def _layer(layer):
    if isinstance(layer, nn.Linear):
        return LAYERS.Dense(layer.out_features)
    if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
        upwards = isinstance(layer, nn.ConvTranspose2d)
        kind = LAYERS.Conv2DTranspose if upwards else LAYERS.Conv2D
        how = {"strides": layer.stride, "use_bias": layer.bias is not None}
        padding = "same" if layer.padding[0] else "valid"
        return kind(layer.out_channels, layer.kernel_size, padding=padding, **how)
    if isinstance(layer, nn.BatchNorm2d):
        return LAYERS.BatchNormalization(momentum=0.9, epsilon=layer.eps)
    if isinstance(layer, nn.LeakyReLU):
        return LAYERS.LeakyReLU(negative_slope=layer.negative_slope)
    if isinstance(layer, nn.Unflatten):
        return LAYERS.Reshape((1, 1, layer.unflattened_size[0]))
    return {
        nn.ReLU: LAYERS.ReLU,
        nn.Flatten: LAYERS.Flatten,
        nn.Tanh: lambda: LAYERS.Activation("tanh"),
    }[type(layer)]()


def twin(net, shape, dtype="float32"):
    """A `keras.Sequential` of the same layers and weights."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)
    try:
        made = keras.Sequential([keras.Input(shape), *map(_layer, net)])
    finally:
        keras.config.set_dtype_policy(before)
    made.set_weights(weights_of(net))
    return made
