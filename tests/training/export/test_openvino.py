from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from training.export import openvino as export
from training.export.graph import dominators, source

pytest.importorskip("tensorflow")
pytest.importorskip("nncf")


def kinds(model: Any) -> Counter[str]:
    return Counter(node.get_type_name() for node in model.get_ordered_ops())


def test_int8_has_one_range_for_all_channels_of_an_activation(lite0: Any) -> None:
    before = kinds(lite0)
    pictures = np.random.default_rng(0).uniform(-1, 1, (2, 32, 32, 3)).astype(np.float32)
    quantized = export.quantize(export.merged(lite0), list(pictures), float_convolutions=2)
    rounded = [n for n in quantized.get_ordered_ops() if n.get_type_name() == "FakeQuantize"]
    computed = dominators(quantized)
    activations = [n for n in rounded if source(n, 0).get_friendly_name() in computed]
    assert len(activations) > 20
    assert {int(np.prod(n.input(1).get_shape())) for n in activations} == {1}
    assert kinds(quantized)["Convolution"] == before["Convolution"] - 1  # two have become one
    assert kinds(lite0) == before
