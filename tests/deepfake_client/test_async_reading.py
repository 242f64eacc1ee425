"""Files that an asyncio client reads: in threads, so that a slow disk does not hold the loop up."""

from __future__ import annotations

import asyncio
import io
from threading import get_ident

import httpx
import pytest

from deepfake_client.async_client import AsyncClient
from deepfake_client.submission import RESUMABLE_BYTES

JOB = {"id": "job_1", "status": "queued", "links": {"self": "/v1/jobs/job_1"}}


class WatchedFile(io.BytesIO):
    """Notes which threads read it."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.readers: set[int] = set()

    def read(self, size: int | None = -1) -> bytes:
        self.readers.add(get_ident())
        return super().read(size)


class Server(httpx.AsyncBaseTransport):
    """Takes what it is sent, and answers as the service does."""

    def __init__(self) -> None:
        self.received = b""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        self.received += body
        if request.method == "PATCH":
            return httpx.Response(204, headers={"Upload-Offset": str(len(body))})
        if request.url.path == "/v1/uploads":
            return httpx.Response(201, headers={"Location": "/v1/uploads/upload_1"})
        return httpx.Response(202, json=JOB)


@pytest.mark.parametrize("size", [1000, RESUMABLE_BYTES + 1], ids=["form", "resumable"])
def test_files_are_read_in_threads_and_progress_is_told_in_the_loop(size: int) -> None:
    server, media = Server(), WatchedFile(b"\xab" * size)
    told: list[tuple[int, int]] = []

    async def scenario() -> None:
        async with AsyncClient("http://server", transport=server) as client:
            call = client.upload if size > RESUMABLE_BYTES else client.submit
            await call(media, on_progress=lambda more: told.append((more, get_ident())))

    asyncio.run(scenario())
    assert server.received.count(b"\xab") == size
    assert media.readers
    assert get_ident() not in media.readers
    assert sum(more for more, _ in told) == size
    assert {thread for _, thread in told} == {get_ident()}
