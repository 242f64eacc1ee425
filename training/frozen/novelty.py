"""How far a crop is from the training data, in the space of the tower's features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.model.bundle import NOVELTY_OUTPUT
from core.openvino_core import ov
from training.export.novelty import FeatureSpace

_STEPS = ("centred", "along", "all", "explained", "rest", "distance")
NODES = tuple(f"novelty_{step}" for step in (*_STEPS, "all_square", "explained_square"))


@dataclass(frozen=True, slots=True)
class ScaledSpace:
    """A :class:`FeatureSpace` of features in units of their deviation: theirs differ widely."""

    deviation: NDArray[np.float64]  # (d,)
    space: FeatureSpace

    @classmethod
    def fit(cls, features: NDArray[np.float16]) -> ScaledSpace:
        """Fit to (n, d) features of training crops; raises what :meth:`FeatureSpace.fit` does."""
        deviation = features.std(axis=0, dtype=np.float64)
        deviation = np.where(deviation > 0, deviation, 1.0)
        scaled = np.asarray(features / deviation, np.float32)
        return cls(deviation, FeatureSpace.fit(scaled))

    def novelty(self, features: NDArray[np.float16]) -> NDArray[np.float64]:
        """(n, d) features → (n,) distances, squared and divided by d."""
        return self.space.novelty(np.asarray(features / self.deviation, np.float32))

    def node(self, rows: Any) -> Any:
        """The same as nodes of OpenVINO: rows (n, d) float32 → (n, 1) float32 ≥ 0.

        |x - m|² / rest, less what the components explain of it: no (d, d) matrix is needed.
        """
        ops, space, width = ov.opset13, self.space, len(self.deviation)
        explained = space.components * np.sqrt((1 / space.rest - 1 / space.variances) / width)
        one = np.array([1], np.int64)
        centred = ops.multiply(
            ops.subtract(rows, _float32(space.mean * self.deviation)[None]),
            _float32(1 / (self.deviation * np.sqrt(space.rest * width)))[None],
            name=NODES[0],
        )
        # As centred is divided by the root above, the components are multiplied by it.
        root = np.sqrt(space.rest * width)
        along = ops.matmul(centred, _float32(explained * root), False, False, name=NODES[1])
        sums = [
            ops.reduce_sum(ops.multiply(each, each, name=f"{name}_square"), one, True, name=name)
            for each, name in ((centred, NODES[2]), (along, NODES[3]))
        ]
        distance = ops.relu(ops.subtract(*sums, name=NODES[4]), name=NODES[5])
        distance.output(0).set_names({NOVELTY_OUTPUT})
        return distance


def _float32(values: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.ascontiguousarray(values, np.float32)
