"""The graph of a model of Keras 2, whatever it is built of, is the one that Keras 3 builds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from tests.training.export import foreign_models
from tests.training.export.foreign_models import SIZE, STRUCTURES, Structure
from tests.training.export.keras2.written import as_keras_2
from training.export.foreign_model import read_model
from training.export.keras2.graph import translate

# The operators are those of test_operations.py, the dictionaries those below.
_WITHOUT = (foreign_models.operators, foreign_models.one_in_and_out_in_dictionaries)
keras: Any = pytest.importorskip("keras")


@pytest.mark.parametrize(
    "structure",
    [each for each in STRUCTURES if each not in _WITHOUT],
    ids=lambda each: each.__name__,
)
def test_every_structure_of_keras_2_answers_as_that_of_keras_3(
    structure: Structure, tmp_path: Path
) -> None:
    keras.utils.set_random_seed(3)
    model, file = structure(keras), tmp_path / "old.h5"
    pictures = np.random.default_rng(0).random((4, SIZE, SIZE, 3), np.float32)
    model.save(file)
    with h5py.File(file, "r+") as stored:
        config = json.loads(stored.attrs["model_config"])
        as_keras_2(config)
        stored.attrs["model_config"] = json.dumps(config)
        stored.attrs["keras_version"] = "2.15.0"
    read = read_model(file).model
    answer, expected = (
        np.asarray(each(pictures, training=False), np.float32) for each in (read, model)
    )
    tolerance = 1e-2 if "half" in structure.__name__ else 1e-6
    np.testing.assert_allclose(answer, expected, atol=tolerance)


def _layer(name: str, class_name: str, nodes: list[Any], **config: Any) -> dict[str, Any]:
    config = {"name": name, **config}
    return {"class_name": class_name, "config": config, "name": name, "inbound_nodes": nodes}


@pytest.mark.parametrize("ends", [lambda end: [end], lambda end: {"x": end}], ids=["list", "dict"])
def test_one_input_and_one_output_in_a_list_or_a_dictionary_are_tensors(ends: Any) -> None:
    layers = [
        _layer("picture", "InputLayer", [], batch_input_shape=[None, 4, 4, 3]),
        _layer("relu", "ReLU", [[["picture", 0, 0, {}]]]),
    ]
    both = {"input_layers": ends(["picture", 0, 0]), "output_layers": ends(["relu", 0, 0])}
    config = {"class_name": "Model", "config": {"name": "net", "layers": layers, **both}}
    translate(config)
    model = keras.Model.from_config(config["config"])
    pictures = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype(np.float32)
    np.testing.assert_array_equal(model(pictures), np.maximum(pictures, 0))


def test_a_sequential_of_the_first_files_gets_the_input_that_its_first_layer_states() -> None:
    dense = {"class_name": "Dense", "config": {"units": 1, "batch_input_shape": [None, 3]}}
    config = {"class_name": "Sequential", "config": [dense]}
    translate(config)
    assert keras.Sequential.from_config(config["config"]).input_shape == (None, 3)
