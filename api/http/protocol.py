"""uvicorn's HTTP/1.1 on httptools, with bounds for what clients send and how long they take."""

from __future__ import annotations

import asyncio
import sys
from http import HTTPStatus
from typing import ClassVar, Final
from urllib.parse import unquote

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from api.http.request_head import HEAD_BYTES, Refusal, check_head, too_large, unreadable

# How long the rest of a body is read and dropped once its request is answered: a client that
# only reads after it has sent everything should still see the answer.
LINGER_S: Final = 60.0
# Requests that may be sent ahead of an answer; each of them is in memory already.
MOST_AHEAD: Final = 16


class BoundedProtocol(HttpToolsProtocol):
    """Ends a connection whose headers, or whose unread body, do not come to an end.

    uvicorn itself has a limit between two requests only, and httptools none of size. Bodies that
    are read have the limits of :mod:`api.upload.pace`. What is refused before the gateway sees
    a request is answered as a problem, as everything else.
    """

    head_s: ClassVar[float] = 10.0
    linger_s: ClassVar[float] = LINGER_S
    _timer: asyncio.TimerHandle | None = None
    _lingers = False  # what the timer is for: the rest of a body, else the headers
    _in_head = True  # what the parser is in: the head of a request, or a gap before it
    _began = False  # whether there is a byte of that head
    _head_bytes = 0  # of this request that the parser has told
    _untold_bytes = 0  # that came and that the parser has not told: half a header, most often
    _cycle_before: RequestResponseCycle  # that of the request before this one
    _refusal: Refusal | None = None  # after which nothing is read any more

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        if self._refusal is not None:
            return
        self._untold_bytes += len(data)
        super().data_received(data)
        if self._refusal is None and self._untold_bytes > HEAD_BYTES:
            self._refuse(too_large())
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._refusal is not None and self._answered():
            self._end_with(self._refusal)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        self._began = True
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value) + len(": \r\n"))
        if self._in_head:  # else it is a trailer, which nobody here asks for
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._untold_bytes = 0
        check_head(self.parser.get_http_version(), self.headers)
        if len(self.pipeline) >= MOST_AHEAD:
            raise unreadable(f"more than {MOST_AHEAD} requests were sent ahead of an answer")
        self._cycle_before = self.cycle
        super().on_headers_complete()
        self._in_head = False
        self._keep_target_whole()
        if self.parser.should_upgrade():
            self.cycle.keep_alive = False  # the parser takes no more for HTTP

    def on_body(self, body: bytes) -> None:
        self._untold_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_head, self._began = True, False
        self._head_bytes = self._untold_bytes = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        error = sys.exception()  # uvicorn calls this while handling it
        cause = error.__context__ if error is not None else None
        self._refuse(cause if isinstance(cause, Refusal) else unreadable(str(error or msg)))

    def _unsupported_upgrade_warning(self) -> None:
        """A stranger who asks for another protocol is no news; he is answered by this one."""

    def _count(self, size: int) -> None:
        self._untold_bytes = max(0, self._untold_bytes - size)
        self._head_bytes += size
        if self._head_bytes > HEAD_BYTES:
            raise too_large()

    def _keep_target_whole(self) -> None:
        """Give the gateway the target as it was sent: uvicorn drops the host of a whole URL."""
        target, _, query = self.url.partition(b"?")
        self.scope["raw_path"] = self.root_path.encode("ascii") + target
        self.scope["path"] = self.root_path + unquote(target.decode("ascii"))
        self.scope["query_string"] = query

    def _answered(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _watch(self) -> None:
        """Start or stop the timer, by what is still to come from the client."""
        reads_head = self._in_head and self._answered()
        lingers = not self._in_head and self._answered()
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
        limit = f"The headers of the request did not end within {self.head_s:g} s."
        self._refuse(Refusal(HTTPStatus.REQUEST_TIMEOUT, limit))

    def _refuse(self, refusal: Refusal) -> None:
        """Answer with the refusal, behind the answers to the requests before."""
        self._refusal = refusal
        if not self._in_head and self.pipeline and self.pipeline[0][0] is self.cycle:
            # The body that breaks off is of a request that nobody has looked at yet.
            self.pipeline.popleft()
            self.cycle, self._in_head = self._cycle_before, True
        if not self._in_head and not self._answered():
            # The gateway reads this body: it hears of a client that went away.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            self._end_with(None if self.cycle.response_started else refusal)
        elif self._answered():
            self._end_with(refusal)

    def _end_with(self, refusal: Refusal | None) -> None:
        if refusal is not None and not self.transport.is_closing():
            head = not self._in_head and self.scope.get("method") == "HEAD"
            self.transport.write(refusal.answer(with_body=not head))
        self.transport.close()


def bounded_protocol(head_s: float) -> type[BoundedProtocol]:
    """The protocol with ``head_s`` seconds for the headers of a request."""
    return type("BoundedProtocol", (BoundedProtocol,), {"head_s": head_s})
