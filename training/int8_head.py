"""The head of an INT8 network, fitted to what FP32 says.

Rounded weights move the features of like pictures in like ways. The head reads them in FP32, so it
can take back what of that is linear in them: ridge regression of the difference of the logits.
Measured of lite0-faces-v6 with three convolutions in FP32: the logits of its experts differ
by 0.21 and 0.22 (standard deviation, pictures that no weight has seen), by 0.12 and 0.15 then.
"""

# ruff: noqa: PLC0415 - OpenVINO takes a second to import: only where it is used

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.export import CONVOLUTIONS, map_head

_STRENGTH = 1e-2  # of the penalty, in mean squares of a feature
_PLACES = (2, 3)  # axes of a map, as OpenVINO lays it out


def fit_heads(quantized: Any, reference: Any, batches: Iterable[NDArray[np.float32]]) -> None:
    """Change the heads of ``quantized``, an ``ov.Model`` with a class-activation map, in place.

    ``reference`` is the same network in FP32; ``batches`` (n, size, size, 3) are crops to fit
    on, of no picture that measures. The map stays exactly in step with the logit: both come of
    the weights that change. A network without a map stays as it is.
    """
    from sklearn.linear_model import Ridge

    if not map_heads(quantized):
        return
    ours, theirs = _reader(quantized), _reader(reference)
    answers = [(ours(batch), theirs(batch)) for batch in batches]
    for index, head in enumerate(map_heads(quantized)):
        features = np.concatenate([int8.features[index] for int8, _ in answers])
        missing = np.concatenate(
            [fp32.logits[index] - int8.logits[index] for int8, fp32 in answers]
        )
        penalty = _STRENGTH * float(np.square(features).sum()) / features.shape[1]
        ridge = Ridge(alpha=penalty, fit_intercept=False).fit(features, missing)
        change_weights(head, ridge.coef_.astype(np.float32))


def map_heads(model: Any) -> list[Any]:
    """The convolutions that make each expert's map of its features; empty without a map."""
    names = set(map_head(model))
    nodes = [each for each in model.get_ordered_ops() if each.get_friendly_name() in names]
    return [each for each in nodes if each.get_type_name() in CONVOLUTIONS]


class _Read(NamedTuple):
    """What the heads of a network take and give, an item for each head."""

    features: list[NDArray[np.float64]]  # (n, channels), means over the places
    logits: list[NDArray[np.float64]]  # (n,), without the bias


def _reader(model: Any) -> Callable[[NDArray[np.float32]], _Read]:
    import openvino as ov
    from openvino import opset13 as ops

    copy = model.clone()
    heads = map_heads(copy)
    places = ops.constant(np.array(_PLACES))
    maps = [head.input(0).get_source_output() for head in heads] + [h.output(0) for h in heads]
    means = [ops.result(ops.reduce_mean(each, places, keep_dims=False)) for each in maps]
    probe = ov.Model(means, copy.get_parameters(), "probe")
    compiled = ov.compile_model(probe, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    def read(batch: NDArray[np.float32]) -> _Read:
        values = [np.array(value, np.float64) for value in compiled([batch]).values()]
        return _Read(values[: len(heads)], [mean[:, 0] for mean in values[len(heads) :]])

    return read


def change_weights(head: Any, change: NDArray[np.float32]) -> None:
    """Add to what a head gives each channel, (channels,)."""
    from openvino import opset13 as ops

    weights = head.input(1).get_source_output().get_node().get_data()
    changed = weights + change.reshape(weights.shape)
    head.input(1).replace_source_output(ops.constant(changed).output(0))
