"""TensorFlow: runs any ``.keras`` file, on a GPU where there is one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from core.cores import quota_cores
from core.errors import BundleInvalid, ExplanationUnavailable, RuntimeUnavailable
from core.model.bundle import LOGIT_OUTPUT, MAP_OUTPUT, NOVELTY_OUTPUT, Explanation, RuntimeName
from core.model.detector import Answers


class TensorFlowRuntime:
    """A Keras model behind ``tf.function``s of fixed signature.

    ``model.predict`` builds a data pipeline for every call: slower, and its memory grows
    (keras#13118). With ``novelty`` the model's output of that name is computed too.
    """

    name = RuntimeName.TENSORFLOW

    def __init__(
        self,
        file: Path,
        size: int,
        *,
        threads: int | None = None,
        explanation: Explanation | None = None,
        novelty: bool = False,
    ) -> None:
        _check_backend()
        _bound_threads(threads)
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)
        try:
            # safe_mode: a model file from elsewhere must not run code through Lambda layers
            model = tf.keras.models.load_model(file, compile=False, safe_mode=True)
        except (OSError, ValueError, TypeError) as error:
            raise BundleInvalid(f"{file} is not a model that Keras can load: {error}") from error
        signature = [tf.TensorSpec((None, size, size, 3), tf.float32)]
        # Traced at the first call: a runtime that never explains pays nothing for it.
        answer = _answer_of(model, file, novelty=novelty)
        self._call = tf.function(answer, input_signature=signature, jit_compile=False)
        self._explain = None
        if explanation is not None:
            explain = _map_of(model, explanation, file)
            self._explain = tf.function(explain, input_signature=signature, jit_compile=False)

    def predict(self, tensor: NDArray[np.float32], *, maps: bool = False) -> Answers:
        """The answers to (n, size, size, 3) float32; n ≥ 1. Maps take a second run."""
        raw, *novelty = (
            _column(output.numpy(), len(tensor)) for output in self._call(tf.constant(tensor))
        )
        heat = self.explain(tensor) if maps and self._explain is not None else None
        return Answers(raw, novelty[0] if novelty else None, heat)

    def explain(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, size, size, 3) → (n, h, w) logits: exact where the head is linear, else Grad-CAM.

        Raises :class:`ExplanationUnavailable` when model.json names no way.
        """
        if self._explain is None:
            raise ExplanationUnavailable(
                "This bundle cannot explain itself: its model.json has no explanation. "
                "Export or import the model again."
            )
        return np.asarray(self._explain(tf.constant(tensor)).numpy(), np.float32)


def _answer_of(model: Any, file: Path, *, novelty: bool) -> Callable[[Any], tuple[Any, ...]]:
    """A function from pictures to the fields of :class:`Answers`, as tensors."""
    named = _named_outputs(model)
    wanted = (LOGIT_OUTPUT, NOVELTY_OUTPUT) if novelty else (LOGIT_OUTPUT,)
    if not named and not novelty:
        return lambda x: (model(x, training=False),)
    missing = [name for name in wanted if name not in named]
    if missing:
        raise BundleInvalid(
            f"{file} has no output {missing[0]!r}; it has {', '.join(named) or 'one, unnamed'}. "
            "Export the model again."
        )

    def answer(x: Any) -> tuple[Any, ...]:
        outputs = model(x, training=False)
        return tuple(outputs[name] for name in wanted)

    return answer


def _column(output: NDArray[np.float32], n: int) -> NDArray[np.float32]:
    """(n, ...) → (n,), the first number of each."""
    return np.asarray(output, np.float32).reshape(n, -1)[:, 0]


def _named_outputs(model: Any) -> dict[str, Any]:
    output = getattr(model, "output", None)  # a Sequential may have none before its first call
    return output if isinstance(output, dict) else {}


def _map_of(model: Any, explanation: Explanation, file: Path) -> Callable[[Any], Any]:
    if explanation.method == "grad-cam":
        return grad_cam(model, explanation.layer)
    if MAP_OUTPUT not in _named_outputs(model):
        raise BundleInvalid(f"{file} has no output {MAP_OUTPUT!r}, which its model.json promises.")
    return lambda x: model(x, training=False)[MAP_OUTPUT]


def grad_cam(model: Any, layer: str) -> Callable[[Any], Any]:
    """A function from pictures to (n, h, w) maps by the gradient of the logit at ``layer``.

    Grad-CAM (Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391) without its ReLU, as
    what speaks against the class is wanted too, and times h * w: for a head that is linear
    after global average pooling the map is then the exact one, in logits.
    """
    names = [each.name for each in model.layers]
    if layer not in names[:-1]:
        raise BundleInvalid(f"The Keras file has no layer {layer!r} to explain by.")
    # What goes into the next layer: the output of a base that is a model of its own is
    # known to that model only.
    features = model.layers[names.index(layer) + 1].input
    try:
        base = tf.keras.Model(model.inputs[0], features)
        classify = tf.keras.Model(features, _logit_tensor(model))
    except ValueError as error:
        raise BundleInvalid(
            f"The layer {layer!r} cannot explain the answer, which also comes by another way or "
            f"out of a model inside the model: {error}"
        ) from error

    def explain(x: Any) -> Any:
        maps = base(x, training=False)
        with tf.GradientTape() as tape:
            tape.watch(maps)
            logits = classify(maps, training=False)
        gradient = tape.gradient(logits, maps)
        weights = tf.reduce_sum(gradient, (1, 2), keepdims=True)  # h * w times the mean
        return tf.cast(tf.reduce_sum(weights * maps, -1), tf.float32)

    return explain


def _logit_tensor(model: Any) -> Any:
    """The model's output before its sigmoid, whose gradient vanishes where it is certain."""
    output = _named_outputs(model).get(LOGIT_OUTPUT, model.outputs[0])
    last = model.layers[-1]
    if getattr(getattr(last, "activation", None), "__name__", "linear") != "sigmoid":
        return output
    if not isinstance(last, tf.keras.layers.Dense):
        return last.input  # an Activation layer
    linear = tf.keras.layers.Dense.from_config({**last.get_config(), "activation": "linear"})
    logit = linear(last.input)
    linear.set_weights(last.get_weights())
    return logit


def _check_backend() -> None:
    backend = tf.keras.backend.backend()
    if backend != "tensorflow":
        raise RuntimeUnavailable(
            f"Keras computes with {backend} here, as KERAS_BACKEND or its settings file says, and "
            "the runtime tensorflow needs KERAS_BACKEND=tensorflow. The OpenVINO runtimes do not."
        )


def _bound_threads(threads: int | None) -> None:
    """Keep to ``threads``, or without them to a CPU quota, where TensorFlow has not started yet."""
    wanted = threads or quota_cores()
    if wanted is None:
        return
    try:
        tf.config.threading.set_intra_op_parallelism_threads(wanted)
    except RuntimeError as error:
        if threads is None:
            return  # nobody asked for it: a slower run is better than none
        raise RuntimeUnavailable(
            f"TensorFlow is running already and cannot be bound to {threads} threads: {error}"
        ) from error
