from __future__ import annotations

import socket
import tempfile
from pathlib import Path

import pytest
from redis.exceptions import ReadOnlyError, ResponseError

from core.errors import ConfigurationError, StoreFull, StoreUnavailable
from core.store.connection import connect, store_errors
from core.store.jobs import JobStore
from tests.redis_server import RedisServer


def test_a_redis_that_is_not_there_is_unavailable_at_once() -> None:
    store = JobStore(connect("redis://127.0.0.1:1/0"))
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        store.get("job_1")


def test_a_redis_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as black_hole:
        port = black_hole.getsockname()[1]
        store = JobStore(connect(f"redis://127.0.0.1:{port}/0", socket_timeout_s=0.2))
        with pytest.raises(StoreUnavailable):
            store.counts()


def test_the_same_client_works_again_after_redis_came_back() -> None:
    with tempfile.TemporaryDirectory(prefix="df-") as folder:
        server = RedisServer(Path(folder)).start()
        store = JobStore(connect(server.url))
        store.counts()
        server.stop()
        with pytest.raises(StoreUnavailable):
            store.counts()
        with server:
            assert store.counts().processing == 0


def test_an_address_that_is_not_of_redis_names_the_setting() -> None:
    with pytest.raises(ConfigurationError, match="DEEPFAKE_REDIS_URL"):
        connect("http://example.test")


def test_errors_of_redis_become_ours_but_bugs_stay_bugs() -> None:
    with pytest.raises(StoreFull), store_errors():
        raise ResponseError("Error running script: -OOM command not allowed")
    with pytest.raises(StoreUnavailable), store_errors():
        raise ReadOnlyError("READONLY You can't write against a read only replica.")
    with pytest.raises(ResponseError), store_errors():
        raise ResponseError("WRONGTYPE")
