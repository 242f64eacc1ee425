"""One try: a signed POST to a stranger's server, bounded in time and in bytes."""

from __future__ import annotations

import asyncio
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import httpx

from core.errors import UrlNotAllowed
from core.net.client import guarded_async_client
from core.net.guard import Guard
from core.signatures import signature_header
from core.store.outbox import Parcel
from worker.webhooks.payload import body_of
from worker.webhooks.schedule import retry_after_s

ANSWER_BYTES: Final = 16 * 1024  # that are read, so that the connection can serve again
ANSWER_S: Final = 1.0  # for them; the status alone counts


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a try: a status, or an error in one word."""

    ms: int
    status: int | None = None
    error: str | None = None
    retry_after_s: float | None = None

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """The receiver wants no more of these."""
        return self.status == httpx.codes.GONE


class Post:
    """Sends parcels; safe for many at one time."""

    def __init__(
        self,
        guard: Guard,
        *,
        limit_s: float,
        connections: int,
        root_path: str = "",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._limit_s = limit_s
        self._root_path = root_path
        self._guard = guard
        self._client = guarded_async_client(
            guard, timeout=httpx.Timeout(limit_s), connections=connections, tls=tls
        )

    async def __call__(self, parcel: Parcel) -> Answer:
        """Send it once; every failure of the receiver is an answer."""
        started = time.monotonic()
        status, error, after = None, None, None
        try:
            async with asyncio.timeout(self._limit_s):
                status, after = await self._send(parcel)
        except (TimeoutError, httpx.TimeoutException):
            error = "timeout"
        except UrlNotAllowed as refused:  # its address may be a secret of this network
            error = f"url_not_allowed: {refused.rule}"
        except httpx.ConnectError:
            error = "connect_failed"
        except (httpx.HTTPError, ssl.SSLError, OSError):
            error = "connection_broken"
        return Answer(round((time.monotonic() - started) * 1000), status, error, after)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _send(self, parcel: Parcel) -> tuple[int, float | None]:
        url = self._guard.check_url(parcel.url)
        body = body_of(parcel.message, self._root_path)
        signature = signature_header(
            parcel.message.id, parcel.at, body, secrets=parcel.secrets, seed=parcel.signing.seed
        )
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "deepfake-detection-webhooks",
            "Accept-Encoding": "identity",
            "webhook-id": parcel.message.id,
            "webhook-timestamp": str(int(parcel.at.timestamp())),
            "webhook-signature": signature,
        }
        request = self._client.build_request("POST", url, content=body.encode(), headers=headers)
        response = await self._client.send(request, stream=True)
        try:
            await _read_a_little(response)
        finally:
            await response.aclose()
        return response.status_code, retry_after_s(response.headers.get("Retry-After"))


async def _read_a_little(response: httpx.Response) -> None:
    """An answer that is read to its end leaves the connection open for the next message."""
    left = ANSWER_BYTES
    with suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(ANSWER_S):
            async for chunk in response.aiter_raw():
                left -= len(chunk)
                if left < 0:
                    return
