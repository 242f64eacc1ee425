"""What is read of somebody else's file, and how a file that cannot be used is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.errors import BundleInvalid
from training.export.foreign_model import read_model

keras: Any = pytest.importorskip("keras")


def _model(*layers: Any) -> Any:
    parts = [keras.layers.Input((8, 8, 3)), *layers, keras.layers.GlobalAveragePooling2D()]
    return keras.Sequential([*parts, keras.layers.Dense(1, activation="sigmoid")])


class Sharpen(keras.layers.Layer):  # type: ignore[misc]
    def call(self, x: Any) -> Any:
        return 2 * x


@pytest.mark.parametrize("name", ["net.h5", "net.keras"])
def test_a_layer_that_is_not_in_keras_is_named_without_advice_for_programs(
    tmp_path: Path, name: str
) -> None:
    _model(Sharpen()).save(tmp_path / name)
    with pytest.raises(BundleInvalid, match="finds no code for 'Sharpen', and the file") as told:
        read_model(tmp_path / name)
    assert "custom_object_scope" not in told.value.message
    assert "register_keras_serializable" not in told.value.message


@pytest.mark.parametrize("name", ["net.h5", "net.keras"])
def test_a_lambda_is_refused_without_a_way_to_run_it(tmp_path: Path, name: str) -> None:
    _model(keras.layers.Lambda(lambda x: x / 255)).save(tmp_path / name)
    with pytest.raises(BundleInvalid, match="holds a Lambda layer, whose Python") as told:
        read_model(tmp_path / name)
    assert "safe_mode" not in told.value.message


def test_arithmetic_on_the_input_counts_as_scaling_and_none_further_on(tmp_path: Path) -> None:
    picture = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(2, 3)(picture / 127.5) * 2.0
    x = keras.layers.GlobalAveragePooling2D()(x)
    keras.Model(picture, keras.layers.Dense(1, activation="sigmoid")(x)).save(tmp_path / "n.keras")
    assert len(read_model(tmp_path / "n.keras").scales_inside) == 1
