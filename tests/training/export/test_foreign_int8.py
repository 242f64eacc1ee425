from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.errors import BundleInvalid
from core.openvino_core import ov
from training.export.foreign_int8 import has_attention, in_int8

pytest.importorskip("nncf")
ops = ov.opset13


def model_of(answer: Any, picture: Any) -> Any:
    return ov.Model([answer], [picture], "net")


def attending(*, softmax_at_the_end: bool) -> Any:
    """Tokens weighed by a softmax, or a softmax that answers alone."""
    picture = ops.parameter([-1, 8, 8, 3], np.float32, name="picture")
    tokens = ops.reshape(picture, np.array([0, 64, 3], np.int64), special_zero=True)
    if softmax_at_the_end:
        return model_of(ops.softmax(ops.reduce_mean(tokens, np.array([1])), 1), picture)
    weights = ops.softmax(ops.matmul(tokens, tokens, False, True), -1)
    return model_of(ops.reduce_mean(ops.matmul(weights, tokens, False, False), [1]), picture)


@pytest.mark.parametrize("at_the_end", [False, True], ids=["between products", "at the end"])
def test_a_softmax_between_products_is_attention_and_one_at_the_end_is_none(
    at_the_end: bool,
) -> None:
    assert has_attention(attending(softmax_at_the_end=at_the_end)) is not at_the_end


def test_a_model_that_int8_makes_no_faster_is_refused() -> None:
    picture = ops.parameter([-1, 8, 8, 3], np.float32, name="picture")
    colours = ops.reduce_mean(picture, np.array([1, 2]), keep_dims=False)
    answer = ops.matmul(colours, np.ones((3, 1), np.float32), False, False)
    with pytest.raises(BundleInvalid, match="no product that INT8 would make faster"):
        in_int8(model_of(answer, picture), [np.ones((8, 8, 3), np.float32)])
