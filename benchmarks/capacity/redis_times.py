"""Measures what the calls of one job cost Redis, and how many bytes a record takes there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from itertools import count
from typing import Final

import redis.asyncio as aioredis
from redis import Redis

from benchmarks.capacity.times import RedisTimes
from benchmarks.fair_share import cpu_ms
from benchmarks.growth.jobs import BEAT, judged, opened, used_bytes
from benchmarks.job_lists import RESULT
from core.options import Queue
from core.store.attempts import Attempts
from core.store.blobs import RedisBlobStore
from core.store.doorbell import MAX_BELLS
from core.store.jobs import JobStore
from core.store.looks import JobLooks
from core.store.records import Job, JobStatus
from core.store.workers import WorkerRegistry
from tests.core.store.uploads import enqueue

CALLS: Final = 300
LISTENERS: Final = 20
MIB: Final = 1024**2


def seconds_each(redis: Redis, call: Callable[[], object], calls: int = CALLS) -> float:
    """Processor time of Redis for one call, what it takes to read and answer it included."""
    call()
    before = cpu_ms(redis)
    for _ in range(calls):
        call()
    return (cpu_ms(redis) - before) / calls / 1000


class Calls:
    """The calls of gateway and worker, each by itself."""

    def __init__(self, redis: Redis) -> None:
        self.redis, self.jobs, self.attempts = redis, JobStore(redis), Attempts(redis)
        self.blobs, self._numbers = RedisBlobStore(redis), count()
        self.running: list[Job] = []

    def submit(self) -> None:
        enqueue(self.redis)
        self.jobs.bells_wanted(Queue.INTERACTIVE)
        self.redis.lpush("interactive", b"x" * 600)  # as long as the broker's message is
        self.redis.ltrim("interactive", 0, MAX_BELLS)

    def take(self) -> None:
        job = self.attempts.take("w")
        if job is None:
            raise RuntimeError("no job is left to take")
        self.running.append(job)

    def work(self) -> None:
        job = self.running[-1]
        self.attempts.quarantine.check(job.tenant, job.media.sha256)
        for stage in ("decode", "infer"):
            self.attempts.set_stage(job.id, job.attempt, stage, total=10)
        list(self.blobs.read(job.media.blob_id))

    def renew(self) -> None:
        self.attempts.renew(self.running[-1].id, 1)

    def finish(self) -> None:
        job = self.running.pop()
        done = JobStatus.SUCCEEDED
        if not self.attempts.finish(job.id, job.attempt, status=done, result=RESULT):
            raise RuntimeError(f"{job.id} was not at work any more")

    def append_mib(self) -> None:
        name = f"blob_mib{next(self._numbers)}"
        self.blobs.open(name, tenant="local")
        self.blobs.append(name, b"x" * MIB)

    def read_mib(self) -> None:
        list(self.blobs.read("blob_mib0"))


def measured_times() -> RedisTimes:
    """Each call three hundred times, in the order in which a job needs them."""
    with opened() as redis:
        calls = Calls(redis)
        submit_s = seconds_each(redis, calls.submit, 2 * CALLS)
        take_s = seconds_each(redis, calls.take)
        work_s = seconds_each(redis, calls.work)
        renew_s = seconds_each(redis, calls.renew)
        look_s = asyncio.run(_look_s(redis, calls.running[-1].id))
        finish_s = seconds_each(redis, calls.finish, CALLS - 1)
        workers = WorkerRegistry(redis)
        return RedisTimes(
            submit_s=submit_s,
            take_s=take_s,
            work_s=work_s,
            finish_s=finish_s,
            look_s=look_s,
            renew_s=renew_s,
            beat_s=seconds_each(redis, lambda: workers.beat(BEAT)),
            reap_s=seconds_each(redis, calls.attempts.reap),
            ring_s=seconds_each(redis, lambda: calls.jobs.bells_wanted(Queue.INTERACTIVE)),
            event_s=asyncio.run(_event_s(redis)),
            in_mib_s=seconds_each(redis, calls.append_mib, 50),
            out_mib_s=seconds_each(redis, calls.read_mib, 50),
        )


def _client(redis: Redis) -> aioredis.Redis:
    return aioredis.Redis(unix_socket_path=redis.connection_pool.connection_kwargs["path"])


async def _look_s(redis: Redis, job_id: str) -> float:
    looks = JobLooks(_client(redis), limit_s=5, at_once=1)
    before = cpu_ms(redis)
    for _ in range(CALLS):
        await looks.look([job_id])
    took = (cpu_ms(redis) - before) / CALLS / 1000
    await looks.close()
    return took


async def _event_s(redis: Redis) -> float:
    """For one change and one gateway that hears of it, and reads on."""
    alone = await _events_s(redis, 0)
    return max(0.0, (await _events_s(redis, LISTENERS) - alone) / LISTENERS)


async def _events_s(redis: Redis, listeners: int) -> float:
    """Processor time of Redis for a change while so many clients wait for the next one."""
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(_client(redis)) for _ in range(listeners)]
        tasks = [asyncio.create_task(_listen(client)) for client in clients]
        await asyncio.sleep(0.2)
        before = cpu_ms(redis)
        for number in range(100):
            redis.xadd("events", {"job": str(number)}, maxlen=1000)
            await asyncio.sleep(0.02)  # all have heard and ask again
        took = (cpu_ms(redis) - before) / 100 / 1000
        for task in tasks:
            task.cancel()
    return took


async def _listen(client: aioredis.Redis) -> None:
    while True:
        await client.xread({"events": "$"}, block=5000)


def record_bytes(number: int = 500) -> tuple[float, float]:
    """Bytes of Redis for a job that waits, without its upload, and for one that has ended."""
    with opened() as redis:
        attempts = Attempts(redis)
        judged(redis, attempts)
        before = used_bytes(redis)
        for _ in range(number):
            enqueue(redis)
        waiting = (used_bytes(redis) - before) / number
    with opened() as redis:
        attempts = Attempts(redis)
        judged(redis, attempts)
        before = used_bytes(redis)
        for _ in range(number):
            judged(redis, attempts)
        return waiting, (used_bytes(redis) - before) / number
