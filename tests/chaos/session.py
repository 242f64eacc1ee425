"""The clients of a run, all that they see, and what follows from it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Self

import httpx
from redis.exceptions import RedisError

from core.scopes import Scope
from tests.api.keys import bearer, make_key
from tests.chaos.batch_checker import broken_batches
from tests.chaos.batches import BatchClient, BatchPlan
from tests.chaos.checker import broken_promises
from tests.chaos.client import ChaosClient
from tests.chaos.cluster import Cluster
from tests.chaos.events import EventLog
from tests.chaos.insist import Insister
from tests.chaos.leftovers import leftovers
from tests.chaos.messages import note_messages
from tests.chaos.plan import JobPlan
from tests.chaos.samples import NAMES
from tests.worker.webhooks.receiver import Receiver

UNDISTURBED: Final = 1_000_000  # the numbers of the jobs that run before anything goes wrong
TENANT: Final = "chaos"
GATEWAYS: Final = (0, 1)
Plan = JobPlan | BatchPlan


@dataclass
class Session:
    """One tenant with two keys: one that may only submit, and one that may only read."""

    log: EventLog
    jobs: ChaosClient
    batches: BatchClient
    secret: str  # of its webhook
    plans: list[Plan] = field(default_factory=list)
    answers: dict[str, Mapping[str, Any]] = field(default_factory=dict)  # of each sample

    @classmethod
    async def begin(
        cls,
        cluster: Cluster,
        http: httpx.AsyncClient,
        urls: Sequence[str],
        hook: str,
        log: EventLog,
        *,
        frames: int,
    ) -> Self:
        """Make keys and a webhook, and learn each sample's answer while nothing goes wrong."""
        with cluster.redis.client() as redis:
            reads, writes, both = (
                bearer(make_key(redis, TENANT, *scopes))
                for scopes in ((Scope.READ,), (Scope.SUBMIT,), (Scope.READ, Scope.SUBMIT))
            )
        made = await http.post(
            f"{cluster.urls[0]}/v1/webhooks",
            json={"url": hook},
            headers=both,
        )
        ask = Insister(http, urls, log, (reads, writes))
        jobs, batches = ChaosClient(ask, frames=frames), BatchClient(ask, frames=frames)
        session = cls(log, jobs, batches, made.raise_for_status().json()["secret"])
        for number, name in enumerate(NAMES):
            await session.run(_undisturbed(UNDISTURBED + number, name))
        ends = {event.job: event.data["answer"] for event in log.events if "answer" in event.data}
        session.answers = {name: ends[UNDISTURBED + n] for n, name in enumerate(NAMES)}
        return session

    async def run(self, plan: Plan) -> None:
        """Carry a plan out, to the end of its job or batch."""
        self.plans.append(plan)
        if isinstance(plan, BatchPlan):
            await self.batches.run(plan)
        else:
            await self.jobs.run(plan)

    async def look_at_all(self, at_once: int, newest: int | None = None) -> None:
        """Read every job and every batch, or so many of the newest, at both gateways."""
        places = asyncio.Semaphore(at_once)
        batches = {plan.number: plan for plan in self.plans if isinstance(plan, BatchPlan)}

        async def look(number: int, name: str) -> None:
            async with places:
                for gateway in GATEWAYS:
                    if number in batches:
                        await self.batches.look(batches[number], name, gateway)
                    else:
                        await self.jobs.look(number, name, gateway)

        names = list(self.accepted().items())[-newest if newest else None :]
        await asyncio.gather(*(look(number, name) for number, name in names))

    def accepted(self) -> dict[int, str]:
        """The id of each job and batch by its number in the plan."""
        kinds = ("accepted", "batch accepted")
        return {event.job: event.data["id"] for event in self.log.of_kind(*kinds)}

    def kept(self) -> set[str]:
        """The ids of the jobs and batches that nobody has deleted."""
        deleted = {event.job for event in self.log.of_kind("delete")}
        return {name for number, name in self.accepted().items() if number not in deleted}

    def broken(self, receiver: Receiver) -> list[str]:
        """What the log and the messages at the receiver say of the promises."""
        note_messages(self.log, receiver.received, self.secret, self.accepted())
        expected, batches = dict[int, Mapping[str, Any]](), dict[int, Sequence[int]]()
        for plan in self.plans:
            if isinstance(plan, BatchPlan):
                batches[plan.number] = list(plan.jobs)
                expected |= {number: self.answers[name] for number, name in plan.jobs.items()}
            else:
                expected[plan.number] = self.answers[plan.sample]
        return [
            *broken_promises(self.log.events, expected),
            *broken_batches(self.log.events, batches),
        ]


def settle(cluster: Cluster, there: set[str], limit_s: float) -> list[str]:
    """Wait until nothing is left in Redis that should not be; what still is at the end."""
    deadline, left = time.monotonic() + limit_s, ["nothing was looked at"]
    with cluster.redis.client() as redis:
        while left and time.monotonic() < deadline:
            with suppress(RedisError):
                left = leftovers(redis, there)
            time.sleep(0.5)
    return left


def _undisturbed(number: int, sample: str) -> JobPlan:
    return JobPlan(
        number=number,
        sample=sample,
        queue="interactive",
        evidence=False,
        slow=False,
        follow="wait",
        ending="read",
        again=False,
        gateway=0,
    )
