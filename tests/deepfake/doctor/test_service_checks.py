"""What the doctor says of the fences around a decoder."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import DecoderCrashed
from deepfake.doctor.check import Health
from deepfake.doctor.service_checks import check_sandbox, check_video_model
from worker.decoder.decoder import Decoder
from worker.decoder.sandbox import SECOND_FENCE, Protection


class Fenced:
    """The twin of a decoder behind some protections."""

    def __init__(self, *missing: Protection) -> None:
        self.missing = [fence.value for fence in missing]
        self.protections = frozenset(Protection) - frozenset(missing)

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("missing", "health"),
    [
        ((), Health.OK),
        (sorted(SECOND_FENCE), Health.OK),
        ((Protection.SYSTEM_CALLS,), Health.WARN),
        ((Protection.LANDLOCK_READS, Protection.MEMORY), Health.WARN),
    ],
    ids=["none", "what newer kernels have", "the first fence", "one of each"],
)
def test_protections_that_are_missing_are_named(
    monkeypatch: pytest.MonkeyPatch, missing: tuple[Protection, ...], health: Health
) -> None:
    monkeypatch.setattr(Decoder, "start", lambda _config: Fenced(*missing))
    check = check_sandbox()
    assert check.health is health
    assert all(fence in check.detail for fence in missing)


def test_a_video_model_that_is_missing_says_how_to_make_it_and_how_to_go_without() -> None:
    (check,) = check_video_model("no-such-model")
    assert (check.name, check.health) == ("video model", Health.FAIL)
    assert "No model bundle 'no-such-model'" in check.detail
    assert "unset DEEPFAKE_VIDEO_MODEL" in check.hint


def test_a_video_model_is_checked_in_its_own_runtimes(verified_bundle: Path) -> None:
    model, runtime = check_video_model(str(verified_bundle))
    assert (model.health, model.detail) == (Health.OK, "brightness 1: all hashes match")
    assert (runtime.name, runtime.health) == ("video openvino-fp32", Health.OK)


def test_a_decoder_that_does_not_start_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_config: object) -> None:
        raise DecoderCrashed("The decoder exited with code 1.")

    monkeypatch.setattr(Decoder, "start", start)
    check = check_sandbox()
    assert (check.health, check.detail) == (
        Health.FAIL,
        "it does not start: The decoder exited with code 1.",
    )
