"""The exponential moving average of what trains: it validates better than the last step.

Keras' own (``use_ema``) has one decay from the first step on, leaves the statistics of
BatchNormalization out, and overwrites the network at the end of every ``fit``, which a run in
parts cannot have.
"""

# ruff: noqa: PLC0415 - TensorFlow takes seconds to import: only where it is used

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class WeightAverage:
    """Averages of the weights of layers that train; make it in the strategy's scope."""

    def __init__(self, model: Any) -> None:
        import keras
        import tensorflow as tf

        self._model = model
        moving = [weight for layer in model.layers if layer.trainable for weight in layer.weights]
        self.variables = [
            keras.Variable(weight.numpy(), trainable=False, dtype="float32") for weight in moving
        ]
        self._average_of = {
            id(weight): average for weight, average in zip(moving, self.variables, strict=True)
        }

        @tf.function(jit_compile=False)  # type: ignore[untyped-decorator]
        def fold(decay: Any) -> None:
            for weight, average in zip(moving, self.variables, strict=True):
                average.assign(average + (1 - decay) * (weight - average))

        self._fold = fold

    def update(self, decay: float) -> None:
        """Fold the weights in: average = decay * average + (1 - decay) * weight."""
        import tensorflow as tf

        self._fold(tf.constant(decay, tf.float32))

    def weights(self) -> list[NDArray[np.float32]]:
        """All weights of the network, averaged where they train, in its own order."""
        return [
            np.array(self._average_of.get(id(weight), weight).numpy())
            for weight in self._model.weights
        ]
