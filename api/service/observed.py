"""Sees every request from its first byte to its last: for metrics, for traces, and for the log."""

from __future__ import annotations

from time import perf_counter
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.gateway import Gateway
from api.http.headers import request_id_of
from api.http.request_state import PROBLEM, ROUTE
from api.service.metrics import GatewayMetrics
from core.telemetry.context import carrying, log_context
from core.telemetry.traceparent import trace_id_of, traceparent_of
from core.telemetry.traces import Span

UNMATCHED: Final = "unmatched"
# Reads are not traced: those who wait for one job would make thousands of spans.
_READS: Final = ("GET", "HEAD", "OPTIONS")
_NO_ANSWER: Final = 499  # nginx's number for a client that went away before the answer began
_CLOSE: Final = (b"connection", b"close")


class Observed:
    """The outermost layer; it changes nothing but the connection of a gateway that stops."""

    def __init__(self, app: ASGIApp, *, metrics: GatewayMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        gateway: Gateway = scope["state"]["gateway"]
        seen = _Seen(scope, receive, send, self._metrics, gateway)
        given = traceparent_of(_header(scope, b"traceparent"))
        span = None if scope["method"] in _READS else gateway.traces.begin("request", given)
        carried = given if span is None else span.traceparent
        names = {"request_id": request_id_of(scope), "trace_id": trace_id_of(carried)}
        try:
            with carrying(carried), log_context(**names):
                await self._app(scope, seen.receive, seen.send)
        except Exception:
            seen.fail()
            raise
        finally:
            seen.end(span)


class _Seen:
    """One request, and what is known of its answer so far."""

    __slots__ = (
        "_began", "_gateway", "_metrics", "_receive", "_scope", "_send", "_status", "_waiting",
    )  # fmt: skip

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        metrics: GatewayMetrics,
        gateway: Gateway,
    ) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._metrics = metrics
        self._gateway = gateway
        self._status = _NO_ANSWER
        self._waiting = _waiting(scope)
        self._began = perf_counter()
        metrics.began(self._waiting)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            if self._gateway.draining.is_set():
                message = {**message, "headers": [*message.get("headers", ()), _CLOSE]}
        await self._send(message)

    async def receive(self) -> Message:
        message = await self._receive()
        self._metrics.received(len(message.get("body", b"")))
        return message

    def fail(self) -> None:
        """It is answered outside of all layers."""
        self._status = 500
        self._scope["state"][PROBLEM] = "internal_error"

    def end(self, span: Span | None) -> None:
        method, status, state = self._scope["method"], self._status, self._scope["state"]
        route = str(getattr(state.get(ROUTE), "path", "") or UNMATCHED)
        self._metrics.ended(method, route, status, self._waiting, perf_counter() - self._began)
        if PROBLEM in state:
            self._metrics.problem(state[PROBLEM])
        if span is not None:
            span.describe(status=status)
            failed = f"answered with {status}" if status >= 500 else None
            span.end(name=f"{method} {route}", error=failed)


def _waiting(scope: Scope) -> str:
    if b"wait=" in scope["query_string"]:
        return "poll"
    return "stream" if scope["path"].endswith("/events") else "none"


def _header(scope: Scope, wanted: bytes) -> str | None:
    for name, value in scope["headers"]:
        if name == wanted:
            return str(value.decode("latin-1"))
    return None
