"""An HTTP client that reaches nothing but what the guard allows.

It follows no redirects: the caller does, and every hop is checked again. It keeps no cookies,
which belong to one tenant, and reads no proxy, certificate or password from the environment.
"""

from __future__ import annotations

import ssl
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final

import httpcore
import httpx

from core.net.backend import AsyncGuardedBackend
from core.net.guard import Guard

KEEP_ALIVE_S: Final = 5.0  # of a connection; after that the name is resolved again


class AsyncGuardedTransport(httpx.AsyncHTTPTransport):
    """Checks each request, and connects through the guard."""

    def __init__(self, guard: Guard, *, connections: int, tls: ssl.SSLContext | None) -> None:
        context = tls or httpx.create_ssl_context(trust_env=False)
        super().__init__(verify=context, trust_env=False)
        self._guard = guard
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=connections,
            keepalive_expiry=KEEP_ALIVE_S,
            network_backend=AsyncGuardedBackend(guard),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it; raises UrlNotAllowed before anything is resolved or sent."""
        self._guard.check_url(str(request.url))
        return await super().handle_async_request(request)


def guarded_async_client(
    guard: Guard,
    *,
    timeout: httpx.Timeout,
    connections: int = 32,
    tls: ssl.SSLContext | None = None,
) -> httpx.AsyncClient:
    """A client for asyncio; ``tls`` replaces the certificates that are trusted.

    Pass it what :meth:`Guard.check_url` gave. Its calls raise UrlNotAllowed, and
    httpx.HTTPError for what goes wrong on the way.
    """
    transport = AsyncGuardedTransport(guard, connections=connections, tls=tls)
    return httpx.AsyncClient(
        transport=transport, timeout=timeout, cookies=_no_cookies(), trust_env=False
    )


def _no_cookies() -> CookieJar:
    """A jar that takes none."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))
