from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import save

from core.errors import ConfigurationError
from core.model.preprocess import Scaling
from tests.training.networks.clip.tiny_tower import BLOCKS, SIZE, WIDTH, TinyTower
from training.networks.clip.tower import load_tower


def test_features_are_those_of_numpy_for_any_number_of_crops(tmp_path: Path) -> None:
    tiny = TinyTower()
    tower = load_tower(tiny.save(tmp_path / "tiny.onnx"), size=SIZE)
    # Each crop and each channel of a brightness of its own: order and normalization count.
    random = np.random.default_rng(1)
    crops = random.integers(0, 256, (11, SIZE, SIZE, 3)).astype(np.uint8)
    crops = (crops * random.uniform(0.2, 1, (11, 1, 1, 3))).astype(np.uint8)
    features = tower.features(crops)
    assert features.shape == (11, BLOCKS, 2, WIDTH)
    assert features.dtype == np.float16
    assert features == pytest.approx(tiny.features(crops), abs=5e-3)
    assert tower.features(crops[:1]) == pytest.approx(features[:1], abs=5e-3)


def test_a_tower_is_known_by_its_weights(tmp_path: Path) -> None:
    towers = [
        load_tower(TinyTower(seed).save(tmp_path / f"{seed}.onnx"), size=SIZE) for seed in (0, 1)
    ]
    assert towers[0].key != towers[1].key
    assert (towers[0].size, towers[0].scaling) == (SIZE, Scaling.UNIT)


def test_another_graph_is_refused(tmp_path: Path) -> None:
    model = TinyTower().model()
    for node in model.graph.node:
        node.name = ""
    save(model, tmp_path / "other.onnx")
    with pytest.raises(ConfigurationError, match=r"no node '/vision_model/encoder/layers\.0"):
        load_tower(tmp_path / "other.onnx", size=SIZE)
