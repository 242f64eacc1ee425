from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from training.export import openvino as export

pytest.importorskip("tensorflow")
pytest.importorskip("nncf")


@pytest.fixture(scope="module")
def quantized(lite0: Any) -> Any:
    pictures = np.random.default_rng(0).uniform(-1, 1, (2, 32, 32, 3)).astype(np.float32)
    return export.quantize(lite0, list(pictures), float_convolutions=3)


def kinds(model: Any) -> Counter[str]:
    return Counter(node.get_type_name() for node in model.get_ordered_ops())


def test_int8_has_one_range_for_all_channels_of_an_activation(quantized: Any) -> None:
    ranges = [n for n in quantized.get_ordered_ops() if n.get_type_name() == "FakeQuantize"]
    activations = [n for n in ranges if n.input_value(0).get_node().get_type_name() != "Constant"]
    assert len(activations) > 20
    assert {int(np.prod(n.input(1).get_shape())) for n in activations} == {1}


def test_the_first_convolutions_stay_in_floating_point(lite0: Any, quantized: Any) -> None:
    first = export._first_convolutions(lite0, 3)
    assert len(first) == 3
    weights = {
        node.get_friendly_name(): node.input_value(1).get_node().get_type_name()
        for node in quantized.get_ordered_ops()
        if node.get_type_name() in {"Convolution", "GroupConvolution"}
    }
    kept = {name for name in weights if name in first}
    assert {weights[name] for name in kept} == {"Constant"}
    assert "Constant" not in {weights[name] for name in weights if name not in first}
