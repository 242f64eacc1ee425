"""A real gateway on a real socket, with a twin of the doorbell, for tests."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from api.main import GatewayServer, protocol_options
from api.settings import GatewaySettings
from core.errors import StoreUnavailable
from core.options import Queue
from core.store.outbox import Outbox

# What an MP4 begins with; the gateway looks no further.
MP4 = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + bytes(8000)
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x40\0\0\0\x40\x08\2\0\0\0" + bytes(100)


class DoorbellTwin:
    """Bells in a list; it can be told to refuse."""

    def __init__(self) -> None:
        self.rung: list[Queue] = []
        self.rung_for_webhooks = 0
        self.refuses = False

    def ring(self, queue: Queue) -> None:
        self.check()
        self.rung.append(queue)

    def ring_for_webhooks(self, outbox: Outbox) -> None:
        self.check()
        if outbox.wants_bell():
            self.rung_for_webhooks += 1

    def check(self) -> None:
        if self.refuses:
            raise StoreUnavailable("The broker does not take messages.")

    def close(self) -> None: ...


class _Server(GatewayServer):
    """Looks ten times as often as uvicorn whether it is to stop, for hundreds of tests stop one."""

    async def main_loop(self) -> None:
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 1
            await asyncio.sleep(0.01)


@contextmanager
def serve(app: FastAPI, **changed: Any) -> Iterator[httpx.Client]:
    """Run ``app`` as ``api.main`` does, with ``changed`` settings; a client.

    The port is a free one unless it is among the settings.
    """
    options = protocol_options(GatewaySettings.model_validate(changed))
    options["timeout_graceful_shutdown"] = 1
    config = uvicorn.Config(app, port=int(changed.get("port", 0)), log_level="error", **options)
    server = _Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        # To load the certificates of the world takes longer than most tests.
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, verify=False) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()
