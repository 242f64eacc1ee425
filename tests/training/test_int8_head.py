from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.bundle import LOGIT_OUTPUT, MAP_OUTPUT
from tests.training.pictures import tiny_network
from tests.training.trained_networks import SIZE, striped
from training import export
from training.experts import combine
from training.int8_head import change_weights, fit_heads, map_heads

pytest.importorskip("tensorflow")
pytest.importorskip("nncf")


@pytest.fixture(scope="module")
def converted() -> Any:
    """Two experts, one of which enlarges its crops."""
    experts = [striped(tiny_network()), striped(tiny_network(), enlarge=72)]
    return export.to_openvino(combine(experts, "features"))


@pytest.fixture
def quantized(converted: Any) -> Any:
    return export.quantize(converted, list(crops(0)[:8]))


def crops(seed: int) -> NDArray[np.float32]:
    """Noise of many strengths, so that features and logits differ."""
    random = np.random.default_rng(seed)
    noise = random.uniform(-1, 1, (64, SIZE, SIZE, 3)) * random.uniform(0, 1, (64, 1, 1, 1))
    return noise.astype(np.float32)


def outputs(model: Any, tensor: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    import openvino as ov

    compiled = ov.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    answers = compiled([tensor])
    return {name: np.array(answers[compiled.output(name)]) for name in (LOGIT_OUTPUT, MAP_OUTPUT)}


def test_what_is_linear_in_the_features_is_taken_back(converted: Any) -> None:
    moved, fresh = converted.clone(), crops(1)
    for head in map_heads(moved):
        change_weights(head, np.full(8, 0.5, np.float32))
    expected = outputs(converted, fresh)[LOGIT_OUTPUT]
    before = np.abs(outputs(moved, fresh)[LOGIT_OUTPUT] - expected)
    fit_heads(moved, converted, np.split(crops(0), 4))
    after = np.abs(outputs(moved, fresh)[LOGIT_OUTPUT] - expected)
    assert after.mean() < 0.1 * before.mean()
    assert before.mean() > 0.1


def test_int8_is_nearer_to_fp32_on_crops_that_it_was_not_fitted_on(
    converted: Any, quantized: Any
) -> None:
    fresh = crops(1)
    expected = outputs(converted, fresh)[LOGIT_OUTPUT]
    before = np.abs(outputs(quantized, fresh)[LOGIT_OUTPUT] - expected).mean()
    fit_heads(quantized, converted, np.split(crops(0), 4))
    assert np.abs(outputs(quantized, fresh)[LOGIT_OUTPUT] - expected).mean() < before


def test_map_and_logit_stay_in_step(converted: Any, quantized: Any) -> None:
    def nowhere(model: Any) -> NDArray[np.float32]:
        """What lies at no place: the biases and the entropy of the shares."""
        answers = outputs(model, crops(1))
        return np.asarray(answers[LOGIT_OUTPUT][:, 0] - answers[MAP_OUTPUT].mean((1, 2)))

    fit_heads(quantized, converted, [crops(0)])
    bias = -0.3  # of both
    assert (nowhere(quantized) > bias - 1e-4).all()
    assert (nowhere(quantized) < bias + np.log(2) + 1e-4).all()


def test_every_expert_has_one_head(converted: Any, quantized: Any) -> None:
    assert len(map_heads(converted)) == len(map_heads(quantized)) == 2


def test_a_network_without_a_map_has_none_and_stays_as_it_is() -> None:
    plain = export.to_openvino(striped(tiny_network()))
    before = export.run_openvino(plain, crops(1))
    fit_heads(plain, plain, [crops(0)])
    assert map_heads(plain) == []
    np.testing.assert_array_equal(export.run_openvino(plain, crops(1)), before)
