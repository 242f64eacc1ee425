"""A Keras model of any structure rebuilt as one functional model without models inside it.

The parts of a ``Sequential``, and of a model that is a layer of another, are known to their own
graph only: neither a heat map nor a converter can look into them from outside.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from core.errors import BundleInvalid

_PICTURE = "picture"
# Layers that hand on their input when serving; OpenVINO cannot convert their random numbers.
# RandomCrop is none of them: it resizes.
_TRAINING_ONLY = re.compile(r"Random(?!Crop).*|\w*Dropout(\dD)?|GaussianNoise|RandAugment|AugMix")
_TOLERANCE = 1e-4  # of the raw output: the same layers in the same order


def flatten(model: Any, size: int) -> Any:
    """Return a functional model of the same layers for pictures of (n, size, size, 3).

    The layers are shared with ``model``; they compute in the precision of their weights from now
    on, and those whose names occur twice are renamed. Raises
    :class:`BundleInvalid` where Keras cannot call a layer again, or the result answers otherwise.
    """
    picture = keras.Input((size, size, 3), dtype=model.inputs[0].dtype, name=_PICTURE)
    try:
        (answer,) = keras.tree.flatten(_Flattening(_PICTURE).expand(model, picture))
        flat = keras.Model(picture, answer, name=model.name)
    except (ValueError, TypeError, AttributeError, NotImplementedError) as error:
        raise BundleInvalid(
            f"The model {model.name} cannot be rebuilt as one functional model: {error} Build it "
            "with keras.Sequential or the functional API, and save it again."
        ) from error
    _check(model, flat, size)
    return flat


def _check(model: Any, flat: Any, size: int) -> None:
    pictures = np.random.default_rng(0).random((2, size, size, 3), np.float32)
    expected, answer = (_answer(each, pictures) for each in (model, flat))
    if not np.isfinite(expected).all():
        raise BundleInvalid(
            f"The model {model.name} answers {expected.ravel()} to two random pictures: its "
            "weights are damaged, or its training diverged."
        )
    if not np.allclose(answer, expected, atol=_TOLERANCE):
        raise BundleInvalid(
            f"The model {model.name}, rebuilt as one functional model, answers {answer.ravel()} "
            f"instead of {expected.ravel()} to two random pictures. Does a layer inside it use "
            "chance, or another call argument than training?"
        )


def _answer(model: Any, pictures: Any) -> NDArray[np.float32]:
    """What a model says that may take its one input, and give its one output, in a dictionary."""
    if not isinstance(model, keras.Sequential):
        pictures = keras.tree.map_structure(lambda _: pictures, model.input)
    (answer,) = keras.tree.flatten(model(pictures, training=False))
    return np.asarray(answer, np.float32)


class _Flattening:
    """Calls every layer again, and renames the second of a name."""

    def __init__(self, *taken: str) -> None:
        self._times = Counter(taken)
        self._seen: set[int] = set()  # ids of layers, as one may be called at several places

    def expand(self, model: Any, inputs: Any) -> Any:
        """The output of ``model`` for ``inputs``, through the layers of all models inside."""
        if isinstance(model, keras.Sequential):
            for layer in model.layers:
                inputs = self._call(layer, inputs)
            return inputs
        # Keras has no public way to call the layers of a functional model again.
        return model._run_through_graph(  # noqa: SLF001
            inputs, operation_fn=lambda operation: operation, call_fn=self._call
        )

    def _call(self, layer: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(layer, keras.Model):
            return self.expand(layer, args[0])
        if _TRAINING_ONLY.fullmatch(type(layer).__name__):
            return args[0]
        if id(layer) not in self._seen:
            self._seen.add(id(layer))
            if isinstance(layer, keras.Layer):
                # float32 for mixed_float16 and mixed_bfloat16, whose weights are float32.
                layer.dtype_policy = layer.variable_dtype
            self._times[layer.name] += 1
            if (times := self._times[layer.name]) > 1:
                layer.name = f"{layer.name}_again_{times}"
        return layer(*args, **kwargs)
