"""Bodies of messages: the job that the API shows, without frames, and bounded."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.store.records import Job, JobStatus, summary_of
from core.store.webhook_records import Message
from tests.core.store.uploads import MEDIA
from tests.core.store.webhooks import RESULT
from worker.webhooks.payload import MOST_BYTES, body_of

NOW = datetime(2026, 11, 29, 3, 4, 5, 678000, UTC)


def job() -> Job:
    made = Job.new(media=MEDIA, tags=("holiday",))
    return replace(made, status=JobStatus.SUCCEEDED, summary=summary_of(RESULT), finished_at=NOW)


def data_of(message: Message, root_path: str = "") -> dict[str, Any]:
    data: dict[str, Any] = json.loads(body_of(message, root_path))["data"]
    return data


def test_a_body_has_type_timestamp_and_data() -> None:
    body = json.loads(body_of(Message("msg_1", "batch.finished", NOW, None, {"id": "b"})))
    assert body == {
        "type": "batch.finished", "timestamp": "2026-11-29T03:04:05.678000Z", "data": {"id": "b"},
    }  # fmt: skip


def test_links_begin_with_the_path_of_the_proxy() -> None:
    data = data_of(Message("msg_1", "job.succeeded", NOW, job(), None), "/detect")
    assert data["links"]["self"] == f"/detect/v1/jobs/{data['id']}"
    assert "frames" not in data["result"]


@given(tags=st.lists(st.text(min_size=1, max_size=64), max_size=32), told=st.text(max_size=9000))
def test_a_body_is_bounded_whatever_a_client_sent(tags: list[str], told: str) -> None:
    error = {"code": "unreadable_media", "message": told, "retryable": False}
    made = replace(job(), tags=tuple(tags), error=error)
    assert len(body_of(Message("msg_1", "job.failed", NOW, made, None)).encode()) <= MOST_BYTES


def test_a_long_message_of_an_error_is_cut() -> None:
    error = {"code": "unreadable_media", "message": "\U0001f600" * 9000, "retryable": False}
    message = Message("msg_1", "job.failed", NOW, replace(job(), error=error), None)
    assert len(body_of(message).encode()) <= MOST_BYTES
    assert data_of(message)["error"]["code"] == "unreadable_media"


def test_what_is_too_long_says_that_it_was_cut() -> None:
    made = replace(job(), tags=tuple("\x01" * 64 for _ in range(64)))
    data = data_of(Message("msg_1", "job.succeeded", NOW, made, None))
    assert data["truncated"] is True
    assert data["result"]["verdict"] == "fake"
    assert "tags" not in data
