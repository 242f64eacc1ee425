from __future__ import annotations

import json

import pytest

from deepfake_client.errors import ApiError
from deepfake_client.outcome import Outcome, OutcomePrinter
from deepfake_client.result import Failure

EMPTY = Failure(code="empty_media", message="The file is empty (0 bytes).", retryable=False)
RESULT = {
    "verdict": "fake", "reasons": [], "fake_probability": 0.93, "frames_scored": 9,
    "frames": [{}] * 10, "thresholds": {"fake": 0.8, "real": 0.2},
}  # fmt: skip


def test_a_judged_file_is_a_json_line_with_its_result() -> None:
    assert json.loads(Outcome("a.mp4", result=RESULT).to_json()) == {
        "file": "a.mp4",
        "result": RESULT,
    }


def test_a_json_line_says_what_the_file_is_and_what_was_not_looked_at() -> None:
    media = {"kind": "video", "covered_s": 9.0, "notes": ["audio_not_checked"]}
    line = json.loads(Outcome("a.mp4", result=RESULT, media=media).to_json())
    assert line == {"file": "a.mp4", "result": RESULT, "media": media}


def test_a_json_line_tells_of_the_origin_also_of_a_file_that_failed() -> None:
    found = {"c2pa": {"state": "none"}, "claims": []}
    for outcome in (
        Outcome("a.mp4", result=RESULT, provenance=found),
        Outcome.failed("a.mp4", EMPTY, found),
    ):
        assert json.loads(outcome.to_json())["provenance"] == found


def test_a_failed_file_is_a_json_line_with_code_and_message() -> None:
    line = json.loads(Outcome.failed("a.mp4", EMPTY).to_json())
    assert line["error"]["code"] == "empty_media"
    assert "0 bytes" in line["error"]["message"]


def test_a_refusal_keeps_the_code_of_the_service() -> None:
    refusal = ApiError(415, {"type": "/problems/unsupported_media", "detail": "no"})
    assert json.loads(Outcome.failed("a", refusal).to_json())["error"]["code"] == (
        "unsupported_media"
    )


def test_the_table_counts_failures_and_shortens_long_names(
    capsys: pytest.CaptureFixture[str],
) -> None:
    files = ["short.jpg", "x" * 200 + "end.mp4"]
    printer = OutcomePrinter(files, as_json=False)
    with printer.progress():
        printer.print(Outcome(files[0], result=RESULT))
        printer.print(Outcome.failed(files[1], EMPTY))
    header, judged, failed = capsys.readouterr().out.splitlines()
    assert header.split() == [
        "FILE", "VERDICT", "P(FAKE)", "FACES", "WHY,", "OR", "HOW", "OFTEN", "WRONG",
    ]  # fmt: skip
    assert judged.split() == ["short.jpg", "fake", "0.930", "9/10"]
    assert failed.startswith("…xxx")
    assert "end.mp4  failed" in failed
    assert printer.failures == 1


def test_no_face_shows_no_probability(capsys: pytest.CaptureFixture[str]) -> None:
    nothing = {**RESULT, "verdict": "inconclusive", "fake_probability": None,
               "reasons": ["no_face"]}  # fmt: skip
    OutcomePrinter(["a"], as_json=False).print(Outcome("a", result=nothing))
    assert capsys.readouterr().out.split() == ["a", "inconclusive", "-", "9/10", "no_face"]


def test_a_verdict_comes_with_how_often_such_verdicts_were_wrong(
    capsys: pytest.CaptureFixture[str],
) -> None:
    error = {"rate": 0.05, "low": 0.023, "high": 0.105, "files": 120, "of": "videos"}
    OutcomePrinter(["a"], as_json=False).print(
        Outcome("a", result={**RESULT, "expected_error": error})
    )
    assert capsys.readouterr().out.endswith("9/10  wrong on 6 of 120 videos (2 to 10 %)\n")


def test_a_probability_below_the_threshold_is_not_shown_as_the_threshold(
    capsys: pytest.CaptureFixture[str],
) -> None:
    near = {**RESULT, "verdict": "inconclusive", "fake_probability": 0.79996,
            "reasons": ["near_threshold"]}  # fmt: skip
    OutcomePrinter(["a"], as_json=False).print(Outcome("a", result=near))
    assert capsys.readouterr().out.split()[2] == "0.79996"
