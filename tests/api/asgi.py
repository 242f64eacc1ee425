"""Calls an app message by message, where a real client cannot be made to misbehave."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI
from starlette.types import Message

Receive = Callable[[], Awaitable[Message]]


async def post(
    app: FastAPI, receive: Receive, *, content_type: str = "video/mp4"
) -> tuple[int, dict[str, Any]]:
    """POST /v1/jobs with a body that ``receive`` makes up; the status and the answer."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async with app.router.lifespan_context(app) as state:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/v1/jobs",
            "raw_path": b"/v1/jobs",
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"localhost"), (b"content-type", content_type.encode())],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
            "state": dict(state or {}),
        }
        await app(scope, receive, send)
    if not sent:
        return 0, {}
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return int(sent[0]["status"]), json.loads(body)


def body_of(*chunks: bytes, then: Message | None = None) -> Receive:
    """Receive these chunks, and then the end of the body or ``then``."""
    messages: list[Message] = [
        {"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks
    ]
    messages.append(then or {"type": "http.request", "body": b"", "more_body": False})

    async def receive() -> Message:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    return receive
