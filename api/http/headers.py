"""The headers that every answer carries."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.rate_headers import rate_headers
from api.http.request_state import RATES

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
API_POLICY: Final = "default-src 'none'; frame-ancestors 'none'"
SECURITY_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": API_POLICY,
    "Cache-Control": "no-store",
}


def _raw(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """As ASGI wants them, with names in small letters."""
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


_ID: Final = b"x-request-id"
_SECURITY: Final = tuple(_raw(SECURITY_HEADERS))


def request_id_of(scope: Scope) -> str:
    """The id of this request: the caller's own when it is sane, else a new one."""
    state = scope.setdefault("state", {})
    if "request_id" not in state:
        given = Headers(scope=scope).get("x-request-id", "")
        state["request_id"] = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    return str(state["request_id"])


def standard_headers(scope: Scope) -> dict[str, str]:
    """What every answer carries, errors included."""
    return {"X-Request-ID": request_id_of(scope), **SECURITY_HEADERS}


class StandardHeaders:
    """Adds the headers; a route's own value of one of them wins."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id, state = request_id_of(scope), scope["state"]

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                named = {name for name, _ in given}
                rates = rate_headers(state.get(RATES, []))
                added = (_ID, request_id.encode()), *_SECURITY, *_raw(rates)
                headers = given + [header for header in added if header[0] not in named]
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, send_with_headers)
