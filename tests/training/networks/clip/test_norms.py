from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from core.errors import ConfigurationError
from tests.training.networks.clip.tiny_tower import TinyTower
from tests.training.networks.clip.tiny_vision import SHAPE, TinyVision
from training.networks.clip.norms import NORMS, Norms
from training.networks.clip.tower import load_tower
from training.networks.clip.vision import build


@pytest.fixture(scope="module")
def network() -> keras.Model:
    model = build(SHAPE)
    random = np.random.default_rng(3)
    for layer in model.layers:
        if isinstance(layer, keras.layers.LayerNormalization) and layer.weights:
            layer.set_weights([random.normal(1, 0.2, SHAPE.width) for _ in layer.weights])
    return model


def test_those_of_a_network_are_kept_with_their_key(network: keras.Model, tmp_path: Path) -> None:
    norms = Norms.of_network(network)
    norms.save(tmp_path / NORMS)
    assert len(norms.tensors) == 2 * (1 + 2 * SHAPE.blocks)
    loaded = Norms.load(tmp_path / NORMS)
    assert loaded.key == norms.key
    for name, value in norms.tensors.items():
        assert np.array_equal(loaded.tensors[name], value)


def test_a_number_that_changes_changes_the_key(network: keras.Model) -> None:
    norms = Norms.of_network(network)
    name = "vision_model.encoder.layers.1.layer_norm2.bias"
    other = Norms({**norms.tensors, name: norms.tensors[name] + np.float32(1e-6)})
    assert other.key != norms.key


def test_a_tower_with_them_has_another_key_and_normalized_class_tokens(
    network: keras.Model, tmp_path: Path
) -> None:
    file = TinyVision().save(tmp_path / "tiny.onnx")
    plain = load_tower(file, size=SHAPE.size)
    tuned = load_tower(file, size=SHAPE.size, norms=Norms.of_network(network))
    assert tuned.key.startswith(plain.key)
    assert tuned.key != plain.key
    crops = np.random.default_rng(4).integers(0, 256, (2, SHAPE.size, SHAPE.size, 3), np.uint8)
    features = tuned.features(crops).astype(np.float64)
    assert features.shape == (2, SHAPE.blocks, 1, SHAPE.width)
    assert features.mean(axis=-1) == pytest.approx(0, abs=2e-3)
    assert features.std(axis=-1) == pytest.approx(1, abs=2e-3)


def test_another_tower_is_refused(network: keras.Model) -> None:
    graph = TinyTower().model().graph
    with pytest.raises(ConfigurationError, match=r"no normalization vision_model\.pre_layrnorm"):
        Norms.of_network(network).put_into(graph)


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    file = tmp_path / "norms.npz"
    file.write_bytes(b"nothing")
    with pytest.raises(ConfigurationError, match=r"norms\.npz holds no normalizations"):
        Norms.load(file)
