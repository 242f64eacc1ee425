"""The calls of the store are measured at tiny sizes, and leave the queue as it was."""

from __future__ import annotations

import asyncio
import re

from benchmarks.growth.jobs import judged, opened
from benchmarks.growth.meter import Meter, Spent, medians
from benchmarks.growth.queue import calls_past_a_limit, queue_tables, queued_calls
from benchmarks.growth.stored import stored_tables
from core.store.attempts import Attempts
from core.store.jobs import JobStore
from tests.core.store.uploads import enqueue


def test_every_call_leaves_as_many_jobs_as_before() -> None:
    with asyncio.Runner() as runner, opened() as redis:
        judged(redis, Attempts(redis))
        for _ in range(3):
            enqueue(redis)
        meter = Meter(redis, runner.get_loop())
        for calls in (queued_calls(redis, meter), calls_past_a_limit(redis, meter, "local")):
            with calls as acts:
                before = JobStore(redis).counts()
                spent = medians(meter, acts, rounds=2, calls=2)
                assert JobStore(redis).counts() == before
            assert all(one.client_ms > 0 and one.redis_ms > 0 for one in spent.values())


def test_past_a_limit_the_job_of_the_other_tenant_is_taken() -> None:
    with asyncio.Runner() as runner, opened() as redis:
        for _ in range(3):
            enqueue(redis)
        meter, limited = Meter(redis, runner.get_loop()), Attempts(redis, tenant_running=1)
        with calls_past_a_limit(redis, meter, "local"):
            job = limited.take("w")
            assert job is not None
            assert job.tenant == "other"
            assert limited.take("w") is None


def test_a_call_is_charged_with_what_redis_did_for_it() -> None:
    with asyncio.Runner() as runner, opened() as redis:
        redis.rpush("long", *range(50_000))
        meter = Meter(redis, runner.get_loop())
        meter.call(redis.ping)
        meter.call(lambda: redis.lrange("long", 0, -1))
        ping, long = meter.taken()
        assert meter.taken() == []
    assert isinstance(ping, Spent)
    assert long.redis_ms > 4 * ping.redis_ms


def test_the_tables_of_queue_and_store_have_a_column_a_size() -> None:
    said: list[str] = []
    tables = list(queue_tables((1, 2, 4), 1, said.append))
    assert len(said) == 6
    rows = re.findall(r"^\| take \|.*", "\n".join(tables), re.M)
    assert [row.count("|") for row in rows] == [7] * 4
    heads = [table.split("\n")[0] for table in stored_tables((2, 3, 5), 1, said.append)]
    assert all(head.endswith("| 2 | 3 | 5 | exponent | last step |") for head in heads)
