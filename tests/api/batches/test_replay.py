"""An idempotency key of a batch, sent once more with the same files or with others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.settings import GatewaySettings
from core.store.jobs import JobStore
from tests.api.gateway import MP4, PNG, DoorbellTwin, serve
from tests.api.zips import zipped

KEY = {"Idempotency-Key": "order-17"}
BAD = b"%PDF-1.7"
OTHER = MP4 + b"more"


@pytest.fixture
def sent(settings: GatewaySettings) -> Iterator[tuple[httpx.Client, Any]]:
    """A batch of three files, of which the second got no job."""
    with serve(create_app(settings, doorbell=DoorbellTwin())) as client:
        yield client, post(client, form(MP4, BAD, PNG), 202)


def form(*contents: bytes, **data: str) -> dict[str, Any]:
    files = [("file", (f"clip {n}.mp4", content)) for n, content in enumerate(contents)]
    return {"files": files, "data": data}


def post(client: httpx.Client, request: dict[str, Any], status: int, query: str = "") -> Any:
    headers = {**KEY, **request.get("headers", {})}
    answer = client.post(f"/v1/batches{query}", **{**request, "headers": headers})
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_key_finds_its_batch_by_the_same_files(sent: tuple[httpx.Client, Any]) -> None:
    client, batch = sent
    archive = zipped({"a.mp4": MP4, "b": b"refused before, so not compared", "c.png": PNG})
    for request in (form(MP4, BAD, PNG), {"content": archive}, {}):
        assert post(client, request, 200) == batch


@pytest.mark.parametrize(
    ("request_", "query"),
    [
        (form(OTHER, BAD, PNG), ""),
        (form(PNG, BAD, MP4), ""),
        (form(MP4, BAD), ""),
        (form(MP4, BAD, PNG, PNG), ""),
        (form(MP4, BAD, PNG, tag="x"), ""),
        (form(MP4, BAD, PNG), "?frames=3"),
        ({"json": {"urls": ["https://example.com/a.mp4"]}}, ""),
    ],
    ids=["another-file", "another-order", "one-less", "one-more", "tag", "frames", "urls"],
)
def test_a_key_is_refused_for_another_batch(
    sent: tuple[httpx.Client, Any], jobs: JobStore, request_: dict[str, Any], query: str
) -> None:
    client, _ = sent
    before = jobs.counts()
    problem = post(client, request_, 422, query)
    assert problem["type"] == "/problems/idempotency_conflict"
    assert jobs.counts() == before


def test_a_job_that_is_gone_is_not_compared(sent: tuple[httpx.Client, Any]) -> None:
    client, batch = sent
    first = client.get(batch["links"]["results"]).text.splitlines()[0]
    job_id = httpx.Response(200, text=first).json()["job"]["id"]
    assert client.delete(f"/v1/jobs/{job_id}").status_code == 204
    assert post(client, form(OTHER, BAD, PNG), 200)["id"] == batch["id"]
