from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from redis import Redis

from api.app import create_app
from api.settings import GatewaySettings
from core.store.attempts import Attempts
from core.store.blobs import RedisBlobStore
from core.store.jobs import JobStore
from tests.api.gateway import DoorbellTwin, serve


@pytest.fixture
def settings(redis_url: str) -> GatewaySettings:
    return GatewaySettings(redis_url=redis_url, max_upload_bytes=3_000_000)


@pytest.fixture
def doorbell() -> DoorbellTwin:
    return DoorbellTwin()


@pytest.fixture
def client(settings: GatewaySettings, doorbell: DoorbellTwin) -> Iterator[httpx.Client]:
    """A client of a running gateway on an empty Redis."""
    with serve(create_app(settings, doorbell=doorbell)) as client:
        yield client


@pytest.fixture
def jobs(redis: Redis) -> JobStore:
    """The jobs as the gateway sees them."""
    return JobStore(redis)


@pytest.fixture
def attempts(redis: Redis) -> Attempts:
    """What a worker does with them."""
    return Attempts(redis)


@pytest.fixture
def blobs(redis: Redis) -> RedisBlobStore:
    return RedisBlobStore(redis)
