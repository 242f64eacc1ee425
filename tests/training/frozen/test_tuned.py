from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from core.errors import ConfigurationError
from tests.training.networks.clip.tiny_vision import SHAPE, TinyVision
from training.export.openvino import run_openvino
from training.fit.record import FILE
from training.frozen import tuned
from training.frozen.detector import HeadOnTower
from training.networks.clip.norms import Norms
from training.networks.clip.tower import load_tower
from training.networks.clip.tower_weights import TowerWeights
from training.networks.clip.vision import build


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The folder of a run that tunes the tower, before it saved a network."""
    recipe = {"network": "clip_vit_b16", "margin": 0.25}
    content = {"recipe": recipe, "pictures": {"train": {"lfw": {"real": 3, "fake": 0}}}}
    (tmp_path / FILE).write_text(json.dumps(content))
    return tmp_path


def test_head_and_tower_answer_as_the_network_that_was_tuned(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = TinyVision().save(run / "tiny.onnx")
    monkeypatch.setattr(tuned, "tower_file", lambda: file)
    network, random = build(SHAPE), np.random.default_rng(5)
    TowerWeights.read(file).fill(network, SHAPE)
    for layer in network.layers:
        if "norm" in layer.name or layer.name == "logit":
            layer.set_weights([w + random.normal(0, 0.3, w.shape) for w in layer.get_weights()])
    network.save(run / "model.keras")

    fitted = tuned.load_tuned(run)
    assert fitted.norms is not None
    tower = load_tower(file, size=SHAPE.size, norms=Norms.load(fitted.norms))
    assert tower.key == fitted.tower_key
    assert (fitted.margin, fitted.pictures) == (0.25, {"lfw": {"real": 3, "fake": 0}})
    crops = random.random((4, SHAPE.size, SHAPE.size, 3), np.float32)
    ours = run_openvino(HeadOnTower(tower, fitted.head).graph(), crops)
    theirs = np.asarray(network(crops))[:, 0]
    assert np.ptp(theirs) > 0.01
    assert ours == pytest.approx(theirs, abs=1e-4)


def test_only_a_run_of_a_tower_is_one(run: Path, tmp_path: Path) -> None:
    assert tuned.is_tuned(run)
    (run / FILE).write_text(json.dumps({"recipe": {"network": "efficientnet_lite0"}}))
    assert not tuned.is_tuned(run)
    assert not tuned.is_tuned(tmp_path / "absent")


def test_a_run_without_a_network_is_named(run: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"has no model\.keras"):
        tuned.load_tuned(run)
