"""EfficientNet-Lite1: 4.2 million parameters, deeper than Lite0 and as wide."""

from __future__ import annotations

from training.networks.efficientnet_lite import EfficientNetLite

LITE1 = EfficientNetLite("efficientnet_lite1", depth=1.1)
NETWORK = LITE1.network()
