"""A master and its replica behind a sentinel, whose master dies and comes back as the replica."""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from redis import Redis
from redis.exceptions import RedisError

from core.store.connection import connect
from tests.e2e.sentinel import Replicated, replicated
from tests.e2e.service import until
from tests.redis_server import RedisServer

READY_S: Final = 60.0


class ReplicatedRedis:
    """``guard_s`` is the lag of the replica above which the master takes no writes; 0 for none."""

    def __init__(self, folder: Path, guard_s: int) -> None:
        self._folder = folder
        self._options: tuple[str, ...] = ()
        if guard_s:
            self._options = ("--min-replicas-to-write", "1",
                             "--min-replicas-max-lag", str(guard_s))  # fmt: skip
        self._stack = ExitStack()
        self._both: Replicated | None = None

    @property
    def both(self) -> Replicated:
        assert self._both is not None
        return self._both

    @property
    def url(self) -> str:
        return self.both.url

    def __enter__(self) -> Self:
        self._both = self._stack.enter_context(replicated(self._folder, *self._options))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._stack.close()

    def start(self) -> None:
        """Nothing: the servers live as long as the context, because their address comes of it."""

    def stop(self) -> None:
        """Nothing, as above."""

    def client(self) -> Redis:
        """A client of the server that is the master now."""
        return connect(self.url)

    def fail_over(self, lag_s: float) -> float:
        """Cut the replica off for so long, kill the master, and wait for the new one.

        Returns when the master died, by time.time(). The old master comes back as the replica.
        """
        both = self.both
        # A replica that only hangs would find in its socket what it was sent meanwhile.
        os.kill(both.replica.pid, signal.SIGSTOP)
        with both.master.client() as admin:
            admin.client_kill_filter(_type="replica")
        time.sleep(lag_s)
        died, before = time.time(), both.master_port()
        both.master.stop()
        os.kill(both.replica.pid, signal.SIGCONT)
        until("another one is the master", lambda: both.master_port() != before, READY_S)
        both.master, both.replica = both.replica, both.master
        self._come_back(both.replica, both.master_port())
        return died

    def _come_back(self, server: RedisServer, master_port: int) -> None:
        server.start()
        with server.client() as client:
            admin: Any = client
            admin.replicaof("127.0.0.1", master_port)
            until("the replica has everything", lambda: _in_step(admin), READY_S)


def _in_step(client: Any) -> bool:
    try:
        told = client.info("replication")
    except RedisError:  # the sentinel makes it a replica, which ends connections
        return False
    return bool(told["role"] == "slave" and told["master_link_status"] == "up")
