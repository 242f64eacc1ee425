from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model.rules import Thresholds
from core.result import Label, Reason
from core.verdict import decide
from tests.core.evidence_factory import crop, evidence

BAND = Thresholds(fake=0.8, real=0.2)


def test_a_file_without_a_face_is_inconclusive_and_has_no_number() -> None:
    verdict = decide(evidence([[], []]), [], BAND)
    assert verdict.label is Label.INCONCLUSIVE
    assert verdict.reasons == (Reason.NO_FACE,)
    assert verdict.fake_probability is None
    assert verdict.confidence is None


def test_the_score_is_the_mean_over_frames() -> None:
    verdict = decide(evidence([[crop()], [crop()], [crop()]]), [0.9, 0.8, 1.0], BAND)
    assert verdict.label is Label.FAKE
    assert verdict.fake_probability == pytest.approx(0.9)
    assert verdict.confidence == pytest.approx(0.9)


def test_the_most_suspicious_identity_speaks_for_the_file() -> None:
    frames = [[crop(0), crop(1)]] * 3
    verdict = decide(evidence(frames), [0.05, 0.9] * 3, BAND)
    assert verdict.label is Label.FAKE
    assert verdict.fake_probability == pytest.approx(0.9)


def test_a_face_that_appears_once_does_not_speak_for_the_file() -> None:
    frames = [[crop(0)] for _ in range(9)] + [[crop(0), crop(1)]]
    verdict = decide(evidence(frames), [0.1] * 10 + [0.99], BAND)
    assert verdict.label is Label.REAL


def test_when_every_face_appears_once_all_of_them_count() -> None:
    frames = [[crop(n)] for n in range(10)]
    verdict = decide(evidence(frames), [0.1] * 9 + [0.99], BAND)
    assert verdict.label is Label.FAKE


@pytest.mark.parametrize(
    ("probability", "label"),
    [(0.8, Label.FAKE), (0.2, Label.REAL), (0.79, Label.INCONCLUSIVE), (0.21, Label.INCONCLUSIVE)],
)
def test_thresholds_belong_to_the_verdicts(probability: float, label: Label) -> None:
    assert decide(evidence([[crop()]]), [probability], BAND).label is label


def test_a_band_between_the_thresholds_is_named_as_the_reason() -> None:
    verdict = decide(evidence([[crop()]]), [0.5], BAND)
    assert verdict.reasons == (Reason.NEAR_THRESHOLD,)


def test_tiny_faces_are_not_judged() -> None:
    verdict = decide(evidence([[crop(width_px=20)]]), [0.99], BAND)
    assert verdict.label is Label.INCONCLUSIVE
    assert verdict.reasons == (Reason.LOW_QUALITY,)
    assert verdict.confidence == pytest.approx(0.99)


def test_frames_that_contradict_each_other_are_not_averaged_into_a_verdict() -> None:
    verdict = decide(
        evidence([[crop()]] * 10), [0.99] * 7 + [0.1] * 3, Thresholds(fake=0.7, real=0.2)
    )
    assert verdict.label is Label.INCONCLUSIVE
    assert verdict.reasons == (Reason.FRAMES_DISAGREE,)


@pytest.mark.parametrize(("covered_s", "missed"), [(4.8, 5), (10.8, 6)])
def test_a_film_of_which_less_than_half_decodes_is_not_judged(
    covered_s: float, missed: int
) -> None:
    half = evidence([[crop()]] * 5, covered_s=covered_s, moments_missed=missed)
    verdict = decide(half, [0.99] * 5, BAND)
    assert verdict.label is Label.INCONCLUSIVE
    assert verdict.reasons == (Reason.PARTLY_UNREADABLE,)
    assert verdict.fake_probability == pytest.approx(0.99)


def test_a_film_that_misses_one_moment_of_ten_is_judged() -> None:
    verdict = decide(evidence([[crop()]] * 9, moments_missed=1), [0.99] * 9, BAND)
    assert verdict.label is Label.FAKE


def test_a_film_of_one_long_picture_is_judged_although_it_has_few_frames() -> None:
    verdict = decide(evidence([[crop()]]), [0.99], BAND)
    assert verdict.label is Label.FAKE


def test_a_film_without_a_face_is_not_called_unreadable() -> None:
    assert decide(evidence([[]] * 10), [], BAND).reasons == (Reason.NO_FACE,)


def test_a_film_without_a_face_in_the_part_that_decodes_gives_both_reasons() -> None:
    verdict = decide(evidence([[]] * 3, covered_s=2.4, moments_missed=7), [], BAND)
    assert verdict.reasons == (Reason.NO_FACE, Reason.PARTLY_UNREADABLE)


def test_confidence_in_real_is_the_probability_of_real() -> None:
    assert decide(evidence([[crop()]]), [0.1], BAND).confidence == pytest.approx(0.9)


def test_a_score_too_few_is_an_error_and_not_a_shifted_verdict() -> None:
    with pytest.raises(ValueError, match="shorter"):
        decide(evidence([[crop()], [crop()]]), [0.9], BAND)


@given(st.lists(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1)), max_size=4), max_size=10))
def test_confidence_always_fits_the_label(faces: list[list[tuple[int, float]]]) -> None:
    frames = [[crop(identity) for identity, _ in frame] for frame in faces]
    verdict = decide(evidence(frames), [p for frame in faces for _, p in frame], BAND)
    if verdict.label is Label.INCONCLUSIVE:
        assert verdict.reasons
    else:
        assert not verdict.reasons
        assert verdict.confidence is not None
        assert verdict.confidence >= 0.8 - 1e-9
