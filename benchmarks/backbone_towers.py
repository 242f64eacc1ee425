"""The frozen networks that :mod:`benchmarks.backbones` compares."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from core.errors import ConfigurationError
from core.openvino_core import openvino_core
from training.frozen.tower import Tower
from training.frozen.towers import TOWERS

LITE = ("efficientnet_lite0",)
_SIZE = 224  # px
_ROUNDS = 5
CROPS = 10


def loaded(name: str) -> Tower:
    """The network of that name; :class:`ConfigurationError` where its weights are missing."""
    if name not in LOADERS:
        raise ConfigurationError(f"There is no backbone {name!r}; there are {', '.join(LOADERS)}.")
    return LOADERS[name]()


def milliseconds(tower: Tower) -> float:
    """For ten crops at once, the median of five rounds, on as many cores as there are."""
    graph = tower.graph.clone()
    graph.reshape([CROPS, tower.size, tower.size, 3])
    options = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino_core().compile_model(graph, "CPU", options)
    tensor = np.random.default_rng(0).random((CROPS, tower.size, tower.size, 3), np.float32)
    took = []
    for _ in range(1 + _ROUNDS):
        started = time.perf_counter()
        compiled([tensor])
        took.append(time.perf_counter() - started)
    return 1000 * statistics.median(took[1:])


def _pooled(name: str) -> Tower:
    """What an EfficientNet-Lite pools of its last map, with the weights of ImageNet."""
    from core.model.runtimes.quiet import import_tensorflow

    import_tensorflow()
    import keras

    from training.export.openvino import to_openvino
    from training.networks import Head, find_network

    network = find_network(name)
    model = network.build(_SIZE, Head())
    network.load_imagenet(model)
    pooled = keras.Model(model.input, model.get_layer("pool").output)
    key = f"{name}-imagenet"
    return Tower(name, key, _SIZE, network.scaling, "Apache-2.0", to_openvino(pooled))


LOADERS: dict[str, Callable[[], Tower]] = {
    **{name: partial(_pooled, name) for name in LITE},
    **{name: partial(load, None) for name, load in TOWERS.items()},
}
