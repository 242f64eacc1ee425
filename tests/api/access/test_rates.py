"""429 for who is too fast, and the header fields that tell everybody how fast to be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
from redis import Redis

from api.access.auth import new_key
from api.app import create_app
from api.settings import GatewaySettings
from core.store.jobs import JobStore
from tests.api.gateway import MP4, DoorbellTwin, serve

ACME, EVIL = new_key("acme"), new_key("evil")


@contextmanager
def gateways(
    count: int, redis_url: str, folder: Path, **limits: int
) -> Iterator[list[httpx.Client]]:
    """Several gateways on one Redis, with the keys of two tenants."""
    keys = folder / "keys"
    keys.write_text(f"{ACME.entry}\n{EVIL.entry}\n")
    settings = GatewaySettings.model_validate(
        {"redis_url": redis_url, "api_keys_file": keys, **limits}
    )
    with ExitStack() as stack:
        yield [
            stack.enter_context(serve(create_app(settings, doorbell=DoorbellTwin())))
            for _ in range(count)
        ]


def of(secret: str) -> dict[str, str]:
    return {"X-API-Key": secret}


def test_where_no_rate_is_limited_none_is_told(client: httpx.Client, redis: Redis) -> None:
    assert "ratelimit" not in client.get("/v1/models").headers
    assert list(redis.scan_iter("df:rate:*")) == []


def test_a_tenant_that_is_too_fast_hears_when_to_go_on_and_others_are_served(
    redis_url: str, tmp_path: Path
) -> None:
    with gateways(1, redis_url, tmp_path, tenant_requests_per_minute=2) as (client,):
        answers = [client.get("/v1/models", headers=of(EVIL.secret)) for _ in range(3)]
        theirs = client.get("/v1/models", headers=of(ACME.secret))
        unknown = client.get("/v1/models", headers=of("nope"))
        ready = client.get("/readyz", headers=of(EVIL.secret))
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[0].headers["ratelimit-policy"] == '"requests";q=2;w=60'
    assert answers[0].headers["ratelimit"] == '"requests";r=1;t=60'
    refused = answers[2]
    wait_s = refused.headers["retry-after"]
    assert refused.headers["ratelimit"] == f'"requests";r=0;t={wait_s}'
    assert 1 <= int(wait_s) <= 60
    assert refused.headers["content-type"] == "application/problem+json"
    assert (refused.json()["type"], refused.json()["retryable"]) == ("/problems/rate_limited", True)
    assert f"try again in {wait_s} s" in refused.json()["detail"]
    assert (theirs.status_code, unknown.status_code, ready.status_code) == (200, 401, 503)
    assert "ratelimit" not in unknown.headers
    assert "ratelimit" not in ready.headers


def test_a_look_at_a_job_counts_once_and_is_refused_like_any_other(
    redis_url: str, redis: Redis, tmp_path: Path
) -> None:
    with gateways(1, redis_url, tmp_path, tenant_requests_per_minute=3) as (client,):
        job = client.post("/v1/jobs", content=MP4, headers=of(ACME.secret)).json()
        answers = [
            client.get(path, headers=of(ACME.secret))
            for path in (job["links"]["self"], "/v1/jobs/job_x", job["links"]["self"])
        ]
    assert [answer.status_code for answer in answers] == [200, 404, 429]
    assert [answer.headers["ratelimit"][:14] for answer in answers] == [
        '"requests";r=1', '"requests";r=0', '"requests";r=0',
    ]  # fmt: skip
    assert answers[2].json()["type"] == "/problems/rate_limited"
    assert int(redis.llen("df:rate:acme:requests")) == 3


def test_submissions_have_a_rate_of_their_own(redis_url: str, tmp_path: Path) -> None:
    limits = {"tenant_requests_per_minute": 10, "tenant_submissions_per_minute": 1}
    with gateways(1, redis_url, tmp_path, **limits) as (client,):
        taken, refused = (
            client.post("/v1/jobs", content=MP4, headers=of(ACME.secret)) for _ in range(2)
        )
        path = taken.json()["links"]["self"]
        tag = {"If-None-Match": taken.headers["etag"]}
        polled = client.get(path, headers=of(ACME.secret) | tag)
    assert (taken.status_code, refused.status_code, polled.status_code) == (202, 429, 304)
    assert taken.headers["ratelimit-policy"] == '"requests";q=10;w=60, "submissions";q=1;w=60'
    assert refused.headers["ratelimit"].startswith('"requests";r=8;t=60, "submissions";r=0;t=')
    assert "its 1 submissions of 60 s" in refused.json()["detail"]
    assert polled.headers["ratelimit"].startswith('"requests";r=7;t=')


def test_each_file_of_a_batch_is_a_submission(redis_url: str, redis: Redis, tmp_path: Path) -> None:
    limits = {"tenant_submissions_per_minute": 2, "batch_patience_s": 0}
    files = [("file", (f"{number}.mp4", MP4)) for number in range(3)]
    with gateways(1, redis_url, tmp_path, **limits) as (client,):
        batch = client.post("/v1/batches", files=files, headers=of(ACME.secret)).json()
        lines = client.get(batch["links"]["results"], headers=of(ACME.secret)).text
    assert (
        JobStore(redis).counts().queued["interactive"] + JobStore(redis).counts().queued["batch"]
        == 2
    )
    assert "rate_limited" in lines


def test_rates_and_queued_jobs_are_exact_over_two_gateways(
    redis_url: str, redis: Redis, tmp_path: Path
) -> None:
    limits = {"tenant_requests_per_minute": 30, "max_queued_jobs": 10}

    def send(client: httpx.Client) -> int:
        return client.post("/v1/jobs", content=MP4, headers=of(ACME.secret)).status_code

    with gateways(2, redis_url, tmp_path, **limits) as clients, ThreadPoolExecutor(20) as pool:
        statuses = Counter(pool.map(send, clients * 20))
    assert statuses == {202: 5, 429: 35}  # half of 10 wait; 30 of 40 were looked at
    assert JobStore(redis).counts().queued["interactive"] == 5
    assert int(redis.llen("df:rate:acme:requests")) == 30
