"""How the calls of the store grow with the jobs that wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

from redis import Redis

from benchmarks.growth.jobs import BEAT, judged, opened
from benchmarks.growth.meter import Meter, Spent, medians
from benchmarks.growth.stored import looking, submitted
from benchmarks.growth.tables import medians_of, section, table
from core.store.attempts import Attempts
from core.store.forecast import eta_s
from core.store.jobs import JobStore
from core.store.load import LoadStore
from core.store.workers import WorkerRegistry
from tests.core.store.uploads import enqueue

WAITING: Final = (1, 10, 100, 1_000, 10_000)
CALLS, THREADS = 30, 8
Acts = dict[str, Callable[[], object]]


def queue(rounds: int, short: bool, say: Callable[[str], object]) -> str:
    """Jobs of one tenant, and as many tenants with a job each."""
    conditions = f"Of {CALLS} calls, {medians_of(rounds)}, over a Unix socket."
    tables = queue_tables(WAITING[:4] if short else WAITING, rounds, say)
    return section(
        "queue", f"{conditions} `of Redis` is the time of its processor.", *tables, short=short
    )


def queue_tables(sizes: Sequence[int], rounds: int, say: Callable[[str], object]) -> Iterator[str]:
    for whose, tenant in (("one tenant", "local"), ("a tenant each", "tenant{}")):
        seen = _seen(sizes, tenant.format, rounds, say)
        for of, part in (("of the client's clock", "client_ms"), ("of Redis", "redis_ms")):
            yield table(f"jobs of {whose} that wait, ms {of}", sizes, _rows(seen, part), digits=3)


def _rows(seen: list[dict[str, Spent]], part: str) -> dict[str, list[float]]:
    return {name: [getattr(one[name], part) for one in seen] for name in seen[0]}


def _seen(
    sizes: Sequence[int],
    tenant: Callable[[int], str],
    rounds: int,
    say: Callable[[str], object],
) -> list[dict[str, Spent]]:
    seen: list[dict[str, Spent]] = []
    with asyncio.Runner() as runner, opened() as redis:
        judged(redis, Attempts(redis))  # a service time for the ETA
        meter, written = Meter(redis, runner.get_loop()), 0
        for size in sizes:
            with ThreadPoolExecutor(THREADS) as pool:
                list(pool.map(lambda n: enqueue(redis, tenant=tenant(n)), range(written, size)))
            written = size
            with queued_calls(redis, meter) as acts:
                spent = medians(meter, acts, rounds=rounds, calls=CALLS)
            with calls_past_a_limit(redis, meter, tenant(0)) as acts:
                seen.append({**spent, **medians(meter, acts, rounds=rounds, calls=CALLS)})
            say(f"{size:,} jobs that wait, the first of {tenant(0)}")
    return seen


@contextmanager
def queued_calls(redis: Redis, meter: Meter) -> Iterator[Acts]:
    """Submit, take, look and ETA, where so many jobs wait; all leave the queue as it was."""
    attempts, limited = Attempts(redis), Attempts(redis, tenant_running=1)
    jobs, loads = JobStore(redis), LoadStore(redis)
    workers = WorkerRegistry(redis)
    waiting: list[bytes] = redis.zrange("df:queued:interactive", -1, -1)  # type: ignore[assignment]
    last = jobs.get(waiting[0].decode())

    def eta() -> None:
        if eta_s(loads.read(), last, jobs.queue_position(last)) is None:
            raise RuntimeError("no ETA: no service time was measured")

    def alive() -> None:
        workers.beat(BEAT)
        meter.call(eta)

    with looking(redis, meter) as looks:
        yield {
            "submit": lambda: submitted(redis, meter),
            "take": lambda: taken(meter, attempts),
            "take, with a limit a tenant": lambda: taken(meter, limited),
            "look at the last, with its position": lambda: meter.wait(
                lambda: looks.look([last.id])
            ),
            "ETA of the last": alive,
        }


@contextmanager
def calls_past_a_limit(redis: Redis, meter: Meter, tenant: str) -> Iterator[Acts]:
    """A take whose job stands behind all others, where ``tenant`` runs as many as it may.

    That is the worst for a take where all that wait are of that tenant.
    """
    jobs, limited = JobStore(redis), Attempts(redis, tenant_running=1)
    enqueue(redis, tenant=tenant)
    running = Attempts(redis).take("w")
    last: Any = redis.zrange("df:queued:interactive", -1, -1, withscores=True)
    other = enqueue(redis, tenant="other")
    place = last[0][1] + 1
    redis.zadd("df:queued:interactive", {other.id: place})
    redis.hset(f"df:job:{other.id}", "place", str(place))  # where it goes back to
    yield {"take, past a tenant at its limit": lambda: taken(meter, limited)}
    if running is None:
        raise RuntimeError("no job was there to run")
    Attempts(redis).release(running.id, running.attempt)
    jobs.request_cancel(other.id, "other")


def taken(meter: Meter, attempts: Attempts) -> None:
    """Take a job, which goes back at once without being measured."""
    job = meter.call(lambda: attempts.take("w"))
    if job is None:
        raise RuntimeError("no job was there to take")
    attempts.release(job.id, job.attempt)
