from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.export.gptq import Matrix, gptq

LIMIT = 63


def inputs_that_move_together(seed: int, channels: int = 12) -> Matrix:
    """(channels, 4000): a few causes, and some noise of each channel's own."""
    random = np.random.default_rng(seed)
    causes = random.normal(size=(channels, 3)) @ random.normal(size=(3, 4000))
    return np.asarray(causes + 0.1 * random.normal(size=causes.shape))


def lost(rounded: Matrix, weights: Matrix, inputs: Matrix) -> float:
    return float(np.square((rounded - weights) @ inputs).mean())


@given(st.integers(0, 2**32 - 1))
def test_answers_are_nearer_than_with_the_nearest_steps(seed: int) -> None:
    inputs = inputs_that_move_together(seed)
    weights = np.random.default_rng(seed).uniform(-20, 20, (16, len(inputs)))
    rounded = gptq(weights, np.cov(inputs), LIMIT)
    assert lost(rounded, weights, inputs) < 0.7 * lost(np.rint(weights), weights, inputs)
    np.testing.assert_array_equal(rounded, np.rint(rounded))


def test_without_anything_in_common_they_are_the_nearest_steps() -> None:
    weights = np.random.default_rng(0).uniform(-20, 20, (5, 7))
    rounded = gptq(weights, np.diag(np.arange(1.0, 8.0)), LIMIT)
    np.testing.assert_array_equal(rounded, np.rint(weights))


def test_whole_numbers_stay_and_the_caller_keeps_what_it_gave() -> None:
    weights = np.random.default_rng(0).integers(-63, 64, (5, 12)).astype(np.float64)
    given_, covariance = weights.copy(), np.cov(inputs_that_move_together(0))
    np.testing.assert_array_equal(gptq(weights, covariance, LIMIT), given_)
    np.testing.assert_array_equal(weights, given_)


@pytest.mark.parametrize("limit", [1, 7, 63])
def test_no_step_lies_beyond_the_limit(limit: int) -> None:
    weights = np.random.default_rng(0).normal(0, 50, (5, 12))
    rounded = gptq(weights, np.cov(inputs_that_move_together(1)), limit)
    assert np.abs(rounded).max() == limit
