from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from training.export.merge_pointwise import merge_pointwise

pytest.importorskip("openvino")

from core.openvino_core import ov

ops = ov.opset13

SIDE = 6


def convolution(source: Any, channels: int, *, kernel: int = 1, bias: bool = True) -> Any:
    random = np.random.default_rng(channels)
    before = source.get_output_shape(0)[1]
    weights = random.normal(size=(channels, before, kernel, kernel)).astype(np.float32)
    pad = [kernel // 2] * 2
    made = ops.convolution(source, ops.constant(weights), [1, 1], pad, pad, [1, 1])
    if not bias:
        return made
    return ops.add(made, ops.constant(random.normal(size=(1, channels, 1, 1)).astype(np.float32)))


def crops(channels: int = 8) -> Any:
    return ops.parameter([2, channels, SIDE, SIDE], np.float32)


def network(source: Any, *results: Any) -> Any:
    return ov.Model(list(results), [source], "network")


def convolutions(model: Any) -> int:
    return sum(node.get_type_name() == "Convolution" for node in model.get_ordered_ops())


def answers(model: Any) -> list[NDArray[np.float32]]:
    shape = list(model.input(0).get_shape())
    tensor = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    compiled = ov.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return [np.array(value) for value in compiled([tensor]).values()]


def test_a_bottleneck_that_nothing_else_reads_is_taken_out() -> None:
    source = crops()
    model = network(source, ops.relu(convolution(convolution(source, 4), 12)))
    before = answers(model)
    assert merge_pointwise(model) == 1
    assert convolutions(model) == 1
    np.testing.assert_allclose(answers(model)[0], before[0], atol=1e-4)


def with_activation() -> Any:
    source = crops()
    return network(source, convolution(ops.relu(convolution(source, 4)), 12))


def with_a_second_reader() -> Any:
    source = crops()
    between = convolution(source, 4)
    return network(source, convolution(between, 12), ops.relu(between))


def with_a_residual_of_the_first() -> Any:
    source = crops()
    first = convolution(source, 4, bias=False)
    biased = ops.add(first, ops.constant(np.ones((1, 4, 1, 1), np.float32)))
    return network(source, convolution(biased, 12), ops.relu(first))


def without_a_bias() -> Any:
    source = crops()
    return network(source, convolution(convolution(source, 4), 12, bias=False))


def of_three_pixels() -> Any:
    source = crops()
    return network(source, convolution(convolution(source, 4, kernel=3), 12))


def much_narrower_between() -> Any:
    source = crops(32)
    return network(source, convolution(convolution(source, 4), 32))


@pytest.mark.parametrize(
    "build",
    [
        with_activation,
        with_a_second_reader,
        with_a_residual_of_the_first,
        without_a_bias,
        of_three_pixels,
        much_narrower_between,
    ],
)
def test_everything_else_stays_as_it_is(build: Any) -> None:
    model = build()
    before, number = answers(model), convolutions(model)
    assert merge_pointwise(model) == 0
    assert convolutions(model) == number
    for now, then in zip(answers(model), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_the_first_bottleneck_of_efficientnet_lite_goes_and_no_other(lite0: Any) -> None:
    converted = lite0.clone()
    before = convolutions(converted)
    assert merge_pointwise(converted) == 1
    assert convolutions(converted) == before - 1
