from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import ConfigurationError
from tests.training.pictures import tiny_network
from tests.training.trained_networks import SIZE, hidden_network, striped
from training.export import openvino as export
from training.networks.experts import combine

pytest.importorskip("tensorflow")

BIASES = (-0.3, 0.8)


@pytest.fixture(scope="module")
def experts() -> list[Any]:
    """One that answers to stripes, and one that answers to their absence."""
    other = striped(tiny_network())
    kernel, _ = other.layers[-1].get_weights()
    (filters,) = other.layers[1].get_weights()
    other.layers[1].set_weights([filters / 2])  # else OpenVINO makes one convolution of both
    other.layers[-1].set_weights([-3 * kernel, np.full(1, BIASES[1], np.float32)])
    return [striped(tiny_network()), other]


@pytest.fixture(scope="module")
def tensor() -> NDArray[np.float32]:
    return np.random.default_rng(1).uniform(-1, 1, (4, SIZE, SIZE, 3)).astype(np.float32)


def answers(experts: list[Any], tensor: NDArray[np.float32]) -> NDArray[np.float32]:
    logits = [expert(tensor, training=False).numpy()[:, 0] for expert in experts]
    return np.stack(logits, axis=1)


def test_the_odds_of_experts_add_up(experts: list[Any], tensor: NDArray[np.float32]) -> None:
    logit = combine(experts, "features")(tensor, training=False)["logit"].numpy()
    odds = np.exp(answers(experts, tensor)).sum(axis=1)
    assert logit.shape == (4, 1)
    np.testing.assert_allclose(np.exp(logit[:, 0]), odds, rtol=1e-4)


def test_the_logit_is_the_mean_of_the_map_plus_what_lies_at_no_place(
    experts: list[Any], tensor: NDArray[np.float32]
) -> None:
    output = combine(experts, "features")(tensor, training=False)
    odds = np.exp(answers(experts, tensor).astype(np.float64))
    shares = odds / odds.sum(axis=1, keepdims=True)
    nowhere = (shares * BIASES).sum(axis=1) - (shares * np.log(shares)).sum(axis=1)
    means = output["cam"].numpy().mean((1, 2))
    np.testing.assert_allclose(means + nowhere, output["logit"].numpy()[:, 0], atol=1e-4)


def test_openvino_and_its_int8_keep_map_and_logit_in_step(
    experts: list[Any], tensor: NDArray[np.float32]
) -> None:
    pytest.importorskip("nncf")
    model = combine(experts, "features")
    converted = export.to_openvino(model)
    assert export.check_parity(model, converted, tensor) < 1e-3
    quantized = export.quantize(converted, list(tensor))
    expected = answers(experts, tensor).astype(np.float64)
    difference = export.run_openvino(quantized, tensor) - np.logaddexp(*expected.T)
    assert np.abs(difference).max() < 0.3


def test_the_first_convolutions_of_every_expert_stay_in_floating_point(experts: list[Any]) -> None:
    converted = export.to_openvino(combine(experts, "features"))
    first = export._first_convolutions(converted, 1)
    assert len(first) == len(experts)
    assert set(first) < set(export._first_convolutions(converted, 2))


@pytest.mark.parametrize("enlarge", [72, 64])  # maps of 36 and 32 places a side beside 24
def test_an_expert_that_enlarges_has_its_map_on_one_grid_with_the_other(
    enlarge: int, tensor: NDArray[np.float32]
) -> None:
    experts = [striped(tiny_network()), striped(tiny_network(), enlarge=enlarge)]
    model = combine(experts, "features")
    output = model(tensor, training=False)
    np.testing.assert_allclose(
        output["logit"].numpy()[:, 0], np.logaddexp(*answers(experts, tensor).T), atol=1e-5
    )
    assert output["cam"].shape == (4, enlarge // 2, enlarge // 2)
    odds = np.exp(answers(experts, tensor).astype(np.float64))
    shares = odds / odds.sum(axis=1, keepdims=True)
    nowhere = BIASES[0] - (shares * np.log(shares)).sum(axis=1)
    means = output["cam"].numpy().mean((1, 2))
    np.testing.assert_allclose(means + nowhere, output["logit"].numpy()[:, 0], atol=1e-4)
    assert export.check_parity(model, export.to_openvino(model), tensor) < 1e-3


def test_one_expert_is_itself(experts: list[Any], tensor: NDArray[np.float32]) -> None:
    logit = combine(experts[:1], "features")(tensor, training=False)["logit"].numpy()
    np.testing.assert_allclose(logit[:, 0], answers(experts, tensor)[:, 0], atol=1e-5)


def test_experts_of_different_sizes_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="32 x 32, 48 x 48"):
        combine([striped(tiny_network()), striped(tiny_network(), 32)], "features")


def test_experts_without_a_linear_head_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="linear_head=False"):
        combine([striped(hidden_network())] * 2, "features")
