"""What a tenant says of verdicts, from the call to the export."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from api.access.auth import new_key
from api.app import create_app
from api.settings import GatewaySettings
from core.store.evidence import EvidenceStore
from tests.api.gateway import MP4, DoorbellTwin, serve
from tests.api.judged import judged
from tests.core.evidence_factory import preview

ACME, EVIL = new_key("acme"), new_key("evil")


@pytest.fixture
def guarded(redis_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    """A gateway with the keys of two tenants, each of which may speak of two jobs."""
    keys = tmp_path / "keys"
    keys.write_text(f"{ACME.entry}\n{EVIL.entry}\n")
    settings = GatewaySettings(redis_url=redis_url, api_keys_file=keys, max_feedback=2)
    with serve(create_app(settings, doorbell=DoorbellTwin())) as client:
        yield client


def give(client: httpx.Client, job_id: str, **said: Any) -> httpx.Response:
    return client.post(f"/v1/jobs/{job_id}/feedback", json={"label": "real", **said})


def entries(client: httpx.Client, **request: Any) -> list[dict[str, Any]]:
    answer = client.get("/v1/feedback", **request)
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def test_feedback_holds_hash_score_logit_and_label_and_outlives_its_job(
    client: httpx.Client, redis: Redis
) -> None:
    job = judged(client, redis)
    assert give(client, job.id, comment="That is me.").status_code == 204
    client.delete(f"/v1/jobs/{job.id}")
    (entry,) = entries(client)
    assert job.result is not None
    assert (entry["sha256"], entry["label"]) == (job.media.sha256, "real")
    assert (entry["verdict"], entry["comment"]) == ("fake", "That is me.")
    assert entry["fake_probability"] == job.result["fake_probability"]
    assert entry["logit"] == job.result["logit"] != None  # noqa: E711
    assert entry["model"]["name"] == "lite0"
    assert 0 < redis.pttl(f"df:feedback:{job.id}") <= 90 * 24 * 3600 * 1000


def test_no_byte_of_the_file_is_kept_unless_that_is_asked_for(
    client: httpx.Client, redis: Redis
) -> None:
    job = judged(client, redis)
    give(client, job.id)
    assert redis.keys("df:feedback-pictures:*") == []
    give(client, job.id, media=True)
    client.delete(f"/v1/jobs/{job.id}")
    (entry,) = entries(client, params={"media": "true"})
    assert [b64decode(frame["jpeg"]) for frame in entry["frames"]] == [preview(0), preview(1)]
    assert "frames" not in entries(client)[0]
    assert EvidenceStore(redis).usage("local")[0] > len(preview(0))


def test_frames_that_are_gone_cannot_be_kept(client: httpx.Client, redis: Redis) -> None:
    job = judged(client, redis, query="evidence=false")
    assert give(client, job.id, media=True).status_code == 204
    assert entries(client, params={"media": "true"})[0]["frames"] == []


def test_what_is_said_again_replaces_what_was_said_before(
    client: httpx.Client, redis: Redis
) -> None:
    job = judged(client, redis)
    give(client, job.id, label="real", media=True)
    give(client, job.id, label="fake")
    assert [entry["label"] for entry in entries(client)] == ["fake"]
    assert redis.keys("df:feedback-pictures:*") == []


def test_feedback_can_be_taken_back_also_after_its_job(client: httpx.Client, redis: Redis) -> None:
    job = judged(client, redis)
    give(client, job.id, media=True)
    client.delete(f"/v1/jobs/{job.id}")
    assert client.delete(f"/v1/jobs/{job.id}/feedback").status_code == 204
    assert entries(client) == []
    assert redis.keys("df:feedback-pictures:*") == []
    assert EvidenceStore(redis).usage("local") == (0, 0)
    assert client.delete(f"/v1/jobs/{job.id}/feedback").status_code == 404


def test_a_job_that_has_not_ended_cannot_be_spoken_of(client: httpx.Client) -> None:
    job_id = client.post("/v1/jobs", content=MP4).json()["id"]
    answer = give(client, job_id)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/job_not_finished")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"label": "maybe"}', 422),
        (b'{"label": "fake", "comment": "' + b"x" * 1001 + b'"}', 422),
        (b'{"label": "fake", "more": 1}', 422),
        (b"{", 422),
        (b"", 422),
        (b" " * 20_000, 400),
    ],
)
def test_a_body_that_is_no_feedback_is_refused(
    client: httpx.Client, redis: Redis, body: bytes, status: int
) -> None:
    job = judged(client, redis)
    answer = client.post(f"/v1/jobs/{job.id}/feedback", content=body)
    assert (answer.status_code, "detail" in answer.json()) == (status, True)
    assert entries(client) == []


def test_tenants_speak_of_their_own_jobs_and_read_their_own_words(
    guarded: httpx.Client, redis: Redis
) -> None:
    mine, theirs = ({"X-API-Key": key.secret} for key in (ACME, EVIL))
    job = judged(guarded, redis, headers=mine)
    path = f"/v1/jobs/{job.id}/feedback"
    said = {"label": "real"}
    assert guarded.post(path, json=said, headers=theirs).status_code == 404
    assert guarded.post(path, json=said, headers=mine).status_code == 204
    assert guarded.delete(path, headers=theirs).status_code == 404
    assert entries(guarded, headers=theirs) == []
    assert len(entries(guarded, headers=mine)) == 1


def test_feedback_has_a_limit_for_each_tenant(guarded: httpx.Client, redis: Redis) -> None:
    mine = {"X-API-Key": ACME.secret}
    jobs = [judged(guarded, redis, headers=mine) for _ in range(3)]
    said = [
        guarded.post(f"/v1/jobs/{job.id}/feedback", json={"label": "fake"}, headers=mine)
        for job in [*jobs, jobs[0]]
    ]
    assert [answer.status_code for answer in said] == [204, 204, 429, 204]
    assert said[2].json()["type"] == "/problems/too_much_feedback"
