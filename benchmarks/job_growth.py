"""How the calls of the store grow with the jobs that are stored, and with those that wait.

    python -m benchmarks.job_growth --write benchmarks/job_growth.md

Jobs that wait are made by the store. Of the stored ones it writes a hundred, from the upload over
the attempt to the result, and Redis copies those, expiry and all, a thousand to a script.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final

import click
import redis.asyncio as aioredis
from redis import Redis

from benchmarks.growth_fit import Growth
from benchmarks.job_lists import RESULT
from core.store.attempts import Attempts
from core.store.forecast import eta_s
from core.store.ids import new_id
from core.store.jobs import JobStore
from core.store.listing import JobFilter, JobLists
from core.store.load import LoadStore
from core.store.looks import JobLooks
from core.store.records import JobStatus
from core.store.workers import Heartbeat, ModelIdentity, WorkerRegistry
from tests.core.store.uploads import enqueue
from tests.redis_server import RedisServer

STORED: Final = (100, 1_000, 10_000, 200_000)
QUEUED: Final = (1, 100, 1_000, 10_000)
CALLS, ROUNDS, BATCH, THREADS = 30, 3, 1000, 8
MODEL: Final = ModelIdentity("m", "1", "ab" * 32, "openvino-int8")
BEAT: Final = Heartbeat("w", "here", 1, MODEL, 2, "2026-01-01T00:00:00Z")
# KEYS: the list of jobs. ARGV: how many copies, and what their ids begin with.
COPY: Final = """
local ids = redis.call("ZRANGE", KEYS[1], 0, 99)
local last = redis.call("ZRANGE", KEYS[1], -1, -1, "WITHSCORES")[2]
for n = 1, ARGV[1] do
  local id = ARGV[2] .. string.format("%06d", n)
  redis.call("COPY", "df:job:" .. ids[n % #ids + 1], "df:job:" .. id)
  redis.call("ZADD", KEYS[1], last + n, id)
end
"""
Calls = dict[str, Callable[[], float]]  # each one call, in milliseconds


@contextmanager
def opened() -> Iterator[Redis]:
    """An empty Redis."""
    with (
        tempfile.TemporaryDirectory(prefix="df-") as folder,
        RedisServer(Path(folder)) as server,
        server.client() as redis,
    ):
        yield redis


def copies(redis: Redis, number: int) -> None:
    """So many more records of ended jobs, in batches."""
    copy = redis.register_script(COPY)
    for done in range(0, number, BATCH):
        name = f"{new_id('job')[:-8]}{done // BATCH:02x}"
        copy(keys=["df:jobs:local"], args=[min(BATCH, number - done), name])


def judged(redis: Redis, attempts: Attempts) -> None:
    """One job from its upload to its result."""
    job = enqueue(redis)
    attempts.take("w")
    attempts.finish(job.id, 1, status=JobStatus.SUCCEEDED, result=RESULT)


def stored_calls(redis: Redis, loop: asyncio.AbstractEventLoop) -> Calls:
    """Submit, poll and list, beside so many jobs that have ended."""
    every: list[bytes] = redis.zrange("df:jobs:local", 0, -1)  # type: ignore[assignment]
    ids = [name.decode() for name in random.Random(0).sample(every, 100)]
    lists, jobs = JobLists(redis), JobStore(redis)
    path = redis.connection_pool.connection_kwargs["path"]
    again = aioredis.Redis(unix_socket_path=path)
    looks = JobLooks(again, limit_s=5, at_once=1)

    def submit() -> float:
        began = time.perf_counter()
        job = enqueue(redis)
        took = time.perf_counter() - began
        jobs.request_cancel(job.id, job.tenant)
        jobs.delete(job.id, job.tenant)
        return 1000 * took

    return {
        "submit": submit,
        "poll": lambda: timed(lambda: loop.run_until_complete(looks.look([random.choice(ids)]))),
        "list of 20": lambda: timed(lambda: lists.page("local", JobFilter(), limit=20)),
    }


def queued_calls(redis: Redis) -> Calls:
    """Take, position and ETA, where so many jobs wait."""
    attempts, jobs, loads = Attempts(redis), JobStore(redis), LoadStore(redis)
    WorkerRegistry(redis).beat(BEAT)
    waiting: list[bytes] = redis.zrange("df:queued:interactive", -1, -1)  # type: ignore[assignment]
    last = jobs.get(waiting[0].decode())

    def take() -> float:
        began = time.perf_counter()
        job = attempts.take("w")
        took = time.perf_counter() - began
        if job is None:
            raise RuntimeError("no job was there to take")
        attempts.release(job.id, job.attempt)
        return 1000 * took

    def eta() -> None:
        if eta_s(loads.read(), last, jobs.queue_position(last)) is None:
            raise RuntimeError("no ETA: no service time was measured")

    return {
        "take one": take,
        "position": lambda: timed(lambda: jobs.queue_position(last)),
        "ETA of the last": lambda: timed(eta),
    }


def timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - began)


def medians(calls: Calls) -> dict[str, float]:
    """Milliseconds of each call: the median of three rounds, each the median of thirty."""
    rounds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            rounds[name].append(median(call() for _ in range(CALLS)))
    return {name: median(times) for name, times in rounds.items()}


def rows(title: str, seen: dict[int, dict[str, float]]) -> list[str]:
    sizes = list(seen)
    lines = [
        f"| {title} | " + " | ".join(f"{size:,}" for size in sizes) + " | exponent |",
        "|---|" + "---|" * (len(sizes) + 1),
    ]
    for name in seen[sizes[0]]:
        costs = [seen[size][name] for size in sizes]
        cells = " | ".join(f"{cost:,.3f}" for cost in costs)
        lines.append(f"| {name} | {cells} | {Growth.of(sizes, costs)} |")
    return [*lines, ""]


def used_bytes(redis: Redis) -> int:
    memory: Any = redis.info("memory")
    return int(memory["used_memory"])


def stored_rows() -> list[str]:
    seen: dict[int, dict[str, float]] = {}
    with asyncio.Runner() as runner, opened() as redis:
        attempts = Attempts(redis)
        judged(redis, attempts)  # loads the scripts
        before, written = used_bytes(redis), 0
        for _ in range(STORED[0]):
            judged(redis, attempts)
        for size in STORED:
            copies(redis, size - max(written, STORED[0]))
            written = size
            kib = (used_bytes(redis) - before) / size / 1024
            calls = stored_calls(redis, runner.get_loop())
            seen[size] = {**medians(calls), "KiB of Redis a record": kib}
    return rows("stored jobs, ms", seen)


def queued_rows() -> list[str]:
    seen: dict[int, dict[str, float]] = {}
    with opened() as redis:
        judged(redis, Attempts(redis))  # a service time for the ETA
        written = 0
        for size in QUEUED:
            with ThreadPoolExecutor(THREADS) as pool:
                list(pool.map(lambda _: enqueue(redis), range(size - written)))
            written = size
            seen[size] = medians(queued_calls(redis))
    return rows("queued jobs, ms", seen)


@click.command()
@click.option("--write", type=click.Path(path_type=Path), help="Save the tables as Markdown.")
def main(write: Path | None) -> None:
    """Calls of the store over the number of jobs."""
    stored = "\n".join(stored_rows())
    click.echo(stored)
    queued = "\n".join(queued_rows())
    click.echo(queued)
    text = f"{stored}\n{queued}"
    if write is not None:
        write.write_text(f"# How the calls of the store grow\n\n{text}")


if __name__ == "__main__":
    main()
