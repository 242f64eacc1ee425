from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit, logsumexp

from core.errors import ConfigurationError
from tests.training.pictures import tiny_network
from tests.training.trained_networks import SIZE, striped
from training.export.expert_scales import Scale, fit_scales, rescaled

TRUE = np.array([[2.5, -1.0], [0.6, 0.5]])  # slope and offset of each expert


@pytest.fixture(scope="module")
def logits() -> NDArray[np.float64]:
    return np.random.default_rng(2).normal(-1, 3, (20_000, 2))


@pytest.fixture(scope="module")
def fake(logits: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Drawn with the odds that the two have on their true scales."""
    odds = logsumexp(logits * TRUE[:, 0] + TRUE[:, 1], axis=1)
    return np.asarray(np.random.default_rng(3).random(len(logits)) < expit(odds), np.bool_)


def test_the_scales_that_made_the_labels_are_found(
    logits: NDArray[np.float64], fake: NDArray[np.bool_]
) -> None:
    scales = fit_scales(logits, fake, np.ones(len(fake)))
    np.testing.assert_allclose(np.array(scales), TRUE, atol=0.15)


def test_pictures_of_no_weight_have_no_say(
    logits: NDArray[np.float64], fake: NDArray[np.bool_]
) -> None:
    wrong = np.concatenate([fake, ~fake[:5000]])
    weights = np.concatenate([np.ones(len(fake)), np.zeros(5000)])
    scales = fit_scales(np.concatenate([logits, logits[:5000]]), wrong, weights)
    np.testing.assert_allclose(np.array(scales), TRUE, atol=0.15)


def test_one_class_alone_is_refused(logits: NDArray[np.float64]) -> None:
    with pytest.raises(ConfigurationError, match="one class is missing"):
        fit_scales(logits, np.ones(len(logits), np.bool_), np.ones(len(logits)))


def test_a_rescaled_network_answers_on_the_new_scale_and_the_old_one_stays() -> None:
    pytest.importorskip("tensorflow")
    network = striped(tiny_network())
    tensor = np.random.default_rng(4).uniform(-1, 1, (3, SIZE, SIZE, 3)).astype(np.float32)
    before = network(tensor, training=False).numpy()
    after = rescaled(network, Scale(1.7, -0.4))(tensor, training=False).numpy()
    np.testing.assert_allclose(after, 1.7 * before - 0.4, rtol=1e-4, atol=1e-5)
    assert np.array_equal(network(tensor, training=False).numpy(), before)
