"""Fixtures that every room shares."""

from __future__ import annotations

import gc
import logging
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from redis import Redis

from core.store.connection import connect
from tests.made_once import shared_by_a_run
from tests.redis_server import RedisServer

# An example has no time limit of its own: how long it takes is a matter of the neighbours too.
settings.register_profile("ours", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")


def pytest_configure(config: pytest.Config) -> None:
    """The process that starts the others owns the folder that they share."""
    if not hasattr(config, "workerinput"):
        run = ExitStack()
        run.enter_context(shared_by_a_run())
        config.add_cleanup(run.close)


def pytest_collection_finish() -> None:
    """Half a million objects, the tests and what they import, stay to the end.

    They are not looked at again: the extraction of a film ends with a full collection, which
    would take 0.3 s of a processor each time.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def loggers_as_they_were() -> Iterator[None]:
    """A command owns its process and sets levels in it; here it is a guest."""
    worker = logging.getLogger("worker")
    before = worker.level
    yield
    worker.setLevel(before)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """One server for the session; use ``redis_url`` or ``redis`` to get it empty."""
    # Not tmp_path: a unix socket's path may have 107 characters only.
    with tempfile.TemporaryDirectory(prefix="df-") as folder, RedisServer(Path(folder)) as server:
        yield server


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The address of an emptied real Redis."""
    with redis_server.client() as client:
        client.flushall()
    return redis_server.url


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """A client of an emptied real Redis, made as the processes make theirs."""
    client = connect(redis_url)
    yield client
    client.close()
