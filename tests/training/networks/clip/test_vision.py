from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest

from core.errors import ConfigurationError
from tests.training.networks.clip.tiny_vision import SHAPE, TinyVision
from training.fit.trainee import Trainee
from training.networks.clip.tower import load_tower
from training.networks.clip.tower_weights import TowerWeights
from training.networks.clip.vision import NETWORK, build
from training.recipes import Recipe


@pytest.fixture(scope="module")
def onnx(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return TinyVision().save(tmp_path_factory.mktemp("vision") / "tiny.onnx")


@pytest.fixture
def network(onnx: Path) -> keras.Model:
    model = build(SHAPE)
    TowerWeights.read(onnx).fill(model, SHAPE)
    return model


def test_its_blocks_answer_as_those_of_the_onnx_file(onnx: Path, network: keras.Model) -> None:
    crops = np.random.default_rng(1).integers(0, 256, (3, SHAPE.size, SHAPE.size, 3), np.uint8)
    features = load_tower(onnx, size=SHAPE.size).features(crops)
    for number in range(SHAPE.blocks):
        answer = keras.Model(network.input, network.get_layer(f"block_{number}_answer").output)
        tokens = np.asarray(answer(crops / np.float32(255)))
        assert tokens[:, 0] == pytest.approx(features[:, number, 0], abs=5e-3)
        assert tokens[:, 1:].mean(axis=1) == pytest.approx(features[:, number, 1], abs=5e-3)


def test_a_network_that_was_saved_loads_without_code_of_this_project(
    network: keras.Model, tmp_path: Path
) -> None:
    crops = np.random.default_rng(2).random((2, SHAPE.size, SHAPE.size, 3), np.float32)
    network.get_layer("logit").set_weights(
        [np.ones((SHAPE.blocks * SHAPE.width, 1)), np.array([0.5])]
    )
    network.save(tmp_path / "network.keras")
    config = network.to_json()
    assert "training." not in config
    loaded = keras.saving.load_model(tmp_path / "network.keras", safe_mode=True)
    assert np.asarray(loaded(crops)) == pytest.approx(np.asarray(network(crops)), abs=1e-6)


def test_another_side_of_the_crops_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"crops of 8 px, not of 16"):
        build(SHAPE, 16)


def test_weights_of_another_shape_are_refused(onnx: Path) -> None:
    weights = TowerWeights.read(onnx)
    lacking = TowerWeights({k: v for k, v in weights.tensors.items() if "layers.1.mlp" not in k})
    with pytest.raises(ConfigurationError, match=r"layers\.1\.mlp\.fc1\.weight"):
        lacking.fill(build(SHAPE), SHAPE)


def test_only_normalizations_and_head_train_where_a_recipe_says_so() -> None:
    tiny = replace(NETWORK, build=partial(build, SHAPE))
    recipe = Recipe(
        name="tune", network="clip_vit_b16", freeze_until="all", tune_norms=True,
        size=32, steps=1, dropout=0.1,
    )  # fmt: skip
    trained = Trainee(recipe, tiny).model.trainable_weights
    names = {weight.path.split("/")[0] for weight in trained}
    assert {name for name in names if "norm" not in name} == {"logit"}
    # Scale and shift of each normalization, and kernel and bias of the head.
    assert len(trained) == 2 * (1 + 2 * SHAPE.blocks) + 2
