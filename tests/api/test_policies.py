"""What a browser is told it may do with each answer: every page has a strict policy of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.http.headers import API_POLICY, SECURITY_HEADERS
from api.page import POLICY
from api.report.page import policy as report_policy
from api.settings import GatewaySettings
from tests.api.gateway import DoorbellTwin, serve
from tests.api.test_authorization import routes

PAGES = ("/", "/docs")
# A page has a policy of its own, and what never changes may be kept.
FREE = {"Content-Security-Policy", "Cache-Control"}


def directives(policy: str) -> dict[str, list[str]]:
    return {name: values for name, *values in (part.split() for part in policy.split(";"))}


def assert_strict(policy: str) -> None:
    """Nothing that is not named, no foreign host, no script in the page, no frame around it."""
    found = directives(policy)
    for name in ("default-src", "form-action", "frame-ancestors"):
        assert found[name] == ["'none'"], name
    assert found["base-uri"] in (["'none'"], ["'self'"])
    scripts = found.get("script-src", ["'none'"])
    assert scripts in (["'self'"], ["'none'"])
    allowed = {value for values in found.values() for value in values}
    assert not {"*", "https:", "http:", "'unsafe-eval'"} & allowed
    assert not any("." in value for value in allowed)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_runs_its_own_scripts_only_and_is_framed_by_nobody(
    client: httpx.Client, path: str
) -> None:
    page = client.get(path)
    assert page.headers["content-type"].startswith("text/html")
    assert_strict(page.headers["content-security-policy"])
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["x-content-type-options"] == "nosniff"


def test_the_report_runs_no_script_at_all() -> None:
    assert_strict(report_policy())
    assert "script-src" not in directives(report_policy())
    assert_strict(POLICY)


@pytest.mark.parametrize("path", ["/v1/models", "/v1/jobs/<script>", "/nothing", "/openapi.json"])
def test_an_answer_that_is_no_page_may_do_nothing(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert "html" not in answer.headers["content-type"]
    assert directives(answer.headers["content-security-policy"])["default-src"] == ["'none'"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def every_answer(client: httpx.Client, app: FastAPI) -> Iterator[tuple[str, httpx.Response]]:
    """What each route says to a call without a body, and what is said of calls to none."""
    for route in routes(app.routes):
        path = re.sub(r"{\w+(:\w+)?}", "0", route.path)
        for method in sorted(getattr(route, "methods", None) or ["GET"]):
            yield f"{method} {path}", client.request(method, path)
        yield f"PUT {path}", client.request("PUT", path)
    yield "no method", client.request("BREW", "/")
    yield "no route", client.get("/nothing/at/all")
    yield "no host", client.get("/", headers={"Host": "a b"})
    yield "a stranger's page", client.get("/v1/models", headers={"Origin": "https://evil.example"})


def test_every_answer_has_the_headers_and_a_strict_policy(settings: GatewaySettings) -> None:
    class Broken(DoorbellTwin):
        def check(self) -> None:
            raise RuntimeError

    app = create_app(settings, doorbell=Broken())
    with serve(app) as client:
        client.headers["Connection"] = "close"  # as the gateway's after a fault of its own
        answers = dict(every_answer(client, app))
    assert {200, 400, 403, 404, 405, 500} <= {answer.status_code for answer in answers.values()}
    for call, answer in answers.items():
        for name, value in SECURITY_HEADERS.items():
            told = answer.headers.get(name)
            assert told is not None, (call, name)
            assert name in FREE or told == value, (call, name)
        policy = answer.headers["content-security-policy"]
        if policy != API_POLICY:
            assert_strict(policy)
            assert call.split()[1] in PAGES, call
        assert policy != API_POLICY or "html" not in answer.headers.get("content-type", ""), call


def test_a_file_of_the_documentation_is_no_page_without_a_policy(client: httpx.Client) -> None:
    for name in ("swagger-ui.css", "redoc.html", "index.html", "", "../docs.py"):
        answer = client.get(f"/docs/assets/{name}")
        assert directives(answer.headers["content-security-policy"])["default-src"] == ["'none'"]
