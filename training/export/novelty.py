"""A further output that says how far a crop is from those that the network was trained on.

The distance of Mahalanobis in the space of pooled features, after Lee et al. 2018
(arXiv:1807.03888), whose covariance is that of probabilistic PCA (Tipping and Bishop 1999): the
directions in which training crops differ most have a variance each, all others share one. It is
divided by the number of features, so that it is about 1 for crops like those of training.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigurationError
from core.model.bundle import NOVELTY_OUTPUT
from core.model.rules import Novelty
from training.evaluate.metrics import Floats

COMPONENTS = 64  # directions with a variance of their own
_LEAST_VARIANCE = 1e-3  # of the mean variance of a feature
NOT_MEASURED = Novelty(limit=1e9, rate=0, fitted_on="none yet")  # until calibration has crops
FEWEST_CROPS = 4 * COMPONENTS  # below, their variances say nothing


@dataclass(frozen=True, slots=True)
class FeatureSpace:
    """Where the pooled features of training crops lie: d features, k components."""

    mean: Floats  # (d,)
    components: Floats  # (d, k), orthonormal
    variances: Floats  # (k,)
    rest: float  # variance in each other direction

    @classmethod
    def fit(cls, features: NDArray[np.float32]) -> FeatureSpace:
        """Fit to (n, d) pooled features; :class:`ConfigurationError` for too few crops."""
        number, width = features.shape
        if number < FEWEST_CROPS:
            raise ConfigurationError(
                f"There are {number} crops to learn from what is like the training data; "
                f"{FEWEST_CROPS} are needed."
            )
        mean = features.mean(axis=0, dtype=np.float64)
        _, singular, directions = np.linalg.svd(features - mean, full_matrices=False)
        variances = np.square(singular) / (number - 1)
        kept = min(COMPONENTS, width - 1)
        # Features that never move in training would make any movement infinitely far.
        least = _LEAST_VARIANCE * float(variances.sum()) / width
        rest = max(float(variances[kept:].sum() / (width - kept)), least)
        return cls(mean, directions[:kept].T, np.maximum(variances[:kept], rest), rest)

    def novelty(self, features: NDArray[np.float32]) -> Floats:
        """(n, d) pooled features to (n,) distances, squared and divided by d."""
        centred = features - self.mean
        along = centred @ self.components
        beside = np.square(centred).sum(axis=1) - np.square(along).sum(axis=1)
        squared = (np.square(along) / self.variances).sum(axis=1) + beside / self.rest
        return np.asarray(squared / features.shape[1], np.float64)


def pooled_features(model: Any, layer: str, tensors: NDArray[np.float32]) -> NDArray[np.float32]:
    """What ``model`` pools of its map ``layer`` for (n, size, size, 3) float32: (n, d) float32."""
    import keras

    pooled = keras.layers.GlobalAveragePooling2D()(model.get_layer(layer).output)
    answers = keras.Model(model.input, pooled).predict(tensors, verbose=0)
    return np.asarray(answers, np.float32)


def with_novelty(model: Any, layer: str, space: FeatureSpace) -> Any:
    """Add the output ``novelty`` (n, 1) float32 >= 0 to a model whose outputs have names.

    Only layers that Keras ships are used, so that the file opens without this project.
    """
    import keras

    layers, width = keras.layers, len(space.mean)
    pooled = layers.GlobalAveragePooling2D(name="novelty_pool")(model.get_layer(layer).output)
    # |x - m|^2 / rest, less what the components explain of it: no (d, d) matrix is needed.
    explained = space.components * np.sqrt((1 / space.rest - 1 / space.variances) / width)
    root = 1 / np.sqrt(space.rest * width)
    centred = layers.Normalization(mean=space.mean, variance=np.full(width, root**-2))(pooled)
    along = layers.Dense(explained.shape[1], name="novelty_components")
    projected = along(pooled)
    along.set_weights([explained, -space.mean @ explained])
    squares = [
        layers.Dot(axes=1, name=f"novelty_{name}")([each, each])
        for name, each in (("all", centred), ("explained", projected))
    ]
    distance = layers.Subtract(name="novelty_rest")(squares)
    outputs = {**model.output, NOVELTY_OUTPUT: layers.ReLU(name=NOVELTY_OUTPUT)(distance)}
    return keras.Model(model.input, outputs, name=model.name)
