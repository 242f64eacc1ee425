"""EfficientNet-Lite2: 4.9 million parameters and twice the work of Lite0 on the same picture."""

from __future__ import annotations

from training.networks.efficientnet_lite import EfficientNetLite

LITE2 = EfficientNetLite("efficientnet_lite2", width=1.1, depth=1.2)
NETWORK = LITE2.network()
