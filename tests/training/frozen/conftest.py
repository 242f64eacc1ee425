from __future__ import annotations

import pytest

from tests.training.networks.clip.tiny_tower import SIZE, TinyTower
from training.frozen.tower import Tower
from training.networks.clip.tower import load_tower


@pytest.fixture(scope="session")
def tower(tmp_path_factory: pytest.TempPathFactory) -> Tower:
    """A tower of 32 features for crops of 32 px."""
    file = TinyTower().save(tmp_path_factory.mktemp("tower") / "tiny.onnx")
    return load_tower(file, size=SIZE)
