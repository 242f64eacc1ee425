"""Statuses that many calls have in common, asked of every call whose document names them."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from api.http import small_body
from tests.api.gateway import MP4

DOCUMENT = json.loads((Path(__file__).parents[3] / "docs" / "openapi.json").read_text("utf-8"))
BODIES: dict[str, dict[str, Any]] = {
    "/v1/jobs/{job_id}/feedback": {"json": {"label": "fake"}},
    "/v1/webhooks/{webhook_id}": {"json": {"enabled": True}},
    "/v1/keys/{key_id}/rotate": {"json": {}},
}
PATCHED = {"headers": {"Tus-Resumable": "1.0.0", "Upload-Offset": "0"}}


def calls(status: str, name: str) -> Iterator[tuple[str, str]]:
    """Methods and paths with a parameter like ``name`` that may answer ``status``."""
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            if status in operation["responses"] and re.search(rf"{{{name}}}", path):
                yield method.upper(), path


def asked(client: httpx.Client, method: str, path: str, **names: str) -> int:
    named = path.format(**{"n": "0", "i": "0", "delivery_id": "d", **names})
    more = BODIES.get(path, {}) if method in ("POST", "PATCH") else {}
    more = PATCHED if path.startswith("/v1/uploads") else more
    return client.request(method, named, **more).status_code


def test_a_job_that_has_expired_is_410_to_every_call_about_it(
    client: httpx.Client, redis: Redis
) -> None:
    job_id = client.post("/v1/jobs", content=MP4).json()["id"]
    redis.delete(f"df:job:{job_id}")  # as Redis does at its end
    answers = {call: asked(client, *call, job_id=job_id) for call in calls("410", "job_id")}
    assert len(answers) >= 8
    assert {call: status for call, status in answers.items() if status != 410} == {}


def test_a_part_of_another_version_is_412_and_one_beyond_the_limit_413(
    client: httpx.Client,
) -> None:
    begun = client.post("/v1/uploads", headers={"Upload-Complete": "?0"}).headers["location"]
    of_tus = {"Tus-Resumable": "0.2.2", "Upload-Offset": "0"}
    assert client.patch(begun, headers=of_tus).status_code == 412
    of_draft = {
        "Upload-Offset": "0",
        "Upload-Complete": "?1",
        "Content-Type": "application/partial-upload",
    }
    assert client.patch(begun, headers=of_draft, content=bytes(3_000_001)).status_code == 413


def test_a_json_body_that_is_too_large_is_400(client: httpx.Client) -> None:
    sent = b" " * 20_000
    assert client.post("/v1/webhooks", content=sent).status_code == 400
    assert client.patch("/v1/webhooks/w", content=sent).status_code == 400


def test_a_json_body_that_does_not_come_is_408(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small_body, "LIMIT_S", 0.05)

    def body() -> Iterator[bytes]:
        yield b"{"
        time.sleep(0.3)
        yield b"}"

    assert client.post("/v1/webhooks", content=body()).status_code == 408


def test_an_id_that_is_too_long_is_422_to_every_call(client: httpx.Client) -> None:
    named = {f"{noun}_id": "x" * 65 for noun in ("job", "batch", "upload", "webhook")}
    answers = {
        call: asked(client, *call, **named)
        for name in named
        for call in calls("422", name)
        if call[0] != "OPTIONS"
    }
    assert len(answers) >= 20
    assert {call: status for call, status in answers.items() if status != 422} == {}
