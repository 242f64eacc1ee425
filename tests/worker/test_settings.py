"""Settings are checked at start, not when they are first used."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from worker.settings import WorkerSettings


def test_they_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPFAKE_REDIS_URL", "redis://example.test/1")
    monkeypatch.setenv("DEEPFAKE_CONCURRENCY", "3")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1,2")
    settings = WorkerSettings()
    assert settings.redis_url == "redis://example.test/1"
    assert settings.concurrency == 3
    assert settings.cuda_visible_devices == "1,2"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("concurrency", 0),
        ("lease_s", 0),
        ("decode_deadline_s", -1),
        ("decoder_memory_bytes", 1000),
        ("queues", "interactive;batch"),
        ("log_level", "LOUD"),
    ],
)
def test_what_makes_no_sense_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValidationError):
        WorkerSettings.model_validate({name: value})
