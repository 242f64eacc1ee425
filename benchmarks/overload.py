"""One tenant sends ten times what the service can do, beside one that sends a little.

    python -m benchmarks.overload --seconds 60

Measures how many jobs end per second with as many clients as keep the workers busy, then lets one
tenant send ten times as many, without waiting for answers. Tells what it is answered, what gateways
and Redis hold at most, and how long the other tenant waits, beside a time without that flood.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final

import httpx
import psutil

from core.scopes import Scope
from tests.api.keys import bearer, make_key
from tests.chaos.cluster import Cluster
from tests.chaos.run import SETTINGS
from tests.chaos.samples import samples

TIMES: Final = 10
MOST_OPEN: Final = 400  # requests of the flood at one time
LIMITS: Final = {
    "max_queued_jobs": 100,
    "max_uploads": 16,
    "api_keys": "redis",
    "log_level": "ERROR",
}
MIB: Final = 1024**2
LONG: Final[dict[str, str | int]] = {"frames": 10, "sampling": "exact"}
NUMBERS: Final = count()


@dataclass
class Seen:
    """What one tenant was answered, and how long it took."""

    answers: Counter[str] = field(default_factory=Counter)
    without_retry_after: int = 0
    submit_s: list[float] = field(default_factory=list)
    poll_s: list[float] = field(default_factory=list)
    job_s: list[float] = field(default_factory=list)


class Tenant:
    """Sends files of its own at all gateways in turn."""

    def __init__(self, http: httpx.AsyncClient, cluster: Cluster, name: str) -> None:
        with cluster.redis.client() as redis:
            self._headers = bearer(make_key(redis, name, Scope.SUBMIT, Scope.READ))
        self._http = http
        self._urls = [f"http://127.0.0.1:{port}" for port in cluster.ports]

    async def send(self, seen: Seen) -> str | None:
        """The id of a job; None when it was turned away."""
        number = next(NUMBERS)
        body, started = samples()["film"].variant(number), time.monotonic()
        url = f"{self._urls[number % 2]}/v1/jobs"
        try:
            answer = await self._http.post(url, content=body, headers=self._headers, params=LONG)
        except httpx.HTTPError as error:
            seen.answers[type(error).__name__] += 1
            return None
        seen.submit_s.append(time.monotonic() - started)
        told = answer.json()
        kind = told.get("type", "").rpartition("/")[2]
        seen.answers[f"{answer.status_code} {kind}".strip()] += 1
        turned_away = answer.status_code in (429, 503)
        seen.without_retry_after += turned_away and "Retry-After" not in answer.headers
        return str(told["id"]) if answer.status_code == httpx.codes.ACCEPTED else None

    async def judge(self, seen: Seen, pause_s: float = 0.2) -> None:
        """Send a file and poll until its job has ended."""
        started, status = time.monotonic(), ""
        job_id = await self.send(seen)
        while job_id is not None and status not in ("succeeded", "failed"):
            await asyncio.sleep(pause_s)
            asked, url = time.monotonic(), self._urls[next(NUMBERS) % 2]
            answer = await self._http.get(f"{url}/v1/jobs/{job_id}", headers=self._headers)
            seen.poll_s.append(time.monotonic() - asked)
            status = answer.json()["status"]
        if job_id is not None:
            seen.job_s.append(time.monotonic() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    logging.getLogger("httpx").setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="df-") as folder:
        settings = {**SETTINGS, **LIMITS}
        with Cluster(Path(folder), settings, workers=2, fsync="everysec") as cluster:
            asyncio.run(measure(cluster, options.seconds))


async def measure(cluster: Cluster, seconds: float) -> None:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=50)
    async with httpx.AsyncClient(timeout=60, limits=limits) as http:
        flood, calm = Tenant(http, cluster, "flood"), Tenant(http, cluster, "calm")
        busy = Seen()
        await asyncio.gather(*(_closed(flood, busy, seconds / 2) for _ in range(8)))
        capacity = len(busy.job_s) / (seconds / 2)
        print(f"capacity: {capacity:.1f} jobs a second; before: {_held(cluster)}")
        alone = Seen()
        await _closed(calm, alone, seconds / 4)
        print(_told("calm, alone", alone))
        beside, flooded, most = Seen(), Seen(), list[dict[str, float]]()
        watching = asyncio.create_task(_watch(cluster, most))
        await asyncio.gather(
            _closed(calm, beside, seconds), _open(flood, flooded, seconds, TIMES * capacity)
        )
        watching.cancel()
        print(_told("calm, beside the flood", beside))
        sent = sum(flooded.answers.values()) / seconds / capacity
        print(f"{_told('flood', flooded)}; it sent {sent:.1f} times the capacity")
        peaks = {name: max(one[name] for one in most) for name in most[0]}
        print(f"at most: {_named(peaks)}")


async def _closed(tenant: Tenant, seen: Seen, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        await tenant.judge(seen)


async def _open(tenant: Tenant, seen: Seen, seconds: float, rate: float) -> None:
    """Send at a rate, whatever is answered."""
    started, sent = time.monotonic(), set[asyncio.Task[Any]]()
    for number in count():
        now = time.monotonic() - started
        if now > seconds:
            break
        await asyncio.sleep(max(0.0, number / rate - now))
        if len(sent) >= MOST_OPEN:
            await asyncio.wait(sent, return_when=asyncio.FIRST_COMPLETED)
        task = asyncio.create_task(tenant.send(seen))
        sent.add(task)
        task.add_done_callback(sent.discard)
    await asyncio.gather(*sent)


async def _watch(cluster: Cluster, most: list[dict[str, float]]) -> None:
    while True:
        most.append(await asyncio.to_thread(_memory, cluster))
        await asyncio.sleep(1)


def _memory(cluster: Cluster) -> dict[str, float]:
    held = {p.name: psutil.Process(p.pid).memory_info().rss / MIB for p in cluster.gateways}
    with cluster.redis.client() as redis:
        told: Any = redis.info("memory")
    return {**held, "redis": told["used_memory"] / MIB}


def _held(cluster: Cluster) -> str:
    return _named(_memory(cluster))


def _named(mib: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.0f} MiB" for name, value in mib.items())


def _told(who: str, seen: Seen) -> str:
    answers = ", ".join(f"{name}: {number}" for name, number in seen.answers.most_common())
    return (
        f"{who}: {answers}; {seen.without_retry_after} without Retry-After\n"
        f"  POST {_spread(seen.submit_s)}; GET {_spread(seen.poll_s)}; job {_spread(seen.job_s)}"
    )


def _spread(seconds: list[float]) -> str:
    if len(seconds) < 2:
        return "not measured"
    return f"p50 {median(seconds):.2f} s, p99 {quantiles(seconds, n=100)[98]:.2f} s"


if __name__ == "__main__":
    main()
