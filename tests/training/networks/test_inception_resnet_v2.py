from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.errors import ConfigurationError
from training.networks import Head, find_network
from training.networks.inception_resnet_v2 import FEATURES, NETWORK, add_head, build
from training.recipes import find_recipe

pytest.importorskip("tensorflow")
FROZEN = 450


@pytest.fixture
def model(inception_resnet_v2: Any) -> Any:
    return inception_resnet_v2


def test_the_base_has_the_780_layers_and_54_million_parameters_of_keras(model: Any) -> None:
    base = NETWORK.base_layers(model)
    assert len(base) == 780
    assert sum(layer.count_params() for layer in base) == 54_336_736


def test_the_head_is_dense_activation_norm_dropout_logit(model: Any) -> None:
    head = model.layers[780:]
    kinds = [type(layer).__name__ for layer in head]
    assert kinds == [
        "GlobalAveragePooling2D", "Dense", "ReLU", "BatchNormalization", "Dropout", "Dense",
    ]  # fmt: skip
    assert (head[1].units, head[4].rate, head[5].units) == (512, 0.5, 1)
    assert float(head[1].kernel_regularizer.l2) == pytest.approx(1e-4)
    assert head[5].activation.__name__ == "linear"
    assert model.get_layer(FEATURES).output.shape[-1] == 1536


@pytest.mark.parametrize(
    ("recipe", "kind"),
    [
        ("frozen_base", "LeakyReLU"),
        ("first_fine_tune", "LeakyReLU"),
        ("advanced_fine_tune", "ReLU"),
    ],
)
def test_the_head_has_the_activation_of_the_recipe(recipe: str, kind: str) -> None:
    import keras

    features = keras.Input((3, 3, 8))
    model = keras.Model(features, add_head(features, find_recipe(recipe).head))
    assert type(model.layers[3]).__name__ == kind
    if kind == "LeakyReLU":
        assert model.layers[3].negative_slope == pytest.approx(0.3)


def test_an_activation_is_needed() -> None:
    with pytest.raises(ConfigurationError, match="activation=relu or leaky_relu"):
        build(96, Head())


def test_frozen_normalisation_keeps_its_statistics_while_training(model: Any) -> None:
    assert NETWORK.freeze(model, FROZEN) == FROZEN
    norms = [layer for layer in model.layers if type(layer).__name__ == "BatchNormalization"]
    before = [[np.array(value) for value in norm.get_weights()] for norm in norms]
    pictures = np.random.default_rng(0).normal(size=(2, 96, 96, 3)).astype(np.float32)
    model(pictures, training=True)  # what moves the statistics in a step
    kept = [
        all(np.array_equal(a, b) for a, b in zip(old, norm.get_weights(), strict=True))
        for old, norm in zip(before, norms, strict=True)
    ]
    assert kept == [model.layers.index(norm) < FROZEN for norm in norms]
    assert 0 < sum(kept) < len(kept)


def test_more_layers_than_the_base_has_cannot_be_frozen(model: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"is 781; .*has 780 layers"):
        NETWORK.freeze(model, 781)


def test_hyphens_in_a_name_are_read_as_underscores() -> None:
    assert find_network("inception-resnet-v2") is NETWORK


def test_a_failed_download_says_what_to_do(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    def fail(**_options: object) -> None:
        raise Exception("URL fetch failure on https://example.org/notop.h5")

    monkeypatch.setattr(keras.applications, "InceptionResNetV2", fail)
    with pytest.raises(ConfigurationError, match=r"example\.org.*--set weights=FILE\.h5"):
        NETWORK.load_imagenet(model)
