"""``deepfake mcp`` as a process, asked by the client of the package mcp."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from api.app import create_app
from api.settings import GatewaySettings
from tests.api.gateway import MP4, DoorbellTwin, serve
from tests.api.worker_twin import worker_twin

Ask = Callable[[Client], Awaitable[Any]]


@pytest.fixture
def server(redis_url: str) -> Iterator[str]:
    app = create_app(GatewaySettings(redis_url=redis_url, fetch_urls=True), doorbell=DoorbellTwin())
    with serve(app) as http, worker_twin(redis_url):
        yield str(http.base_url)


def ask(server: str, folder: Path, conversation: Ask) -> None:
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.environ["PATH"]}
    command = ["-m", "deepfake", "mcp", "--server", server, "--folder", str(folder)]
    parameters = StdioServerParameters(command=sys.executable, args=command, env=environment)

    async def run() -> None:
        async with Client(parameters, read_timeout_seconds=60) as client:
            await conversation(client)

    asyncio.run(run())


def told(answer: Any) -> str:
    return str(answer.content[0].text)


def test_an_assistant_detects_explains_and_hears_why_not(server: str, tmp_path: Path) -> None:
    clip, secret = tmp_path / "clip.mp4", tmp_path / "key.txt"
    clip.write_bytes(MP4)
    secret.write_text("a secret")

    async def conversation(client: Client) -> None:
        tools = (await client.list_tools()).tools
        assert {tool.name for tool in tools} == {"detect", "explain_result"}
        found = (await client.call_tool("detect", {"source": str(clip)})).structured_content
        assert found is not None
        assert (found["verdict"], found["fake_probability"]) == ("fake", 0.951)
        assert found["expected_error"]["files"] == 120
        assert found["sentence"].startswith("Likely manipulated.")
        assert "it can be wrong more often" in found["sentence"]
        asked = await client.call_tool("explain_result", {"job": found["job"]})
        why = asked.structured_content
        assert why is not None
        assert [frame["fake_probability"] for frame in why["frames"]][:2] == [0.95, 0.97]
        assert "Sound and voices." in why["not_checked"]
        assert "nobody vouches here for the signer" in why["provenance"]
        for source, reason in (
            (str(secret), "is not sent"),  # and no byte of it has left this machine
            (str(tmp_path / "gone.mp4"), "cannot be read"),
            ("/etc/hostname", "the folder that is allowed"),
            ("http://127.0.0.1/a.mp4", "may not be reached"),
        ):
            refused = await client.call_tool("detect", {"source": source})
            assert refused.is_error
            assert reason in told(refused)
        unknown = await client.call_tool("explain_result", {"job": "job_1"})
        assert unknown.is_error
        assert "404" in told(unknown)

    ask(server, tmp_path, conversation)
