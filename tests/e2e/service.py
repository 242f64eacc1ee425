"""The service as it is deployed: gateway, workers and Redis as processes of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from core.store.jobs import JobStore
from core.store.workers import WorkerRegistry
from tests.redis_server import RedisServer

# Limits that only a hang reaches, on a busy machine too.
READY_S = 120.0
VERDICT_S = 120.0
BEGIN_S = 60.0


class Service:
    """One gateway, any number of workers, one Redis that can be stopped and started."""

    def __init__(self, folder: Path, *redis_options: str, **settings: object) -> None:
        self.redis = RedisServer(folder, *redis_options)
        self._folder = folder
        given = {"reuse_results": False, **settings}  # each test has its file judged
        self._environment = {f"DEEPFAKE_{name.upper()}": str(v) for name, v in given.items()}
        self._processes: list[subprocess.Popen[bytes]] = []
        self._place = reserved_port()
        self.port = int(self._place.getsockname()[1])
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60)

    def start_gateway(self) -> None:
        self._start("api", {"DEEPFAKE_PORT": str(self.port)})
        until("the gateway answers", lambda: self._answers("/healthz"), READY_S)

    def start_sender(self) -> None:
        self._start("sender", {})

    def start_worker(self, **settings: object) -> subprocess.Popen[bytes]:
        extra = {f"DEEPFAKE_{name.upper()}": str(v) for name, v in settings.items()}
        known = set(self.workers())
        worker = self._start("worker", {"DEEPFAKE_CONCURRENCY": "1", **extra})
        until("the worker beats", lambda: set(self.workers()) - known, READY_S)
        return worker

    def workers(self) -> list[str]:
        """The ids of the workers whose heartbeat is fresh."""
        with self.redis.client() as redis:
            return [beat.worker_id for beat in WorkerRegistry(redis).live()]

    def store(self) -> JobStore:
        return JobStore(self.redis.client())

    def post(self, data: bytes, **query: object) -> str:
        """Send a raw body; the id of the job."""
        answer = self.http.post("/v1/jobs", content=data, params=dict(query))  # type: ignore[arg-type]
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def get(self, job_id: str) -> dict[str, Any]:
        answer = self.http.get(f"/v1/jobs/{job_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def finished(self, job_id: str, within_s: float = VERDICT_S) -> dict[str, Any]:
        """Wait for the terminal record by long-polling, as clients do."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            job = self.http.get(f"/v1/jobs/{job_id}", params={"wait": 5}).json()
            if job["status"] not in ("queued", "processing"):
                return dict(job)
        raise AssertionError(f"{job_id} is {job['status']} after {within_s} s")

    def judge(self, data: bytes, **query: object) -> dict[str, Any]:
        return self.finished(self.post(data, **query))

    def at_work_on(self, job_id: str, attempt: int = 1) -> int:
        """Wait until an attempt has begun on the file; its worker's process id."""
        key, wanted = f"df:job:{job_id}", str(attempt).encode()

        def begun() -> bool:
            told, stage = redis.hmget(key, ["attempt", "stage"])
            return told == wanted and stage is not None  # claimed alone does not count

        with self.redis.client() as redis:
            until("a worker begins on the file", begun, BEGIN_S)
            worker = redis.hget(key, "worker")
        assert isinstance(worker, bytes)
        return int(worker.decode().rsplit("-", 2)[1])

    def stop(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()
        self.http.close()
        self.redis.stop()
        self._place.close()

    def _answers(self, path: str) -> bool:
        try:
            return self.http.get(path).status_code == 200
        except httpx.TransportError:
            return False

    def _start(self, command: str, extra: Mapping[str, str]) -> subprocess.Popen[bytes]:
        log = (self._folder / f"{command}-{len(self._processes)}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "-m", "deepfake", command],
            env={
                **os.environ,
                "DEEPFAKE_REDIS_URL": self.redis.url,
                "DEEPFAKE_LEASE_S": "6",
                **self._environment,
                **extra,
            },
            stdout=log,
            stderr=log,
        )
        self._processes.append(process)
        return process


@contextmanager
def service(
    folder: Path, *redis_options: str, workers: int = 1, **settings: object
) -> Iterator[Service]:
    """Everything up; at the end everything is killed, and after a failure the logs are shown."""
    running = Service(folder, *redis_options, **settings)
    try:
        running.redis.start()
        running.start_gateway()
        for _ in range(workers):
            running.start_worker()
        yield running
    except BaseException:
        for log in sorted(folder.glob("*.log")):
            print(f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}")
        raise
    finally:
        running.stop()


def until(what: str, condition: Callable[[], object], limit_s: float) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {limit_s} s: {what}")
        time.sleep(0.02)


def reserved_port() -> socket.socket:
    """A free port that stays bound, so that no neighbour gets it; the gateway may listen on it."""
    place = socket.socket()
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    place.bind(("127.0.0.1", 0))
    return place


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
