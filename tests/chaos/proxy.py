"""A TCP proxy that cuts connections: before, within or after a request or its answer."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

PIECE: Final = 16 * 1024
MOST_BYTES: Final = 60_000  # after so many, at the latest, a connection that is to be cut is cut


class CuttingProxy:
    """Passes bytes on to a port of this machine; a share of its connections ends in a reset.

    ``cuts`` counts those. ``share`` may be changed at any time.
    """

    def __init__(
        self, target_port: int, seed: str, share: float, *, host: str = "127.0.0.1"
    ) -> None:
        self._host = host
        self.share = share
        self.cuts = 0
        self.port = 0
        self._target = target_port
        self._draw = random.Random(seed)
        self._talks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._server.close()
        for task in list(self._talks):
            task.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        try:
            with suppress(asyncio.CancelledError):  # the end of the proxy
                await self._talk(reader, writer)
        finally:
            writer.transport.abort()
            self._talks.discard(task)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        budget = None
        if self._draw.random() < self.share:
            budget = [self._draw.randrange(MOST_BYTES)]  # of both directions together
        try:
            up_reader, up_writer = await asyncio.open_connection(self._host, self._target)
        except OSError:
            return
        ways = [
            asyncio.create_task(self._pass_on(reader, up_writer, budget)),
            asyncio.create_task(self._pass_on(up_reader, writer, budget)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            up_writer.transport.abort()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, budget: list[int] | None
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(PIECE):
                if budget is not None:
                    data, budget[0] = data[: budget[0]], budget[0] - len(data)
                writer.write(data)
                await writer.drain()
                if budget is not None and budget[0] <= 0:
                    self.cuts += 1
                    return
