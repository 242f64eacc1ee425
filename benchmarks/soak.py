"""A service under steady load for some minutes: does anything grow that should not?

    python -m benchmarks.soak --minutes 25 [--write benchmarks/soak.md]

Two gateways, three workers and the sender serve clients who come at an even rate. Everything that
Redis keeps has a short life, so that a run of minutes sees all of it expire many times over: jobs,
their tombstones and their evidence by settings, Idempotency-Keys by this script, because their 24 h
are no setting. Every few seconds the memory, the file descriptors and the threads of each process
are noted, and the keys and bytes of Redis. A line through the last third of the time tells how they
grow by the hour, with the 95 % interval of its slope, and one through the third before it whether
that becomes less: what is taken once and kept grows ever less, and a leak grows on.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import platform
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from math import sqrt
from pathlib import Path
from statistics import linear_regression, mean
from typing import Any, Final

import httpx
import psutil
from redis import Redis

from core.cores import usable_cores
from core.store.keys import Key
from tests.chaos.client import ChaosClient
from tests.chaos.cluster import Cluster
from tests.chaos.events import EventLog
from tests.chaos.insist import Insister
from tests.chaos.leftovers import family_of
from tests.chaos.plan import jobs_of
from tests.chaos.run import SETTINGS
from tests.worker.webhooks.receiver import Receiver

MIB: Final = 1024**2
LIFE_S: Final = 60  # of a job after its end, and of an Idempotency-Key
LIVES: Final = {"job_ttl_s": LIFE_S, "tombstone_ttl_s": 10, "evidence_ttl_s": 4}
EVERY_S: Final = 5.0
BLOCKS: Final = 12  # whose means the line goes through: neighbouring readings are not independent
STUDENT: Final = 2.228  # the 97.5 % quantile of Student's t with BLOCKS - 2 degrees of freedom
METHOD: Final = """\
Lives are shortened, and load is not faster: a job lives for 60 s after its end instead of 24 h,
and so does an `Idempotency-Key` (its 24 h are no setting; the script shortens it in Redis; left
alone, Redis has one key more for each job of a day); a tombstone lives for 10 s more instead of 7
days, and evidence for 4 s instead of an hour. So what Redis keeps of a job comes and goes many
times. Memory, descriptors and threads tell what so many jobs do to them, and not what weeks do.

The lines go through the means of twelve equal parts of a third of the time each, because readings
that follow each other are alike; the 95 % interval is that of Student's t. `level` says that 0
lies within that of the last third. `slows` says that it grows, but surely less than in the third
before: an allocator and caches that fill do so (Celery keeps the ids of the last 1,000 bells in
each worker and sender, 0.25 MiB), and a longer run tells when they have. `grows` is a leak, or a
run that is too short to tell. The first third is left out."""
Points = Sequence[tuple[float, float]]
Slope = tuple[float, float]  # by the hour, and half the width of its 95 % interval
Series = dict[tuple[str, str], list[tuple[float, float]]]  # by process and what was measured


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rate", type=float, default=1.0, help="jobs a second, below capacity")
    parser.add_argument("--clients", type=int, default=8, help="jobs under way at most")
    parser.add_argument("--write", type=Path, help="save what is printed as Markdown")
    options = parser.parse_args()
    # So that a run that is ended ends its processes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    logging.getLogger("httpx").setLevel(logging.WARNING)
    series: Series = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="df-") as folder, Receiver() as receiver:
        settings = {**SETTINGS, **LIVES, "log_level": "WARNING",
                    "outgoing_ports": str(receiver.port)}  # fmt: skip
        with Cluster(Path(folder), settings, workers=3, fsync="everysec") as cluster:
            jobs = asyncio.run(_soak(cluster, receiver, options, series))
            left = asyncio.run(_what_is_left(cluster))
    text = report(options, jobs, series, left)
    print(text)
    if options.write:
        command = f"python -m benchmarks.soak --minutes {options.minutes:g}"
        page = f"# Minutes of steady load\n\n    {command}\n\n{METHOD}\n\n{text}\n"
        options.write.write_text(page, "utf-8")


def report(options: argparse.Namespace, jobs: int, series: Series, left: Mapping[str, int]) -> str:
    """What was measured, and on what machine."""
    keys = ", ".join(f"{number} of {name}" for name, number in sorted(left.items()))
    return (
        f"{jobs:,} jobs in {options.minutes:g} minutes, {options.rate:g} a second at most; "
        f"Python {platform.python_version()}, {platform.machine()}, {usable_cores()} cores, "
        f"load {os.getloadavg()[0]:.1f} at the end. One every {60 * options.minutes / jobs:.1f} s; "
        f"1 MiB by the hour is {options.minutes / 60 * 1024 / jobs:.2f} KiB for each.\n\n"
        f"{table(series)}\n\nKeys of Redis when all lives are over: {keys}."
    )


async def _soak(
    cluster: Cluster, receiver: Receiver, options: argparse.Namespace, series: Series
) -> int:
    deadline, log = time.monotonic() + 60 * options.minutes, EventLog()
    urls = [f"http://127.0.0.1:{port}" for port in cluster.ports]
    async with httpx.AsyncClient(timeout=30) as http:
        hook = {"url": receiver.url()}
        (await http.post(f"{urls[0]}/v1/webhooks", json=hook)).raise_for_status()
        every_s = min(EVERY_S, 60 * options.minutes / (6 * BLOCKS))  # two readings for each block
        client, plans = ChaosClient(Insister(http, urls, log)), iter(jobs_of(1, 100_000))

        async def look() -> None:
            started = time.monotonic()
            while True:
                await asyncio.sleep(every_s)
                await asyncio.to_thread(note, cluster, time.monotonic() - started, series)

        looking = asyncio.create_task(look())
        places = asyncio.Semaphore(options.clients)

        async def one() -> None:
            async with places:
                await client.run(next(plans))

        async with asyncio.TaskGroup() as group:
            while time.monotonic() < deadline:
                if not places.locked():  # a machine that does not keep up gets fewer
                    group.create_task(one())
                receiver.received.clear()
                await asyncio.sleep(1 / options.rate)
        looking.cancel()
    return len({event.job for event in log.of_kind("accepted")})


def note(cluster: Cluster, at_s: float, series: Series) -> None:
    """Add what each process and Redis hold now."""
    for process in cluster.processes:
        told = psutil.Process(process.pid)
        with told.oneshot():
            series[process.name, "memory, MiB"].append((at_s, _memory(process.pid) / MIB))
            series[process.name, "descriptors"].append((at_s, told.num_fds()))
            series[process.name, "threads"].append((at_s, told.num_threads()))
    with cluster.redis.client() as redis:
        shorten(redis)
        memory: Any = redis.info("memory")
        series["redis", "keys"].append((at_s, float(redis.dbsize())))
        series["redis", "memory, MiB"].append((at_s, memory["used_memory"] / MIB))


def _memory(pid: int) -> int:
    """Bytes of its own that a process holds: pages of files come and go as the system pleases."""
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    held = dict(line.split(":", 1) for line in lines)
    return sum(int(held[name].split()[0]) * 1024 for name in ("RssAnon", "VmSwap"))


async def _what_is_left(cluster: Cluster) -> Counter[str]:
    """The keys that are there once everything with a life of its own has expired, by family."""
    await asyncio.sleep(LIFE_S + EVERY_S)
    with cluster.redis.client() as redis:
        shorten(redis)
        await asyncio.sleep(LIFE_S + EVERY_S)
        client: Any = redis
        return Counter(str(family_of(key.decode()) or key.decode()) for key in client.scan_iter())


def shorten(redis: Redis) -> None:
    """Give each Idempotency-Key that is new the life of a job."""
    client: Any = redis
    keys = list(client.scan_iter(f"{Key.IDEMPOTENCY.at()}*", count=1000))
    for key in keys:
        if client.ttl(key) > LIFE_S:
            client.expire(key, LIFE_S)


def table(series: Mapping[tuple[str, str], Points]) -> str:
    """Markdown: mean and most of the last two thirds, and how much each third grows by the hour."""
    lines = [
        "| Process | | Mean | Most | Second third, by the hour | Last third, by the hour | |",
        "|---|---|---|---|---|---|---|",
    ]
    for (process, what), points in series.items():
        third = len(points) // 3
        before, last = slope_of(points[third : 2 * third]), slope_of(points[2 * third :])
        values = [value for _, value in points[third:]]
        lines.append(
            f"| {process} | {what} | {mean(values):.1f} | {max(values):.1f} | "
            f"{_told(before)} | {_told(last)} | {trend(before, last)} |"
        )
    return "\n".join(lines)


def trend(before: Slope, last: Slope) -> str:
    """What the last third does: ``slows`` grows too, but surely less than the third before it."""
    slope, error = last
    if abs(slope) <= error:
        return "level"
    if slope < 0:
        return "falls"
    return "slows" if before[0] - before[1] > slope + error else "grows"


def _told(slope: Slope) -> str:
    return f"{slope[0]:+.2f} ± {slope[1]:.2f}"


def slope_of(points: Points) -> Slope:
    """How much a value grows by the hour, and half the width of the 95 % interval of that.

    ``points`` are seconds and values, at least BLOCKS of them. They are put into BLOCKS of equal
    length and the line goes through the means of those.
    """
    size = len(points) // BLOCKS
    if size == 0:
        raise ValueError(f"{len(points)} readings are too few for a slope; {BLOCKS} are needed.")
    blocks = [points[first : first + size] for first in range(0, size * BLOCKS, size)]
    hours = [mean(at for at, _ in block) / 3600 for block in blocks]
    means = [mean(value for _, value in block) for block in blocks]
    line = linear_regression(hours, means)
    spread = sum((hour - mean(hours)) ** 2 for hour in hours)
    rest = sum(
        (value - line.intercept - line.slope * hour) ** 2
        for hour, value in zip(hours, means, strict=True)
    )
    return line.slope, STUDENT * sqrt(rest / (BLOCKS - 2) / spread)


if __name__ == "__main__":
    main()
