"""EfficientNet-Lite0: 3.4 million parameters, the network of the bundle that ships."""

from __future__ import annotations

from training.networks.efficientnet_lite import EfficientNetLite

LITE0 = EfficientNetLite("efficientnet_lite0")
NETWORK = LITE0.network()
