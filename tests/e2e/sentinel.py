"""A master, its replica and the sentinel that watches them, as real processes on free ports."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from deepfake.stack.embedded_redis import find_redis_server
from tests.e2e.service import reserved_port, until
from tests.redis_server import RedisServer

_CONFIG = """port {port}
dir {folder}
bind 127.0.0.1
sentinel monitor main 127.0.0.1 {master} 1
sentinel auth-pass main secret
sentinel down-after-milliseconds main 500
sentinel failover-timeout main 2000
"""
_READY_S = 30.0


@dataclass
class Replicated:
    """Two servers, of which the first is the master until it is killed."""

    master: RedisServer
    replica: RedisServer
    port: int  # of the sentinel

    @property
    def url(self) -> str:
        return f"sentinel://:secret@127.0.0.1:1,127.0.0.1:{self.port}/main"

    def replicated(self) -> bool:
        """Whether the replica has everything, and the sentinel knows of it."""
        with Redis(port=self.port) as sentinel, self.replica.client() as replica:
            known: Any = sentinel.sentinel_slaves("main")
            copied: Any = replica.info("replication")
        return bool(known) and copied["master_link_status"] == "up"

    def master_port(self) -> int:
        """Of the server that the sentinel names now."""
        with Redis(port=self.port) as sentinel:
            told: Any = sentinel.sentinel_get_master_addr_by_name("main")
        return int(told[1])


@contextmanager
def replicated(folder: Path, *options: str) -> Iterator[Replicated]:
    """``options`` are those of both servers."""
    ports = []
    with ExitStack() as stack:
        for _ in range(3):
            place = stack.enter_context(reserved_port())
            ports.append(int(place.getsockname()[1]))
        stack.pop_all().close()
    with ExitStack() as stack:
        first, second = (folder / name for name in ("first", "second"))
        shared = ("--bind", "127.0.0.1", "--requirepass", "secret", "--masterauth", "secret",
                  "--repl-diskless-sync-delay", "0", *options)  # fmt: skip
        for place_of in (first, second):
            place_of.mkdir()
        master = stack.enter_context(_Server(first, "--port", str(ports[0]), *shared))
        follows = ("--replicaof", "127.0.0.1", str(ports[0]))
        replica = stack.enter_context(_Server(second, "--port", str(ports[1]), *shared, *follows))
        config = folder / "sentinel.conf"
        config.write_text(_CONFIG.format(port=ports[2], folder=folder, master=ports[0]))
        stack.enter_context(_sentinel(config, ports[2]))
        both = Replicated(master, replica, ports[2])
        until("the sentinel knows the replica", both.replicated, _READY_S)
        yield both


class _Server(RedisServer):
    def client(self) -> Redis:
        return Redis.from_url(self.url, password="secret")


@contextmanager
def _sentinel(config: Path, port: int) -> Iterator[None]:
    command = [str(find_redis_server()), str(config), "--sentinel"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + _READY_S
            while not _answers(port):
                assert time.monotonic() < deadline
                time.sleep(0.02)
            yield
        finally:
            process.kill()


def _answers(port: int) -> bool:
    try:
        with Redis(port=port) as client:
            return bool(client.ping())
    except RedisConnectionError:
        return False
