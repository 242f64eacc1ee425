"""Limits that operators set, met by real files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.films import face_video
from tests.e2e.service import Service, service


@pytest.fixture
def strict(own_folder: Path) -> Iterator[Service]:
    limits = {"max_upload_bytes": 20_000_000, "max_bytes_in_flight": 20_000_000}
    with service(own_folder, max_duration_s=3, **limits) as started:
        yield started


def test_limits_are_enforced_and_named(strict: Service) -> None:
    too_large = strict.http.post("/v1/jobs", content=face_video() + bytes(20_000_000))
    assert too_large.status_code == 413
    assert "20,000,000" in too_large.json()["detail"]

    too_long = strict.judge(face_video(seconds=4))
    assert too_long["error"]["code"] == "too_long"
    assert "limit is 3 s" in too_long["error"]["message"]

    with strict.redis.client() as redis:  # nothing of either is left behind
        assert redis.keys("df:blob:*") == []


def test_uploads_beyond_the_bytes_in_flight_are_turned_away(own_folder: Path) -> None:
    size = len(face_video())
    with service(
        own_folder, workers=0, max_upload_bytes=size, max_bytes_in_flight=int(1.5 * size)
    ) as idle:
        first = idle.post(face_video())
        refused = idle.http.post("/v1/jobs", content=face_video())
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) >= 1
        assert refused.json()["type"].endswith("store_full")
        idle.http.delete(f"/v1/jobs/{first}").raise_for_status()
        idle.post(face_video())
