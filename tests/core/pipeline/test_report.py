from __future__ import annotations

import pytest

from core.media.sniff import Kind
from core.model.rules import Band, Calibration, LogitFit, Rules, Thresholds
from core.pipeline.report import media_facts_of, result_of
from core.result import Model, Result
from core.verdict import Verdict, decide
from tests.core.evidence_factory import crop, evidence, scored

BAND = Thresholds(fake=0.8, real=0.2)
RULES = Rules(None, BAND)
MODEL = Model(name="m", version="1", sha256="ab" * 32, runtime="openvino-int8")


def judged(*probabilities: float) -> Result:
    verdict = decide(evidence([[crop()]] * len(probabilities)), scored(probabilities), RULES)
    return shown(verdict)


def shown(verdict: Verdict) -> Result:
    return result_of(
        verdict, model=MODEL, calibrated=True, expected_error=None, timings_ms={"infer": 3}
    )


def test_the_result_counts_requested_decoded_and_scored_frames() -> None:
    seen = evidence([[crop()], [], [crop()]], requested=10)
    result = shown(decide(seen, scored([0.9, 0.7]), RULES))
    assert (result.frames_requested, result.frames_decoded, result.frames_scored) == (10, 3, 2)
    assert [frame.fake_probability for frame in result.frames] == [0.9, None, 0.7]
    assert result.frames[0].faces[0].box == [0.25, 0.25, 0.5, 0.5]
    assert result.timings_ms == {"infer": 3}


@pytest.mark.parametrize(
    ("probability", "label"), [(0.79996, "inconclusive"), (0.20004, "inconclusive"), (0.8, "fake")]
)
def test_no_number_that_is_shown_contradicts_the_verdict(probability: float, label: str) -> None:
    result = judged(probability)
    assert result.verdict == label
    frame = result.frames[0]
    told = (result.fake_probability, frame.fake_probability, frame.faces[0].fake_probability)
    assert told == (probability,) * 3
    assert result.confidence == max(probability, round(1 - probability, 12))


def test_the_confidence_in_real_and_the_probability_of_fake_add_up() -> None:
    result = judged(0.1234567)
    assert (result.fake_probability, result.confidence) == (0.1235, 0.8765)


def test_media_facts_are_what_the_decoder_told() -> None:
    facts = media_facts_of(evidence([[]]))
    assert (facts.kind, facts.codec, facts.duration_s) == ("video", "h264", 12.0)
    assert (facts.width, facts.height) == (1280, 720)


def test_the_media_facts_say_what_was_covered_and_what_was_not_looked_at() -> None:
    facts = media_facts_of(evidence([[crop()]]))
    assert (facts.frames_total, facts.covered_s, facts.notes) == (360, 10.8, ["audio_not_checked"])


def test_a_result_names_the_thresholds_that_hold_for_the_kind_of_its_file() -> None:
    fit = LogitFit(slope=1.0, intercept=0.0, fitted_on="nothing")
    rules = Rules(
        Calibration(**fit.model_dump(), video=fit),
        Thresholds(fake=0.8, real=0.2, video=Band(fake=0.9, real=0.4)),
    )
    for kind, fake in ((Kind.VIDEO, 0.9), (Kind.IMAGE, 0.8)):
        result = shown(decide(evidence([[crop()]], kind=kind), scored([0.99]), rules))
        assert result.thresholds.fake == fake
