"""A service under steady load for some minutes: does anything grow that should not?

    python -m benchmarks.soak --minutes 10

Two gateways, three workers and the sender serve clients one after another. Jobs live for a short
time, so that what Redis holds is level after it. Every few seconds the memory, the file descriptors
and the threads of each process are noted, and the keys and bytes of Redis. A line through
the second half tells how they grow by the hour.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from statistics import linear_regression, mean
from typing import Any

import httpx
import psutil

from tests.chaos.client import ChaosClient
from tests.chaos.cluster import Cluster
from tests.chaos.events import EventLog
from tests.chaos.plan import jobs_of
from tests.chaos.run import SETTINGS
from tests.worker.webhooks.receiver import Receiver

MIB = 1024**2
JOB_TTL_S = 60
EVERY_S = 5.0
Series = dict[tuple[str, str], list[tuple[float, float]]]  # by process and what was measured


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--clients", type=int, default=4)
    options = parser.parse_args()
    logging.getLogger("httpx").setLevel(logging.WARNING)
    series: Series = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="df-") as folder, Receiver() as receiver:
        lives = {"job_ttl_s": JOB_TTL_S, "tombstone_ttl_s": 10, "log_level": "WARNING"}
        settings = {**SETTINGS, **lives, "outgoing_ports": str(receiver.port)}
        with Cluster(Path(folder), settings, workers=3, fsync="everysec") as cluster:
            jobs = asyncio.run(_soak(cluster, receiver.url(), options, series))
        print(f"{jobs} jobs in {options.minutes:g} minutes, {options.clients} at one time\n")
    print(table(series))


async def _soak(cluster: Cluster, hook: str, options: argparse.Namespace, series: Series) -> int:
    deadline, log = time.monotonic() + 60 * options.minutes, EventLog()
    urls = [f"http://127.0.0.1:{port}" for port in cluster.ports]
    async with httpx.AsyncClient(timeout=30) as http:
        (await http.post(f"{urls[0]}/v1/webhooks", json={"url": hook})).raise_for_status()
        client, plans = ChaosClient(http, urls, log), iter(jobs_of(1, 100_000))

        async def one_after_another() -> None:
            while time.monotonic() < deadline:
                await client.run(next(plans))

        async def look() -> None:
            for number in count():
                await asyncio.sleep(EVERY_S)
                await asyncio.to_thread(note, cluster, number * EVERY_S, series)

        looking = asyncio.create_task(look())
        await asyncio.gather(*(one_after_another() for _ in range(options.clients)))
        looking.cancel()
    return len({event.job for event in log.of_kind("accepted")})


def note(cluster: Cluster, at_s: float, series: Series) -> None:
    """Add what each process and Redis hold now."""
    for process in cluster.processes:
        told = psutil.Process(process.pid)
        with told.oneshot():
            series[process.name, "RSS, MiB"].append((at_s, told.memory_info().rss / MIB))
            series[process.name, "descriptors"].append((at_s, told.num_fds()))
            series[process.name, "threads"].append((at_s, told.num_threads()))
    with cluster.redis.client() as redis:
        memory: Any = redis.info("memory")
        series["redis", "keys"].append((at_s, float(redis.dbsize())))
        series["redis", "memory, MiB"].append((at_s, memory["used_memory"] / MIB))


def table(series: Mapping[tuple[str, str], list[tuple[float, float]]]) -> str:
    """Markdown: the mean of the second half, and the slope of a line through it."""
    lines = ["| Process | | Mean | Most | By the hour |", "|---|---|---|---|---|"]
    for (process, what), points in series.items():
        half = points[len(points) // 2 :]
        values = [value for _, value in half]
        slope = linear_regression([at for at, _ in half], values).slope * 3600
        lines.append(
            f"| {process} | {what} | {mean(values):.1f} | {max(values):.1f} | {slope:+.1f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
