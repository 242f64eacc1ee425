"""The graph of a functional model in the words of Keras 3.

Keras 2 wrote a node, one call of a layer, as a list of ``[layer, call, output, keywords]``, one a
tensor that goes in. A keyword may be such a list too. Keras 3 writes arguments and keywords, in
which a dictionary stands for a tensor. Keras 2 counted the calls of a model that is a layer from
1, as call 0 was the making of that model.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from training.export.keras2 import operations
from training.export.keras2.layers import Config, translate_layer, valid_name

_CONSTANT = "_CONSTANT_VALUE"  # in the place of a layer: the first operand is a number
_ENDS = ("input_layers", "output_layers")


def translate(model: Any) -> None:
    """Change a model's configuration in place, with all that is nested in it.

    Raises :class:`BundleInvalid` where Keras 3 has nothing that does the same.
    """
    if isinstance(model, dict):
        _translate_one(model)
    if isinstance(model, dict | list):
        for each in model.values() if isinstance(model, dict) else model:
            translate(each)


def _translate_one(model: Config) -> None:
    config = model.get("config")
    if isinstance(config, list):  # a Sequential before Keras 2.2.3
        model["config"] = config = {"name": "sequential", "layers": config}
    if isinstance(config, dict) and isinstance(model.get("class_name"), str):
        if all(end in config for end in _ENDS):
            _Graph(config).translate()
        elif "layers" in config:
            _begin_with_an_input(config["layers"])
        translate_layer(model)


def _begin_with_an_input(layers: list[Config]) -> None:
    """Give a ``Sequential`` the input layer that early files state as an argument alone."""
    first = layers[0]["config"] if layers else {}
    shape = first.get("batch_input_shape") if isinstance(first, dict) else None
    if shape is not None and layers[0]["class_name"] != "InputLayer":
        layers.insert(0, {"class_name": "InputLayer", "config": {"batch_input_shape": shape}})
        if "module" in layers[1]:
            layers[0] |= {"module": "keras.layers", "registered_name": None}


class _Graph:
    """One functional model; ``layers`` by the names that they have in the file."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._layers: dict[str, Config] = {layer["name"]: layer for layer in config["layers"]}
        self._first_calls: dict[str, int] = {}
        for name, call in self._references():
            self._first_calls[name] = min(call, self._first_calls.get(name, call))

    def translate(self) -> None:
        for layer in self._config["layers"]:
            to_node = self._operation if layer["class_name"] in operations.LAYERS else self._call
            nodes = layer.get("inbound_nodes", ())
            layer["inbound_nodes"] = [to_node(layer, list(_leaves(node))) for node in nodes]
        for end in _ENDS:
            ends = [self._end(leaf) for leaf in _leaves(self._config[end])]
            # One tensor in a list: Keras 3 would hand a list to the layer behind a model.
            self._config[end] = ends[0] if len(ends) == 1 else ends

    def _references(self) -> Iterator[tuple[str, int]]:
        """(layer, call) of every tensor that something in the graph takes."""
        nodes = [layer.get("inbound_nodes") for layer in self._config["layers"]]
        for leaf in _leaves([nodes, *(self._config[end] for end in _ENDS)]):
            yield leaf[0], leaf[1]
            for value in leaf[3].values() if len(leaf) > 3 else ():
                yield from ((each[0], each[1]) for each in _leaves(value))

    def _call(self, _: Config, inputs: list[Any]) -> Config:
        tensors = [self._tensor(each) for each in inputs]
        keywords = inputs[0][3] if len(inputs[0]) > 3 else {}
        told = {name: self._argument(value) for name, value in keywords.items()}
        return {"args": tensors if len(tensors) == 1 else [tensors], "kwargs": told}

    def _operation(self, layer: Config, inputs: list[Any]) -> Config:
        keywords = dict(inputs[0][3])
        known = operations.operation_of(layer, keywords)
        operations.as_operation(layer, known, keywords)
        tensors = [self._tensor(each) for each in inputs]
        operands = [
            self._tensor(value) if _is_leaf(value) else operations.operand(name, value)
            for name, value in keywords.items()
            if name in known.operands
        ]
        first = [tensors] if known.class_name == "Concatenate" else tensors
        return {"args": [*first, *operands], "kwargs": {}}

    def _argument(self, value: Any) -> Any:
        """A keyword's value: a tensor, several of them, or what it is."""
        if _is_leaf(value):
            return self._tensor(value)
        return [self._argument(each) for each in value] if isinstance(value, list) else value

    def _tensor(self, leaf: list[Any]) -> Any:
        name, call, output = leaf[:3]
        if name == _CONSTANT:
            return output
        history = [valid_name(name), call - self._first_calls[name], output]
        # Keras 3 takes shape and dtype of the layer, but reads them here first.
        tensor = {"shape": [], "dtype": "float32", "keras_history": history}
        return {"class_name": "__keras_tensor__", "config": tensor}

    def _end(self, leaf: list[Any]) -> list[Any]:
        name, call, output = leaf
        # Of a functional model Keras 3 counts the calls from 1 here, and only here.
        first = 1 if "input_layers" in self._layers[name]["config"] else 0
        return [valid_name(name), call - self._first_calls[name] + first, output]


def _leaves(structure: Any) -> Iterator[list[Any]]:
    """Every ``[layer, call, output, …]`` in lists and dictionaries."""
    if _is_leaf(structure):
        yield structure
    elif isinstance(structure, dict | list):
        for each in structure.values() if isinstance(structure, dict) else structure:
            yield from _leaves(each)


def _is_leaf(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) in {3, 4}
        and isinstance(value[0], str)
        and isinstance(value[1], int)
    )
