from __future__ import annotations

import numpy as np
import pytest

from core.errors import ConfigurationError
from tests.training.pictures import tiny_network
from tests.training.trained_networks import SIZE, hidden_network, striped
from training.export import openvino as export
from training.export.class_activation import with_map
from training.networks import Head, find_network

pytest.importorskip("tensorflow")


def tensor(n: int = 3, size: int = SIZE) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.random.default_rng(1).uniform(-1, 1, (n, size, size, 3)).astype(np.float32)


def test_the_logit_is_the_mean_of_the_map_plus_the_bias() -> None:
    model = striped(tiny_network())
    answers = with_map(model, "features")(tensor(), training=False)
    heat, logit = answers["cam"].numpy(), answers["logit"].numpy()[:, 0]
    assert heat.shape == (3, SIZE // 2, SIZE // 2)
    np.testing.assert_allclose(heat.mean((1, 2)) - 0.3, logit, atol=1e-5)
    np.testing.assert_allclose(logit, model(tensor(), training=False).numpy()[:, 0], atol=1e-5)


def test_it_holds_for_the_network_that_ships_whatever_its_weights() -> None:
    network = find_network("efficientnet_lite0")
    model = network.build(64, Head())
    kernel = np.random.default_rng(0).normal(size=(1280, 1)).astype(np.float32)
    model.layers[-1].set_weights([kernel, np.full(1, 0.7, np.float32)])
    answers = with_map(model, network.features)(tensor(2, 64), training=False)
    expected = model(tensor(2, 64), training=False).numpy()[:, 0]
    np.testing.assert_allclose(answers["cam"].numpy().mean((1, 2)) + 0.7, expected, atol=1e-4)


def test_openvino_keeps_both_outputs_by_name() -> None:
    converted = export.to_openvino(with_map(striped(tiny_network()), "features"))
    assert {name for output in converted.outputs for name in output.names} == {"logit", "cam"}


def test_a_head_with_a_hidden_layer_has_no_exact_map() -> None:
    with pytest.raises(ConfigurationError, match="linear_head=False"):
        with_map(striped(hidden_network()), "features")


def test_a_layer_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigurationError, match="no layer 'top'"):
        with_map(striped(tiny_network()), "top")
