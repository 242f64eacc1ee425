from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import ConfigurationError
from training.export.novelty import FeatureSpace, pooled_features, with_novelty

pytest.importorskip("tensorflow")

WIDTH = 80


def _features(number: int, seed: int = 0) -> NDArray[np.float32]:
    """Features with a few strong directions and weak noise in all others."""
    mixing = np.random.default_rng(1).standard_normal((8, WIDTH))
    rng = np.random.default_rng(seed)
    noise = 0.1 * rng.standard_normal((number, WIDTH))
    return np.asarray(3 + rng.standard_normal((number, 8)) @ mixing + noise, np.float32)


def test_crops_like_those_of_training_are_about_one() -> None:
    space = FeatureSpace.fit(_features(2000))
    assert space.novelty(_features(500, seed=2)).mean() == pytest.approx(1, abs=0.1)


def test_what_training_never_did_is_further_away_than_what_it_did_much() -> None:
    space = FeatureSpace.fit(_features(2000))
    usual, unusual = space.components[:, 0], space.components[:, -1]
    start = space.mean
    near, far = space.novelty(np.array([start + 2 * usual, start + 2 * unusual], np.float32))
    assert far > 10 * near


def test_the_novelty_of_probabilistic_pca_is_a_mahalanobis_distance() -> None:
    features = _features(600)
    space = FeatureSpace.fit(features)
    inside = space.components @ np.diag(space.variances) @ space.components.T
    outside = space.rest * (np.eye(WIDTH) - space.components @ space.components.T)
    centred = features[:5] - space.mean
    expected = np.einsum("ni,ij,nj->n", centred, np.linalg.inv(inside + outside), centred) / WIDTH
    np.testing.assert_allclose(space.novelty(features[:5]), expected, rtol=1e-6)


def test_too_few_crops_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"100 crops .* 256 are needed"):
        FeatureSpace.fit(_features(100))


def test_the_network_says_what_the_feature_space_says() -> None:
    model = _model()
    tensors = np.random.default_rng(3).normal(size=(300, 16, 16, 3)).astype(np.float32)
    features = pooled_features(model, "features", tensors)
    space = FeatureSpace.fit(features)
    answers = with_novelty(model, "features", space).predict(tensors[:20] * 3, verbose=0)
    expected = space.novelty(pooled_features(model, "features", tensors[:20] * 3))
    np.testing.assert_allclose(answers["novelty"][:, 0], expected, rtol=1e-2, atol=1e-2)
    np.testing.assert_array_equal(
        answers["logit"], model.predict(tensors[:20] * 3, verbose=0)["logit"]
    )


def _model() -> Any:
    import keras

    inputs = keras.Input((16, 16, 3))
    maps = keras.layers.Conv2D(WIDTH, 3, activation="relu", name="features")(inputs)
    pooled = keras.layers.GlobalAveragePooling2D()(maps)
    return keras.Model(inputs, {"logit": keras.layers.Dense(1)(pooled)})
