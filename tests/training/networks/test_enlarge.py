from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import ConfigurationError
from training.networks.enlarge import cubic_weights, enlarged, is_learned

keras = pytest.importorskip("keras")
PICTURES = np.random.default_rng(0).uniform(-1, 1, (2, 32, 32, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def network() -> Any:
    crops = keras.Input((32, 32, 3))
    return keras.Model(crops, enlarged(crops, 46))


def test_it_enlarges_as_opencv_does(network: Any) -> None:
    def expected(picture: NDArray[np.float32]) -> Any:
        return cv2.resize(picture, (46, 46), interpolation=cv2.INTER_CUBIC)

    larger = network(PICTURES).numpy()
    np.testing.assert_allclose(larger, np.stack([expected(each) for each in PICTURES]), atol=1e-5)


def test_an_even_picture_stays_even() -> None:
    np.testing.assert_allclose(cubic_weights(224, 320).sum(0), 1, atol=1e-6)


def test_its_weights_are_no_weights_to_learn(network: Any) -> None:
    assert network.trainable_weights == []
    assert [layer.name for layer in network.layers if is_learned(layer)] == [network.layers[0].name]


@pytest.mark.parametrize(("size", "told"), [(32, "have 32"), (48, "have 48"), (None, "any size")])
def test_a_size_that_is_open_or_not_smaller_is_refused(size: int | None, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        enlarged(keras.Input((size, size, 3)), 32)
