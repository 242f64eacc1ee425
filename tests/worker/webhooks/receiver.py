"""A receiver of webhooks that works, fails, hangs or resets, as the path or a switch says."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

OK: Final = b"HTTP/1.1 204 No Content\r\n\r\n"
# What a path answers; ``hang``, ``reset`` and ``trickle`` are handled apart.
ANSWERS: Final[Mapping[str, bytes]] = {
    "ok": OK,
    "fail": b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
    "gone": b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n",
    "busy": b"HTTP/1.1 429 Busy\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n",
    "redirect": b"HTTP/1.1 307 There\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n",
    "cookie": b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n",
    "huge": b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + bytes(1_000_000),
    "garbage": b"\0\1\2 this is no HTTP\r\n\r\n",
}


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came."""

    at: float  # of time.monotonic()
    wall: float  # of time.time()
    path: str
    headers: Mapping[str, str]
    body: bytes


class Receiver:
    """Listens on a free port of ``host``. The first word of the path says how it behaves.

    ``behave`` may say otherwise: it gets the word, and returns the one that counts.
    """

    def __init__(
        self, behave: Callable[[str], str] = lambda word: word, *, host: str = "127.0.0.1"
    ) -> None:
        self.behave = behave
        self.received: list[Received] = []
        self.port = 0
        self._host = host
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def url(self, path: str = "ok") -> str:
        return f"http://{self._host}:{self.port}/{path}"

    def of(self, path: str) -> list[Received]:
        return [request for request in list(self.received) if request.path == f"/{path}"]

    def wait_for(self, number: int, path: str = "ok", limit_s: float = 20.0) -> list[Received]:
        """Wait until so many requests for the path have come."""
        deadline = time.monotonic() + limit_s
        while len(found := self.of(path)) < number:
            assert time.monotonic() < deadline, f"{len(found)} of {number} came to {path}"
            time.sleep(0.01)
        return found

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._talk, self._host, 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._answer(reader, writer):
                pass
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        path = head[0].split(" ")[1]
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        word = self.behave(path.strip("/").split("/")[0])
        self.received.append(Received(time.monotonic(), time.time(), path, headers, body))
        if word == "hang":
            await asyncio.sleep(3600)
        if word == "reset":
            writer.transport.abort()
            return False
        if word == "trickle":
            for byte in OK * 1000:
                writer.write(bytes([byte]))
                await asyncio.sleep(0.05)
        writer.write(ANSWERS[word])
        await writer.drain()
        return word not in ("huge", "garbage")

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()
