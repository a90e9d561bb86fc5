"""Which network and which layer made an operation of a TensorFlow graph."""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ganflow.tf.load import keras, tf
from ganflow.tf.networks import Player, layers_of

TAG = re.compile(r"ganflow\.(\d+)\.")


@contextlib.contextmanager
def tagged(networks: Mapping[str, Player]) -> Iterator[None]:
    """While inside, an operation's name tells which layer's `call` made it.

    Parameters
    ----------
    networks : dict of name -> Keras model or layer, or anything else
        Each layer's `call` is replaced while inside, and put back.
    """
    layers = {id(layer): layer for layer, _, _ in layers_of(networks)}.values()
    own = [{k: v for k, v in vars(layer).items() if k == "call"} for layer in layers]
    for layer in layers:
        vars(layer)["call"] = _with_tag(layer)
    try:
        yield
    finally:
        for layer, before in zip(layers, own, strict=True):
            del vars(layer)["call"]
            vars(layer).update(before)


def _with_tag(layer: keras.Layer) -> Callable:
    call = layer.call

    @functools.wraps(call)
    def with_tag(*args, **kwargs):
        with tf.name_scope(f"ganflow.{id(layer)}."):
            return call(*args, **kwargs)

    return with_tag


class Owners:
    """Tells from an operation's name which network and layer it ran in.

    A function that was traced before the watch began has no tags; there the scopes that
    Keras writes tell, unless two networks could have written them.

    Parameters
    ----------
    networks : dict of name -> Keras model or layer, or anything else
        The networks that were tagged.
    """

    def __init__(self, networks: Mapping[str, Player]):
        self._tags = {
            id(layer): (name, path) for layer, name, path in layers_of(networks)
        }
        self._layers = {
            (name, path.split(".")[-1]): path
            for _, name, path in layers_of(networks)
            if path
        }
        self._scopes = {
            name: re.compile(re.escape(given.name) + r"(_\d+)?")
            for name, given in networks.items()
            if isinstance(given, keras.Layer)
        }

    def __call__(self, op: Any) -> tuple[str | None, str | None] | None:
        tags = [int(tag) for tag in reversed(TAG.findall(op.name))]
        known = (self._tags[tag] for tag in tags if tag in self._tags)
        return next(known, None) or self._by_scope(op.name.split("/"))

    def _by_scope(self, scopes: list[str]) -> tuple[str, str | None] | None:
        for number, scope in enumerate(scopes):
            found = [
                name for name, mine in self._scopes.items() if mine.fullmatch(scope)
            ]
            if len(found) == 1:
                paths = (self._path(found[0], inner) for inner in scopes[number + 1 :])
                return found[0], next(filter(None, paths), None)
        return None

    def _path(self, network: str, scope: str) -> str | None:
        shorter = re.sub(r"_\d+$", "", scope)
        return self._layers.get((network, scope)) or self._layers.get(
            (network, shorter)
        )
