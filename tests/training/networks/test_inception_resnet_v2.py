from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.errors import ConfigurationError
from training.networks import Head, find_network
from training.networks.inception_resnet_v2 import FEATURES, NETWORK, build

pytest.importorskip("tensorflow")
FROZEN = 450


@pytest.fixture(scope="module")
def model() -> Any:
    """Built once: 10 to 15 s."""
    return build(96, Head(dropout=0.5, activation="leaky_relu", l2=1e-4))


def test_the_base_has_the_780_layers_and_54_million_parameters_of_keras(model: Any) -> None:
    base = NETWORK.base_layers(model)
    assert len(base) == 780
    assert sum(layer.count_params() for layer in base) == 54_336_736


def test_the_head_is_dense_activation_norm_dropout_logit(model: Any) -> None:
    head = model.layers[780:]
    kinds = [type(layer).__name__ for layer in head]
    assert kinds == [
        "GlobalAveragePooling2D", "Dense", "LeakyReLU", "BatchNormalization", "Dropout", "Dense",
    ]  # fmt: skip
    assert (head[1].units, head[4].rate, head[5].units) == (512, 0.5, 1)
    assert float(head[1].kernel_regularizer.l2) == pytest.approx(1e-4)
    assert head[5].activation.__name__ == "linear"
    assert model.get_layer(FEATURES).output.shape[-1] == 1536


def test_an_activation_is_needed() -> None:
    with pytest.raises(ConfigurationError, match="activation=relu or leaky_relu"):
        build(96, Head())


def test_frozen_normalisation_keeps_its_statistics_in_a_training_step(model: Any) -> None:
    assert NETWORK.freeze(model, FROZEN) == FROZEN
    norms = [layer for layer in model.layers if type(layer).__name__ == "BatchNormalization"]
    before = [[np.array(value) for value in norm.get_weights()] for norm in norms]
    model.compile("sgd", "binary_crossentropy", jit_compile=False)
    rng = np.random.default_rng(0)
    model.train_on_batch(rng.normal(size=(2, 96, 96, 3)).astype(np.float32), np.array([0.0, 1.0]))
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
    with pytest.raises(ConfigurationError, match=r"example\.org.*--weights FILE\.h5"):
        NETWORK.load_imagenet(model)
