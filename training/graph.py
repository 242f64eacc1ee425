"""Ways about the graph of an ``ov.Model``."""

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


def is_computed(node: Any) -> bool:
    """Whether it comes from the model's input: weights are constants, perhaps converted."""
    if node.get_type_name() == "Parameter":
        return True
    return any(is_computed(source(node, port.get_index())) for port in node.inputs())


def bias_of(convolution: Any) -> Any | None:
    """The node that adds constants to a convolution and alone reads it."""
    found = readers(convolution)
    if len(found) != 1 or found[0].get_type_name() != "Add":
        return None
    return found[0] if is_constant(source(found[0], 1)) else None


def dominators(model: Any, node: Any) -> list[str]:
    """Names of the nodes that every way from the model's input to ``node`` leads through.

    The nearest first and the input last, without ``node`` itself.
    """
    order = {each.get_friendly_name(): i for i, each in enumerate(model.get_ordered_ops())}
    names: list[str] = []
    front = {order[node.get_friendly_name()]: node}  # in the place that the model computes it
    while front:
        last = front.pop(max(front))
        if not front:
            names.append(last.get_friendly_name())
        for port in last.inputs():
            before = source(last, port.get_index())
            if is_computed(before):
                front[order[before.get_friendly_name()]] = before
    return names[1:]
