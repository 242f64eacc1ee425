"""What the report says must not be more than what was measured."""

from __future__ import annotations

from typing import Any

import pytest

from api.report import words
from api.schemas import Media
from core.provenance import Credentials, CredentialState, NotChecked, Provenance
from core.result import ExpectedError, Label, Model, Reason, Result, Thresholds

ERROR = ExpectedError(rate=0.05, low=0.023, high=0.105, files=120, of="videos")


def result(verdict: Label, p: float | None, **changes: Any) -> Result:
    fields: dict[str, Any] = {
        "verdict": verdict,
        "reasons": [],
        "fake_probability": p,
        "confidence": p,
        "calibrated": True,
        "thresholds": Thresholds(fake=0.8, real=0.2),
        "expected_error": ERROR,
        "frames_requested": 10,
        "frames_decoded": 10,
        "frames_scored": 10,
        "frames": [],
        "model": Model(name="m", version="1", sha256="ab", runtime="openvino-int8"),
        "timings_ms": {},
    }
    return Result(**{**fields, **changes})


def media(**facts: Any) -> Media:
    return Media(kind="video", container="mp4", sha256="ab", size=1, **facts)


def test_a_verdict_claims_no_certainty() -> None:
    assert words.verdict(result(Label.FAKE, 0.931)) == "Likely manipulated."
    assert "no proof" in words.verdict(result(Label.REAL, 0.1))
    assert words.verdict(result(Label.INCONCLUSIVE, None)) == "Cannot tell."


def test_the_figures_come_with_the_threshold_that_decided() -> None:
    said = words.figures(result(Label.FAKE, 0.931))
    assert "93.1 %" in said
    assert "threshold of 80.0 %" in said
    between = words.figures(result(Label.INCONCLUSIVE, 0.5))
    assert "20.0 % for real and 80.0 % for fake" in between
    assert "not calibrated" in words.figures(result(Label.FAKE, 0.9, calibrated=False))
    assert "no probability" in words.figures(result(Label.INCONCLUSIVE, None))


def test_a_figure_is_never_rounded_over_a_threshold() -> None:
    assert "79.996 %" in words.figures(result(Label.INCONCLUSIVE, 0.79996))


def test_the_error_rate_is_what_was_measured_or_said_to_be_unknown() -> None:
    assert "wrong on 6 of 120 videos (2 to 10 %)" in words.error_rate(result(Label.FAKE, 0.9))
    unknown = words.error_rate(result(Label.FAKE, 0.9, expected_error=None))
    assert unknown.endswith("was not measured.")
    assert "no verdict" in words.error_rate(result(Label.INCONCLUSIVE, 0.5, expected_error=None))


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_sentence(reason: Reason) -> None:
    assert words.reason(reason).endswith(".")
    assert words.reason("of_tomorrow") == words.note("of_tomorrow") == "of_tomorrow"


@pytest.mark.parametrize("state", CredentialState)
def test_every_state_of_credentials_has_a_sentence(state: CredentialState) -> None:
    told = words.credentials(Provenance(c2pa=Credentials(state=state)))
    assert "C2PA" in told
    assert told.endswith(".")


@pytest.mark.parametrize("reason", NotChecked)
def test_credentials_that_were_not_checked_come_with_the_reason(reason: NotChecked) -> None:
    assert words.credentials(Provenance.not_checked(reason)).count(".") == 2


def test_neither_no_credentials_nor_valid_ones_say_what_is_true() -> None:
    def told(state: CredentialState) -> str:
        return words.credentials(Provenance(c2pa=Credentials(state=state)))

    assert "says nothing" in told(CredentialState.NONE)
    assert "not that what it shows is true" in told(CredentialState.VALID)
    assert "Nobody looked" in words.credentials(None)


def test_what_was_not_checked_begins_with_the_frames_between() -> None:
    sentences = words.not_checked(media(frames_total=1372), result(Label.FAKE, 0.9))
    assert sentences[0] == "All but 10 of the 1,372 frames of the film."
    assert any("Sound" in sentence for sentence in sentences)
    assert words.not_checked(media(), result(Label.FAKE, 0.9)) == sentences[1:]
