"""A run of the real service with two workers, to set the simulation beside.

First as many clients as keep both workers busy: how long a slot takes for a job, and how many jobs
end in a second. Then clients that come at random at 0.6 of that rate: how long each waits for its
verdict, and how many end.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any, Final

import httpx

from benchmarks.fair_share import cpu_ms
from tests.e2e.films import face_video
from tests.e2e.service import Service, service

WORKERS, SEED, SHARE = 2, 1, 0.6
CLIENTS: Final = 4  # that keep two workers busy
# Each worker has one core.
SETTINGS: Final = {"model_threads": 1, "decoder_threads": 1, "log_level": "ERROR"}


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds, where nothing else is said; of jobs that came at random, by :data:`SEED`."""

    service_s: list[float]  # of a slot, both workers being busy
    jobs_per_s: float  # that two workers can do
    upload_s: float
    arrivals_per_s: float
    seconds: float
    latency_s: list[float]
    ended_per_s: float
    redis_s_each: float  # processor time of Redis for one job


@dataclass
class Seen:
    """What the clients of a time saw."""

    upload_s: list[float] = field(default_factory=list)
    latency_s: list[float] = field(default_factory=list)
    slot_s: list[float] = field(default_factory=list)
    ended_at: list[float] = field(default_factory=list)


class Clients:
    """Send a film and wait for its verdict by long polls."""

    def __init__(self, http: httpx.AsyncClient, film: bytes) -> None:
        self._http, self._film, self.seen = http, film, Seen()

    async def judge(self) -> None:
        began = time.perf_counter()
        answer = await self._http.post("/v1/jobs", content=self._film)
        job: dict[str, Any] = answer.raise_for_status().json()
        self.seen.upload_s.append(time.perf_counter() - began)
        while job["status"] in ("queued", "processing"):
            job = (await self._http.get(f"/v1/jobs/{job['id']}", params={"wait": 10})).json()
        if job["status"] != "succeeded":
            raise RuntimeError(f"{job['id']} {job['status']}: {job['error']}")
        self.seen.latency_s.append(time.perf_counter() - began)
        self.seen.ended_at.append(time.perf_counter())
        self.seen.slot_s.append(_seconds(job["started_at"], job["finished_at"]))

    async def again(self, until: float) -> None:
        while time.perf_counter() < until:
            await self.judge()

    async def at_random(self, arrivals_per_s: float, seconds: float) -> None:
        """The arrivals that the simulation draws with the same seed."""
        dice, began, at_s = random.Random(SEED), time.perf_counter(), 0.0
        async with asyncio.TaskGroup() as group:
            while (at_s := at_s + dice.expovariate(arrivals_per_s)) < seconds:
                await asyncio.sleep(max(0.0, began + at_s - time.perf_counter()))
                group.create_task(self.judge())


def _seconds(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


async def _measure(running: Service, calibrate_s: float, seconds: float) -> Measured:
    film, base = face_video(seconds=4), f"http://127.0.0.1:{running.port}"
    async with httpx.AsyncClient(base_url=base, timeout=60) as http:
        await _all([Clients(http, film).judge() for _ in range(2 * WORKERS)])  # warm
        full, until = Clients(http, film), time.perf_counter() + calibrate_s
        await _all([full.again(until) for _ in range(CLIENTS)])
        inside = sum(at <= until for at in full.seen.ended_at)
        rate = inside / calibrate_s
        calm = Clients(http, film)
        with running.redis.client() as redis:
            before, began = cpu_ms(redis), time.perf_counter()
            await calm.at_random(SHARE * rate, seconds)
            redis_s = (cpu_ms(redis) - before) / 1000
        ended = sum(at - began <= seconds for at in calm.seen.ended_at)
    return Measured(
        service_s=full.seen.slot_s,
        jobs_per_s=rate,
        upload_s=median(calm.seen.upload_s),
        arrivals_per_s=SHARE * rate,
        seconds=seconds,
        latency_s=calm.seen.latency_s,
        ended_per_s=ended / seconds,
        redis_s_each=redis_s / len(calm.seen.latency_s),
    )


async def _all(calls: list[Awaitable[None]]) -> None:
    await asyncio.gather(*calls)


def measured_run(calibrate_s: float, seconds: float) -> Measured:
    with (
        tempfile.TemporaryDirectory(prefix="df-") as folder,
        service(Path(folder), workers=WORKERS, **SETTINGS) as running,
    ):
        return asyncio.run(_measure(running, calibrate_s, seconds))
