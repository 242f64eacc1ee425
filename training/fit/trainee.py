"""The network that a run trains, with its optimizer and the average of its weights."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.fit import backend, checkpoint
from training.fit.average import WeightAverage
from training.fit.optimizers import build_optimizer
from training.networks import Network
from training.recipes import Recipe

Arrays = Mapping[str, Sequence[NDArray[Any]]]


class Trainee:
    """Built, frozen and compiled as the recipe says; its weights are random until loaded."""

    def __init__(self, recipe: Recipe, network: Network) -> None:
        import keras

        self.recipe, self.network = recipe, network
        self.precision = backend.precision_of(recipe)
        keras.utils.set_random_seed(recipe.seed)
        with backend.dtype_policy(self.precision):
            self.model = network.build(None, recipe.head)
            network.freeze(self.model, recipe.freeze_until)
            if recipe.freeze_norm:
                _freeze_norm(self.model)
            if recipe.tune_norms:
                _tune_norms(self.model)
            _compile(self.model, recipe)
        self._average: WeightAverage | None = None
        self._averaged: Any = None

    def start_average(self) -> None:
        """Begin the average at the weights as they are now, if the recipe keeps one."""
        self._average = WeightAverage(self.model) if self.recipe.ema else None

    def step_taken(self, step: int) -> None:
        """Fold the weights after the step of that number, counted from 0, into the average."""
        if self._average is not None:
            backend.bring_weights(self.model)
            self._average.update(self.recipe.ema_at(step))

    def averaged_weights(self) -> list[NDArray[np.float32]]:
        """All weights in the order of the network, averaged where the recipe averages."""
        if self._average is not None:
            return self._average.weights()
        return checkpoint.values_of(self.model.weights)

    def averaged_model(self) -> Any:
        """A float32 copy with the averaged weights, at the recipe's picture size."""
        if self._averaged is None:
            with backend.dtype_policy("float32"):
                self._averaged = self.network.build(self.recipe.size, self.recipe.head)
        self._averaged.set_weights(self.averaged_weights())
        return self._averaged

    def arrays(self) -> dict[str, Sequence[NDArray[Any]]]:
        """All that training moves, by part: weights with the seeds of dropout, and the rest."""
        return {
            "model": checkpoint.values_of(self.model.variables),
            "optimizer": checkpoint.values_of(self.model.optimizer.variables),
            "average": self._average.arrays() if self._average else [],
        }

    def restore(self, arrays: Arrays) -> None:
        """Take up :meth:`arrays`; :class:`ConfigurationError` when they do not fit."""
        checkpoint.restore(self.model.variables, arrays["model"], "network")
        checkpoint.restore(self.model.optimizer.variables, arrays["optimizer"], "optimizer")
        self.start_average()
        if self._average is not None:
            self._average.restore(arrays["average"])


def layer_counts(model: Any) -> dict[str, int]:
    """How many layers there are, train, and have weights that train; how many those are."""
    return {
        "layers": len(model.layers),
        "trainable": sum(layer.trainable for layer in model.layers),
        "trainable_with_weights": sum(bool(layer.trainable_weights) for layer in model.layers),
        "trainable_parameters": sum(math.prod(w.shape) for w in model.trainable_weights),
    }


def _right(labels: Any, logits: Any) -> Any:
    """Which logits are on the side of their labels; one that lies between counts as the nearer."""
    import keras

    fake = keras.ops.reshape(labels, (-1,)) > 0.5
    return keras.ops.cast(fake == (keras.ops.reshape(logits, (-1,)) > 0), "float32")


def _freeze_norm(model: Any) -> None:
    """Keep the statistics, scale and shift of every BatchNormalization; it infers in training."""
    import keras

    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False


def _tune_norms(model: Any) -> None:
    """Let scale and shift of every LayerNormalization train."""
    import keras

    for layer in model.layers:
        if isinstance(layer, keras.layers.LayerNormalization):
            layer.trainable = True


def _compile(model: Any, recipe: Recipe) -> None:
    import keras

    model.compile(
        build_optimizer(recipe),
        keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=recipe.label_smoothing),
        metrics=[keras.metrics.MeanMetricWrapper(_right, name="accuracy")],
        jit_compile=backend.compiles_steps(),
    )
    model.optimizer.build(model.trainable_variables)
