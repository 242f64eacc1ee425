"""A frozen network: crops in, features out."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.cores import quota_cores
from core.model import preprocess
from core.model.preprocess import Scaling
from core.openvino_core import openvino_core

BATCH = 8  # crops at once


@dataclass(frozen=True)
class Tower:
    """A network in OpenVINO, with what it is to be fed inside its graph.

    ``graph`` is an ``ov.Model``: (n, size, size, 3) float32 RGB in ``scaling`` → (n, ...) float32,
    n open. ``key`` names its weights: features of two keys have nothing to do with each other.
    """

    name: str
    key: str
    size: int  # px
    scaling: Scaling
    licence: str
    graph: Any = field(repr=False)

    def features(self, crops: NDArray[np.uint8]) -> NDArray[np.float16]:
        """(n, size, size, 3) uint8 RGB → (n, ...) float16; n ≥ 1."""
        parts = [self._batch(crops[start : start + BATCH]) for start in range(0, len(crops), BATCH)]
        return np.concatenate(parts)

    def _batch(self, crops: NDArray[np.uint8]) -> NDArray[np.float16]:
        missing = np.repeat(crops[-1:], BATCH - len(crops), axis=0)
        tensor = preprocess.to_tensor(np.concatenate([crops, missing]), self.scaling)
        return np.asarray(self._compiled([tensor])[0][: len(crops)], np.float16)

    @cached_property
    def _compiled(self) -> Any:
        """For batches of one size, which OpenVINO computes faster than those of any."""
        graph = self.graph.clone()
        graph.reshape([BATCH, self.size, self.size, 3])
        options: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
        if (threads := quota_cores()) is not None:
            options["INFERENCE_NUM_THREADS"] = threads
        return openvino_core().compile_model(graph, "CPU", options)
