"""Brings every request into the one form that the routes know, before any of them sees it."""

from __future__ import annotations

import re
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.errors import rendered
from api.http.hosts import host_name
from api.http.problems import MalformedRequest
from api.http.request_state import ROUTE

# A whole URL as the target, which servers have to take too (RFC 9112, section 3.2.2).
_ABSOLUTE: Final = re.compile(r"(?is)https?://(?P<authority>[^/]*)(?P<path>.*)")


class NormalForm:
    """Refuses what must not pass, and hides from the routes what they need not tell apart.

    Refused are a malformed Host, and a body with two lengths: whoever stands before the gateway may
    have read the other one, and what it took for a body would be a request here. Hidden are:

    - A whole URL in place of the path; its authority is the Host then.
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
        scope = _with_relative_target(scope)
        try:
            _check(Headers(scope=scope))
        except MalformedRequest as error:
            answer = rendered(Request(scope), error)
            answer.headers["Connection"] = "close"
            await answer(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            scope, send = {**scope, "method": "GET"}, _without_body(send)
        routed = self._with_path(scope)
        try:
            await self._app(routed, receive, send)
        finally:
            scope["state"][ROUTE] = routed.get("route")

    def _with_path(self, scope: Scope) -> Scope:
        path = str(scope["path"])
        if path == self._root_path or path.startswith(f"{self._root_path}/"):
            path = path[len(self._root_path) :]
        if path.endswith("/") and not path.startswith("/docs/"):
            path = path.rstrip("/")
        return {**scope, "path": f"{self._root_path}{path or '/'}", "root_path": self._root_path}


def _with_relative_target(scope: Scope) -> Scope:
    if not (found := _ABSOLUTE.fullmatch(scope["path"])):
        return scope
    others = [header for header in scope["headers"] if header[0] != b"host"]
    host = found["authority"].encode()
    return {**scope, "path": found["path"] or "/", "headers": [(b"host", host), *others]}


def _check(headers: Headers) -> None:
    host_name(headers.get("host", ""))
    if "transfer-encoding" in headers and "content-length" in headers:
        raise MalformedRequest("The request has both a Transfer-Encoding and a Content-Length.")


def _without_body(send: Send) -> Send:
    """Ends the answer behind its headers, so that one without an end is not waited for."""

    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send(message)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return send_head
