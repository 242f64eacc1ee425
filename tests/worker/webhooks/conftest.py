"""A receiver, and senders in this process that may reach it."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from ipaddress import ip_network

import pytest
from redis import Redis

from core.net.guard import Guard
from core.store.endpoints import EndpointStore
from core.store.outbox import Bounds, Outbox
from core.telemetry.traces import NoTraces
from tests.worker.webhooks.receiver import Receiver
from worker.webhooks.observer import SenderMetrics, SenderObserver
from worker.webhooks.post import Post
from worker.webhooks.sender import Sender

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # made in no time: it trusts nobody
RunSender = Callable[..., AbstractContextManager[Sender]]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def sending(redis: Redis, receiver: Receiver) -> RunSender:
    """Runs a sender in a thread for as long as the context lasts."""

    @contextmanager
    def run(
        *, retries_s: tuple[float, ...] = (), limit_s: float = 5.0, places: int = 64,
        bounds: Bounds | None = None, lease_s: float = 60.0, ports: tuple[int, ...] = (),
        observer: SenderObserver | None = None,
    ) -> Iterator[Sender]:  # fmt: skip
        guard = Guard(frozenset({receiver.port, *ports}), (ip_network("127.0.0.0/8"),))
        post = Post(guard, limit_s=limit_s, connections=places, tls=NO_TLS)
        bounds = bounds or Bounds(tries=len(retries_s) + 1)
        outbox = Outbox(redis, bounds, lease_s=lease_s)
        observer = observer or SenderObserver(SenderMetrics(), NoTraces())
        sender = Sender(
            outbox, EndpointStore(redis), post, retries_s=retries_s, places=places,
            on_try=observer.tried,
        )  # fmt: skip
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_until_complete, args=(sender.run(),))
        thread.start()
        try:
            yield sender
        finally:
            sender.stop(0)
            thread.join()
            loop.run_until_complete(post.close())
            loop.close()

    return run
