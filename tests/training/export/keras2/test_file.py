"""Files of Keras 2 as Keras 3 reads them; they are made of files of Keras 3."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from core.errors import BundleInvalid
from training.export.foreign_model import read_model
from training.export.keras2 import for_keras_3, saved_by

keras: Any = pytest.importorskip("keras")
SIZE = 32


def _model() -> Any:
    layers = keras.layers
    keras.utils.set_random_seed(5)
    picture = layers.Input((SIZE, SIZE, 3), name="picture")
    x = layers.RandomFlip(name="flip")(picture)
    x = layers.DepthwiseConv2D(3, name="depthwise")(x)
    x = layers.SeparableConv2D(4, 3, name="separable")(x)
    x = layers.Conv2DTranspose(4, 3, name="transposed")(x)
    x = layers.BatchNormalization(name="normalisation")(x)
    x = layers.SpatialDropout2D(0.2, name="dropout")(x)
    x = layers.GlobalAveragePooling2D(name="pooling")(x)
    return keras.Model(picture, layers.Dense(1, activation="sigmoid", name="answer")(x))


# What Keras 2 wrote beside what Keras 3 writes, by layer.
_OLD: dict[str, dict[str, Any]] = {
    "flip": {"rng_type": "stateful"},
    "depthwise": {"groups": 1},
    "separable": {"groups": 1, "kernel_initializer": None, "kernel_constraint": None},
    "transposed": {"groups": 1},
    "normalisation": {"axis": [3]},
    "dropout": {"noise_shape": None, "trainable": True},
}


def _old(config: dict[str, Any], changes: dict[str, dict[str, Any]]) -> str:
    for layer in config["config"]["layers"]:
        layer["config"].update(changes.get(layer["config"]["name"], {}))
    return json.dumps(config)


def _save(file: Path, changes: dict[str, dict[str, Any]], version: str = "2.11.0") -> Any:
    """Save the model as Keras 2 would have; returns it."""
    model = _model()
    model.save(file)
    if file.suffix == ".h5":
        with h5py.File(file, "r+") as stored:
            stored.attrs["model_config"] = _old(json.loads(stored.attrs["model_config"]), changes)
            stored.attrs["keras_version"] = version
        return model
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    config |= {"module": "keras.src.engine.functional", "registered_name": "Functional"}
    members["config.json"] = _old(config, changes).encode()
    members["metadata.json"] = json.dumps({"keras_version": version}).encode()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return model


@pytest.mark.parametrize("name", ["old.h5", "old.keras"])
def test_arguments_that_change_nothing_are_dropped_and_the_answers_stay(
    tmp_path: Path, name: str
) -> None:
    model = _save(tmp_path / name, _OLD)
    pictures = np.random.default_rng(0).random((2, SIZE, SIZE, 3), np.float32)
    read = read_model(tmp_path / name).model
    answers = (each(pictures, training=False) for each in (read, model))
    np.testing.assert_array_equal(*answers)
    assert saved_by(tmp_path / name) == "2.11.0"


def test_an_argument_that_did_something_is_refused_by_name_and_value(tmp_path: Path) -> None:
    _save(tmp_path / "old.h5", {"depthwise": {"groups": 3}})
    with pytest.raises(BundleInvalid, match="'depthwise' is a DepthwiseConv2D with groups=3"):
        read_model(tmp_path / "old.h5")


def test_an_activation_that_keras_3_computes_otherwise_is_refused(tmp_path: Path) -> None:
    _save(tmp_path / "old.h5", {"answer": {"activation": "hard_sigmoid"}})
    with pytest.raises(BundleInvalid, match="'answer' is a Dense with activation='hard_sigmoid'"):
        read_model(tmp_path / "old.h5")


def test_an_unknown_argument_is_named_whole_with_the_version_that_wrote_the_file(
    tmp_path: Path,
) -> None:
    _save(tmp_path / "old.h5", {"answer": {"quantised_by": "x" * 400}})
    with pytest.raises(BundleInvalid) as told:
        read_model(tmp_path / "old.h5")
    assert "Dense: Unrecognized keyword arguments passed to Dense" in told.value.message
    assert "x" * 400 in told.value.message
    assert "written by Keras 2.11.0. Load it with that version" in told.value.message


def test_a_file_of_keras_3_is_taken_as_it_is(tmp_path: Path) -> None:
    _model().save(tmp_path / "new.keras")
    assert for_keras_3(tmp_path / "new.keras", tmp_path / "copies") == tmp_path / "new.keras"


@pytest.mark.parametrize("name", ["x.keras", "x.h5"])
@pytest.mark.parametrize(("content", "told"), [
    (b"", "neither a .keras file nor HDF5"),
    (b"hello", "neither a .keras file nor HDF5"),
    (b"PK\x05\x06" + bytes(18), "holds no configuration of a model"),
    (b"PK\x03\x04" + bytes(100), "damaged or was cut off"),
    (b"\x89HDF\r\n\x1a\n", "damaged or was cut off"),
])  # fmt: skip
def test_a_file_that_is_no_model_is_refused_by_what_it_is(
    tmp_path: Path, content: bytes, told: str, name: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BundleInvalid, match=told):
        read_model(tmp_path / name)


@pytest.mark.parametrize("name", ["old.keras", "old.h5"])
def test_a_file_that_was_cut_off_is_refused_as_that(tmp_path: Path, name: str) -> None:
    _model().save(tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BundleInvalid, match="damaged or was cut off"):
        read_model(tmp_path / name)


def test_weights_alone_and_a_folder_are_refused_with_the_way_to_a_whole_model(
    tmp_path: Path,
) -> None:
    _model().save_weights(tmp_path / "net.weights.h5")
    with pytest.raises(BundleInvalid, match=r"weights alone, save the whole model"):
        read_model(tmp_path / "net.weights.h5")
    with pytest.raises(BundleInvalid, match="reads no SavedModel: load it with the Keras that"):
        read_model(tmp_path)


@pytest.mark.parametrize(("saved", "called"), [("a.h5", "a.keras"), ("a.keras", "a.hdf5")])
def test_the_content_and_not_the_name_says_how_a_file_is_read(
    tmp_path: Path, saved: str, called: str
) -> None:
    _model().save(tmp_path / saved)
    (tmp_path / saved).rename(tmp_path / called)
    assert read_model(tmp_path / called).size == SIZE
