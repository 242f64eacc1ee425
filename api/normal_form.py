"""Brings every request into the one form that the routes know, before any of them sees it."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import rendered
from api.hosts import host_name
from api.problems import MalformedRequest


class NormalForm:
    """Refuses a malformed Host, and hides from the routes what they need not tell apart.

    - The path prefix of a proxy (``root_path``): whether the proxy strips it or not, the
      routes see the same path, and links begin with the prefix.
    - A slash at the end of an API path: a redirect would come after the upload, and could name
      another scheme than the client used.
    - HEAD, which is GET without the body.
    """

    def __init__(self, app: ASGIApp, *, root_path: str) -> None:
        self._app = app
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            host_name(Headers(scope=scope).get("host", ""))
        except MalformedRequest as error:
            await rendered(Request(scope), error)(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            scope, send = {**scope, "method": "GET"}, _without_body(send)
        await self._app(self._with_path(scope), receive, send)

    def _with_path(self, scope: Scope) -> Scope:
        path = str(scope["path"])
        if path == self._root_path or path.startswith(f"{self._root_path}/"):
            path = path[len(self._root_path) :]
        if path.endswith("/") and not path.startswith("/docs/"):
            path = path.rstrip("/")
        return {**scope, "path": f"{self._root_path}{path or '/'}", "root_path": self._root_path}


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_head
