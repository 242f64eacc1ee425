"""Files from URLs: through the guard, in constant memory, within limits of time and redirects."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Final
from urllib.parse import urljoin

import httpx

from core.errors import UrlFetchFailed, UrlNotAllowed, UrlUnavailable
from core.net.client import guarded_async_client
from core.net.guard import Guard

logger = logging.getLogger(__name__)

MAX_REDIRECTS: Final = 5
CONNECT_S: Final = 10.0
_LENGTH: Final = re.compile(r"[0-9]{1,19}")
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_LATER: Final = frozenset({408, 425, 429})  # and all from 500 on
# A compressed answer could grow without limit where it is unpacked, so none is asked for.
_HEADERS: Final = {
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "User-Agent": "deepfake-detection",
}


class RemoteFile:
    """Iterate over it once for the bytes; ``most_bytes`` is what the server says they are."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        declared = response.headers.get("content-length", "")
        self.most_bytes = int(declared) if _LENGTH.fullmatch(declared) else None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._response.aiter_raw():
            yield chunk


class Fetcher:
    """Asks other servers for files; it has one client, which is made when it is first needed.

    Parameters
    ----------
    idle_s
        The longest wait for the next bytes.
    limit_s
        The longest time for one file, with all redirects.
    most
        How many connections there may be at one time.
    """

    def __init__(self, guard: Guard, *, idle_s: float, limit_s: float, most: int) -> None:
        self._guard = guard
        self._idle_s = idle_s
        self._limit_s = limit_s
        self._most = most
        self._client: httpx.AsyncClient | None = None

    def check(self, url: str) -> httpx.URL:
        """``url`` in its normal form; raises UrlNotAllowed. Nothing is sent."""
        return self._guard.check_url(url)

    def url_sha256(self, url: str) -> str:
        """What is kept of a URL; raises UrlNotAllowed."""
        return sha256(str(self.check(url)).encode()).hexdigest()

    @asynccontextmanager
    async def open(self, url: httpx.URL) -> AsyncIterator[RemoteFile]:
        """The file at ``url``, once the server has begun to send it.

        Raises UrlNotAllowed, UrlFetchFailed or UrlUnavailable, also while the file is read.
        """
        try:
            async with asyncio.timeout(self._limit_s):
                response = await self._follow(url)
                try:
                    _check(response)
                    yield RemoteFile(response)
                finally:
                    await response.aclose()
        except UrlNotAllowed as error:
            logger.info("Not fetched: %s, address %s", error.message, error.address)
            raise
        except httpx.TimeoutException as error:
            raise _too_slow(url.host, self._idle_s) from error
        except httpx.HTTPError as error:
            told = f"The file could not be read from {url.host!r}: {error or type(error).__name__}."
            raise UrlUnavailable(told) from error
        except TimeoutError as error:
            raise _too_slow(url.host, self._limit_s, "all of the file") from error

    async def close(self) -> None:
        """Close the connections that are left."""
        if self._client is not None:
            await self._client.aclose()

    async def _follow(self, url: httpx.URL) -> httpx.Response:
        client = self._client = self._client or guarded_async_client(
            self._guard,
            timeout=httpx.Timeout(self._idle_s, connect=min(CONNECT_S, self._idle_s)),
            connections=self._most,
        )
        for _ in range(MAX_REDIRECTS + 1):
            response = await client.send(
                client.build_request("GET", url, headers=_HEADERS), stream=True
            )
            if response.status_code not in _REDIRECTS:
                return response
            await response.aclose()
            url = self._next(url, response.headers.get("location", ""))
        raise UrlFetchFailed(
            f"There are more than {MAX_REDIRECTS} redirects up to {url.host!r}, which is the limit."
        )

    def _next(self, url: httpx.URL, location: str) -> httpx.URL:
        try:
            return self._guard.check_url(urljoin(str(url), location))
        except ValueError as error:
            told = f"{url.host!r} redirects to a URL that cannot be read."
            raise UrlFetchFailed(told) from error


def _check(response: httpx.Response) -> None:
    host, status = response.url.host, response.status_code
    if status >= 500 or status in _LATER:
        raise UrlUnavailable(f"{host!r} answered {status}; try again later.")
    if status != 200:
        raise UrlFetchFailed(f"{host!r} answered {status}, and only 200 comes with a file.")
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise UrlFetchFailed(
            f"{host!r} sent the file with Content-Encoding {encoding[:60]!r} though only "
            "'identity' was asked for; compressed answers are not taken."
        )


def _too_slow(host: str, limit_s: float, what: str = "the next bytes") -> UrlUnavailable:
    return UrlUnavailable(f"{host!r} did not send {what} within {limit_s:g} s.")
