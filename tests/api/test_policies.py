"""What a browser is told it may do with each answer: every page has a strict policy of its own."""

from __future__ import annotations

import httpx
import pytest

from api.page import POLICY
from api.report.page import policy as report_policy

PAGES = ("/", "/docs")


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


def test_a_file_of_the_documentation_is_no_page_without_a_policy(client: httpx.Client) -> None:
    for name in ("swagger-ui.css", "redoc.html", "index.html", "", "../docs.py"):
        answer = client.get(f"/docs/assets/{name}")
        assert directives(answer.headers["content-security-policy"])["default-src"] == ["'none'"]
