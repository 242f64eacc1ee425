"""Maps by gradients, in real TensorFlow on tiny networks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from core.errors import BundleInvalid, ExplanationUnavailable
from core.model.bundle import Explanation
from core.model.runtimes.tensorflow import TensorFlowRuntime

SIZE, CHANNELS = 16, 6
GRAD_CAM = Explanation(method="grad-cam", layer="features")
layers = tf.keras.layers


def network(*head: Any, frozen: bool = False) -> Any:
    tf.keras.utils.set_random_seed(3)
    picture = layers.Input((SIZE, SIZE, 3))
    maps = layers.Conv2D(CHANNELS, 3, 2, padding="same", activation="relu", name="features")
    x = layers.GlobalAveragePooling2D()(maps(picture))
    for layer in head:
        x = layer(x)
    model = tf.keras.Model(picture, x)
    model.trainable = not frozen
    return model


def explain(model: Any, folder: Path) -> NDArray[np.float32]:
    model.save(folder / "model.keras")
    return TensorFlowRuntime(folder / "model.keras", SIZE, explanation=GRAD_CAM).explain(pictures())


def pictures() -> NDArray[np.float32]:
    return np.random.default_rng(0).uniform(-1, 1, (3, SIZE, SIZE, 3)).astype(np.float32)


def test_for_a_linear_head_it_is_the_exact_map(tmp_path: Path) -> None:
    model = network(layers.Dense(1, bias_initializer="ones"))
    heat = explain(model, tmp_path)
    assert heat.shape == (3, SIZE // 2, SIZE // 2)
    answers = model(pictures()).numpy()[:, 0]
    np.testing.assert_allclose(heat.mean((1, 2)) + 1, answers, atol=1e-5)
    features = tf.keras.Model(model.input, model.get_layer("features").output)(pictures()).numpy()
    np.testing.assert_allclose(heat, features @ model.layers[-1].kernel.numpy()[:, 0], atol=1e-5)


def test_it_comes_from_the_classifier_and_not_from_the_backbone(tmp_path: Path) -> None:
    """The same features under another head give another map; turned round, the opposite."""
    model = network(layers.Dense(5, activation="relu"), layers.Dense(1))
    before = explain(model, tmp_path)
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([-kernel, bias])
    np.testing.assert_allclose(explain(model, tmp_path), -before, atol=1e-5)
    model.layers[-1].set_weights([kernel[::-1], bias])
    assert np.abs(explain(model, tmp_path) - before).max() > 0.01 * np.abs(before).max()
    assert np.abs(before).max() > 0


def test_a_frozen_network_explains_itself_too(tmp_path: Path) -> None:
    head = (layers.Dense(5, activation="relu"), layers.Dense(1))
    free, frozen = network(*head), network(*head, frozen=True)
    frozen.set_weights(free.get_weights())
    np.testing.assert_allclose(explain(frozen, tmp_path), explain(free, tmp_path), atol=1e-6)


@pytest.mark.parametrize("separate", [False, True])
def test_a_saturated_sigmoid_does_not_silence_it(tmp_path: Path, separate: bool) -> None:
    """The seed's models end in a sigmoid, whose gradient is 0 in float32 where it says 1."""
    bias = tf.keras.initializers.Constant(40.0)
    certain = layers.Dense(1, bias_initializer=bias, activation=None if separate else "sigmoid")
    ending = [certain, layers.Activation("sigmoid")] if separate else [certain]
    model = network(*ending)
    assert (model(pictures()).numpy() == 1).all()
    kernel = certain.kernel.numpy()[:, 0]
    heat = explain(model, tmp_path)
    features = tf.keras.Model(model.input, model.get_layer("features").output)(pictures()).numpy()
    np.testing.assert_allclose(heat, features @ kernel, atol=1e-5)


def test_a_base_that_is_a_model_of_its_own_is_explained_too(tmp_path: Path) -> None:
    flat = network(layers.Dense(1))
    base = tf.keras.Model(flat.input, flat.get_layer("features").output, name="features")
    picture = layers.Input((SIZE, SIZE, 3))
    nested = tf.keras.Model(picture, flat.layers[-1](flat.layers[-2](base(picture))))
    np.testing.assert_allclose(explain(nested, tmp_path), explain(flat, tmp_path), atol=1e-6)


def test_a_bundle_from_before_says_that_it_cannot_explain(tmp_path: Path) -> None:
    network(layers.Dense(1)).save(tmp_path / "model.keras")
    runtime = TensorFlowRuntime(tmp_path / "model.keras", SIZE)
    assert runtime.predict(pictures()).raw.shape == (3,)
    with pytest.raises(ExplanationUnavailable, match="no explanation"):
        runtime.explain(pictures())


def test_a_layer_that_is_not_there_is_named(tmp_path: Path) -> None:
    network(layers.Dense(1)).save(tmp_path / "model.keras")
    with pytest.raises(BundleInvalid, match="no layer 'top'"):
        TensorFlowRuntime(
            tmp_path / "model.keras", SIZE, explanation=Explanation(method="grad-cam", layer="top")
        )


def test_a_promised_map_that_is_missing_is_an_invalid_bundle(tmp_path: Path) -> None:
    network(layers.Dense(1)).save(tmp_path / "model.keras")
    with pytest.raises(BundleInvalid, match="no output 'cam'"):
        TensorFlowRuntime(
            tmp_path / "model.keras", SIZE, explanation=Explanation(method="cam", layer="features")
        )


def test_a_layer_that_the_answer_gets_round_is_refused_by_name(tmp_path: Path) -> None:
    picture = layers.Input((SIZE, SIZE, 3))
    maps = layers.Conv2D(CHANNELS, 3, name="features")(picture)
    x = layers.GlobalAveragePooling2D(name="pooled")(maps)
    around = layers.GlobalMaxPooling2D(name="around")(picture)
    model = tf.keras.Model(picture, layers.Dense(1)(layers.concatenate([x, around])))
    with pytest.raises(BundleInvalid, match="'features' cannot explain the answer"):
        explain(model, tmp_path)
