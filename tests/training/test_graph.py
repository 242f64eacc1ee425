from __future__ import annotations

import pytest

pytest.importorskip("openvino")

from tests.training.blocks import node, residual_network
from training.graph import bias_of, dominators, is_computed, source


def test_the_ways_to_a_node_lead_through_its_dominators_the_nearest_first() -> None:
    model = residual_network()
    assert dominators(model, node(model, "deep"))[:3:2] == ["bias_3", "wide"]
    ways = dominators(model, node(model, "bias_5"))
    assert ways[1:3] == ["whole", "first"]  # nothing of the bottleneck: a residual goes around it


def test_the_last_of_them_is_the_input() -> None:
    model = residual_network()
    assert dominators(model, source(node(model, "bias_1"), 0)) == ["input"]
    assert dominators(model, node(model, "bias_5"))[-1] == "input"


def test_a_bias_is_what_alone_reads_a_convolution_and_adds_constants() -> None:
    model = residual_network()
    convolution = source(node(model, "bias_4"), 0)
    found = bias_of(convolution)
    assert found is not None
    assert found.get_friendly_name() == "bias_4"
    assert bias_of(node(model, "bias_4")) is None  # the residual adds what is computed
    assert bias_of(node(model, "first")) is None  # two read it


def test_what_comes_from_the_input_is_computed_and_weights_are_not() -> None:
    convolution = source(node(residual_network(), "bias_4"), 0)
    assert is_computed(convolution)
    assert not is_computed(source(convolution, 1))
