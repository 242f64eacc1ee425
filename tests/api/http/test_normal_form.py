from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.app import create_app
from api.http.hosts import host_name, origin_authority
from api.http.problems import MalformedRequest
from api.settings import GatewaySettings
from tests.api.gateway import MP4, DoorbellTwin, serve


@pytest.fixture
def prefixed(redis_url: str) -> Iterator[httpx.Client]:
    """A gateway that a proxy serves under a path."""
    settings = GatewaySettings(redis_url=redis_url, root_path="/deep/fake/")
    with serve(create_app(settings, doorbell=DoorbellTwin())) as client:
        yield client


def test_head_answers_as_get_does_but_without_a_body(client: httpx.Client) -> None:
    job = client.post("/v1/jobs", content=MP4).json()["links"]["self"]
    for path in (job, f"{job}?wait=0", "/v1/models", "/healthz", "/readyz", "/docs", "/nowhere"):
        get, head = client.get(path), client.head(path)
        assert (head.status_code, head.content) == (get.status_code, b"")
        for name in ("content-type", "content-length", "etag", "retry-after"):
            assert head.headers.get(name) == get.headers.get(name)
    etag = client.head(job).headers["etag"]
    assert client.head(job, headers={"If-None-Match": etag}).status_code == 304


def test_head_is_named_where_get_is_allowed(client: httpx.Client) -> None:
    assert client.put("/healthz").headers["allow"] == "GET, HEAD"
    assert client.post("/docs/assets/swagger-ui.css").headers["allow"] == "GET, HEAD"
    assert client.head("/v1/jobs").status_code == 200
    assert client.head("/v1/jobs/job_1/cancel").status_code == 405


@pytest.mark.parametrize("prefix", ["", "/deep/fake"])
def test_all_methods_of_a_path_are_named(prefixed: httpx.Client, prefix: str) -> None:
    assert prefixed.put(f"{prefix}/v1/jobs/job_1").headers["allow"] == "GET, HEAD, DELETE"
    assert prefixed.options(f"{prefix}/v1/jobs").headers["allow"] == "GET, HEAD, POST"


def test_a_slash_at_the_end_is_no_redirect_after_the_upload(client: httpx.Client) -> None:
    answer = client.post("/v1/jobs/", content=MP4)
    assert answer.status_code == 202
    assert not answer.headers["location"].endswith("/")
    path = answer.headers["location"]
    assert client.get(f"{path}/").json()["id"] == answer.json()["id"]
    assert client.post(f"{path}/cancel/").status_code == 202


@pytest.mark.parametrize("sent", ["/deep/fake", ""])  # whether the proxy strips its prefix
def test_links_begin_with_the_path_that_the_proxy_serves(prefixed: httpx.Client, sent: str) -> None:
    answer = prefixed.post(f"{sent}/v1/jobs", content=MP4)
    path = f"/deep/fake/v1/jobs/{answer.json()['id']}"
    assert answer.headers["location"] == answer.headers["operation-location"] == path
    assert answer.json()["links"] == {
        "self": path,
        "cancel": f"{path}/cancel",
        "events": f"{path}/events",
    }
    assert prefixed.get(path).status_code == 200
    assert prefixed.get(path.removeprefix("/deep/fake")).status_code == 200


@pytest.mark.parametrize("sent", ["/deep/fake", ""])
def test_page_and_documentation_work_under_a_path(prefixed: httpx.Client, sent: str) -> None:
    assert '<base href="/deep/fake/">' in prefixed.get(f"{sent}/").text
    assert prefixed.get(f"{sent}/docs/").headers["location"] == "/deep/fake/docs"
    assert prefixed.get(f"{sent}/docs/assets/swagger-ui.css").status_code == 200
    document = prefixed.get(f"{sent}/openapi.json").json()
    assert document["servers"] == [{"url": "/deep/fake"}]


def test_a_path_that_only_begins_like_the_prefix_is_not_there(prefixed: httpx.Client) -> None:
    assert prefixed.get("/deep/fakes/healthz").status_code == 404


@pytest.mark.parametrize(
    ("authority", "name"),
    [("LocalHost:8000", "localhost"), ("[::1]", "::1"), ("[0:0::1]:80", "::1"), ("", ""),
     ("127.0.0.1:", "127.0.0.1"), ("a_b.example", "a_b.example")],
)  # fmt: skip
def test_the_host_is_read_without_its_port(authority: str, name: str) -> None:
    assert host_name(authority) == name


@given(st.text(max_size=100))
def test_any_host_is_read_or_refused(text: str) -> None:
    for read in (host_name, origin_authority):
        try:
            read(text)
        except MalformedRequest:
            continue
