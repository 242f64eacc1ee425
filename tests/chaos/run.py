"""One run: the service starts, jobs and faults go on side by side, and all is checked."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final

import httpx

from tests.chaos.checker import broken_promises
from tests.chaos.client import ChaosClient
from tests.chaos.cluster import Cluster
from tests.chaos.events import EventLog
from tests.chaos.faults import Faults
from tests.chaos.leftovers import leftovers
from tests.chaos.messages import note_messages
from tests.chaos.plan import FaultKind, JobPlan, faults_of, jobs_of
from tests.chaos.proxy import CuttingProxy
from tests.chaos.samples import NAMES
from tests.worker.webhooks.receiver import Receiver

UNDISTURBED: Final = 1_000_000  # the numbers of the jobs that run before anything goes wrong
SETTINGS: Final[Mapping[str, object]] = {
    "reuse_results": False,  # each job is judged
    "lease_s": 4,
    "max_attempts": 20,  # of workers that die for no fault of the file
    "upload_idle_s": 5,
    "upload_limit_s": 12,  # and so long the places of a gateway that died are taken
    "evidence_ttl_s": 4,
    "fetch_urls": False,
    "outgoing_private_networks": "127.0.0.0/8",
    "webhook_retries_s": ",".join(["0.2", "0.5", "1", *["2"] * 30]),
    "webhook_timeout_s": 2,
    "webhook_receiver_concurrency": 16,
}


@dataclass(frozen=True, slots=True)
class Setup:
    """How much there is of everything."""

    seed: int
    jobs: int
    clients: int = 24
    workers: int = 3
    fsync: str = "always"  # of Redis' append-only file
    kinds: Sequence[FaultKind] = tuple(FaultKind)
    rounds: int | None = None  # of all kinds of faults; None goes on until all jobs have ended
    longest_s: float = 10.0  # that one fault lasts
    frames: int = 10  # of a film
    pace_s: float = 0.0  # between the starts of two jobs
    cut_share: float = 0.2  # of connections
    settle_s: float = 120.0  # at the end, until nothing may be left


@dataclass(slots=True)
class Outcome:
    """What came of a run."""

    log: EventLog
    broken: list[str] = field(default_factory=list)
    cuts: int = 0
    seconds: float = 0.0


async def run(setup: Setup, folder: Path) -> Outcome:
    """Carry a run out; ``folder`` is for Redis, and for the logs of the processes."""
    log, draw = EventLog(), random.Random(f"receiver {setup.seed}")

    def behave(word: str) -> str:
        return draw.choices((word, "fail", "reset", "hang"), (85, 10, 4, 1))[0]

    with Receiver(behave) as receiver:
        settings = {**SETTINGS, "outgoing_ports": str(receiver.port)}
        with Cluster(folder, settings, setup.workers, setup.fsync) as cluster:
            outcome = await _disturbed(setup, cluster, receiver, log)
    return outcome


async def _disturbed(setup: Setup, cluster: Cluster, receiver: Receiver, log: EventLog) -> Outcome:
    outcome, started = Outcome(log), time.monotonic()
    plans = jobs_of(setup.seed, setup.jobs)
    async with AsyncExitStack() as stack:
        proxies = [
            await stack.enter_async_context(CuttingProxy(port, f"{setup.seed} {port}", 0.0))
            for port in cluster.ports
        ]
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
        timeout = httpx.Timeout(12.0)
        http = await stack.enter_async_context(httpx.AsyncClient(limits=limits, timeout=timeout))
        urls = [f"http://127.0.0.1:{proxy.port}" for proxy in proxies]
        client = ChaosClient(http, urls, log, frames=setup.frames)
        hook = await _webhook(http, cluster.ports[0], receiver.url())
        answers = await _undisturbed(client, log)
        for proxy in proxies:
            proxy.share = setup.cut_share
        await _jobs_and_faults(setup, cluster, client, plans, log)
        for proxy in proxies:
            proxy.share = 0.0
        accepted = accepted_ids(log)
        deleted = {event.job for event in log.of_kind("delete")}
        left = await asyncio.to_thread(
            _settle, cluster, {i for n, i in accepted.items() if n not in deleted}, setup.settle_s
        )
        await _look_at_all(client, accepted, setup.clients)
        outcome.cuts = sum(proxy.cuts for proxy in proxies)
    note_messages(log, receiver.received, hook["secret"], accepted)
    expected = {plan.number: answers[plan.sample] for plan in plans}
    expected |= {UNDISTURBED + n: answers[name] for n, name in enumerate(NAMES)}
    ended = [f"{p.name} ended by itself with code {p.exit_code}" for p in cluster.processes
             if p.exit_code is not None]  # fmt: skip
    outcome.broken = [*broken_promises(log.events, expected), *left, *ended]
    outcome.seconds = time.monotonic() - started
    return outcome


async def _webhook(http: httpx.AsyncClient, port: int, url: str) -> dict[str, Any]:
    answer = await http.post(f"http://127.0.0.1:{port}/v1/webhooks", json={"url": url})
    return dict(answer.raise_for_status().json())


async def _undisturbed(client: ChaosClient, log: EventLog) -> dict[str, Mapping[str, Any]]:
    """The answer that each sample gets while nothing goes wrong."""
    for number, name in enumerate(NAMES):
        await client.run(
            JobPlan(
                number=UNDISTURBED + number,
                sample=name,
                queue="interactive",
                evidence=False,
                slow=False,
                follow="wait",
                ending="read",
                again=False,
                gateway=0,
            )
        )
    ends = {event.job: event.data["answer"] for event in log.events if "answer" in event.data}
    return {name: ends[UNDISTURBED + number] for number, name in enumerate(NAMES)}


async def _jobs_and_faults(
    setup: Setup, cluster: Cluster, client: ChaosClient, plans: list[JobPlan], log: EventLog
) -> None:
    over = threading.Event()
    breaking = asyncio.create_task(asyncio.to_thread(_break_things, setup, cluster, log, over))
    places = asyncio.Semaphore(setup.clients)

    async def one(plan: JobPlan) -> None:
        try:
            await client.run(plan)
        finally:
            places.release()

    try:
        async with asyncio.TaskGroup() as group:
            for plan in plans:
                await places.acquire()
                group.create_task(one(plan))
                await asyncio.sleep(setup.pace_s)
    finally:  # before the processes are ended: a fault starts what it killed again
        over.set()
        await breaking


async def _look_at_all(client: ChaosClient, accepted: Mapping[int, str], at_once: int) -> None:
    """Read every job at both gateways."""
    places = asyncio.Semaphore(at_once)

    async def look(number: int, job_id: str) -> None:
        async with places:
            for gateway in (0, 1):
                await client.look(number, job_id, gateway)

    await asyncio.gather(*(look(number, job_id) for number, job_id in accepted.items()))


def _break_things(setup: Setup, cluster: Cluster, log: EventLog, over: threading.Event) -> None:
    faults = Faults(cluster, log)
    most = None if setup.rounds is None else setup.rounds * len(setup.kinds)
    plan = faults_of(setup.seed, setup.kinds, longest_s=setup.longest_s)
    for fault in islice(plan, most):
        if over.wait(fault.after_s) and setup.rounds is None:
            return
        faults.carry_out(fault)


def _settle(cluster: Cluster, there: set[str], limit_s: float) -> list[str]:
    """Wait until nothing is left in Redis that should not be; what still is at the end."""
    deadline, left = time.monotonic() + limit_s, ["nothing was looked at"]
    with cluster.redis.client() as redis:
        while left and time.monotonic() < deadline:
            with suppress(ConnectionError):
                left = leftovers(redis, there)
            time.sleep(0.5)
    return left


def accepted_ids(log: EventLog) -> dict[int, str]:
    """The id of each job by its number in the plan."""
    return {event.job: event.data["id"] for event in log.of_kind("accepted")}
