from __future__ import annotations

import numpy as np
import pytest

from training.frozen.head import fit_heads


def _data(n: int = 400, d: int = 6) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    fake = random.random(n) < 0.5
    features = random.normal(size=(n, d))
    features[:, 0] += 2 * fake
    features = features * 10.0 ** np.arange(-2, d - 2) + np.arange(d)  # of unlike scales
    features[:, 5] = 3  # constant: it says nothing
    return features.astype(np.float16), fake


def test_the_head_is_that_of_scikit_learn_on_standardized_features() -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    features, fake = _data()
    (head,) = fit_heads(features, fake, np.ones(len(fake)), (0.01,))
    rows = StandardScaler().fit_transform(features.astype(np.float64))
    model = LogisticRegression(C=1 / (0.01 * len(fake)), tol=1e-8).fit(rows, fake)
    assert head.logits(features) == pytest.approx(model.decision_function(rows), abs=0.05)
    assert head.kernel[5] == 0


def test_a_stronger_penalty_gives_smaller_weights_in_the_order_asked_for() -> None:
    features, fake = _data()
    heads = fit_heads(features, fake, np.ones(len(fake)), (1.0, 0.01, 100.0))
    spread = [float(head.logits(features).std()) for head in heads]
    assert spread[1] > 2 * spread[0] > 4 * spread[2]


def test_a_picture_that_counts_nothing_changes_nothing() -> None:
    features, fake = _data()
    weights = np.where(np.arange(len(fake)) < 200, 1.0, 0.0)
    wrong = np.where(weights > 0, fake, ~fake)
    (head,) = fit_heads(features, wrong, weights, (0.1,))
    (alone,) = fit_heads(features[:200], fake[:200], np.ones(200), (0.1,))
    assert head.kernel == pytest.approx(alone.kernel, abs=1e-6)


def test_a_picture_of_twice_the_weight_counts_as_two() -> None:
    features, fake = _data()
    weights = np.where(np.arange(len(fake)) < 100, 2.0, 1.0)
    twice = np.r_[np.arange(len(fake)), np.arange(100)]
    (weighed,) = fit_heads(features, fake, weights, (0.1,))
    (copied,) = fit_heads(features[twice], fake[twice], np.ones(len(twice)), (0.1,))
    assert weighed.logits(features) == pytest.approx(copied.logits(features), abs=0.02)
