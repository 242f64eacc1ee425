from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.evidence import Evidence
from core.media.sniff import Kind
from core.model.crop_scores import CropScores
from core.model.rules import Band, Calibration, LogitFit, Novelty, Rules, Thresholds
from core.result import Label, Reason
from core.verdict import Verdict, decide
from tests.core.evidence_factory import crop, evidence, scored

BAND = Thresholds(fake=0.8, real=0.2)


def judged(seen: Evidence, probabilities: Sequence[float], band: Thresholds = BAND) -> Verdict:
    return decide(seen, scored(probabilities), Rules(None, band))


def test_a_file_without_a_face_is_inconclusive_and_has_no_number() -> None:
    verdict = judged(evidence([[], []]), [])
    assert verdict.label is Label.INCONCLUSIVE
    assert verdict.reasons == (Reason.NO_FACE,)
    assert verdict.fake_probability is None
    assert verdict.confidence is None


def test_the_score_is_the_mean_over_frames() -> None:
    verdict = judged(evidence([[crop()], [crop()], [crop()]]), [0.9, 0.8, 1.0])
    assert verdict.label is Label.FAKE
    assert verdict.fake_probability == pytest.approx(0.9)
    assert verdict.confidence == pytest.approx(0.9)


def test_the_odds_of_two_people_are_averaged_and_the_more_suspicious_one_speaks() -> None:
    frames = [[crop(0, width_px=30), crop(1)]] * 3
    verdict = judged(evidence(frames), [0.5, 0.9] * 3)
    assert verdict.fake_probability == pytest.approx(5 / 6)  # odds of 1 : 1 and 9 : 1
    assert verdict.label is Label.FAKE
    assert verdict.speaker is not None
    assert verdict.speaker.fake_probability == pytest.approx(0.9)
    assert verdict.speaker.width_px == 120


def test_of_many_people_a_single_doubtful_one_is_no_fake() -> None:
    verdict = judged(evidence([[crop(n) for n in range(10)]]), [0.9] + [0.05] * 9)
    assert verdict.label is Label.INCONCLUSIVE
    assert verdict.reasons == (Reason.NEAR_THRESHOLD,)


def test_a_face_that_appears_once_does_not_speak_for_the_file() -> None:
    frames = [[crop(0)] for _ in range(9)] + [[crop(0), crop(1)]]
    verdict = judged(evidence(frames), [0.1] * 10 + [0.99])
    assert verdict.label is Label.REAL


def test_when_every_face_appears_once_all_of_them_count() -> None:
    frames = [[crop(n)] for n in range(10)]
    verdict = judged(evidence(frames), [0.1] * 9 + [0.99])
    assert verdict.label is Label.FAKE


@pytest.mark.parametrize(
    ("probability", "label"),
    [(0.8, Label.FAKE), (0.2, Label.REAL), (0.79, Label.INCONCLUSIVE), (0.21, Label.INCONCLUSIVE)],
)
def test_thresholds_belong_to_the_verdicts(probability: float, label: Label) -> None:
    assert judged(evidence([[crop()]]), [probability]).label is label


def test_a_band_between_the_thresholds_is_named_as_the_reason() -> None:
    verdict = judged(evidence([[crop()]]), [0.5])
    assert verdict.reasons == (Reason.NEAR_THRESHOLD,)


def test_tiny_faces_are_not_judged() -> None:
    verdict = judged(evidence([[crop(width_px=20)]]), [0.99])
    assert verdict.label is Label.INCONCLUSIVE
    assert verdict.reasons == (Reason.LOW_QUALITY,)
    assert verdict.confidence == pytest.approx(0.99)


def test_frames_that_contradict_each_other_are_not_averaged_into_a_verdict() -> None:
    wide = Thresholds(fake=0.7, real=0.2)
    verdict = judged(evidence([[crop()]] * 10), [0.99] * 7 + [0.1] * 3, wide)
    assert verdict.label is Label.INCONCLUSIVE
    assert verdict.reasons == (Reason.FRAMES_DISAGREE,)


@pytest.mark.parametrize(("covered_s", "missed"), [(4.8, 5), (10.8, 6)])
def test_a_film_of_which_less_than_half_decodes_is_not_judged(
    covered_s: float, missed: int
) -> None:
    half = evidence([[crop()]] * 5, covered_s=covered_s, moments_missed=missed)
    verdict = judged(half, [0.99] * 5)
    assert verdict.label is Label.INCONCLUSIVE
    assert verdict.reasons == (Reason.PARTLY_UNREADABLE,)
    assert verdict.fake_probability == pytest.approx(0.99)


def test_a_film_that_misses_one_moment_of_ten_is_judged() -> None:
    verdict = judged(evidence([[crop()]] * 9, moments_missed=1), [0.99] * 9)
    assert verdict.label is Label.FAKE


def test_a_film_of_one_long_picture_is_judged_although_it_has_few_frames() -> None:
    verdict = judged(evidence([[crop()]]), [0.99])
    assert verdict.label is Label.FAKE


def test_a_film_without_a_face_is_not_called_unreadable() -> None:
    assert judged(evidence([[]] * 10), []).reasons == (Reason.NO_FACE,)


def test_a_film_without_a_face_in_the_part_that_decodes_gives_both_reasons() -> None:
    verdict = judged(evidence([[]] * 3, covered_s=2.4, moments_missed=7), [])
    assert verdict.reasons == (Reason.NO_FACE, Reason.PARTLY_UNREADABLE)


def test_confidence_in_real_is_the_probability_of_real() -> None:
    assert judged(evidence([[crop()]]), [0.1]).confidence == pytest.approx(0.9)


def test_a_score_too_few_is_an_error_and_not_a_shifted_verdict() -> None:
    with pytest.raises(ValueError, match="shorter"):
        judged(evidence([[crop()], [crop()]]), [0.9])


@given(st.lists(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1)), max_size=4), max_size=10))
def test_confidence_always_fits_the_label(faces: list[list[tuple[int, float]]]) -> None:
    frames = [[crop(identity) for identity, _ in frame] for frame in faces]
    verdict = judged(evidence(frames), [p for frame in faces for _, p in frame])
    if verdict.label is Label.INCONCLUSIVE:
        assert verdict.reasons
    else:
        assert not verdict.reasons
        assert verdict.confidence is not None
        assert verdict.confidence >= 0.8 - 1e-9


VIDEO_FIT = LogitFit(slope=3.0, intercept=-0.5, fitted_on="nothing")
VIDEO_RULES = Rules(
    Calibration(slope=0.5, intercept=0.0, fitted_on="nothing", video=VIDEO_FIT),
    Thresholds(fake=0.8, real=0.2, video=Band(fake=0.9, real=0.4)),
)


def test_a_video_is_judged_by_the_mean_logit_of_a_person() -> None:
    seen = evidence([[crop()]] * 3)
    verdict = decide(seen, CropScores(np.array([2.0, -1.0, 0.5]), None), VIDEO_RULES)
    assert verdict.fake_probability == pytest.approx(1 / (1 + math.exp(-(3.0 * 0.5 - 0.5))))
    assert (verdict.thresholds.fake, verdict.thresholds.real) == (0.9, 0.4)
    assert verdict.reasons == (Reason.NEAR_THRESHOLD,)


def test_the_frames_of_a_video_are_judged_as_pictures() -> None:
    verdict = decide(evidence([[crop()]]), CropScores(np.array([2.0]), None), VIDEO_RULES)
    assert verdict.scores[0][0].fake_probability == pytest.approx(1 / (1 + math.exp(-1.0)))


def test_a_still_is_judged_by_the_rules_of_pictures() -> None:
    still = evidence([[crop()]], kind=Kind.IMAGE)
    verdict = decide(still, CropScores(np.array([2.0]), None), VIDEO_RULES)
    assert verdict.fake_probability == pytest.approx(1 / (1 + math.exp(-1.0)))
    assert verdict.thresholds.fake == 0.8


@given(st.lists(st.floats(-40, 40), min_size=1, max_size=10))
def test_an_older_bundle_judges_one_person_by_the_mean_of_the_frames(logits: list[float]) -> None:
    platt = Calibration(slope=0.98, intercept=-0.01, fitted_on="nothing")
    scores = CropScores(np.array(logits), None)
    verdict = decide(evidence([[crop()]] * len(logits)), scores, Rules(platt, BAND))
    assert verdict.fake_probability == fmean(platt.probability(scores.logit).tolist())


NOVEL = Rules(None, BAND, Novelty(limit=10.0, rate=0.02, fitted_on="nothing"))


@pytest.mark.parametrize(("novelty", "reasons"), [
    ([9.0, 11.0], ()), ([9.0, 11.1], (Reason.UNLIKE_TRAINING,)),
])  # fmt: skip
def test_a_person_who_is_unlike_the_training_data_gets_no_verdict(
    novelty: list[float], reasons: tuple[Reason, ...]
) -> None:
    verdict = decide(evidence([[crop()]] * 2), scored([0.99] * 2, novelty), NOVEL)
    assert verdict.reasons == reasons
    assert (verdict.label is Label.FAKE) == (not reasons)


def test_only_the_person_who_speaks_is_held_to_the_limit_of_novelty() -> None:
    verdict = decide(evidence([[crop(0), crop(1)]]), scored([0.01, 0.99], [90.0, 1.0]), NOVEL)
    assert verdict.label is Label.FAKE


def test_a_limit_of_novelty_without_a_novelty_is_an_error_and_no_verdict() -> None:
    with pytest.raises(ValueError, match="0 of 1 faces have a novelty"):
        decide(evidence([[crop()]]), scored([0.99]), NOVEL)
