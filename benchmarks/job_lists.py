"""What a page of jobs costs with many of them stored, in Redis and through a real gateway.

Copies the record of one judged job, as a worker writes it, so often that a tenant has as many as
asked for, and then asks for pages: the newest, one from the middle, and pages whose filter lets
none or one job in a thousand pass.

    python -m benchmarks.job_lists --jobs 200000
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from redis import Redis

from benchmarks.gateway_processes import GatewayProcess, gateway_process
from core.store.attempts import Attempts
from core.store.ids import new_id
from core.store.records import JobStatus
from tests.core.store.uploads import enqueue
from tests.redis_server import RedisServer

FRAME = {
    "index": 31, "timestamp_s": 1.033, "keyframe": True, "fake_probability": 0.95,
    "faces": [{"box": [0.31, 0.18, 0.22, 0.4], "identity": 0, "width_px": 282,
               "detection_score": 0.99, "fake_probability": 0.95}],
}  # fmt: skip
RESULT: dict[str, Any] = {
    "verdict": "fake", "reasons": [], "fake_probability": 0.93, "confidence": 0.93,
    "calibrated": True, "thresholds": {"fake": 0.8, "real": 0.2}, "frames_requested": 10,
    "frames_scored": 10, "frames": [FRAME] * 10, "timings_ms": {},
    "model": {"name": "m", "version": "1", "sha256": "ab" * 32, "runtime": "openvino-int8"},
}  # fmt: skip
QUERIES = {
    "the newest 20": "limit=20",
    "the newest 100": "limit=100",
    "20 from the middle": "limit=20&created_before={middle}",
    "20 of one verdict": "limit=20&verdict=fake",
    "one in 1,000 by tag": "limit=20&tag=rare",
    "none by tag, 1,000 looked at": "limit=20&tag=none",
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--jobs", type=int, default=200_000)
    arguments.add_argument("--rounds", type=int, default=50)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="df-") as folder, RedisServer(Path(folder)) as server:
        redis = server.client()
        middle = fill(redis, options.jobs)
        memory: Any = redis.memory_usage("df:jobs:local", samples=0)
        print(f"{options.jobs:,} jobs; their list takes {memory / 2**20:.1f} MiB of Redis")
        with gateway_process(server.url) as gateway:
            print("| Page | script in Redis | CPU of the gateway | answered, p50 |")
            for name, query in QUERIES.items():
                url = f"/v1/jobs?{query.format(middle=middle)}"
                print(f"| {name} | {measured(redis, gateway, url, options.rounds)} |")


def measured(redis: Redis, gateway: GatewayProcess, url: str, rounds: int) -> str:
    """Milliseconds for one page: of the script, of the gateway's CPU, and on the clock."""
    with httpx.Client(base_url=f"http://127.0.0.1:{gateway.port}") as client:
        timed(client, url)
        redis.config_resetstat()
        began = gateway.cpu_s()
        times = [timed(client, url) for _ in range(rounds)]
        cpu_ms = (gateway.cpu_s() - began) * 1000 / rounds
    stats: Any = redis.info("commandstats")
    script_ms = stats["cmdstat_evalsha"]["usec"] / stats["cmdstat_evalsha"]["calls"] / 1000
    return f"{script_ms:.1f} ms | {cpu_ms:.1f} ms | {median(times):.1f} ms"


def fill(redis: Redis, count: int) -> str:
    """Copies of one judged job; when the one in the middle was created."""
    job = enqueue(redis)
    attempts = Attempts(redis)
    attempts.take("benchmark")
    attempts.finish(job.id, 1, status=JobStatus.SUCCEEDED, result=RESULT)
    record: Any = redis.hgetall(f"df:job:{job.id}")
    redis.delete("df:jobs:local")
    began = int(time.time() * 1000) - count
    for numbers in pieces(count):
        with redis.pipeline(transaction=False) as many:
            for number in numbers:
                tags = json.dumps(["rare"] if number % 1000 == 500 else [])
                fields = {**record, b"created_at": began + number, b"tags": tags}
                many.hset((name := f"df:job:{new_id('job')}"), mapping=fields)
                many.zadd("df:jobs:local", {name[len("df:job:") :]: (began + number) * 1000})
            many.execute()
    moment = time.gmtime((began + count // 2) / 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", moment)


def pieces(count: int) -> Iterator[range]:
    for start in range(0, count, 1000):
        yield range(start, min(start + 1000, count))


def timed(client: httpx.Client, url: str) -> float:
    began = time.perf_counter()
    client.get(url).raise_for_status()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
