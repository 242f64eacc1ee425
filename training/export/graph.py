"""Ways about the graph of an ``ov.Model``."""

# ruff: noqa: PLC0415 - networkx takes a quarter of a second to import: only where it is used

from __future__ import annotations

from typing import Any

CONVOLUTIONS = ("Convolution", "GroupConvolution")


def source(node: Any, index: int) -> Any:
    """The node whose answer is ``node``'s input."""
    return node.input(index).get_source_output().get_node()


def readers(node: Any) -> list[Any]:
    """The nodes that read its first output."""
    return [port.get_node() for port in node.output(0).get_target_inputs()]


def is_constant(node: Any) -> bool:
    """Whether it is a constant as it stands."""
    return bool(node.get_type_name() == "Constant")


def is_pointwise(node: Any) -> bool:
    """Whether it is a convolution that is one matrix, the same for every place."""
    if node.get_type_name() != "Convolution":
        return False
    places = list(node.input(1).get_shape())[2:]
    return places == [1, 1] and list(node.get_attributes()["strides"]) == [1, 1]


def bias_of(convolution: Any) -> Any | None:
    """The node that adds constants to a convolution and alone reads it."""
    found = readers(convolution)
    if len(found) != 1 or found[0].get_type_name() != "Add":
        return None
    return found[0] if is_constant(source(found[0], 1)) else None


def dominators(model: Any) -> dict[str, list[str]]:
    """For each node that knows of the model's input, what every way to it leads through.

    Names, the nearest first and the input last, without the node itself.
    """
    import networkx as nx

    nodes = model.get_ordered_ops()
    start = model.get_parameters()[0].get_friendly_name()
    edges = ((source(node, i), node) for node in nodes for i in range(len(node.inputs())))
    graph = nx.DiGraph(tuple(each.get_friendly_name() for each in edge) for edge in edges)
    nearest = nx.immediate_dominators(graph, start)
    found: dict[str, list[str]] = {start: []}
    for name in (node.get_friendly_name() for node in nodes):
        if name in nearest and name not in found:
            found[name] = [nearest[name], *found[nearest[name]]]
    return found
