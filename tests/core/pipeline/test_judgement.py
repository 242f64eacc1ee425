"""A bundle with numbers of its own for videos, from its file to the result."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.evidence import Evidence
from core.media.sniff import Kind
from core.model.runtimes import load_detector
from core.pipeline.judgement import judge
from core.result import Result
from tests.core.bundle_factory import write_bundle
from tests.core.evidence_factory import crop, evidence

FIT = {"slope": 1.0, "intercept": 0.0, "fitted_on": "nothing"}
CELL = {"kind": "video", "face_width_px": [90, None], "files": 130, "decided": 120, "wrong": 6}
# The network's logit is 8 * brightness in [-1, 1], and its novelty the square of that.
FIELDS = {
    "calibration": {**FIT, "video": {**FIT, "slope": 2.0}},
    "thresholds": {"fake": 0.8, "real": 0.2, "video": {"fake": 0.95, "real": 0.05}},
    "novelty": {"limit": 9.0, "rate": 0.02, "fitted_on": "nothing"},
    "expected_error": [CELL],
}


def judged(seen: Evidence, folder: Path) -> Result:
    bundle = write_bundle(folder, **FIELDS)
    detector = load_detector(bundle)
    return judge(seen, detector, bundle, detector.runtime.name, {})


def test_a_video_gets_its_own_calibration_thresholds_and_expected_error(tmp_path: Path) -> None:
    result = judged(evidence([[crop(grey=160)]] * 3), tmp_path)
    assert result.frames[0].fake_probability == pytest.approx(0.885, abs=0.005)  # logit 2.04
    assert result.fake_probability == pytest.approx(0.983, abs=0.002)  # of twice that
    assert (result.verdict, result.thresholds.fake) == ("fake", 0.95)
    assert result.expected_error is not None
    assert (result.expected_error.rate, result.expected_error.files) == (0.05, 120)


def test_the_same_face_in_a_still_is_judged_as_a_picture(tmp_path: Path) -> None:
    result = judged(evidence([[crop(grey=160)]], kind=Kind.IMAGE), tmp_path)
    assert result.fake_probability == pytest.approx(0.885, abs=0.005)
    assert (result.verdict, result.thresholds.fake) == ("fake", 0.8)
    assert result.expected_error is None


def test_what_is_unlike_the_training_data_gets_no_verdict(tmp_path: Path) -> None:
    result = judged(evidence([[crop(grey=200)]] * 3), tmp_path)  # logit 4.5, novelty 20.6
    assert (result.verdict, result.reasons) == ("inconclusive", ["unlike_training"])
    assert result.expected_error is None
    assert result.fake_probability == pytest.approx(0.9999, abs=0.0001)
