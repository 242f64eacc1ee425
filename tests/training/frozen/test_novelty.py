from __future__ import annotations

import numpy as np
import pytest

from core.model.bundle import NOVELTY_OUTPUT
from core.openvino_core import openvino_core, ov
from training.export.novelty import FEWEST_CROPS
from training.frozen.novelty import ScaledSpace


def _features(n: int = FEWEST_CROPS) -> np.ndarray:
    """Six features of unlike scales, one of them constant."""
    rows = np.random.default_rng(0).normal(size=(n, 6)) * [0.01, 0.1, 1, 10, 30, 0] + 3
    return rows.astype(np.float16)


def test_the_nodes_answer_what_numpy_does() -> None:
    space = ScaledSpace.fit(_features())
    rows = ov.opset13.parameter([-1, 6], ov.Type.f32)
    model = ov.Model([space.node(rows)], [rows], "novelty")
    assert model.output(0).get_names() == {NOVELTY_OUTPUT}
    asked = np.concatenate([_features(20), _features(20) + np.float16(5)])
    exact = {"INFERENCE_PRECISION_HINT": "f32"}  # else bfloat16 where the CPU has it
    answers = openvino_core().compile_model(model, "CPU", exact)([asked.astype(np.float32)])[0]
    assert answers.shape == (40, 1)
    assert answers[:, 0] == pytest.approx(space.novelty(asked), rel=1e-2, abs=1e-2)
    assert (answers >= 0).all()


def test_crops_like_those_of_training_are_at_one_and_others_far_in_any_feature() -> None:
    space = ScaledSpace.fit(_features())
    assert space.novelty(_features()).mean() == pytest.approx(1, rel=0.3)
    for feature, scale in enumerate((0.01, 0.1, 1, 10, 30)):
        strange = np.full((1, 6), 3, np.float16)
        strange[0, feature] += 20 * scale
        assert space.novelty(strange)[0] > 10
