"""uvicorn's HTTP/1.1, with an end for clients that never finish what they send."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from http import HTTPStatus
from typing import ClassVar, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.headers import standard_headers

# How long the rest of a body is read and dropped once its request is answered: a client that
# only reads after it has sent everything should still see the answer.
LINGER_S: Final = 60.0


class BoundedProtocol(H11Protocol):
    """Ends a connection whose headers, or whose unread body, do not come to an end.

    uvicorn itself has a limit between two requests only. Bodies that are read have the limits
    of :mod:`api.upload.pace`. What it refuses before the gateway sees a request (bytes that are
    not HTTP, or too large headers) is answered as a problem, as everything else.
    """

    head_s: ClassVar[float] = 10.0
    linger_s: ClassVar[float] = LINGER_S
    _timer: asyncio.TimerHandle | None = None
    _lingers = False  # what the timer is for: the rest of a body, else the headers
    _began = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        self._began = True
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._began = bool(self.conn.trailing_data[0])  # of the next request, sent together
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """The server stops: what waits for jobs ends now, so that its answers end cleanly."""
        gateway = self.app_state.get("gateway")
        if gateway is not None:
            gateway.watches.end()
        super().shutdown()

    def send_400_response(self, msg: str) -> None:
        error = sys.exception()  # what h11 raised; uvicorn calls this while handling it
        hint = error.error_status_hint if isinstance(error, h11.RemoteProtocolError) else 400
        self._refuse(HTTPStatus(hint), f"The request cannot be read: {error or msg}.")

    def _watch(self) -> None:
        """Start or stop the timer, by what is still to come from the client."""
        reads_head = self.conn.their_state is h11.IDLE
        answered = self.conn.our_state in (h11.DONE, h11.MUST_CLOSE)
        lingers = answered and self.conn.their_state is h11.SEND_BODY
        if self._timer is not None and self._lingers == lingers and (reads_head or lingers):
            return  # it runs on: more bytes do not earn more time
        self._unwatch()
        if not self.transport.is_closing() and (reads_head or lingers):
            self._lingers = lingers
            limit_s = self.linger_s if lingers else self.head_s
            self._timer = self.loop.call_later(limit_s, self._end)

    def _unwatch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self) -> None:
        if self.transport.is_closing():
            return
        if self._lingers or not self._began:
            self.transport.close()
            return
        self._refuse(
            HTTPStatus.REQUEST_TIMEOUT,
            f"The headers of the request did not end within {self.head_s:g} s.",
        )

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            # The gateway reads this body: it hears of a client that went away.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            body, headers = _problem(status, detail)
            response = h11.Response(
                status_code=status, headers=headers, reason=status.phrase.encode()
            )
            with suppress(h11.LocalProtocolError):  # an answer to HEAD has no body
                for event in (response, h11.Data(data=body), h11.EndOfMessage()):
                    self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def bounded_protocol(head_s: float) -> type[BoundedProtocol]:
    """The protocol with ``head_s`` seconds for the headers of a request."""
    return type("BoundedProtocol", (BoundedProtocol,), {"head_s": head_s})


def _problem(status: HTTPStatus, detail: str) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    standard = standard_headers({"type": "http", "headers": []})
    document = {
        "type": f"/problems/{'malformed_request' if status == 400 else _code(status)}",
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
        "instance": "",
        "request_id": standard["X-Request-ID"],
        "retryable": status == HTTPStatus.REQUEST_TIMEOUT,
    }
    body = json.dumps(document).encode()
    headers = {
        **standard,
        "Content-Type": "application/problem+json",
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    return body, [(name.encode(), value.encode()) for name, value in headers.items()]


def _code(status: HTTPStatus) -> str:
    return status.phrase.lower().replace(" ", "_")
