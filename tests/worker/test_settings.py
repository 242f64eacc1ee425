"""Settings are checked at start, not when they are first used."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from core.errors import ConfigurationError
from core.options import Queue
from tests.credentials_factory import authority
from worker.decoder.trust import SHIPPED
from worker.settings import WorkerSettings


def test_they_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPFAKE_REDIS_URL", "redis://example.test/1")
    monkeypatch.setenv("DEEPFAKE_CONCURRENCY", "3")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1,2")
    settings = WorkerSettings()
    assert settings.redis_url == "redis://example.test/1"
    assert settings.concurrency == 3
    assert settings.cuda_visible_devices == "1,2"


def test_a_file_of_trusted_certificates_is_looked_into_at_start(tmp_path: Path) -> None:
    file = tmp_path / "anchors.pem"
    for content in ("", "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n"):
        file.write_text(content)
        with pytest.raises(ValidationError, match="no file of certificates"):
            WorkerSettings.model_validate({"c2pa_trust_anchors": file})
    with pytest.raises(ValidationError, match="cannot be read"):
        WorkerSettings.model_validate({"c2pa_trust_anchors": tmp_path / "none.pem"})
    file.write_text("## Test Authority\n" + authority().root)
    assert WorkerSettings.model_validate({"c2pa_trust_anchors": file}).c2pa_trust_anchors == file


def test_the_list_that_ships_is_trusted_unless_another_one_or_none_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert WorkerSettings().c2pa_trust_anchors == SHIPPED
    monkeypatch.setenv("DEEPFAKE_C2PA_TRUST_ANCHORS", "none")
    assert WorkerSettings().c2pa_trust_anchors is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("concurrency", 0),
        ("lease_s", 0),
        ("decode_deadline_s", -1),
        ("decoder_memory_bytes", 1000),
        ("queues", "interactive;batch"),
        ("queues", "intractive"),
        ("queues", ""),
        ("queues", "interactive,"),
        ("log_level", "LOUD"),
    ],
)
def test_what_makes_no_sense_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValidationError):
        WorkerSettings.model_validate({name: value})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("batch", (Queue.BATCH,)),
        ("batch, interactive", (Queue.INTERACTIVE, Queue.BATCH)),
        ("batch,batch", (Queue.BATCH,)),
    ],
)
def test_queues_are_kept_in_the_order_in_which_they_are_served(
    monkeypatch: pytest.MonkeyPatch, value: str, expected: tuple[Queue, ...]
) -> None:
    monkeypatch.setenv("DEEPFAKE_QUEUES", value)
    assert WorkerSettings.load().queues == expected
    monkeypatch.delenv("DEEPFAKE_QUEUES")
    assert WorkerSettings.load().queues == tuple(Queue)


def test_a_queue_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPFAKE_QUEUES", "interactive,intractive")
    with pytest.raises(ConfigurationError, match=r"no queue 'intractive'; write one or more of"):
        WorkerSettings.load()
