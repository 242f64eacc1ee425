from __future__ import annotations

from collections import Counter

import pytest
from onnx import helper, numpy_helper

from core.errors import ConfigurationError
from tests.training.networks.clip.tiny_tower import BLOCKS, TinyTower
from training.networks.clip.unquantize import cut_at, undo_quantization

_LAST = f"tokens_{BLOCKS}"


def test_every_quantized_product_becomes_a_product_of_floats() -> None:
    tower = TinyTower()
    graph = tower.model().graph
    assert undo_quantization(graph) == BLOCKS + 1
    kinds = Counter(node.op_type for node in graph.node)
    assert (kinds["MatMul"], kinds["MatMulInteger"]) == (BLOCKS + 1, 0)
    matrices = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    whole = tower.integers[1].astype(int) - int(tower.zero_points[1])
    assert matrices["product_1_float32"] == pytest.approx(whole * tower.scales[1])


def test_what_no_output_needs_is_dropped() -> None:
    graph = TinyTower().model().graph
    undo_quantization(graph)
    cut_at(graph, ["tokens_1", _LAST])
    kinds = {node.op_type for node in graph.node}
    assert kinds == {"Conv", "Reshape", "Transpose", "ReduceMean", "Mul", "Add", "Concat",
                     "MatMul", "Tanh"}  # fmt: skip
    assert sum(node.op_type == "MatMul" for node in graph.node) == BLOCKS
    assert not [tensor.name for tensor in graph.initializer if "integers" in tensor.name]
    assert [output.name for output in graph.output] == ["tokens_1", _LAST]


def test_a_product_of_another_form_is_named() -> None:
    graph = TinyTower().model().graph
    (cast,) = (node for node in graph.node if node.output[0] == "cast_1")
    cast.CopyFrom(helper.make_node("Identity", cast.input, cast.output))
    with pytest.raises(ConfigurationError, match=r"product_1.* is not of the form .* Identity"):
        undo_quantization(graph)


def test_a_product_whose_answer_is_used_twice_is_named() -> None:
    graph = TinyTower().model().graph
    graph.node.append(helper.make_node("Identity", ["whole_0"], ["spy"]))
    with pytest.raises(ConfigurationError, match="product_0"):
        undo_quantization(graph)
