"""How the work that is done grows with the workers, each pinned to one core."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

import httpx
import psutil

from benchmarks.end_to_end import mark
from benchmarks.growth.fit import Growth
from benchmarks.growth.tables import section
from tests.e2e.films import face_video
from tests.e2e.service import Service

WORKERS: Final = (1, 2, 4)
CLIENTS: Final = 3  # a worker, so that none waits for a job
WARM: Final = 2  # jobs a worker that are not counted
SECONDS, SHORT_SECONDS = 30.0, 12.0
LEAST: Final = 12  # jobs a worker, however long they take
SETTINGS: Final = {"model_threads": 1, "decoder_threads": 1, "log_level": "ERROR"}
LIMIT_S: Final = 120.0  # for one job


@dataclass(frozen=True, slots=True)
class Done:
    """What so many workers did."""

    workers: int
    cores: int
    jobs: int
    seconds: float
    cpu_s: float  # of the workers and their decoders

    @property
    def per_minute(self) -> float:
        return 60 * self.jobs / self.seconds

    @property
    def job_cpu_s(self) -> float:
        return self.cpu_s / self.jobs


def workers(short: bool, say: Callable[[str], object]) -> str:
    cores = sorted(os.sched_getaffinity(0))
    seconds, seen = SHORT_SECONDS if short else SECONDS, []
    for number in WORKERS:
        seen.append(measured(number, cores, seconds))
        say(f"{number} workers: {seen[-1].per_minute:.0f} jobs a minute")
    return section(
        "workers",
        f"Each worker is pinned to one core and judges one film of 4 s in 720p at a time, for "
        f"{seconds:g} s and {LEAST} jobs a worker at least; {CLIENTS} clients a worker. Gateway, "
        "Redis and clients run on any core, so they take of the same cores. The last column is "
        "what a core would do in a minute if it had nothing else to do.",
        table(seen),
        short=short,
    )


def table(seen: Sequence[Done]) -> str:
    lines = [
        "| workers | cores | jobs a minute | CPU s of a worker, a job | jobs a core-minute |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {one.workers} | {one.cores} | {one.per_minute:.0f} | {one.job_cpu_s:.3f} "
        f"| {60 / one.job_cpu_s:.0f} |"
        for one in seen
    ]
    sizes = [one.workers for one in seen]
    rate = Growth.of(sizes, [one.per_minute for one in seen])
    cost = Growth.of(sizes, [one.job_cpu_s for one in seen])
    lines.append(f"| exponent | | {rate} | {cost} | |")
    return "\n".join(lines)


def measured(number: int, cores: Sequence[int], seconds: float) -> Done:
    """A service with so many workers, a core each while there are as many."""
    with tempfile.TemporaryDirectory(prefix="df-") as folder:
        running = Service(Path(folder), **SETTINGS)
        try:
            running.redis.start()
            running.start_gateway()
            pids = []
            for at in range(number):
                with pinned(cores[at % len(cores)]):
                    pids.append(running.start_worker().pid)
            load = Load(f"http://127.0.0.1:{running.port}", face_video(seconds=4), pids)
            jobs, took_s, cpu_s = asyncio.run(load.run(number, seconds))
        finally:
            running.stop()
    return Done(number, min(number, len(cores)), jobs, took_s, cpu_s)


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """What is started meanwhile stays on the core, and so does what that starts."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Load:
    """Clients that send a film and wait for its verdict, until the time is over."""

    def __init__(self, base: str, film: bytes, pids: Sequence[int]) -> None:
        self._base, self._film, self._pids = base, film, pids
        self._numbers, self._done = count(), 0
        self._ended = asyncio.Semaphore(0)  # released at the end of each job

    async def run(self, workers: int, seconds: float) -> tuple[int, float, float]:
        """Jobs that ended, the seconds that it took, and those of the workers.

        It begins when as many jobs as are not counted have ended.
        """
        async with (
            httpx.AsyncClient(base_url=self._base, timeout=LIMIT_S) as http,
            asyncio.TaskGroup() as group,
        ):
            tasks = [group.create_task(self._again(http)) for _ in range(CLIENTS * workers)]
            await self._until_ended(WARM * workers)
            first, began, cpu_s = self._done, time.perf_counter(), spent_s(self._pids)
            await asyncio.gather(asyncio.sleep(seconds), self._until_ended(LEAST * workers))
            jobs, took_s = self._done - first, time.perf_counter() - began
            cpu_s = spent_s(self._pids) - cpu_s
            for task in tasks:
                task.cancel()
        return jobs, took_s, cpu_s

    async def _until_ended(self, jobs: int) -> None:
        for _ in range(jobs):
            await self._ended.acquire()

    async def _again(self, http: httpx.AsyncClient) -> None:
        while True:
            film = self._film + mark(next(self._numbers))
            job = (await http.post("/v1/jobs", content=film)).raise_for_status().json()
            while job["status"] in ("queued", "processing"):
                answer = await http.get(job["links"]["self"], params={"wait": 30})
                job = answer.raise_for_status().json()
            if job["status"] != "succeeded":
                raise RuntimeError(f"the job {job['status']}: {job['error']}")
            self._done += 1
            self._ended.release()


def spent_s(pids: Sequence[int]) -> float:
    """Seconds of the processor of these processes and of all that they started."""
    total = 0.0
    for pid in pids:
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                total += sum(process.cpu_times()[:4])  # with children that have ended
    return total
