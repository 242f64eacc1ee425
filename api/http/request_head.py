"""What the head of a request has to be, where the parser alone would let too much through."""

from __future__ import annotations

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Final

from api.http.headers import standard_headers

# Of the target, headers and trailers of one request. Nearly all have under 2 KiB.
HEAD_BYTES: Final = 32 * 1024

Headers = Iterable[tuple[bytes, bytes]]


class Refusal(Exception):
    """A request that is refused before the gateway sees it, with a status and a sentence."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail

    def answer(self, *, with_body: bool = True) -> bytes:
        """The whole answer: a problem, as for everything else, and the end of the connection."""
        standard = standard_headers({"type": "http", "headers": []})
        malformed = self.status == HTTPStatus.BAD_REQUEST
        document = {
            "type": f"/problems/{'malformed_request' if malformed else _code(self.status)}",
            "title": self.status.phrase,
            "status": int(self.status),
            "detail": self.detail,
            "instance": "",
            "request_id": standard["X-Request-ID"],
            "retryable": self.status == HTTPStatus.REQUEST_TIMEOUT,
        }
        body = json.dumps(document).encode()
        headers = {
            **standard,
            "Content-Type": "application/problem+json",
            "Content-Length": str(len(body)),
            "Connection": "close",
        }
        lines = [f"HTTP/1.1 {int(self.status)} {self.status.phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join(lines).encode() + b"\r\n\r\n"
        return head + body if with_body else head


def too_large() -> Refusal:
    """For a head with more than ``HEAD_BYTES``."""
    return Refusal(
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        f"The headers of the request have over {HEAD_BYTES:,} bytes, which is the limit.",
    )


def unreadable(why: str) -> Refusal:
    """For bytes that are no HTTP."""
    if "Transfer-Encoding" in why and "Content-Length" in why:
        why = "it has both a Transfer-Encoding and a Content-Length"
    return Refusal(HTTPStatus.BAD_REQUEST, f"The request cannot be read: {why.rstrip('.')}.")


def check_head(version: str, headers: Headers) -> None:
    """Raise a :class:`Refusal` for a head that servers could understand in different ways.

    The Host has to be told once, and where the body ends in one way that all know: by
    ``chunked`` and nothing else, or by a length, of which the parser takes one only.
    """
    named: dict[bytes, list[bytes]] = {b"host": [], b"transfer-encoding": []}
    for name, value in headers:
        if name in named:
            named[name].append(value.strip(b" \t").lower())
    hosts, codings = named[b"host"], named[b"transfer-encoding"]
    if version not in ("1.0", "1.1"):
        raise unreadable(f"it is of HTTP {version}, and this server speaks HTTP/1.1")
    if len(hosts) > 1 or (not hosts and version == "1.1"):
        raise unreadable(f"it has {len(hosts)} Host headers instead of one")
    if codings and version == "1.0":
        raise unreadable("it has a Transfer-Encoding, which HTTP/1.0 does not know")
    if codings and codings != [b"chunked"]:
        raise Refusal(
            HTTPStatus.NOT_IMPLEMENTED,
            f"The Transfer-Encoding {b', '.join(codings).decode('latin-1')[:100]!r} is not known "
            "here; send the body with a Content-Length, or plainly chunked.",
        )


def _code(status: HTTPStatus) -> str:
    return status.phrase.lower().replace(" ", "_")
