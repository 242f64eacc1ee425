"""One gateway with many who wait: its memory, its idle work, and how soon it wakes them.

Starts a real Redis and a real gateway process, makes a running job for every client, connects
event streams and long polls, lets them wait, and then changes one job after another as a worker
does. A wake-up is the time from before the change is sent to Redis until the client has
the first bytes of the news; client and "worker" are this process.

    python -m benchmarks.event_streams --streams 500 --polls 2000
"""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

from redis import Redis

from benchmarks.gateway_processes import GatewayProcess, gateway_process
from core.store.attempts import Attempts
from core.store.blobs import RedisBlobStore, new_blob_id
from core.store.jobs import JobStore
from core.store.records import Job, MediaRef, Progress
from tests.redis_server import RedisServer

CONNECT_AT_ONCE = 50


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--streams", type=int, default=500)
    arguments.add_argument("--polls", type=int, default=2000)
    arguments.add_argument("--wakes", type=int, default=300)
    arguments.add_argument("--every-ms", type=float, default=40.0, help="between two changes")
    arguments.add_argument(
        "--idle-s", type=float, default=30.0, help="in which each poll ends once"
    )
    options = arguments.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory(prefix="df-") as folder, RedisServer(Path(folder)) as server:
        jobs = running_jobs(server.client(), options.streams + options.polls)
        with gateway_process(server.url, max_event_streams=options.streams) as gateway:
            asyncio.run(measure(gateway, server.client(), jobs, options))


def running_jobs(redis: Redis, count: int) -> list[str]:
    blobs, store, attempts = RedisBlobStore(redis), JobStore(redis), Attempts(redis, lease_s=3600)
    ids = []
    for _ in range(count):
        media = MediaRef(new_blob_id(), "ab" * 32, 10, "video", "mp4")
        blobs.open(media.blob_id, tenant="local")
        blobs.append(media.blob_id, bytes(10))
        ids.append(store.create(Job.new(media=media)).id)
        attempts.take("benchmark")
        attempts.set_stage(ids[-1], 1, "decode", total=50)
    return ids


class Client:
    """One who waits for a job, on a plain connection."""

    def __init__(self, port: int, job_id: str, *, streams: bool) -> None:
        self._port = port
        self.job_id = job_id
        self.streams = streams
        self.woken_at = 0.0
        self.woken = asyncio.Event()

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        # A machine with other work may answer 503.
        while not await self._opened():  # noqa: ASYNC110
            await asyncio.sleep(1)
        self._task = asyncio.create_task(self._wait())

    def close(self) -> None:
        self._task.cancel()
        self._writer.close()

    async def _wait(self) -> None:
        while True:
            if self.streams:
                await self._event()
            elif not await self._polled():
                continue
            self.woken_at = time.perf_counter()
            self.woken.set()

    async def _opened(self) -> bool:
        self._ask("/events" if self.streams else "")
        if await self._answered() != 200:
            return False
        if self.streams:
            await self._event()
        return True

    async def _polled(self) -> bool:
        """Whether the poll told anything new."""
        self._ask("?wait=30", f"If-None-Match: {self._etag}\r\n")
        return await self._answered() == 200

    def _ask(self, what: str, header: str = "") -> None:
        target = f"/v1/jobs/{self.job_id}{what}"
        self._writer.write(
            f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n{header}\r\n".encode()
        )

    async def _answered(self) -> int:
        """The status of an answer, once its body has come, unless it is a stream."""
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower()
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        self._etag = fields.get("etag", "")
        await self._reader.readexactly(int(fields.get("content-length", 0)))
        return int(head.split()[1])

    async def _event(self) -> None:
        while not (await self._reader.readline()).startswith(b"event: job"):
            pass


async def measure(
    gateway: GatewayProcess, redis: Redis, jobs: list[str], options: argparse.Namespace
) -> None:
    before, used = gateway.resident_mib(), gateway.cpu_s()
    clients = [
        Client(gateway.port, job_id, streams=number < options.streams)
        for number, job_id in enumerate(jobs)
    ]
    for start in range(0, len(clients), CONNECT_AT_ONCE):
        await asyncio.gather(*(one.open() for one in clients[start : start + CONNECT_AT_ONCE]))
        if start < options.streams <= start + CONNECT_AT_ONCE:
            with_streams = gateway.resident_mib()
    connected = gateway.cpu_s() - used
    await asyncio.sleep(2)
    used, began = gateway.cpu_s(), time.perf_counter()
    await asyncio.sleep(options.idle_s)
    idle = (gateway.cpu_s() - used) / (time.perf_counter() - began)
    resident = gateway.resident_mib()
    used, began = gateway.cpu_s(), time.perf_counter()
    woken = await wake(clients, Attempts(redis, lease_s=3600), options)
    busy = (gateway.cpu_s() - used) / (time.perf_counter() - began)
    for client in clients:
        client.close()
    rows = {
        "event streams, long polls, jobs": f"{options.streams:,}, {options.polls:,}, {len(jobs):,}",
        "resident before": f"{before:.0f} MiB",
        "resident with the streams": f"{with_streams:.0f} MiB",
        "resident with all": f"{resident:.0f} MiB",
        "CPU to connect all": f"{connected:.1f} s",
        "CPU while idle": f"{100 * idle:.1f} % of a core",
        "CPU while waking": f"{100 * busy:.0f} % of a core",
        **{name: told(values) for name, values in woken.items()},
    }
    for name, value in rows.items():
        print(f"| {name:32} | {value:44} |")


async def wake(
    clients: list[Client], attempts: Attempts, options: argparse.Namespace
) -> dict[str, list[float]]:
    """Change jobs, one every ``every_ms``; milliseconds to the news, of streams and of polls."""
    found: dict[str, list[float]] = {"wake-up of a stream": [], "wake-up of a long poll": []}
    counts = dict.fromkeys(range(len(clients)), 0)
    for _ in range(options.wakes):
        started = time.perf_counter()
        number = random.randrange(len(clients))
        client, counts[number] = clients[number], counts[number] + 1
        client.woken.clear()
        progress = Progress("decode", counts[number], 50)
        attempts.renew(client.job_id, 1, progress)
        await asyncio.wait_for(client.woken.wait(), timeout=600)
        kind = "wake-up of a stream" if client.streams else "wake-up of a long poll"
        found[kind].append((client.woken_at - started) * 1e3)
        await asyncio.sleep(max(0.0, options.every_ms / 1e3 - (time.perf_counter() - started)))
    return found


def told(milliseconds: list[float]) -> str:
    p99 = quantiles(milliseconds, n=100)[98]
    middle = median(milliseconds)
    return f"p50 {middle:.1f} ms, p99 {p99:.1f} ms, of {len(milliseconds)}"


if __name__ == "__main__":
    main()
