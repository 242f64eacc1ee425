"""What an ONNX model answers: one or two outputs, logits or probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import BundleInvalid
from core.openvino_core import ov

Output = Literal["probability", "logit"]
_PASSING = frozenset({"Reshape", "Squeeze", "Unsqueeze", "Convert"})  # change no value
_SIGMOID = "Sigmoid"
_SUM_TOLERANCE = 1e-2  # of two probabilities; float16 rounds by up to 1e-3
_ACTIVATIONS = frozenset({_SIGMOID, "Softmax", "LogSoftmax"})


@dataclass(frozen=True, slots=True)
class Answer:
    """The end of a network: what comes out, without an activation that was found there."""

    port: Any  # ov.Output
    output: Output  # what the values at ``port`` are
    activation: str | None  # OpenVINO's name of the one that was taken off


def read_answer(model: Any, stated: Output | None) -> Answer:
    """The logits of ``model``, an ``ov.Model`` with one output, or its output as stated.

    A sigmoid or softmax at the end is taken off: in float32 a probability near 1 has lost
    what told it from 1. Raises :class:`BundleInvalid` when the end of the model does not
    tell what its output means and ``stated`` is None, or when it contradicts ``stated``.
    """
    activation = _activation(model)
    if activation is None:
        if stated is None:
            raise BundleInvalid(
                f"The model ends in {_last(model).get_type_name()}, which does not tell what the "
                "output means; state it with --output: logit (any number, 0 for undecided; of two "
                "outputs a softmax makes probabilities) or probability (from 0 to 1; two add up "
                "to 1)."
            )
        return Answer(model.output(0).get_node().input_value(0), stated, None)
    kind = str(activation.get_type_name())
    if stated == "logit":
        raise BundleInvalid(
            f"--output logit contradicts the model: it ends in {kind}, so its output is a "
            "probability."
        )
    return Answer(activation.input_value(0), "logit", kind)


def check_answers(answer: Answer, values: NDArray[np.float32], named: int | None) -> None:
    """Raise :class:`BundleInvalid` unless ``values`` tell two classes, by as many as are named.

    ``values`` (n, outputs) float32 are those at ``answer.port`` for n pictures.
    """
    units = values.shape[1]
    if units not in {1, 2}:
        raise BundleInvalid(
            f"The model answers with {units} numbers for each picture; one or two are needed: a "
            "classifier of real against fake."
        )
    if named is not None and named != units:
        raise BundleInvalid(
            f"--classes names {named} outputs, the model has one; state what a high output means "
            "with --positive-class: fake or real."
        )
    if not np.isfinite(values).all():
        raise BundleInvalid(
            "The model answers to noise with values that are not finite; its weights are damaged, "
            "or its training diverged."
        )
    _check_activation(answer.activation, units)
    if answer.output == "probability":
        _check_probabilities(values)


def _check_activation(activation: str | None, units: int) -> None:
    if units == 1 and activation not in {None, _SIGMOID}:
        raise BundleInvalid(
            f"A {activation} over one output answers the same to every picture; import the model "
            "without it."
        )
    if units == 2 and activation == _SIGMOID:
        raise BundleInvalid(
            "The model ends in two sigmoids, which need not add up to 1; one sigmoid or a "
            "softmax over two is needed."
        )


def _check_probabilities(values: NDArray[np.float32]) -> None:
    low, high = float(values.min()), float(values.max())
    if low < 0 or high > 1:
        raise BundleInvalid(
            f"--output probability contradicts the model: it answers {low:g} to {high:g}. Should "
            "it be --output logit?"
        )
    total = values.sum(axis=1)
    if values.shape[1] == 2 and np.abs(total - 1).max() > _SUM_TOLERANCE:
        raise BundleInvalid(
            f"--output probability contradicts the model: its two outputs add up to "
            f"{total.min():g} to {total.max():g} instead of 1."
        )


def one_output(answer: Answer, units: int) -> Any:
    """A node (n, 1) float32: the only output; of two logits the second less the first.

    The sigmoid of that difference is the second probability of their softmax. Of two
    probabilities it is the second.
    """
    ops = ov.opset13
    values = ops.reshape(answer.port, np.array([-1, units], np.int64), special_zero=False)
    values = ops.convert(values, "f32")
    if units == 2:
        weights = [[0.0], [1.0]] if answer.output == "probability" else [[-1.0], [1.0]]
        values = ops.matmul(values, np.array(weights, np.float32), False, False)
    return values


def single(answer: Answer, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """What :func:`one_output` makes of ``values`` (n, 1 or 2): (n,) float32."""
    if values.shape[1] == 1 or answer.output == "probability":
        return values[:, -1]
    return np.asarray(values[:, 1] - values[:, 0], np.float32)


def _last(model: Any) -> Any:
    """The node that makes the output, behind those that leave its values as they are."""
    node = model.output(0).get_node().input_value(0).get_node()
    while node.get_type_name() in _PASSING:
        node = node.input_value(0).get_node()
    return node


def _activation(model: Any) -> Any | None:
    node = _last(model)
    if node.get_type_name() not in _ACTIVATIONS:
        return None
    if node.get_type_name() != _SIGMOID:
        axis = int(node.get_attributes()["axis"])
        classes = node.input(0).get_partial_shape()[axis]
        if classes.is_dynamic or classes.get_length() not in {1, 2}:
            raise BundleInvalid(
                f"The model ends in a {node.get_type_name()} over dimension {axis}, which is "
                f"{classes}; it must go over the two classes."
            )
    return node
