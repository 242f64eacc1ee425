"""TensorFlow: runs any ``.keras`` file, on a GPU where there is one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from core.bundle import RuntimeName
from core.errors import BundleInvalid, RuntimeUnavailable


class TensorFlowRuntime:
    """A Keras model behind one ``tf.function`` of fixed signature.

    ``model.predict`` builds a data pipeline for every call: slower, and its memory grows
    (keras#13118).
    """

    name = RuntimeName.TENSORFLOW

    def __init__(self, file: Path, size: int, *, threads: int | None = None) -> None:
        if threads is not None:
            _bound_threads(threads)
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)
        try:
            # safe_mode: a model file from elsewhere must not run code through Lambda layers
            model = tf.keras.models.load_model(file, compile=False, safe_mode=True)
        except (OSError, ValueError, TypeError) as error:
            raise BundleInvalid(f"{file} is not a model that Keras can load: {error}") from error
        signature = [tf.TensorSpec((None, size, size, 3), tf.float32)]
        self._call = tf.function(
            lambda x: model(x, training=False), input_signature=signature, jit_compile=False
        )

    def predict(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, size, size, 3) → (n,), the network's raw output."""
        output = self._call(tf.constant(tensor)).numpy()
        return np.asarray(output, np.float32).reshape(len(tensor), -1)[:, 0]


def _bound_threads(threads: int) -> None:
    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
    except RuntimeError as error:
        raise RuntimeUnavailable(
            f"TensorFlow is running already and cannot be bound to {threads} threads: {error}"
        ) from error
