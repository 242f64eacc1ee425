from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import ConfigurationError
from tests.training.pictures import tiny_network
from training.export.class_activation import with_map
from training.networks import Head
from training.networks.weights import load_weights

keras = pytest.importorskip("keras")
NETWORK = tiny_network()


@pytest.fixture
def saved() -> Any:
    keras.utils.set_random_seed(1)
    return NETWORK.build(32, Head())


@pytest.fixture
def model() -> Any:
    keras.utils.set_random_seed(2)
    return NETWORK.build(None, Head())


def _same(one: Any, two: Any) -> bool:
    pairs = zip(one.get_weights(), two.get_weights(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("name", ["whole.keras", "whole.h5", "only.weights.h5"])
def test_a_saved_network_fills_one_of_another_picture_size(
    name: str, saved: Any, model: Any, tmp_path: Path
) -> None:
    path = tmp_path / name
    (saved.save_weights if ".weights." in name else saved.save)(path)
    assert not _same(saved, model)
    assert load_weights(NETWORK, model, str(path)) == f"weights: {path}, the whole network"
    assert _same(saved, model)


def test_the_network_of_a_bundle_fills_one_to_train_on(
    saved: Any, model: Any, tmp_path: Path
) -> None:
    with_map(saved, "features").save(tmp_path / "model.keras")
    load_weights(NETWORK, model, str(tmp_path / "model.keras"))
    assert _same(saved, model)


def test_a_network_saved_around_another_is_one_whole(
    saved: Any, model: Any, tmp_path: Path
) -> None:
    base = keras.Model(saved.input, saved.get_layer("features").output)
    head = [keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(1)]
    around = keras.Sequential([keras.Input((32, 32, 3)), base, *head])
    around.set_weights(saved.get_weights())
    around.save(tmp_path / "around.keras")
    load_weights(NETWORK, model, str(tmp_path / "around.keras"))
    assert _same(saved, model)


def test_a_base_fills_the_base_alone(saved: Any, model: Any, tmp_path: Path) -> None:
    from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

    h5py = pytest.importorskip("h5py")
    base = keras.Model(saved.input, saved.get_layer("features").output)
    with h5py.File(tmp_path / "base_notop.h5", "w") as file:
        save_weights_to_hdf5_group(file, base)
    head = model.layers[-1].get_weights()
    said = load_weights(NETWORK, model, str(tmp_path / "base_notop.h5"))
    assert said.endswith("the base; the head starts at random")
    assert np.array_equal(model.layers[1].kernel, saved.layers[1].kernel)
    assert np.array_equal(model.layers[-1].kernel, head[0])


def test_nothing_is_loaded_when_asked_for_none(model: Any) -> None:
    assert load_weights(NETWORK, model, "none") == "weights: none, every layer starts at random"


def test_weights_of_another_network_are_refused_with_both_shapes(
    model: Any, tmp_path: Path
) -> None:
    inputs = keras.Input((32, 32, 3))
    x = keras.layers.Conv2D(9, 3, use_bias=False)(inputs)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.BatchNormalization()(x))
    keras.Model(inputs, keras.layers.Dense(1)(x)).save(tmp_path / "other.keras")
    with pytest.raises(ConfigurationError, match=r"\(3, 3, 3, 9\) where .* has \(3, 3, 3, 8\)"):
        load_weights(NETWORK, model, str(tmp_path / "other.keras"))


@pytest.mark.parametrize(("name", "told"), [("absent.h5", "no weights"), ("x.txt", "no known")])
def test_a_file_that_is_none_is_refused(name: str, told: str, model: Any, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("x")
    with pytest.raises(ConfigurationError, match=told):
        load_weights(NETWORK, model, str(tmp_path / name))


def test_a_broken_file_is_named(model: Any, tmp_path: Path) -> None:
    (tmp_path / "broken.keras").write_bytes(b"no zip")
    with pytest.raises(ConfigurationError, match=r"broken\.keras .*cannot be read"):
        load_weights(NETWORK, model, str(tmp_path / "broken.keras"))
