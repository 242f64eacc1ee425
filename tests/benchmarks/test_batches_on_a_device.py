from __future__ import annotations

import keras
import numpy as np
import pytest

from benchmarks.batches_on_a_device import PREDICT, first_answer, in_policy, row


def test_half_precision_keeps_the_weights_and_changes_what_layers_compute_in() -> None:
    inputs = keras.Input((4,))
    network = keras.Model(inputs, keras.layers.Dense(1)(inputs))
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        half = in_policy(network)
    finally:
        keras.config.set_dtype_policy(before)
    assert half.layers[-1].compute_dtype == "bfloat16"
    assert np.array_equal(half.get_weights()[0], network.get_weights()[0])
    x = np.random.default_rng(0).random((3, 4), np.float32)
    answers = [first_answer(each(x, training=False)) for each in (half, network)]
    assert answers[0] == pytest.approx(answers[1], rel=0.02, abs=0.02)


def test_a_network_with_several_outputs_answers_with_its_logit() -> None:
    outputs = {"novelty": np.zeros((2, 1)), "logit": np.array([[1.5], [2.5]])}
    assert first_answer(outputs).tolist() == [1.5, 2.5]


def test_a_row_shows_each_rate_beside_that_of_predict() -> None:
    assert row(8, {PREDICT: 10.0, "XLA": 25.0}) == "| 8 | 10 (1.00) | 25 (2.50) |"
