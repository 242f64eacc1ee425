from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core import jpeg
from core.errors import ExplanationUnavailable, InferenceFailed, RuntimeUnavailable
from core.model.bundle import RuntimeName
from core.model.detector import Answers, Detector, self_test, self_test_tensor
from core.model.runtimes import choose, load_detector
from tests.core.bundle_factory import SIZE, write_bundle


class Echo:
    """A runtime that answers with what it was told to."""

    name = RuntimeName.TENSORFLOW

    def __init__(self, *answers: float, novelty: Sequence[float] | None = None) -> None:
        self.answers = np.array(answers, np.float32)
        self.novelty = None if novelty is None else np.array(novelty, np.float32)

    def predict(self, tensor: NDArray[np.float32], *, maps: bool = False) -> Answers:
        novelty = None if self.novelty is None else self.novelty[: len(tensor)]
        heat = self.explain(tensor) if maps else None
        return Answers(self.answers[: len(tensor)], novelty, heat)

    def explain(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.broadcast_to(self.answers[: len(tensor), None, None], (len(tensor), 2, 2))


def grey(value: int) -> bytes:
    return jpeg.encode(np.full((SIZE, SIZE, 3), value, np.uint8))


def test_a_real_network_scores_each_crop(tmp_path: Path) -> None:
    detector = load_detector(write_bundle(tmp_path))
    detector.warm_up((1, 3))
    dark, middle, bright = detector.probability([grey(0), grey(127), grey(255)])
    assert dark < 0.001
    assert middle == pytest.approx(0.5, abs=0.02)
    assert bright > 0.999


def test_no_crops_give_no_scores(tmp_path: Path) -> None:
    assert Detector(write_bundle(tmp_path), Echo()).probability([]).shape == (0,)


def test_a_score_is_the_logit_of_fake_before_calibration(tmp_path: Path) -> None:
    platt = {"slope": 0.5, "intercept": 1.0, "fitted_on": "nothing"}
    bundle = write_bundle(tmp_path, positive_class="real", calibration=platt)
    scores = Detector(bundle, Echo(2.0)).score([grey(0)])
    assert scores.logit.tolist() == [-2.0]
    assert scores.novelty is None


def test_a_probability_is_turned_into_a_logit(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path, output="probability")
    assert Detector(bundle, Echo(0.75)).score([grey(0)]).logit[0] == pytest.approx(np.log(3))


def test_the_novelty_of_each_crop_comes_with_its_score(tmp_path: Path) -> None:
    scores = Detector(write_bundle(tmp_path), Echo(0, 0, novelty=[3.5, 0.0])).score([grey(0)] * 2)
    assert scores.novelty is not None
    assert scores.novelty.tolist() == [3.5, 0.0]


def test_a_novelty_that_is_no_number_is_an_error_and_no_score(tmp_path: Path) -> None:
    with pytest.raises(InferenceFailed, match="1 of 1 values not finite"):
        Detector(write_bundle(tmp_path), Echo(0, novelty=[float("inf")])).score([grey(0)])


def test_a_network_whose_positive_class_is_real_is_turned_round(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path, positive_class="real", output="probability")
    assert Detector(bundle, Echo(0.9)).probability([grey(0)])[0] == pytest.approx(0.1, abs=1e-6)


def test_calibration_is_applied_to_the_logit_of_fake(tmp_path: Path) -> None:
    platt = {"slope": 0.5, "intercept": 1.0, "fitted_on": "nothing"}
    bundle = write_bundle(tmp_path, positive_class="real", calibration=platt)
    expected = 1 / (1 + np.exp(-(0.5 * -2.0 + 1.0)))
    assert Detector(bundle, Echo(2.0)).probability([grey(0)])[0] == pytest.approx(expected)


def test_extreme_outputs_stay_finite(tmp_path: Path) -> None:
    logits = Detector(write_bundle(tmp_path), Echo(-1e30, 1e30))
    assert logits.probability([grey(0), grey(0)]).tolist() == [0.0, 1.0]
    bundle = write_bundle(tmp_path, output="probability")
    scores = Detector(bundle, Echo(0.0, 1.0)).probability([grey(0), grey(0)])
    assert scores == pytest.approx([0, 1], abs=1e-6)


def test_a_network_that_answers_nan_is_an_error_and_no_score(tmp_path: Path) -> None:
    with pytest.raises(InferenceFailed, match="1 of 1 values not finite"):
        Detector(write_bundle(tmp_path), Echo(float("nan"))).probability([grey(0)])


def test_a_probability_outside_its_range_is_an_error_and_no_score(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path, output="probability")
    with pytest.raises(InferenceFailed, match=r"declared .* probabilities"):
        Detector(bundle, Echo(1.7)).probability([grey(0)])


def test_a_map_is_in_calibrated_logits_of_fake(tmp_path: Path) -> None:
    platt = {"slope": 0.5, "intercept": 1.0, "fitted_on": "nothing"}
    bundle = write_bundle(tmp_path, positive_class="real", calibration=platt)
    heat = Detector(bundle, Echo(2.0, -4.0)).explain([grey(0), grey(0)])
    assert heat.tolist() == [[[-1, -1], [-1, -1]], [[2, 2], [2, 2]]]


def test_a_map_that_is_not_finite_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InferenceFailed, match="4 values not finite"):
        Detector(write_bundle(tmp_path), Echo(float("nan"))).explain([grey(0)])


def test_a_bundle_without_a_second_output_still_scores_and_says_it_cannot_explain(
    tmp_path: Path,
) -> None:
    detector = load_detector(write_bundle(tmp_path))
    assert detector.probability([grey(255)])[0] > 0.99
    with pytest.raises(ExplanationUnavailable, match="no output 'cam'"):
        detector.explain([grey(255)])


def test_the_self_test_tells_a_changed_network_from_the_stored_one(tmp_path: Path) -> None:
    plain = write_bundle(tmp_path)
    with pytest.raises(RuntimeUnavailable, match="no self-test"):
        self_test(load_detector(plain))
    answer = float(load_detector(plain).runtime.predict(self_test_tensor(plain, 7)).raw[0])
    stored = {"seed": 7, "raw_output": answer, "tolerance": 0.01}
    good = write_bundle(tmp_path, self_test=stored)
    assert self_test(load_detector(good)) < 0.01
    with pytest.raises(InferenceFailed, match="was stored"):
        self_test(Detector(good, Echo(answer + 1)))


def test_a_runtime_with_an_answer_of_its_own_is_held_to_that_one(tmp_path: Path) -> None:
    answers = {"tensorflow": 2.5}
    stored = {"seed": 7, "raw_output": 1.0, "tolerance": 0.1, "answers": answers}
    bundle = write_bundle(tmp_path, self_test=stored)
    assert self_test(Detector(bundle, Echo(2.55))) == pytest.approx(0.05, abs=1e-6)
    with pytest.raises(InferenceFailed, match=r"2\.5000 ± 0\.1 was stored"):
        self_test(Detector(bundle, Echo(1.0)))


def test_auto_takes_what_the_bundle_has(tmp_path: Path) -> None:
    assert choose(write_bundle(tmp_path)) is RuntimeName.OPENVINO_FP32


def test_a_runtime_without_an_artifact_is_named(tmp_path: Path) -> None:
    with pytest.raises(RuntimeUnavailable, match="no artifact for openvino-int8"):
        choose(write_bundle(tmp_path), "openvino-int8")


def test_an_unknown_runtime_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(RuntimeUnavailable, match=r"'onnx'.*openvino-fp32"):
        choose(write_bundle(tmp_path), "onnx")


def test_maps_come_with_the_scores_where_they_are_asked_for(tmp_path: Path) -> None:
    platt = {"slope": 0.5, "intercept": 1.0, "fitted_on": "nothing"}
    bundle = write_bundle(tmp_path, positive_class="real", calibration=platt)
    detector = Detector(bundle, Echo(2.0, 4.0))
    assert detector.score([grey(0)] * 2).heat is None
    heat = detector.score([grey(0)] * 2, maps=True).heat
    assert heat is not None
    assert (heat == detector.explain([grey(0)] * 2)).all()
    assert heat[:, 0, 0].tolist() == [-1.0, -2.0]


def test_a_map_that_is_no_number_is_an_error_and_no_map(tmp_path: Path) -> None:
    with pytest.raises(InferenceFailed, match="4 values not finite"):
        Detector(write_bundle(tmp_path), Echo(float("nan"))).explain([grey(0)])


def test_a_network_without_maps_scores_all_the_same(tmp_path: Path) -> None:
    scores = load_detector(write_bundle(tmp_path)).score([grey(255)], maps=True)
    assert (len(scores), scores.heat) == (1, None)
