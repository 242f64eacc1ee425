from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("openvino")

from core.openvino_core import ov
from tests.training.export.blocks import node, residual_network
from training.export.graph import bias_of, dominators, is_pointwise, source

ops = ov.opset13


def test_the_ways_to_a_node_lead_through_its_dominators_the_nearest_first() -> None:
    model = residual_network()
    assert dominators(model)["deep"][:3:2] == ["bias_3", "wide"]
    ways = dominators(model)["bias_5"]
    assert ways[1:3] == ["whole", "first"]  # nothing of the bottleneck: a residual goes around it


def test_the_last_of_them_is_the_input() -> None:
    model = residual_network()
    ways = dominators(model)
    assert ways[source(node(model, "bias_1"), 0).get_friendly_name()] == ["input"]
    assert ways["bias_5"][-1] == "input"


def test_weights_know_nothing_of_the_input() -> None:
    model = residual_network()
    assert source(source(node(model, "bias_1"), 0), 1).get_friendly_name() not in dominators(model)


def test_a_network_may_be_deeper_than_python_recurses() -> None:
    last = first = ops.parameter([1, 3], np.float32)
    for _ in range(1500):
        last = ops.relu(last)
    ways = dominators(ov.Model([ops.result(last)], [first], "deep"))
    assert len(ways[last.get_friendly_name()]) == 1500


def test_a_bias_is_what_alone_reads_a_convolution_and_adds_constants() -> None:
    model = residual_network()
    convolution = source(node(model, "bias_4"), 0)
    found = bias_of(convolution)
    assert found is not None
    assert found.get_friendly_name() == "bias_4"
    assert bias_of(node(model, "bias_4")) is None  # the residual adds what is computed
    assert bias_of(node(model, "first")) is None  # two read it


def test_a_pointwise_convolution_has_one_place_and_no_stride() -> None:
    source_ = ops.parameter([1, 3, 8, 8], np.float32)
    weights = {side: ops.constant(np.ones((4, 3, side, side), np.float32)) for side in (1, 3)}

    def convolution(side: int, stride: int) -> Any:
        pads = [side // 2] * 2
        return ops.convolution(source_, weights[side], [stride] * 2, pads, pads, [1, 1])

    assert is_pointwise(convolution(1, 1))
    assert not is_pointwise(convolution(1, 2))
    assert not is_pointwise(convolution(3, 1))
    assert not is_pointwise(ops.relu(source_))
