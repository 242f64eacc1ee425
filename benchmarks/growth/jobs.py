"""A Redis with many jobs in it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from redis import Redis

from benchmarks.job_lists import RESULT
from core.store.attempts import Attempts
from core.store.ids import new_id
from core.store.records import JobStatus
from core.store.workers import Heartbeat, ModelIdentity
from tests.core.store.uploads import enqueue
from tests.redis_server import RedisServer

BATCH: Final = 1000
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


def used_bytes(redis: Redis) -> int:
    memory: Any = redis.info("memory")
    return int(memory["used_memory"])
