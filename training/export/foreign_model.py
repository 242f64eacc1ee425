"""Somebody else's Keras file: what it takes, what it answers, and one output made of it.

Only TensorFlow is needed, so the worker's image can import models too.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import keras
import numpy as np

from core.errors import BundleInvalid
from training.export.keras2 import for_keras_3, saved_by

PROBABILITY, LOGIT = "probability", "logit"
_OUTPUT_BY_ACTIVATION = {"sigmoid": PROBABILITY, "softmax": PROBABILITY, "linear": LOGIT}
_MISSING = re.compile(r"(?:Unknown \w+:|Could not (?:locate \w+|deserialize)) '(?:[\w.]*\.)?(\w+)'")
_SCALING_LAYERS = frozenset({"Rescaling", "Normalization"})
_ARITHMETIC = frozenset({"Add", "Subtract", "Multiply", "Divide", "TrueDivide"})
# Layers after the last activation that leave its meaning as it is.
_PASSING = frozenset({"Flatten", "Reshape", "Dropout", "Squeeze"})


@dataclass(frozen=True, slots=True)
class ForeignModel:
    """A Keras model with one input picture and one or two output units."""

    model: Any  # keras.Model; Keras ships no types
    size: int | None  # pixels a side; None where the model takes any
    units: int
    activation: str | None  # of the last layer; None where it cannot be read
    scales_inside: tuple[str, ...]  # names of layers that scale the input themselves


def read_model(file: Path) -> ForeignModel:
    """Load a ``.keras`` or ``.h5`` file of Keras 2 or 3 without running code from it.

    Raises :class:`BundleInvalid` when it cannot be loaded, or is no binary classifier of
    one RGB picture.
    """
    model = _load(file)
    inputs = getattr(model, "inputs", None) or []
    outputs = getattr(model, "outputs", None) or []
    if len(inputs) != 1 or len(outputs) != 1:
        raise BundleInvalid(
            f"{file} has {len(inputs)} inputs and {len(outputs)} outputs; a functional or "
            "sequential model with one of each is needed."
        )
    return ForeignModel(
        model=model,
        size=_input_size(file, tuple(inputs[0].shape)),
        units=_output_units(file, tuple(outputs[0].shape)),
        activation=_last_activation(outputs[0]),
        scales_inside=tuple(_scaling(model)),
    )


def _load(file: Path) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        try:
            readable = for_keras_3(file, Path(folder))
            # safe_mode: a file from elsewhere must not run code through Lambda layers
            return keras.saving.load_model(readable, compile=False, safe_mode=True)
        except BundleInvalid as error:
            raise BundleInvalid(f"{file}: {error.message}") from error
        except Exception as error:
            raise BundleInvalid(
                f"{file} cannot be loaded by Keras {keras.version()}: {_cause(error)}"
                f"{_advice(file)}"
            ) from error


def output_kind(foreign: ForeignModel, stated: str | None) -> str:
    """``probability`` or ``logit``, from the last activation or as stated.

    Raises :class:`BundleInvalid` when neither says it, or when they contradict each other.
    """
    read = _OUTPUT_BY_ACTIVATION.get(foreign.activation or "")
    if foreign.units == 1 and foreign.activation == "softmax":
        raise BundleInvalid("A softmax over one unit answers 1.0 to every picture; use a sigmoid.")
    if foreign.units == 2 and foreign.activation == "sigmoid":
        raise BundleInvalid(
            "The model ends in two sigmoid units, which need not add up to 1; "
            "one sigmoid unit or a softmax over two is needed."
        )
    if read is None and stated is None:
        raise BundleInvalid(
            f"The last activation is {foreign.activation or 'not readable'}, which does not "
            f"tell what the output means; state it with --output {PROBABILITY} or {LOGIT}."
        )
    if read is not None and stated is not None and read != stated:
        raise BundleInvalid(
            f"--output {stated} contradicts the model: its last activation is "
            f"{foreign.activation}, so its output is a {read}."
        )
    return read or stated or ""


def with_one_output(model: Any, output: str) -> Any:
    """A flat model, or for two units one that answers for the class of label 1 alone.

    A softmax gives its second probability; two logits give their difference, whose
    sigmoid is that probability.
    """
    if model.output_shape[-1] == 1:
        return model
    weights = [[0.0], [1.0]] if output == PROBABILITY else [[-1.0], [1.0]]
    head = keras.layers.Dense(1, use_bias=False, trainable=False, name="label_1_of_2")
    single = keras.Model(model.inputs, head(model.outputs[0]))
    head.set_weights([np.array(weights, np.float32)])
    return single


def feature_layer(model: Any) -> str | None:
    """The layer of the last feature map, where a flat model goes on without width and height.

    None where no such place is found: then nothing can be explained.
    """
    found = None
    for layer, following in pairwise(model.layers):
        goes_in, comes_out = (getattr(following, name, None) for name in ("input", "output"))
        ranks = [len(getattr(tensor, "shape", ())) for tensor in (goes_in, comes_out)]
        if ranks == [4, 2] and not isinstance(layer, keras.layers.InputLayer):
            found = str(layer.name)
    return found


def _input_size(file: Path, shape: tuple[int | None, ...]) -> int | None:
    if len(shape) != 4 or shape[3] != 3 or shape[1] != shape[2]:
        raise BundleInvalid(
            f"{file} takes inputs of shape {shape}; (batch, size, size, 3) is needed: "
            "square RGB pictures, channels last."
        )
    return shape[1]


def _output_units(file: Path, shape: tuple[int | None, ...]) -> int:
    if len(shape) != 2 or shape[1] not in {1, 2}:
        raise BundleInvalid(
            f"{file} answers with shape {shape}; (batch, 1) or (batch, 2) is needed: "
            "a classifier of real against fake."
        )
    return shape[1]


def _last_activation(output: Any) -> str | None:
    # Keras has no public way from a tensor to the layer that made it.
    operation = output._keras_history.operation  # noqa: SLF001
    while isinstance(operation, keras.Model) or type(operation).__name__ in _PASSING:
        before = operation.outputs if isinstance(operation, keras.Model) else [operation.input]
        operation = before[0]._keras_history.operation  # noqa: SLF001
    activation = getattr(operation, "activation", None)
    if activation is None:
        name = type(operation).__name__.lower()
        return name if name in _OUTPUT_BY_ACTIVATION else None
    return str(getattr(activation, "__name__", type(activation).__name__.lower()))


def _layers(model: Any) -> list[Any]:
    found: list[Any] = []
    for layer in getattr(model, "operations", model.layers):
        found += _layers(layer) if isinstance(layer, keras.Model) else [layer]
    return found


def _scaling(model: Any) -> Iterator[str]:
    """Names of the layers that scale pictures, and of arithmetic on the input itself."""
    for layer in _layers(model):
        kind = type(layer).__name__
        inputs = keras.tree.flatten(layer.input) if kind in _ARITHMETIC else []
        if kind in _SCALING_LAYERS or (len(inputs) == 1 and inputs[0] is model.inputs[0]):
            yield str(layer.name)


def _cause(error: Exception) -> str:
    """What Keras says in the end; before it, it prints the whole configuration of a layer.

    Its advice is left out where it is about a program that loads the model.
    """
    text = str(error) or type(error).__name__
    if missing := _MISSING.search(text):
        return f"Keras finds no code for {missing[1]!r}, and the file holds none."
    if "Lambda" in text:
        return "It holds a Lambda layer, whose Python code would have to be run."
    layer = re.search(r"Error when deserializing class '(\w+)'", text)
    cause = " ".join(text.rpartition("Exception encountered: ")[2].split())
    cause = re.sub(r"\.? ?Full object config: \{.*", ".", cause)
    return f"{layer[1]}: {cause}" if layer else cause


def _advice(file: Path) -> str:
    version = saved_by(file)
    if version is None:
        return ""
    return (
        f" The file was written by Keras {version}. Load it with that version, rebuild it without "
        "custom or Lambda layers, and save it in the .keras format."
    )
