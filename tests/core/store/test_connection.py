from __future__ import annotations

import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import (
    AuthenticationError,
    ClusterDownError,
    DataError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)

from core.errors import ConfigurationError, StoreFull, StoreUnavailable
from core.store.attempts import Attempts
from core.store.connection import (
    check_if_reachable,
    check_server,
    connect,
    connect_async,
    store_errors,
)
from core.store.jobs import JobStore
from core.store.records import JobStatus
from tests.core.store.lost_worker import begin
from tests.core.store.uploads import enqueue
from tests.redis_server import RedisServer


@pytest.fixture
def server() -> Iterator[RedisServer]:
    """A server of the test's own, which it may break."""
    with tempfile.TemporaryDirectory(prefix="df-") as folder, RedisServer(Path(folder)) as server:
        yield server


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


def test_the_same_client_works_again_after_redis_came_back(server: RedisServer) -> None:
    store = JobStore(connect(server.url))
    store.counts()
    server.stop()
    with pytest.raises(StoreUnavailable):
        store.counts()
    server.start()
    assert store.counts().processing == 0


def test_an_address_that_is_not_of_redis_names_the_setting() -> None:
    with pytest.raises(ConfigurationError, match="DEEPFAKE_REDIS_URL"):
        connect("http://example.test")


@contextmanager
def disk_full(redis: Redis) -> Iterator[None]:
    """What Redis says when its last snapshot could not be written: MISCONF."""
    settings: Any = redis.config_get("dir")
    (Path(settings["dir"]) / "dump.rdb").mkdir()  # a snapshot cannot take its place
    redis.config_set("save", "3600 1")
    redis.set("changed", 1)
    redis.bgsave()
    while redis.info("persistence")["rdb_last_bgsave_status"] == "ok":
        time.sleep(0.05)
    yield
    redis.config_set("stop-writes-on-bgsave-error", "no")


@contextmanager
def no_replicas(redis: Redis) -> Iterator[None]:
    redis.config_set("min-replicas-to-write", 1)
    yield
    redis.config_set("min-replicas-to-write", 0)


@contextmanager
def read_only(redis: Redis) -> Iterator[None]:
    """A replica, as after a failover that the client has not heard of: READONLY."""
    redis.replicaof("127.0.0.1", 1)
    yield
    redis.replicaof("NO", "ONE")


@contextmanager
def master_down(redis: Redis) -> Iterator[None]:
    redis.config_set("replica-serve-stale-data", "no")
    with read_only(redis):
        yield


@contextmanager
def busy(redis: Redis) -> Iterator[None]:
    """Somebody's script does not end: BUSY."""
    redis.config_set("lua-time-limit", 10)
    endless = threading.Thread(target=_run_for_ever, args=(redis,))
    endless.start()
    time.sleep(0.3)
    yield
    redis.script_kill()
    endless.join()


def _run_for_ever(redis: Redis) -> None:
    with pytest.raises(StoreUnavailable, match="Script killed"), store_errors():
        redis.eval("while true do end", 0)


@contextmanager
def no_permission(redis: Redis) -> Iterator[None]:
    redis.acl_setuser("default", commands=["-evalsha", "-hgetall"])
    yield
    redis.acl_setuser("default", commands=["+evalsha", "+hgetall"])


@contextmanager
def no_permission_inside_scripts(redis: Redis) -> Iterator[None]:
    redis.acl_setuser("default", commands=["-hget"])
    yield
    redis.acl_setuser("default", commands=["+hget"])


@contextmanager
def no_permission_for_our_keys(redis: Redis) -> Iterator[None]:
    redis.acl_setuser("default", enabled=True, nopass=True, keys=["others:*"], reset_keys=True)
    yield
    redis.acl_setuser("default", enabled=True, nopass=True, keys=["*"], reset_keys=True)


@pytest.mark.parametrize(
    "broken",
    [
        disk_full,
        no_replicas,
        read_only,
        master_down,
        busy,
        no_permission,
        no_permission_inside_scripts,
        no_permission_for_our_keys,
    ],
)
def test_a_server_that_cannot_be_used_now_is_unavailable_and_charges_no_job(
    server: RedisServer, broken: Callable[[Redis], AbstractContextManager[None]]
) -> None:
    redis = connect(server.url)
    store, attempts = JobStore(redis), Attempts(redis)
    enqueue(redis)
    job = begin(attempts)
    with broken(redis):
        with pytest.raises(StoreUnavailable):
            attempts.finish(job.id, 1, status=JobStatus.SUCCEEDED, result={})
        with pytest.raises(StoreUnavailable):
            store.request_cancel(job.id, "local")
    assert store.get(job.id).status is JobStatus.PROCESSING
    assert attempts.finish(job.id, 1, status=JobStatus.SUCCEEDED, result={})
    assert store.quarantine.crashes("local", job.media.sha256) == 0


def test_a_server_with_too_many_clients_is_unavailable(server: RedisServer) -> None:
    first = server.client()
    first.config_set("maxclients", 1)
    with pytest.raises(StoreUnavailable):  # the answer may be cut off by the closing socket
        JobStore(connect(server.url)).counts()


def test_a_wrong_password_is_named_as_such(server: RedisServer) -> None:
    server.client().config_set("requirepass", "secret")
    for url in (server.url, server.url.replace("unix://", "unix://:wrong@")):
        with pytest.raises(StoreUnavailable, match="refuses the user or the password"):
            JobStore(connect(url)).counts()
    JobStore(connect(server.url.replace("unix://", "unix://:secret@"))).counts()


@pytest.mark.parametrize(
    "error",
    [
        ReadOnlyError("You can't write against a read only replica."),
        ClusterDownError("The cluster is down"),
        TryAgainError("Multiple keys request during rehashing of slot"),
        AuthenticationError("invalid password"),
        ResponseError("MISCONF Errors writing to the AOF file: No space left on device"),
        ResponseError("MISCONF Redis is configured … script: ab12, on @user_script:1."),
        ResponseError("NEWSTATE of a version that is not known yet"),
        ResponseError("Error running script: @user_script:1: @user_script: 1: -NOREPLICAS Not"),
        ResponseError("DB index is out of range"),
        ResponseError("The user executing the script can't publish to the channel mentioned in"),
    ],
)
def test_what_redis_says_about_its_state_is_unavailability(error: RedisError) -> None:
    with pytest.raises(StoreUnavailable), store_errors():
        raise error


@pytest.mark.parametrize(
    "text",
    [
        "OOM command not allowed when used memory > 'maxmemory'.",
        "Error running script: @user_script:1: @user_script: 1: -OOM command not allowed",
    ],
)
def test_a_redis_at_its_maxmemory_is_a_full_store(text: str) -> None:
    with pytest.raises(StoreFull), store_errors():
        raise ResponseError(text)


@pytest.mark.parametrize(
    "error",
    [
        ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value"),
        ResponseError("Error running script: @user_script:1: WRONGTYPE Operation against a key"),
        ResponseError("Error running script: @user_script:1: user_script:1: attempt to index"),
        ResponseError("wrong number of arguments for 'hset' command"),
        ResponseError("unknown command `FOO`, with args beginning with: "),
        DataError("Invalid input of type: 'dict'"),
    ],
)
def test_a_bug_of_ours_stays_a_bug(error: RedisError) -> None:
    with pytest.raises(type(error)), store_errors():
        raise error


class Answers:
    """The twin of a client that answers INFO as told."""

    def __init__(self, mode: str) -> None:
        self.mode = mode

    def info(self, section: str) -> dict[str, str]:
        assert section == "server"
        return {"redis_mode": self.mode}


@pytest.mark.parametrize(("mode", "name"), [("cluster", "Redis Cluster"), ("sentinel", "Sentinel")])
def test_a_cluster_and_a_sentinel_are_refused_by_their_names(mode: str, name: str) -> None:
    twin: Any = Answers(mode)
    with pytest.raises(ConfigurationError, match=name):
        check_server(twin)


def test_a_single_server_is_taken(redis: Redis) -> None:
    check_server(redis)


def test_a_process_may_start_before_its_redis_does() -> None:
    check_if_reachable("redis://127.0.0.1:1/0")
    with pytest.raises(ConfigurationError, match="'cluster'"):
        check_if_reachable("redis://127.0.0.1:1/0?cluster=yes")


@pytest.mark.parametrize("prepare", [connect, connect_async], ids=["threads", "asyncio"])
def test_a_sentinel_that_is_away_is_asked_once_before_the_next_one(
    prepare: Callable[[str], Any],
) -> None:
    manager = prepare("sentinel://h1,h2/main").connection_pool.sentinel_manager
    pools = [sentinel.connection_pool for sentinel in manager.sentinels]
    assert [pool.connection_kwargs["retry"].get_retries() for pool in pools] == [0, 0]
