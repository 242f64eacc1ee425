"""The pictures and the report of a job, as a tenant gets them."""

from __future__ import annotations

import re
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from redis import Redis

from api.access.auth import new_key
from api.app import create_app
from api.settings import GatewaySettings
from core.provenance import Credentials, CredentialState, MetadataClaim, Provenance
from tests.api.gateway import MP4, DoorbellTwin, serve
from tests.api.judged import HEATMAP, judged
from tests.core.evidence_factory import preview

ACME, EVIL = new_key("acme"), new_key("evil")
PATHS = ("frames/0.jpg", "frames/0/faces/0/heatmap.png", "report.html", "report.json")


@pytest.fixture
def guarded(redis_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    """A gateway with the keys of two tenants."""
    keys = tmp_path / "keys"
    keys.write_text(f"{ACME.entry}\n{EVIL.entry}\n")
    settings = GatewaySettings(redis_url=redis_url, api_keys_file=keys)
    with serve(create_app(settings, doorbell=DoorbellTwin())) as client:
        yield client


def test_a_job_with_evidence_links_to_it_and_its_pictures_come_as_they_were_kept(
    client: httpx.Client, redis: Redis
) -> None:
    job = judged(client, redis)
    view = client.get(f"/v1/jobs/{job.id}").json()
    assert view["evidence"]["frames"] == view["evidence"]["heatmaps"] == 2
    assert view["evidence"]["expires_at"] < view["expires_at"]
    frame = client.get(view["links"]["frames"].format(n=1))
    assert (frame.content, frame.headers["content-type"]) == (preview(1), "image/jpeg")
    heat = client.get(view["links"]["heatmaps"].format(n=1, i=0))
    assert (heat.content, heat.headers["content-type"]) == (HEATMAP, "image/png")
    for answer in (frame, heat):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert client.get(view["links"]["report"]).status_code == 200
    assert client.get(view["links"]["report_json"]).status_code == 200


@pytest.mark.parametrize("path", ["frames/2.jpg", "frames/0/faces/1/heatmap.png"])
def test_a_picture_that_there_is_not_is_a_404(
    client: httpx.Client, redis: Redis, path: str
) -> None:
    answer = client.get(f"/v1/jobs/{judged(client, redis).id}/{path}")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/evidence_not_found")


@pytest.mark.parametrize("path", ["frames/-1.jpg", "frames/50.jpg", "frames/a.jpg", "frames/1.png"])
def test_a_path_that_no_job_has_is_refused(client: httpx.Client, redis: Redis, path: str) -> None:
    answer = client.get(f"/v1/jobs/{judged(client, redis).id}/{path}")
    assert answer.status_code in (404, 422)


@pytest.mark.parametrize("path", PATHS)
def test_a_job_that_did_not_ask_has_none(client: httpx.Client, redis: Redis, path: str) -> None:
    job = judged(client, redis, query="evidence=false")
    view = client.get(f"/v1/jobs/{job.id}").json()
    assert view["evidence"] is None
    assert set(view["links"]) & {"frames", "heatmaps", "report", "report_json"} == set()
    answer = client.get(f"/v1/jobs/{job.id}/{path}")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/evidence_not_found")


@pytest.mark.parametrize("path", PATHS)
def test_another_tenant_and_an_unknown_job_hear_the_same(
    guarded: httpx.Client, redis: Redis, path: str
) -> None:
    mine, theirs = ({"X-API-Key": key.secret} for key in (ACME, EVIL))
    job = judged(guarded, redis, headers=mine)
    assert guarded.get(f"/v1/jobs/{job.id}/{path}", headers=mine).status_code == 200
    for answer in (
        guarded.get(f"/v1/jobs/{job.id}/{path}", headers=theirs),
        guarded.get(f"/v1/jobs/job_x/{path}", headers=mine),
    ):
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/job_not_found")


def test_a_deleted_job_has_no_picture_when_the_delete_answers(
    client: httpx.Client, redis: Redis
) -> None:
    job = judged(client, redis)
    assert client.delete(f"/v1/jobs/{job.id}").status_code == 204
    assert redis.keys("df:evidence:*") == []
    for path in PATHS:
        assert client.get(f"/v1/jobs/{job.id}/{path}").status_code == 404


def test_evidence_expires_before_its_job_and_its_tag_changes(
    client: httpx.Client, redis: Redis
) -> None:
    job = judged(client, redis, ttl_s=1.0)
    path = f"/v1/jobs/{job.id}"
    before = client.get(path)
    deadline = time.monotonic() + 60
    while client.get(path).json()["evidence"] is not None:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    after = client.get(path, headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert "report" not in after.json()["links"]
    assert client.get(f"{path}/frames/0.jpg").status_code == 404


def test_the_report_allows_its_own_style_and_nothing_else(
    client: httpx.Client, redis: Redis
) -> None:
    answer = client.get(f"/v1/jobs/{judged(client, redis).id}/report.html")
    policy = answer.headers["content-security-policy"]
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.S)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert re.search(r"<script|\son\w+=|\sstyle=|https?://", answer.text) is None


def test_the_report_holds_its_frames_the_boxes_over_them_and_what_limits_the_verdict(
    client: httpx.Client, redis: Redis
) -> None:
    job = judged(client, redis, query="evidence=true&frames=7&sampling=exact")
    page = client.get(f"/v1/jobs/{job.id}/report.html").text
    frames = re.findall(r'href="data:image/jpeg;base64,([^"]+)"', page)
    assert [b64decode(frame) for frame in frames] == [preview(0), preview(1)]
    assert page.count('<rect class="box" x="320.0" y="180.0" width="640.0" height="360.0"/>') == 2
    assert page.count('<svg class="face" viewBox="160.0 90.0 960.0 540.0"') == 2
    for words in (
        job.media.sha256, "ab" * 32, "lite0 1", "wrong on 6 of 120 videos (2 to 10 %)",
        "Likely manipulated.", "Sound and voices.", "C2PA", "sampling exact",
        "deepfake scan FILE --frames 7 --sampling exact --video-model lite0 --video-runtime "
        "openvino-int8",
    ):  # fmt: skip
        assert words in page, words
    assert "@media print" in page


def test_what_users_wrote_is_text_in_the_report(client: httpx.Client, redis: Redis) -> None:
    tag = "</style><script>alert(1)</script>"
    job = judged(client, redis, query=f"evidence=true&tag={tag}&tag=%22%3E%3Cimg")
    page = client.get(f"/v1/jobs/{job.id}/report.html").text
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert client.get(f"/v1/jobs/{job.id}/report.json").json()["job"]["tags"][0] == tag


def test_the_report_tells_of_the_origin_in_a_section_of_its_own(
    client: httpx.Client, redis: Redis
) -> None:
    claim = MetadataClaim(
        kind="software", source="png:Software", value="<b>NovelAI</b>", generator="NovelAI"
    )
    found = Provenance(
        c2pa=Credentials(state=CredentialState.INVALID, issuer="<i>Newsroom</i>"), claims=[claim]
    )
    job = judged(client, redis, provenance=found)
    page = client.get(f"/v1/jobs/{job.id}/report.html").text
    for words in (
        "do not hold",
        "invalid",
        "&lt;i&gt;Newsroom",
        "&lt;b&gt;NovelAI",
        "png:Software",
    ):
        assert words in page, words
    report = client.get(f"/v1/jobs/{job.id}/report.json").json()
    assert report["job"]["provenance"] == found.to_json()
    assert report["credentials"] in page


def test_the_report_as_data_says_what_the_page_says(client: httpx.Client, redis: Redis) -> None:
    job = judged(client, redis)
    report = client.get(f"/v1/jobs/{job.id}/report.json").json()
    page = client.get(f"/v1/jobs/{job.id}/report.html").text
    for sentence in [
        report["verdict"],
        report["figures"],
        report["error_rate"],
        *report["not_checked"],
    ]:
        assert sentence in page
    assert report["job"]["result"]["frames"][0]["faces"][0]["crop"] == [0.125, 0.125, 0.75, 0.75]
    assert report["job"]["id"] == job.id


def test_a_key_with_another_wish_for_evidence_is_refused(client: httpx.Client) -> None:
    headers = {"Idempotency-Key": "once"}
    assert client.post("/v1/jobs", content=MP4, headers=headers).status_code == 202
    answer = client.post("/v1/jobs?evidence=true", content=MP4, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/idempotency_conflict")


def test_links_begin_with_the_path_of_a_proxy(redis_url: str, redis: Redis) -> None:
    settings = GatewaySettings(redis_url=redis_url, root_path="/df")
    with serve(create_app(settings, doorbell=DoorbellTwin())) as client:
        job = judged(client, redis)
        links = client.get(f"/v1/jobs/{job.id}").json()["links"]
        assert links["report"] == f"/df/v1/jobs/{job.id}/report.html"
        assert client.get(links["report"]).status_code == 200
