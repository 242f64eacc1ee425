"""Requests that are sent again, to one gateway after the other, until one gives a real answer."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

import httpx

from tests.chaos.events import EventLog

PIECE: Final = 2048
MOST_PAUSE_S: Final = 2.0
TRANSIENT: Final = (408, 429, 500, 502, 503)
UNDER_WAY: Final = ("batch_under_way", "upload_superseded")  # 409 that passes
Answer = httpx.Response | None


class Insister:
    """``headers`` are those of the keys for reading (GET) and for everything else."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        urls: Sequence[str],
        log: EventLog,
        headers: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {}),
    ) -> None:
        self.http = http
        self.urls = urls
        self.log = log
        self.draw = random.Random("client")
        self._reads, self._writes = headers

    def headers_of(self, method: str) -> Mapping[str, str]:
        """The key that a request of this method needs."""
        return self._reads if method == "GET" else self._writes

    async def insist(
        self,
        number: int,
        method: str,
        path: str,
        *,
        first: int | None = None,
        body: bytes = b"",
        spread_s: float = 0.0,
        headers: Mapping[str, str] | None = None,
        **request: Any,
    ) -> httpx.Response:
        """Ask one gateway after the other, until one gives an answer that counts."""
        turn = self.draw.randrange(2) if first is None else first
        while True:
            answer = await self.once(
                number, method, path, turn, body=body, spread_s=spread_s, headers=headers, **request
            )
            if answer is not None and not _passes(answer):
                return answer
            turn += 1
            await asyncio.sleep(pause_of(answer, self.draw))

    async def once(
        self,
        number: int,
        method: str,
        path: str,
        turn: int,
        *,
        body: bytes = b"",
        spread_s: float = 0.0,
        headers: Mapping[str, str] | None = None,
        **request: Any,
    ) -> Answer:
        """One request; None where nothing came back. What went wrong is noted."""
        url = f"{self.urls[turn % len(self.urls)]}{path}"
        content = _drops(body, spread_s) if body else None
        given = {**self.headers_of(method), **(headers or {})}
        try:
            answer = await self.http.request(method, url, content=content, headers=given, **request)
        except httpx.HTTPError as error:
            self.log.note("no answer", number, method=method, error=type(error).__name__)
            return None
        if _passes(answer):
            kind = _kind_of(answer)
            self.log.note(
                "turned away", number, method=method, status=answer.status_code, type=kind
            )
        return answer


def pause_of(answer: Answer, draw: random.Random) -> float:
    """Seconds until the next try."""
    asked = 0.0 if answer is None else float(answer.headers.get("Retry-After", "0"))
    return min(max(asked, draw.uniform(0.1, 0.6)), MOST_PAUSE_S)


def _passes(answer: httpx.Response) -> bool:
    if answer.status_code == httpx.codes.CONFLICT:
        return _kind_of(answer) in UNDER_WAY
    return answer.status_code in TRANSIENT


def _kind_of(answer: httpx.Response) -> str:
    """The last word of a problem's type; '' for an answer to HEAD, which has no body."""
    return str(answer.json()["type"].rpartition("/")[2]) if answer.content else ""


async def _drops(body: bytes, spread_s: float) -> AsyncIterator[bytes]:
    for at in range(0, len(body), PIECE):
        yield body[at : at + PIECE]
        if spread_s:
            await asyncio.sleep(spread_s * PIECE / len(body))
