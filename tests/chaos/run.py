"""One run: the service starts, jobs and faults go on side by side, and all is checked."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

import httpx
from redis.exceptions import RedisError

from core.store.keys import Key
from tests.chaos.batches import batches_of
from tests.chaos.clocks import build_library
from tests.chaos.cluster import Cluster
from tests.chaos.events import EventLog
from tests.chaos.faults import Faults
from tests.chaos.network import OUTSIDE, Network
from tests.chaos.plan import ANYWHERE, CUTS, MOST_AHEAD_S, STEPS, FaultKind, faults_of, jobs_of
from tests.chaos.proxy import CuttingProxy
from tests.chaos.session import Plan, Session, settle
from tests.worker.webhooks.receiver import Receiver

SETTINGS: Final[Mapping[str, object]] = {
    "reuse_results": False,  # each job is judged
    "lease_s": 4,
    "max_attempts": 20,  # of workers that die for no fault of the file
    "upload_idle_s": 5,
    "upload_limit_s": 12,  # and so long the places of a gateway that died are taken
    "evidence_ttl_s": 4,
    "paused_upload_ttl_s": 8,
    "fetch_urls": False,
    "outgoing_private_networks": "127.0.0.0/8",
    "webhook_retries_s": ",".join(["0.2", "0.5", "1", *["2"] * 30]),
    "webhook_timeout_s": 2,
    "webhook_receiver_concurrency": 16,
}
KEYS: Final[Mapping[str, object]] = {
    "api_keys": "redis",
    "tenant_share": 1.0,
}


@dataclass(frozen=True, slots=True)
class Setup:
    """How much there is of everything."""

    seed: int
    jobs: int
    clients: int = 24
    workers: int = 3
    fsync: str = "always"  # of Redis' append-only file
    kinds: Sequence[FaultKind] = ANYWHERE
    rounds: int | None = None  # of all kinds of faults; None goes on until all jobs have ended
    longest_s: float = 10.0  # that one fault lasts
    frames: int = 10  # of a film
    pace_s: float = 0.0  # between the starts of two jobs
    cut_share: float = 0.2  # of connections
    batch_share: float = 0.04  # batches for each job; a batch has 3.5 files as a mean
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

    clocks = build_library(folder) if set(setup.kinds) & set(STEPS) else None
    with ExitStack() as stack:
        settings, host, network = {**SETTINGS, **KEYS}, "127.0.0.1", None
        if set(setup.kinds) & set(CUTS):
            network = stack.enter_context(Network())
            settings["outgoing_private_networks"] = network.networks
            host = network.address(OUTSIDE)
        receiver = stack.enter_context(Receiver(behave, host=host))
        settings["outgoing_ports"] = str(receiver.port)
        several = Cluster(
            folder, settings, setup.workers, setup.fsync, clocks=clocks, network=network
        )
        cluster = stack.enter_context(several)
        return await _disturbed(setup, cluster, receiver, log)


async def _disturbed(setup: Setup, cluster: Cluster, receiver: Receiver, log: EventLog) -> Outcome:
    outcome, started = Outcome(log), time.monotonic()
    async with AsyncExitStack() as stack:
        proxies = [
            await stack.enter_async_context(
                CuttingProxy(port, f"{setup.seed} {port}", 0.0, host=host)
            )
            for host, port in cluster.addresses
        ]
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
        timeout = httpx.Timeout(12.0)
        http = await stack.enter_async_context(httpx.AsyncClient(limits=limits, timeout=timeout))
        urls = [f"http://127.0.0.1:{proxy.port}" for proxy in proxies]
        session = await Session.begin(cluster, http, urls, receiver.url(), log, frames=setup.frames)
        for proxy in proxies:
            proxy.share = setup.cut_share
        await _jobs_and_faults(setup, cluster, session)
        for proxy in proxies:
            proxy.share = 0.0
        waited: list[str] = []
        if cluster.redis_clock is not None:
            waited = await asyncio.to_thread(let_time_pass, cluster, setup.settle_s)
        left = await asyncio.to_thread(settle, cluster, session.kept(), setup.settle_s)
        await session.look_at_all(setup.clients)
        outcome.cuts = sum(proxy.cuts for proxy in proxies)
    outcome.broken = [*session.broken(receiver), *waited, *left, *cluster.ended()]
    outcome.seconds = time.monotonic() - started
    return outcome


def let_time_pass(cluster: Cluster, limit_s: float) -> list[str]:
    """Set the clock of Redis past all that was written while it was ahead; what waited for that.

    A short life that began an hour ahead ends an hour later, so it is over then. Webhooks may not
    wait for it.
    """
    assert cluster.redis_clock is not None
    lanes, deadline = 1, time.monotonic() + limit_s
    with cluster.redis.client() as redis:
        while lanes and time.monotonic() < deadline:
            with suppress(RedisError):
                lanes = redis.zcard(Key.LANES.at())
            time.sleep(0.5)
    cluster.redis_clock.set(2 * MOST_AHEAD_S)
    return [f"webhooks in {lanes} lanes wait for the clock of Redis"] if lanes else []


def plans_of(setup: Setup) -> list[Plan]:
    """Jobs and batches, one batch after every so many jobs."""
    plans: list[Plan] = list(jobs_of(setup.seed, setup.jobs))
    batches = batches_of(setup.seed, round(setup.jobs * setup.batch_share))
    for index, batch in enumerate(batches):
        plans.insert(round((index + 0.5) * len(plans) / len(batches)), batch)
    return plans


async def _jobs_and_faults(setup: Setup, cluster: Cluster, session: Session) -> None:
    over = threading.Event()
    breaking = asyncio.create_task(
        asyncio.to_thread(_break_things, setup, cluster, session.log, over)
    )
    places = asyncio.Semaphore(setup.clients)

    async def one(plan: Plan) -> None:
        try:
            await session.run(plan)
        finally:
            places.release()

    try:
        async with asyncio.TaskGroup() as group:
            for plan in plans_of(setup):
                await places.acquire()
                if breaking.done():
                    breaking.result()  # a fault that cannot be carried out ends the run
                group.create_task(one(plan))
                await asyncio.sleep(setup.pace_s)
    finally:  # before the processes are ended: a fault starts what it killed again
        over.set()
        await breaking


def _break_things(setup: Setup, cluster: Cluster, log: EventLog, over: threading.Event) -> None:
    faults = Faults(cluster, log)
    most = None if setup.rounds is None else setup.rounds * len(setup.kinds)
    plan = faults_of(setup.seed, setup.kinds, longest_s=setup.longest_s)
    for fault in islice(plan, most):
        if over.wait(fault.after_s) and setup.rounds is None:
            return
        faults.carry_out(fault)
