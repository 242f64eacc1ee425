"""A network backend of httpcore that connects only to addresses which the guard has checked.

The name is resolved once for each connection and the connection goes to that very address, so a
name that changes its answer in between gains nothing. TLS still asks for the name.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import anyio
import anyio.to_thread
import httpcore

from core.net.guard import Guard

_Options = Iterable[Any] | None


class AsyncGuardedBackend(httpcore.AsyncNetworkBackend):
    """For asyncio; the timeout covers the resolver too, which runs in a thread."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's signature
        local_address: str | None = None,
        socket_options: _Options = None,
    ) -> httpcore.AsyncNetworkStream:
        """Try the addresses in turn, each for its share of the time that is left.

        Raises UrlNotAllowed, ConnectError or ConnectTimeout.
        """
        deadline = _deadline(timeout)
        failed: Exception = httpcore.ConnectError(f"{host} could not be reached.")
        addresses = await self._resolved(host, port, timeout)
        for number, address in enumerate(addresses):
            try:
                share_s = _left(deadline, among=len(addresses) - number)
                return await self._inner.connect_tcp(
                    address, port, share_s, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    async def _resolved(self, host: str, port: int, limit_s: float | None) -> list[str]:
        try:
            with anyio.fail_after(limit_s):
                return await anyio.to_thread.run_sync(
                    _addresses,
                    self._guard,
                    host,
                    port,
                    abandon_on_cancel=True,
                    limiter=anyio.CapacityLimiter(1),
                )
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"{host} did not resolve in {limit_s:g} s.") from error

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109
        socket_options: _Options = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        """Refused: no client names a socket of this machine."""
        raise httpcore.ConnectError(f"{path} is a socket of this machine.")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


def _addresses(guard: Guard, host: str, port: int) -> list[str]:
    try:
        return guard.addresses(host, port)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"The name {host} does not resolve: {error}") from error


def _deadline(limit_s: float | None) -> float | None:
    return None if limit_s is None else time.monotonic() + limit_s


def _left(deadline: float | None, *, among: int) -> float | None:
    if deadline is None:
        return None
    left_s = deadline - time.monotonic()
    if left_s <= 0:
        raise httpcore.ConnectTimeout("The time to connect is over.")
    return left_s / among
