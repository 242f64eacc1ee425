"""EfficientNet-Lite2: 4.9 million parameters, 1.5 times the multiplications of Lite0."""

from __future__ import annotations

from training.networks.efficientnet_lite import EfficientNetLite

LITE2 = EfficientNetLite("efficientnet_lite2", width=1.1, depth=1.2)
NETWORK = LITE2.network()
