from __future__ import annotations

from pathlib import Path

import pytest

from core.model.bundle import RuntimeName
from deepfake.doctor import probe as module
from deepfake.doctor.probe import probe


def test_a_runtime_answers_the_self_test_in_a_process_of_its_own(verified_bundle: Path) -> None:
    assert probe(RuntimeName.OPENVINO_FP32, verified_bundle)["difference"] < 0.05


def test_tensorflow_tells_its_version_and_its_gpus() -> None:
    answer = probe(RuntimeName.TENSORFLOW, None)
    assert answer["version"][0].isdigit()
    assert isinstance(answer["gpus"], list)


def test_what_a_bundle_lacks_is_an_error_and_no_crash(tiny_bundle: Path) -> None:
    assert "no self-test" in probe(RuntimeName.OPENVINO_FP32, tiny_bundle)["error"]
    assert "no artifact" in probe(RuntimeName.OPENVINO_INT8, tiny_bundle)["error"]


def test_a_trial_that_hangs_or_dies_is_told(
    tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "is missing" in probe(RuntimeName.OPENVINO_FP32, Path("/nowhere"))["error"]
    monkeypatch.setattr(module, "PROBE_TIMEOUT_S", 0.05)
    assert "did not answer within 0.05 s" in probe(RuntimeName.OPENVINO_FP32, tiny_bundle)["error"]
