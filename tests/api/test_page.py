from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.page import POLICY
from api.settings import GatewaySettings
from tests.api.gateway import DoorbellTwin, serve

WEB = files("api") / "web"
LANGUAGES = ("en", "de", "es", "fr", "hi")
COLD_LOAD_BYTES = 100_000


def sources() -> dict[str, str]:
    """Every script of the page, by its path."""
    folders = {"": WEB / "js", "view/": WEB / "js" / "view"}
    return {
        f"{prefix}{file.name}": file.read_text("utf-8")
        for prefix, folder in folders.items()
        for file in folder.iterdir()
        if file.name.endswith(".js")
    }


def strings(language: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((WEB / "i18n" / f"{language}.json").read_text("utf-8"))
    return found


def cold_load() -> list[str]:
    """Every path that a first visit asks for."""
    index = (WEB / "index.html").read_text("utf-8")
    parts = [path for path in re.findall(r'(?:href|src)="(web/[^"]+)"', index) if "js/" not in path]
    return ["", *parts, *(f"web/js/{name}" for name in sources()), "web/i18n/en.json"]


def test_the_start_is_the_page_and_may_load_nothing_from_elsewhere(client: httpx.Client) -> None:
    page = client.get("/")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY
    assert "http" not in POLICY
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "camera=(self)" in page.headers["permissions-policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", page.text)
    assert not re.search(r'(?:href|src)="(?:https?:)?//', page.text)


def test_every_part_of_the_page_is_there_and_has_its_type(client: httpx.Client) -> None:
    types = {"css": "text/css", "js": "text/javascript", "json": "application/json"}
    for path in cold_load():
        answer = client.get(f"/{path}")
        assert answer.status_code == 200, path
        if (end := path.rpartition(".")[2]) in types:
            assert answer.headers["content-type"].startswith(types[end]), path


def test_a_cold_load_has_at_most_100_kilobytes(client: httpx.Client) -> None:
    loaded = 0
    for path in cold_load():
        with client.stream("GET", f"/{path}", headers={"Accept-Encoding": "gzip"}) as answer:
            loaded += sum(len(chunk) for chunk in answer.iter_raw())
    assert loaded <= COLD_LOAD_BYTES


def test_a_part_that_the_browser_has_is_not_sent_again(client: httpx.Client) -> None:
    first = client.get("/web/css/base.css")
    assert first.headers["cache-control"] == "no-cache"
    again = client.get("/web/css/base.css", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


def test_a_client_that_takes_no_compression_gets_none(client: httpx.Client) -> None:
    plain = client.get("/web/js/main.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.headers["vary"] == "Accept-Encoding"
    packed = client.get("/web/js/main.js", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content


@pytest.mark.parametrize("path", ["nothing.js", "index.html", "../page.py", "js", "%2e%2e/page.py"])
def test_what_is_no_part_of_the_page_is_a_problem(client: httpx.Client, path: str) -> None:
    answer = client.get(f"/web/{path}")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not_found")


def test_a_page_under_a_prefix_says_where_its_parts_are(redis_url: str) -> None:
    settings = GatewaySettings(redis_url=redis_url, root_path="/tools/deepfake")
    with serve(create_app(settings, doorbell=DoorbellTwin())) as client:
        for path in ("/tools/deepfake", "/tools/deepfake/", "/"):
            assert '<base href="/tools/deepfake/">' in client.get(path).text
        assert client.get("/tools/deepfake/web/js/main.js").status_code == 200


def test_limits_are_told_to_strangers_too(client: httpx.Client) -> None:
    limits: dict[str, Any] = client.get("/v1/limits").json()
    assert limits["max_upload_bytes"] == 3_000_000
    assert {"mp4", "webm", "jpeg", "heic"} <= set(limits["formats"])
    assert len(limits["formats"]) == len(set(limits["formats"])) == 16
    assert limits["frames"] == {"default": 10, "max": 50}
    assert {"frames", "sampling", "queue", "tag"} <= set(limits["options"])
    assert limits["key_needed"] is False


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_language_has_every_string_with_the_same_values_in_it(language: str) -> None:
    english, other = strings("en"), strings(language)
    assert list(other) == list(english)
    for key, text in english.items():
        assert sorted(re.findall(r"{\w+}", other[key])) == sorted(re.findall(r"{\w+}", text)), key
        assert other[key].strip(), key


def test_every_string_that_a_script_names_exists() -> None:
    english = strings("en")
    known = set(english) | {key.rpartition(".")[0] for key in english if key.endswith(".other")}
    for name, text in sources().items():
        named = set(re.findall(r'\bt\("([a-z0-9_.]+)"', text))
        for chosen in re.findall(r"\bt\(([^()]*\?[^()]*:[^()]*)\)", text):
            named |= set(re.findall(r'"([a-z]+\.[a-z_.]+)"', chosen))
        assert named <= known, name


def test_no_script_makes_markup_of_text() -> None:
    for name, text in sources().items():
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text
        ), name
