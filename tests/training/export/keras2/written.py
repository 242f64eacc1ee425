"""Configurations as Keras 2 wrote them, made of those that Keras 3 writes."""

from __future__ import annotations

from typing import Any

_MODELS = ("Functional", "Sequential")


def as_keras_2(model: dict[str, Any]) -> None:
    """Change a model's configuration in place: its graph, and slashes in the names of layers."""
    config = model["config"]
    layers = config["layers"]
    nested = {layer["config"]["name"] for layer in layers if layer["class_name"] in _MODELS}
    for layer in layers:
        layer["config"]["dtype"] = {"class_name": "Policy", "config": {"name": "float32"}}
        if layer["class_name"] in _MODELS:
            as_keras_2(layer)
        nodes = layer.get("inbound_nodes", ())
        if "inbound_nodes" in layer:
            layer["inbound_nodes"] = [_node(node, nested) for node in nodes]
        for each in (layer, layer["config"]):
            if "name" in each:
                each["name"] = _old_name(each["name"])
    sequentials = {each["config"]["name"] for each in layers if each["class_name"] == "Sequential"}
    for end in ("input_layers", "output_layers"):
        if end in config:
            name, call, output = config[end]
            config[end] = [[_old_name(name), call + (_old_name(name) in sequentials), output]]


def _old_name(name: str) -> str:
    return f"scope/{name}"


def _node(node: dict[str, Any], nested: set[str]) -> list[Any]:
    first, *others = node["args"]
    keywords = {k: v for k, v in node["kwargs"].items() if v is not None}
    if others:  # of attention alone, where all other arguments are layers of one input
        keywords["value"] = _tensor(others[0], nested)
    inputs = first if isinstance(first, list) else [first]
    return [[*_tensor(each, nested), keywords] for each in inputs]


def _tensor(tensor: dict[str, Any], nested: set[str]) -> list[Any]:
    name, call, output = tensor["config"]["keras_history"]
    return [_old_name(name), call + (name in nested), output]
