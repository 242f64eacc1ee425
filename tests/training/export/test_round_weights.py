from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("nncf")

from core.errors import BundleInvalid
from tests.training.export.blocks import answers, maps, residual_network
from training.export import openvino as export
from training.export.graph import CONVOLUTIONS, source
from training.export.round_weights import round_weights

BATCHES = np.split(maps(0, 64), 8)


@pytest.fixture(scope="module")
def reference() -> Any:
    return residual_network()


@pytest.fixture
def quantized(reference: Any) -> Any:
    """As NNCF leaves it: every weight at its nearest step."""
    return export.quantize(reference, list(maps(0)))


def differences(quantized: Any, reference: Any) -> NDArray[np.float32]:
    """On maps that it was not fitted on, (n, 6, 8, 8)."""
    return np.asarray(answers(quantized, maps(1)) - answers(reference, maps(1)))


def steps(model: Any) -> dict[str, NDArray[np.int8]]:
    """The whole numbers that convolutions have for weights, by name."""
    nodes = [each for each in model.get_ordered_ops() if each.get_type_name() in CONVOLUTIONS]
    weights = {each.get_friendly_name(): source(source(each, 1), 0) for each in nodes}
    return {name: source(each, 0).get_data().copy() for name, each in weights.items()}


def test_int8_is_nearer_to_fp32_on_maps_that_it_was_not_fitted_on(
    quantized: Any, reference: Any
) -> None:
    before = differences(quantized, reference)
    round_weights(quantized, reference, BATCHES)
    after = differences(quantized, reference)
    assert np.square(after).mean() < 0.8 * np.square(before).mean()
    assert np.abs(after.mean((0, 2, 3))).max() < 0.02  # the biases take what is left in the mean


def test_weights_stay_whole_numbers_within_seven_bits(quantized: Any, reference: Any) -> None:
    before = steps(quantized)
    round_weights(quantized, reference, BATCHES)
    after = steps(quantized)
    assert len(after) == 5
    for name, whole in after.items():
        assert whole.dtype == np.int8
        if whole.ndim == 4:
            assert np.abs(whole).max() <= 63  # two products must fit in 16 bits
            assert (whole != before[name]).any()
        else:
            np.testing.assert_array_equal(whole, before[name])


def test_fp32_stays_as_it_is(quantized: Any, reference: Any) -> None:
    before = answers(reference, maps(1))
    round_weights(quantized, reference, BATCHES)
    np.testing.assert_array_equal(answers(reference, maps(1)), before)


@pytest.mark.parametrize("value", [0.0, 0.7])
def test_crops_that_say_nothing_end_in_an_error_that_names_the_layer(
    quantized: Any, reference: Any, value: float
) -> None:
    with pytest.raises(BundleInvalid, match=r"Convolution '.+' gets the same inputs"):
        round_weights(quantized, reference, [np.full_like(BATCHES[0], value)])
