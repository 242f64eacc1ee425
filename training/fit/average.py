"""The exponential moving average of what trains: it validates better than the last step.

Keras' own (``use_ema``) has one decay from the first step on, leaves the statistics of
BatchNormalization out, and overwrites the network at the end of every ``fit``, which a run in
parts cannot have.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.fit import backend
from training.fit.checkpoint import check_fit, values_of


class WeightAverage:
    """Averages of the weights of layers that train; it begins at what these are."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._moving = [each for layer in model.layers if layer.trainable for each in layer.weights]
        self._fold = backend.compiled(_fold)
        self._averages: Sequence[Any] = []
        self.restore(values_of(self._moving))

    def update(self, decay: float) -> None:
        """Fold the weights in: average = decay * average + (1 - decay) * weight."""
        import keras

        weights = [each.value for each in self._moving]
        share = keras.ops.convert_to_tensor(np.float32(1 - decay))
        self._averages = self._fold(self._averages, weights, share)

    def arrays(self) -> list[NDArray[np.float32]]:
        """The averages alone, for a checkpoint."""
        return values_of(self._averages)

    def restore(self, arrays: Sequence[NDArray[Any]]) -> None:
        """Go on from :meth:`arrays`; :class:`ConfigurationError` when they do not fit."""
        import keras

        check_fit(self._moving, arrays, "weight average")
        self._averages = [keras.ops.convert_to_tensor(each, "float32") for each in arrays]

    def weights(self) -> list[NDArray[np.float32]]:
        """All weights of the network, averaged where they train, in its own order."""
        average_of = dict(zip(map(id, self._moving), self._averages, strict=True))
        return values_of([average_of.get(id(each), each) for each in self._model.weights])


def _fold(averages: Sequence[Any], weights: Sequence[Any], share: Any) -> list[Any]:
    pairs = zip(averages, weights, strict=True)
    return [average + share * (weight - average) for average, weight in pairs]
