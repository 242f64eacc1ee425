"""The service as processes that can be killed, paused and started again, over a Redis with AOF."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, Self

from redis import Redis

from core.store.workers import WorkerRegistry
from tests.chaos.clocks import Clock
from tests.chaos.network import Network
from tests.core.bundle_factory import write_bundle
from tests.e2e.service import reserved_port, until
from tests.redis_server import RedisServer

READY_S: Final = 180.0
TREE: Final = Path(__file__).resolve().parents[2]
SLOW: Final = re.compile(r"deepfake worker: (No|The) decoder was ")
CLIENT: Final = "clients/python"
REDIS_PORT: Final = 6379


class Server(Protocol):
    """A Redis, or several behind one address."""

    @property
    def url(self) -> str: ...
    def start(self) -> object: ...
    def stop(self) -> object: ...
    def client(self) -> Redis: ...


class Process:
    """One process of the service; it is started again with the same settings.

    ``tree`` is where its code is; it may be changed between two starts. ``clock`` is its own where
    clocks can be set.
    """

    def __init__(
        self,
        name: str,
        module: str,
        environment: Mapping[str, str],
        log: Path,
        tree: Path,
        clock: Clock | None = None,
        within: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.tree = tree
        self._within = within  # what comes before the command
        self.clock = clock
        self._module = module
        self._environment = environment
        self._log = log
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return None if self._child is None else self._child.poll()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(
                [*self._within, sys.executable, "-m", self._module],
                cwd=self.tree,
                env={
                    **os.environ,
                    "PYTHONPATH": os.pathsep.join(map(str, (self.tree, self.tree / CLIENT))),
                    **(self.clock.environment if self.clock else {}),
                    **self._environment,
                },
                stdout=log,
                stderr=log,
            )

    def could_not_start(self) -> bool:
        """Whether it ended because its first decoder was killed or not ready in time."""
        return bool(SLOW.search(self._log.read_text(errors="replace")[-300:]))

    def send(self, number: signal.Signals) -> None:
        if self._child is not None and self._child.poll() is None:
            self._child.send_signal(number)

    def stop(self, limit_s: float) -> int:
        """SIGTERM, as a supervisor sends it; the exit code, or TimeoutExpired."""
        assert self._child is not None
        self._child.terminate()
        return self._child.wait(limit_s)

    def kill(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.wait()


class Cluster:
    """Redis, two gateways, some workers and the sender of webhooks.

    With the library ``clocks`` each of them has a clock that can be set, and with ``network`` a
    machine that can be cut off.
    """

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, object],
        workers: int,
        fsync: str,
        *,
        tree: Path = TREE,
        redis: Server | None = None,
        clocks: Path | None = None,
        network: Network | None = None,
    ) -> None:
        self.network = network
        self._tree = tree
        self._clocks = clocks
        self.folder = folder
        self.redis_clock = self._clock("redis")
        self.redis: Any = redis or self._redis(fsync)
        self._settings = {"redis_url": self._redis_url(), "log_level": "INFO", **settings}
        self._places = [reserved_port(), reserved_port()]
        self.ports = [int(place.getsockname()[1]) for place in self._places]
        bundle = folder / "brightness"
        write_bundle(bundle)
        light = {"model": bundle, "concurrency": 1, "model_threads": 1, "decoder_threads": 1}
        self.gateways = [
            self._process(f"gateway-{n}", "api.main", {"port": port, **self._listening})
            for n, port in enumerate(self.ports)
        ]
        self.addresses = [(self._host(f"gateway-{n}"), port) for n, port in enumerate(self.ports)]
        self.workers = [self._process(f"worker-{n}", "worker.main", light) for n in range(workers)]
        self.senders = [self._process("sender-0", "worker.webhooks.main", {})]

    @property
    def urls(self) -> list[str]:
        """Of the gateways."""
        return [f"http://{host}:{port}" for host, port in self.addresses]

    @property
    def processes(self) -> list[Process]:
        return [*self.gateways, *self.workers, *self.senders]

    def __enter__(self) -> Self:
        self.redis.start()
        for process in self.processes:
            process.start()
        try:
            until("all workers beat", lambda: len(self.live()) == len(self.workers), READY_S)
            until("both gateways listen", lambda: all(map(_listens, self.addresses)), READY_S)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        for process in self.processes:
            process.kill()
        self.redis.stop()
        for place in self._places:
            place.close()

    def ended(self) -> list[str]:
        """A sentence for each process that has ended although nobody ended it."""
        return [
            f"{process.name} ended by itself with code {process.exit_code}"
            for process in self.processes
            if process.exit_code is not None
        ]

    def live(self) -> list[str]:
        with self.redis.client() as redis:
            return [beat.worker_id for beat in WorkerRegistry(redis).live()]

    def jobs_at_work(self, pid: int | None = None) -> list[str]:
        """The ids of jobs under a lease, of one worker or of all; [] while Redis cannot tell."""
        with self.redis.client() as redis:
            ids = [job.decode() for job in redis.zrange("df:leases", 0, -1)]
            hands = {job: (redis.hget(f"df:job:{job}", "worker") or b"").decode() for job in ids}
        return [job for job, hand in hands.items() if pid is None or f"-{pid}-" in hand]

    def _process(self, name: str, module: str, own: Mapping[str, object]) -> Process:
        given = {**self._settings, **own}
        environment = {f"DEEPFAKE_{key.upper()}": str(value) for key, value in given.items()}
        log = self.folder / f"{name}.log"
        clock, within = self._clock(name), self._machine(name)
        return Process(name, module, environment, log, self._tree, clock, within)

    def _redis(self, fsync: str) -> RedisServer:
        options = ["--appendonly", "yes", "--appendfsync", fsync]
        within = self._machine("redis")
        if within:  # it listens at its socket too, which no cut reaches, for those who test
            options += ["--port", str(REDIS_PORT), "--bind", "0.0.0.0", "--protected-mode", "no"]
        environment = self.redis_clock.environment if self.redis_clock else None
        return RedisServer(self.folder, *options, environment=environment, within=within)

    def _redis_url(self) -> str:
        if self.network is None:
            return str(self.redis.url)
        return f"redis://{self.network.address('redis')}:{REDIS_PORT}"

    @property
    def _listening(self) -> Mapping[str, str]:
        return {} if self.network is None else {"host": "0.0.0.0"}

    def _host(self, name: str) -> str:
        return "127.0.0.1" if self.network is None else self.network.address(name)

    def _machine(self, name: str) -> Sequence[str]:
        """Set a machine up, where there are several; what a command on it begins with."""
        if self.network is None:
            return ()
        self.network.add(name)
        return self.network.within(name)

    def _clock(self, name: str) -> Clock | None:
        return Clock(self.folder / f"{name}.clock", self._clocks) if self._clocks else None


def _listens(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=1).close()
    except OSError:
        time.sleep(0.1)
        return False
    return True
