"""How the calls of the store grow with the jobs that are stored.

Of those it writes a hundred, from the upload over the attempt to the result, and Redis copies
them, expiry and all, a thousand to a script.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import redis.asyncio as aioredis
from redis import Redis

from benchmarks.growth.jobs import copies, judged, opened, used_bytes
from benchmarks.growth.meter import Meter, Spent, medians
from benchmarks.growth.tables import medians_of, section, table
from core.store.attempts import Attempts
from core.store.jobs import JobStore
from core.store.listing import JobFilter, JobLists
from core.store.looks import JobLooks
from tests.core.store.uploads import enqueue

STORED: Final = (100, 1_000, 10_000, 200_000)
CALLS: Final = 30


def stored(rounds: int, short: bool, say: Callable[[str], object]) -> str:
    tables = stored_tables(STORED[:3] if short else STORED, rounds, say)
    conditions = f"Of {CALLS} calls, {medians_of(rounds)}, over a Unix socket."
    return section("stored", conditions, *tables, short=short)


def stored_tables(sizes: Sequence[int], rounds: int, say: Callable[[str], object]) -> Iterator[str]:
    seen: list[dict[str, Spent]] = []
    kib: list[float] = []
    with asyncio.Runner() as runner, opened() as redis:
        judged(redis, Attempts(redis))  # loads the scripts
        before, written = used_bytes(redis), 0
        for _ in range(sizes[0]):
            judged(redis, Attempts(redis))
        for size in sizes:
            copies(redis, size - max(written, sizes[0]))
            written = size
            kib.append((used_bytes(redis) - before) / size / 1024)
            meter = Meter(redis, runner.get_loop())
            with stored_calls(redis, meter) as acts:
                seen.append(medians(meter, acts, rounds=rounds, calls=CALLS))
            say(f"{size:,} stored jobs")
    for of, part in (("of the client's clock", "client_ms"), ("of Redis", "redis_ms")):
        rows = {name: [getattr(one[name], part) for one in seen] for name in seen[0]}
        yield table(f"stored jobs, ms {of}", sizes, rows, digits=3)
    yield table("stored jobs", sizes, {"KiB of Redis a record": kib})


@contextmanager
def stored_calls(redis: Redis, meter: Meter) -> Iterator[dict[str, Callable[[], object]]]:
    """Submit, poll and list, beside so many jobs that have ended."""
    every: list[bytes] = redis.zrange("df:jobs:local", 0, -1)  # type: ignore[assignment]
    ids = [name.decode() for name in random.Random(0).choices(every, k=100)]
    lists = JobLists(redis)
    with looking(redis, meter) as looks:
        yield {
            "submit": lambda: submitted(redis, meter),
            "look": lambda: meter.wait(lambda: looks.look([random.choice(ids)])),
            "list of 20": lambda: meter.call(lambda: lists.page("local", JobFilter(), limit=20)),
        }


@contextmanager
def looking(redis: Redis, meter: Meter) -> Iterator[JobLooks]:
    """What a gateway looks with; its connection is closed at the end."""
    settings: dict[str, Any] = redis.connection_pool.connection_kwargs
    again = aioredis.Redis(unix_socket_path=settings["path"])
    looks = JobLooks(again, limit_s=5, at_once=1)
    try:
        yield looks
    finally:
        meter.wait(looks.close)


def submitted(redis: Redis, meter: Meter, tenant: str = "local") -> None:
    """Upload and create one, which goes again at once without being measured."""
    jobs = JobStore(redis)
    job = meter.call(lambda: enqueue(redis, tenant=tenant))
    jobs.request_cancel(job.id, tenant)
    jobs.delete(job.id, tenant)
