"""The headers that every answer carries."""

from __future__ import annotations

import re
import secrets
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
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
        added, state = standard_headers(scope), scope["state"]

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in {**added, **rate_headers(state.get(RATES, []))}.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)
