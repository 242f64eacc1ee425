from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(scope="session")
def lite0() -> Any:
    """An untrained EfficientNet-Lite0 for OpenVINO, made once; a test that changes it clones it.

    Its BatchNormalization shifts: at the start it shifts by nothing, and OpenVINO drops that.
    """
    pytest.importorskip("tensorflow")
    from training.export.openvino import to_openvino
    from training.networks.efficientnet_lite0 import build

    model = build(32)
    for layer in model.layers:
        if layer.name.endswith("_bn"):
            layer.set_weights([value + 0.1 for value in layer.get_weights()])
    return to_openvino(model)
