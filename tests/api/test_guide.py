"""Every example of docs/api.md, run against a gateway whose worker is a twin."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from api.app import create_app
from api.settings import GatewaySettings
from core.scopes import Scope
from core.signatures import signature_header
from core.store.connection import connect
from tests.api.gateway import MP4, PNG, DoorbellTwin, serve
from tests.api.keys import make_key
from tests.api.worker_twin import worker_twin
from tests.redis_server import RedisServer

GUIDE = Path(__file__).parents[2] / "docs" / "api.md"
_BLOCK = re.compile(
    r"<!-- (?:shows: (?P<shows>.*?)|receiver) -->\n```(?P<language>\w+)\n(?P<code>.*?)```",
    re.DOTALL,
)
SECRET = f"whsec_{base64.b64encode(bytes(range(24))).decode()}"


class Example(NamedTuple):
    section: str
    language: str
    code: str
    shows: str | None


def examples() -> Iterator[Example]:
    for section in GUIDE.read_text("utf-8").split("\n## ")[1:]:
        title = section.partition("\n")[0]
        for found in _BLOCK.finditer(section):
            yield Example(title, found["language"], found["code"], found["shows"])


ALL = list(examples())
SHOWN = [example for example in ALL if example.shows is not None]
RECEIVERS = [example for example in ALL if example.shows is None]


class Place(NamedTuple):
    """Where the examples run, and what stands for their names."""

    folder: Path
    names: dict[str, str]

    def run(self, example: Example, more: str = "") -> str:
        code = example.code + more
        for name, real in self.names.items():
            code = code.replace(name, real)
        if example.language == "python":
            return self._python(code)
        command = {
            "sh": ["bash", "-eo", "pipefail", "-c", code],
            "js": ["node", "--no-warnings", "--input-type=module", "-e", code],
        }[example.language]
        done = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _python(self, code: str) -> str:
        printed, before = io.StringIO(), Path.cwd()
        os.chdir(self.folder)
        try:
            with contextlib.redirect_stdout(printed):
                exec(compile(code, "docs/api.md", "exec"), {"__name__": "example"})
        finally:
            os.chdir(before)
        return printed.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("guide")
    (folder / "clip.mp4").write_bytes(MP4)
    (folder / "large.mp4").write_bytes(MP4 + bytes(9_000_000))
    (folder / "face.png").write_bytes(PNG)
    (folder / "notes.txt").write_text("hello")
    with zipfile.ZipFile(folder / "clips.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("clip.mp4", MP4)
    return folder


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[int]:
    """A web server that has the files; its port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def place(redis_server: RedisServer, folder: Path, site: int) -> Iterator[Place]:
    with redis_server.client() as client:
        client.flushall()
    with connect(redis_server.url) as redis:
        secret = make_key(redis, "acme", *Scope).secret
    settings = GatewaySettings(
        redis_url=redis_server.url, api_keys="redis", outgoing_ports=(80, 443, site),
        outgoing_private_networks="127.0.0.1/32",  # type: ignore[arg-type]  # as in the environment
    )  # fmt: skip
    app = create_app(settings, doorbell=DoorbellTwin())
    with serve(app) as http, worker_twin(redis_server.url):
        yield Place(folder, {
            "http://127.0.0.1:8000": str(http.base_url).rstrip("/"),
            "https://example.com": f"http://127.0.0.1:{site}",
            "dfk_…": secret,
            "whsec_…": SECRET,
        })  # fmt: skip


def needs_its_program(example: Example) -> None:
    program = {"js": "node", "sh": "curl"}.get(example.language)
    if program is not None and shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")


@pytest.mark.parametrize("example", SHOWN, ids=lambda one: f"{one.section}, {one.language}")
def test_an_example_does_what_the_guide_says(example: Example, place: Place) -> None:
    needs_its_program(example)
    printed = place.run(example)
    assert example.shows is not None
    assert example.shows in printed


def signed(body: str) -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature_header("msg_1", now, body, secrets=[SECRET], seed="00" * 32),
    }


@pytest.mark.parametrize("example", RECEIVERS, ids=lambda one: one.language)
def test_a_receiver_takes_what_is_signed_and_refuses_what_was_changed(
    example: Example, place: Place
) -> None:
    needs_its_program(example)
    body = json.dumps({"type": "job.succeeded", "data": {}})
    headers, say = json.dumps(signed(body)), {"python": "print", "js": "console.log"}
    for sent, answer in ((body, "204"), (body.replace("succeeded", "failed"), "400")):
        call = f"\n{say[example.language]}(receive({headers}, {json.dumps(sent)}))\n"
        assert answer in place.run(example, call)


def test_the_guide_has_each_job_in_each_language() -> None:
    blocks = len(re.findall(r"^```\w", GUIDE.read_text("utf-8"), re.MULTILINE))
    assert len(ALL) == blocks - 1  # tests/browser/test_guide.py has the one for a page
    found: dict[str, set[str]] = {}
    for example in ALL:
        found.setdefault(example.section, set()).add(example.language)
    assert len(found) == 10
    assert all(languages == {"sh", "python", "js"} for languages in found.values())
