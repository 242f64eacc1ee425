"""Keys, passwords and signed URLs are in nothing that a program with our client writes.

The programs are processes of their own, with all loggers at DEBUG.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.net.listener import Listener

KEY, PASSWORD, SIGNATURE, HOOK_SECRET = "dfk_" + "K" * 43, "hunter2", "s1gned", "whsec_h00k"
LEADS_TO = "t0ken"  # of the place that an answer leads to
SECRETS = ("K" * 43, PASSWORD, SIGNATURE, HOOK_SECRET)
HEAD = "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{more}\r\n"

PROGRAM = """
import asyncio, logging, sys
logging.basicConfig(level="DEBUG")
for name in ("httpx", "httpcore", "urllib3", "celery"):
    logging.getLogger(name).setLevel("DEBUG")
from deepfake_client import ApiError, AsyncClient, Client

server, key, signed = sys.argv[1:]
with Client(server, api_key=key) as client:
    hook = client.call("POST", "/v1/webhooks", {"url": signed})
    assert hook["secret"]
    print(client, vars(client)["_calls"], client.server)
    for what in (signed, b"film"):
        try:
            client.submit(what, callback_url=signed)
        except ApiError as error:
            logging.exception("refused: %r %s", error, error.problem)

async def main():
    async with AsyncClient(server, api_key=key) as client:
        try:
            await client.submit(signed)
        except ApiError:
            logging.exception("refused")

asyncio.run(main())
"""


def service(head: bytes, client: socket.socket) -> None:
    """Makes a webhook, and leads whatever else is asked to a signed URL."""
    status, more, body = "307 Temporary Redirect", f"Location: /other?token={LEADS_TO}\r\n", b""
    if head.startswith(b"POST /v1/webhooks"):
        status, more = "201 Created", "Content-Type: application/json\r\n"
        body = json.dumps({"id": "whe_1", "secret": HOOK_SECRET}).encode()
    client.sendall(HEAD.format(status=status, length=len(body), more=more).encode() + body)


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    with Listener(service) as listening:
        yield listening


def told_by(*arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    return done.stdout + done.stderr


def leaks(told: str) -> list[str]:
    return [secret for secret in SECRETS if secret in told]


def test_a_program_with_all_loggers_at_debug_tells_no_secret(listener: Listener) -> None:
    server = f"http://bob:{PASSWORD}@127.0.0.1:{listener.port}"
    signed = f"http://127.0.0.1:{listener.port}/clip.mp4?X-Amz-Signature={SIGNATURE}"
    told = told_by("-c", PROGRAM, server, KEY, signed)
    assert "HTTP Request: POST" in told  # so the loggers do tell
    assert "send_request_headers" in told
    assert told.count("ERROR:root:refused") == 3
    assert leaks(told) == []
    # httpcore tells the headers of answers, to whoever asks for that.
    said = [line for line in told.splitlines() if not line.startswith("DEBUG:httpcore")]
    assert LEADS_TO not in "".join(said)
    assert any(b"Basic" in head for head in listener.heads)  # the password was sent


def test_the_command_line_tells_no_secret(listener: Listener, tmp_path: Path) -> None:
    film = tmp_path / "clip.mp4"
    film.write_bytes(b"film")
    signed = f"https://a.example/clip.mp4?X-Amz-Signature={SIGNATURE}"
    there = f"http://127.0.0.1:{listener.port}"
    away = f"http://bob:{PASSWORD}@127.0.0.1:1"
    for server, command, expected in (
        (there, ("submit", str(film), signed), "https://a.example/clip.mp4"),
        (there, ("submit", signed, "--ndjson"), '"file": "https://a.example/clip.mp4"'),
        (there, ("batch", signed, signed), "307"),
        (away, ("submit", str(film)), "No deepfake service answers at http://127.0.0.1:1"),
        (away, ("webhooks", "create", signed), "No deepfake service answers"),
        (f"http://bob:{PASSWORD}/x@a.example", ("webhooks", "list"), "No deepfake service"),
    ):
        told = told_by(
            "-m", "deepfake_client", *command, DEEPFAKE_SERVER=server, DEEPFAKE_API_KEY=KEY
        )
        assert expected in told, command
        assert leaks(told) == [], command
        assert LEADS_TO not in told, command


def test_the_secret_of_a_webhook_is_shown_to_its_owner_once_and_on_stdout_alone(
    listener: Listener,
) -> None:
    server = f"http://127.0.0.1:{listener.port}"
    command = [sys.executable, "-m", "deepfake_client", "webhooks", "create", "https://a.example"]
    done = subprocess.run(
        [*command, "--server", server], capture_output=True, text=True, check=True
    )
    assert done.stdout.count(HOOK_SECRET) == 1
    assert done.stderr == ""
