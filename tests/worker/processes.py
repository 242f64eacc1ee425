"""Real workers as child processes, and jobs for them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from redis import Redis

from core.options import Queue
from core.store.blobs import RedisBlobStore, new_blob_id
from core.store.jobs import JobStore
from core.store.records import Job, JobStatus, MediaRef

ROOT = Path(__file__).parents[2]
LIMIT_S = 120.0


def start(redis_url: str, **settings: str) -> subprocess.Popen[str]:
    own = {f"DEEPFAKE_{name.upper()}": value for name, value in settings.items()}
    return subprocess.Popen(
        [sys.executable, "-m", "worker.main"],
        env={**os.environ, "DEEPFAKE_REDIS_URL": redis_url, "DEEPFAKE_CONCURRENCY": "1", **own},
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(worker: subprocess.Popen[str], words: str) -> str:
    """Read the log up to a line with these words, and return it."""
    assert worker.stderr is not None
    seen = []
    for line in worker.stderr:
        seen.append(line)
        if words in line:
            return line
    raise AssertionError(f"the worker ended without {words!r}: {''.join(seen)}")


@contextmanager
def started(redis_url: str, **settings: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A worker that is ready, and the process id of its decoder."""
    with start(redis_url, **settings) as process:
        try:
            decoder = re.search(r"decoder (\d+) ready", wait_for(process, " ready, behind"))
            assert decoder is not None
            wait_for(process, "deepfake worker ready in")
            yield process, int(decoder[1])
        finally:
            process.kill()


def submit(redis: Redis, data: bytes, queue: Queue = Queue.INTERACTIVE) -> Job:
    """Queue a job and ring for nobody: the workers look at their queues by themselves."""
    media = MediaRef(new_blob_id(), "ab" * 32, len(data), "video", "mp4")
    blobs = RedisBlobStore(redis)
    blobs.open(media.blob_id, tenant="local")
    blobs.append(media.blob_id, data)
    return JobStore(redis).create(Job.new(media=media, queue=queue))


def wait_for_status(redis: Redis, job_id: str, *statuses: JobStatus) -> JobStatus:
    """Follow the job's events, so that nothing is polled."""
    store = JobStore(redis)
    last: Any = "0-0"
    while (status := store.get(job_id).status) not in statuses:
        newest: Any = redis.xrevrange(store.events_key, count=1)
        last = newest[0][0] if newest else last
        redis.xread({store.events_key: last}, block=500)
    return status
