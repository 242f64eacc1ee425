from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.frozen.store import FeatureStore


def test_what_is_written_is_read_and_nothing_else_is_there(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path, "weights")
    features = np.arange(6, dtype=np.float16).reshape(3, 2)
    assert "ab12" not in store
    store.write("ab12", features)
    assert "ab12" in store
    read = store.read("ab12")
    assert read.dtype == np.float16
    assert read.tolist() == features.tolist()
    assert not list(tmp_path.rglob("*.part"))
    with pytest.raises(FileNotFoundError):
        store.read("ab13")


def test_features_of_other_weights_are_others(tmp_path: Path) -> None:
    FeatureStore(tmp_path, "one").write("ab12", np.zeros(1, np.float16))
    assert "ab12" not in FeatureStore(tmp_path, "two")
