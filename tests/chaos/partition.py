"""Machines are cut off one after the other: how soon is it noticed, and how soon is all well again?

    python -m tests.chaos.partition --seconds 20

Redis, two gateways, a worker and the sender have a namespace of the network each. Each of them is
unplugged, and then silenced: nothing passes between it and Redis, and nobody is told. Jobs go on
all the time, and the checker of ``python -m tests.chaos`` reads what became of them. Needs Linux
and root. Exits with 1 when a promise was broken.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any, Final

import httpx

from tests.chaos.cluster import Cluster
from tests.chaos.events import EventLog
from tests.chaos.network import OUTSIDE, Network, why_not
from tests.chaos.plan import jobs_of
from tests.chaos.run import KEYS, SETTINGS
from tests.chaos.samples import FACE
from tests.chaos.session import Session, settle
from tests.worker.webhooks.receiver import Receiver

VICTIMS: Final = ("gateway-0", "worker-0", "sender-0", "redis")
HOWS: Final = ("unplug", "silence")
LOOK_S: Final = 0.1
PROBE_S: Final = 6.0  # that a gateway has to say whether it is ready; a call of Redis has 3
WELL_S: Final = 120.0  # longer than that it never is
FIRST_PROBE: Final = 500_000  # the numbers of the jobs that are timed
# Sent as a whole to the first gateway, waited for by long polls, and kept.
PROBE: Final[dict[str, Any]] = {
    "sample": FACE,
    "queue": "interactive",
    "slow": False,
    "follow": "wait",
    "ending": "read",
    "again": False,
    "gateway": 0,
    "in_pieces": False,
}
SKIPPED: Final = 77  # the exit status by which test runners know that nothing was tested


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds; None for what never was, or is told by nobody."""

    victim: str
    how: str
    noticed_s: float | None  # from the cut: a gateway says so, or there is no heartbeat
    ready_s: float | None  # from the end of the cut, as all below: both gateways
    job_s: float | None
    webhook_s: float | None


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0, help="that a cut lasts")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clients", type=int, default=4, help="jobs under way at one time")
    options = parser.parse_args()
    if reason := why_not():
        print(f"skipped: {reason}")
        return SKIPPED
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    for name in ("httpx", "redis"):
        logging.getLogger(name).setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="df-") as folder:
        log, times, broken = asyncio.run(run(options, Path(folder)))
    print(table(times))
    jobs = {event.job for event in log.of_kind("accepted")}
    print(f"\n{len(jobs)} jobs, cuts of {options.seconds:g} s")
    print("\n".join([*(f"BROKEN {wrong}" for wrong in broken), f"{len(broken)} promises broken"]))
    return int(bool(broken))


async def run(options: argparse.Namespace, folder: Path) -> tuple[EventLog, list[Times], list[str]]:
    """Cuts and jobs side by side; the log, the times of each cut, and what was broken."""
    log = EventLog()
    with ExitStack() as stack:
        network = stack.enter_context(Network())
        receiver = stack.enter_context(Receiver(host=network.address(OUTSIDE)))
        settings = {
            **SETTINGS,
            **KEYS,
            "outgoing_ports": str(receiver.port),
            "outgoing_private_networks": network.networks,
        }
        cluster = stack.enter_context(Cluster(folder, settings, 1, "always", network=network))
        async with httpx.AsyncClient(timeout=12) as http:
            session = await Session.begin(
                cluster, http, cluster.urls, receiver.url(), log, frames=10
            )
            cuts = Cuts(cluster, network, session, receiver, http)
            times = await _under_load(options, session, cuts)
            left = await asyncio.to_thread(settle, cluster, session.kept(), WELL_S)
            await session.look_at_all(options.clients)
        return log, times, [*session.broken(receiver), *left, *cluster.ended()]


async def _under_load(options: argparse.Namespace, session: Session, cuts: Cuts) -> list[Times]:
    over, plans = asyncio.Event(), iter(jobs_of(options.seed, FIRST_PROBE))

    async def one_after_another() -> None:
        while not over.is_set():
            await session.run(next(plans))
            await asyncio.sleep(1.0)

    async with asyncio.TaskGroup() as group:
        for _ in range(options.clients):
            group.create_task(one_after_another())
        times = [
            await cuts.time(victim, how, options.seconds) for how in HOWS for victim in VICTIMS
        ]
        over.set()
    return times


class Cuts:
    """Cuts machines off and looks on from outside."""

    def __init__(
        self,
        cluster: Cluster,
        network: Network,
        session: Session,
        receiver: Receiver,
        http: httpx.AsyncClient,
    ) -> None:
        self._cluster = cluster
        self._network = network
        self._session = session
        self._receiver = receiver
        self._http = http
        self._numbers = count(FIRST_PROBE)

    async def time(self, victim: str, how: str, lasts_s: float) -> Times:
        """Cut off, wait, heal, and wait until all is well again."""
        await _moment_of(self._all_ready)
        began = time.monotonic()
        await asyncio.to_thread(self._cut, victim, how)
        noticed = await _moment_of(self._noticed_of(victim, how), lasts_s)
        await asyncio.sleep(max(0.0, began + lasts_s - time.monotonic()))
        await asyncio.to_thread(self._network.heal)
        healed = time.monotonic()
        ready, (job_id, ended) = await asyncio.gather(_moment_of(self._all_ready), self._job())
        told = await _moment_of(lambda: self._told_of(job_id))
        return Times(
            victim,
            how,
            None if noticed is None else noticed - began,
            *(None if at is None else at - healed for at in (ready, ended, told)),
        )

    def _cut(self, victim: str, how: str) -> None:
        if how == "unplug":
            self._network.unplug(victim)
            return
        everybody = [process.name for process in self._cluster.processes]
        for name in everybody if victim == "redis" else [victim]:
            self._network.silence(name, "redis")

    def _noticed_of(self, victim: str, how: str) -> Callable[[], Awaitable[bool]]:
        """What tells from outside that the victim is cut off."""

        async def silent() -> bool:
            return not await asyncio.to_thread(self._cluster.live)

        async def away() -> bool:
            return not await self._all_ready()

        async def never() -> bool:
            return False

        if victim == "worker-0":
            return silent
        # Nobody asks a sender, and an unplugged gateway tells nobody.
        tells = victim == "redis" or (victim, how) == ("gateway-0", "silence")
        return away if tells else never

    async def _all_ready(self) -> bool:
        return all(await asyncio.gather(*map(self._ready, self._cluster.urls)))

    async def _ready(self, url: str) -> bool:
        try:
            answer = await self._http.get(f"{url}/readyz", timeout=PROBE_S)
        except httpx.HTTPError:
            return False
        return answer.status_code == httpx.codes.OK

    async def _job(self) -> tuple[str, float]:
        """The id of a job that is sent now, and when its end was seen."""
        number = next(self._numbers)
        plan = replace(jobs_of(number, 1)[0], number=number, **PROBE)
        await self._session.run(plan)
        ended = time.monotonic()
        return self._session.accepted()[number], ended

    async def _told_of(self, job_id: str) -> bool:
        return any(job_id.encode() in request.body for request in list(self._receiver.received))


async def _moment_of(
    condition: Callable[[], Awaitable[bool]], limit_s: float = WELL_S
) -> float | None:
    """When it first held, by time.monotonic(); None where it did not within the limit."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if await condition():
            return time.monotonic()
        await asyncio.sleep(LOOK_S)
    return None


def table(times: Sequence[Times]) -> str:
    """Markdown."""
    lines = [
        "| Cut off | How | Noticed | Gateways ready | A job ended | Its webhook came |",
        "|---|---|---|---|---|---|",
    ]
    for each in times:
        told = (each.noticed_s, each.ready_s, each.job_s, each.webhook_s)
        seconds = " | ".join("none" if at is None else f"{at:.1f} s" for at in told)
        lines.append(f"| {each.victim} | {each.how} | {seconds} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
