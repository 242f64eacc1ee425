"""`GET /v1/jobs`, as clients see it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis

from api.access.auth import new_key
from api.app import create_app
from api.http.problems import InvalidParameter
from api.jobs.cursor import cursor_of, place_of
from api.settings import GatewaySettings
from tests.api.gateway import MP4, DoorbellTwin, serve
from tests.api.judged import judged

ACME, EVIL = new_key("acme"), new_key("evil")


@pytest.fixture
def guarded(redis_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    keys = tmp_path / "keys"
    keys.write_text(f"{ACME.entry}\n{EVIL.entry}\n")
    settings = GatewaySettings(redis_url=redis_url, api_keys_file=keys, root_path="/media")
    with serve(create_app(settings, doorbell=DoorbellTwin())) as client:
        yield client


def test_a_listed_job_tells_its_verdict_without_frames(client: httpx.Client, redis: Redis) -> None:
    job = judged(client, redis, query="evidence=true&tag=a")
    page = client.get("/v1/jobs").json()
    (listed,) = page["jobs"]
    assert (page["next_cursor"], page["links"]["next"]) == (None, None)
    assert listed["links"] == {"self": f"/v1/jobs/{job.id}"}
    whole = client.get(listed["links"]["self"]).json()
    for name in ("id", "status", "queue", "tags", "media", "created_at", "finished_at", "error"):
        assert listed[name] == whole[name]
    assert "frames" not in listed["result"]
    assert {name: whole["result"][name] for name in listed["result"]} == listed["result"]
    assert listed["result"]["verdict"] == "fake"


def test_the_link_to_the_next_page_keeps_the_filter(client: httpx.Client) -> None:
    ids = [client.post("/v1/jobs?tag=a b", content=MP4).json()["id"] for _ in range(5)]
    client.post("/v1/jobs?tag=other", content=MP4)
    seen: list[str] = []
    url: str | None = "/v1/jobs?tag=a%20b&limit=2&status=queued"
    while url is not None:
        page = client.get(url).json()
        seen += [job["id"] for job in page["jobs"]]
        url = page["links"]["next"]
    assert seen == ids[::-1]


def test_tenants_list_their_own_jobs_behind_a_proxy_too(guarded: httpx.Client) -> None:
    mine, theirs = ({"X-API-Key": key.secret} for key in (ACME, EVIL))
    for _ in range(2):
        guarded.post("/v1/jobs", content=MP4, headers=mine)
    page = guarded.get("/media/v1/jobs?limit=1", headers=mine).json()
    assert page["links"]["next"].startswith("/media/v1/jobs?limit=1&cursor=")
    assert page["jobs"][0]["links"]["self"].startswith("/media/v1/jobs/job_")
    assert guarded.get(page["links"]["next"], headers=theirs).json()["jobs"] == []
    assert guarded.get("/v1/jobs", headers=theirs).json()["jobs"] == []
    assert guarded.get("/v1/jobs").status_code == 401


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=101", "limit=x", "status=done", "verdict=maybe", "tag=", "cursor=x",
        "cursor=", f"tag={'x' * 65}", "created_after=now", "created_before=2026-01-01T00:00:00",
        f"cursor={quote('ü')}", f"cursor={'A' * 65}", "offset=3",
    ],
)  # fmt: skip
def test_a_bad_filter_is_named(client: httpx.Client, query: str) -> None:
    answer = client.get(f"/v1/jobs?{query}")
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid_parameter")
    assert query.partition("=")[0] in answer.json()["detail"]


def test_times_are_read_with_their_offset(client: httpx.Client) -> None:
    made = client.post("/v1/jobs", content=MP4).json()
    for when, seen in (("2000-01-01T00:00:00%2B05:30", 1), ("2100-01-01T00:00:00Z", 0)):
        jobs = client.get(f"/v1/jobs?created_after={when}").json()["jobs"]
        assert [job["id"] for job in jobs] == [made["id"]] * seen


@given(st.integers(0, 2**53))
def test_a_cursor_leads_back_to_its_place(place: int) -> None:
    assert place_of(cursor_of(place)) == place


@given(st.text(max_size=64))
def test_whatever_a_client_sends_as_a_cursor_is_a_place_or_refused(text: str) -> None:
    try:
        place = place_of(text)
    except InvalidParameter:
        return
    assert place is not None
    assert 0 <= place < 10**16
