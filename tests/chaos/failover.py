"""Masters of Redis die behind a sentinel while jobs run: what is kept, and what may be lost.

    python -m tests.chaos.failover --lag 0        # the replica is in step when its master dies
    python -m tests.chaos.failover --lag 3        # it was cut off for three seconds
    python -m tests.chaos.failover --lag 3 --guard 1

Redis tells clients that something is stored before its replica has it, so a master that dies takes
with it what it wrote since its replica last heard of it. The proof is that nothing else is lost:
a job that vanished, ended twice or was told of twice was changed within that time before a death.
With ``--guard`` the master takes no writes once its replica lags by more, as min-replicas-to-write
1 and min-replicas-max-lag make it, and the time is that lag and two seconds, however long the
replica hangs. Exits with 1 when more was lost than that.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import httpx

from tests.chaos.cluster import Cluster
from tests.chaos.events import Event, EventLog
from tests.chaos.plan import jobs_of
from tests.chaos.replicas import ReplicatedRedis
from tests.chaos.run import KEYS, SETTINGS
from tests.chaos.session import Session, settle
from tests.worker.webhooks.receiver import Receiver

SLACK_S: Final = 2.0  # Redis looks at the lag of replicas once a second
CHANGES: Final = ("accepted", "seen", "webhook", "cancel", "delete")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--failovers", type=int, default=4)
    parser.add_argument(
        "--lag",
        type=float,
        default=0.0,
        help="seconds, below 5: then the sentinel takes the replica for too old",
    )
    parser.add_argument("--guard", type=int, default=0, help="seconds; 0 for none")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clients", type=int, default=6, help="jobs under way at one time")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    for name in ("httpx", "redis"):
        logging.getLogger(name).setLevel(logging.WARNING)
    log = EventLog()
    with tempfile.TemporaryDirectory(prefix="df-") as folder:
        wrong = asyncio.run(run(options, Path(folder), log))
    window_s = (min(options.lag, options.guard) if options.guard else options.lag) + SLACK_S
    excused, broken = judged(wrong, log, window_s)
    jobs = {event.job for event in log.of_kind("accepted")}
    gone = {e.job for e in log.of_kind("gone")} - {e.job for e in log.of_kind("delete")}
    print(
        f"{len(jobs)} jobs, {options.failovers} failovers, lag {options.lag:g} s, "
        f"guard {options.guard} s: {len(gone)} jobs vanished, {len(excused)} sentences about what "
        f"was changed less than {window_s:g} s before a master died"
    )
    lines = [*(f"lost   {each}" for each in excused), *(f"BROKEN {each}" for each in broken)]
    print("\n".join(lines))
    print(f"{len(broken)} promises broken")
    return int(bool(broken))


async def run(options: argparse.Namespace, folder: Path, log: EventLog) -> list[str]:
    """Jobs and failovers side by side; all that the checkers say."""
    with Receiver() as receiver, ReplicatedRedis(folder, options.guard) as redis:
        settings = {**SETTINGS, **KEYS, "outgoing_ports": str(receiver.port)}
        with Cluster(folder, settings, 2, "no", redis=redis) as cluster:
            urls = [f"http://127.0.0.1:{port}" for port in cluster.ports]
            async with httpx.AsyncClient(timeout=12) as http:
                session = await Session.begin(cluster, http, urls, receiver.url(), log, frames=10)
                over, plans = asyncio.Event(), iter(jobs_of(options.seed, 100_000))

                async def one_after_another() -> None:
                    while not over.is_set():
                        await session.run(next(plans))

                async with asyncio.TaskGroup() as group:
                    for _ in range(options.clients):
                        group.create_task(one_after_another())
                    for _ in range(options.failovers):
                        await asyncio.sleep(8)
                        died = await asyncio.to_thread(redis.fail_over, options.lag)
                        log.events.append(Event(died, "died", -1, {}))
                    await asyncio.sleep(5)
                    over.set()
                vanished = {e.data["id"] for e in log.of_kind("accepted") if _vanished(log, e.job)}
                left = await asyncio.to_thread(settle, cluster, session.kept() - vanished, 60.0)
                await session.look_at_all(options.clients)
        return [*session.broken(receiver), *left]


def _vanished(log: EventLog, job: int) -> bool:
    return any(event.job == job for event in log.of_kind("gone"))


def judged(wrong: Iterable[str], log: EventLog, window_s: float) -> tuple[list[str], list[str]]:
    """Which sentences a death explains, and which nothing does.

    It explains what concerns a job that was changed within ``window_s`` before it.
    """
    deaths = [event.at for event in log.of_kind("died")]
    numbers = {event.data["id"]: event.job for event in log.of_kind("accepted")}
    changes: Mapping[int, list[float]] = defaultdict(list)
    for event in log.of_kind(*CHANGES):
        changes[event.job].append(event.at)
    excused, broken = list[str](), list[str]()
    for sentence in wrong:
        number = _number_in(sentence, numbers)
        near = any(
            -SLACK_S <= died - at <= window_s for died in deaths for at in changes.get(number, [])
        )
        (excused if near else broken).append(sentence)
    return excused, broken


def _number_in(sentence: str, numbers: Mapping[str, int]) -> int:
    """The number of the job that a sentence is about; -1 for none."""
    words = sentence.replace(":", " ").split()
    if words[0] == "job":
        return int(words[1])
    return next((number for name, number in numbers.items() if name in sentence), -1)


if __name__ == "__main__":
    sys.exit(main())
