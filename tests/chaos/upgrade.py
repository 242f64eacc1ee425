"""A rolling upgrade and a downgrade while jobs run, and the proof that none is lost or fails.

    python -m tests.chaos.upgrade --from REF

``REF`` is the version that serves first, by default the last tag. Its files are put into a folder
of their own and run on the packages that are installed here. Two gateways, two workers and a sender
are then replaced one after the other by those of this tree, each by SIGTERM, and afterwards by the
old ones again, while clients send files of all kinds, batches and resumable uploads without a
pause. Exits with 1 when a promise was broken, or when a job was lost or failed that its file did
not make fail.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import httpx

from tests.chaos.batches import batches_of
from tests.chaos.cluster import TREE, Cluster, Process
from tests.chaos.events import EventLog
from tests.chaos.plan import jobs_of
from tests.chaos.run import KEYS, SETTINGS
from tests.chaos.session import Plan, Session, settle
from tests.e2e.service import until
from tests.worker.webhooks.receiver import Receiver

# Where no version has a tag: the commit before records were last given fields that others act on,
# `objects` of uploads. Its records have no field `format` either.
BEFORE_THE_LAST_CHANGE: Final = "84508f2"
STOP_S: Final = 90.0  # above what a gateway drains and a worker has for its jobs
READY_S: Final = 180.0
MOST_JOBS: Final = 100_000
JOBS_TO_A_BATCH: Final = 20
NEWEST: Final = 60  # jobs that are read after each change; at the end all are


@dataclass(frozen=True, slots=True)
class Setup:
    """How much there is of everything."""

    seed: int
    clients: int
    rest_s: float  # of load between two changes
    pause_s: float  # of a client between two jobs


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--from", dest="ref", default=None, help="a commit, a branch or a tag")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clients", type=int, default=6, help="jobs under way at one time")
    parser.add_argument("--rest", type=float, default=5.0, help="seconds between two changes")
    parser.add_argument("--pause", type=float, default=0.2, help="seconds between two jobs")
    parser.add_argument("--keep", type=Path, help="a folder for the events and the logs")
    options = parser.parse_args()
    # So that a run that is ended ends its processes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    logging.getLogger("httpx").setLevel(logging.WARNING)
    setup = Setup(options.seed, options.clients, options.rest, options.pause)
    ref = options.ref or last_tag() or BEFORE_THE_LAST_CHANGE
    with tempfile.TemporaryDirectory(prefix="df-") as folder:
        old, log = Path(folder) / "old", EventLog()
        check_out(ref, old)
        broken = asyncio.run(upgrade_and_back(setup, Path(folder), old, log))
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            log.write(options.keep / "events.ndjson")
            for file in Path(folder).glob("*.log"):
                (options.keep / file.name).write_bytes(file.read_bytes())
    print("\n".join(report(ref, log, broken)))
    return int(bool(broken))


def last_tag() -> str | None:
    """The newest tag that this tree has behind it."""
    found = subprocess.run(
        ["git", "describe", "--tags", "--abbrev=0"],
        cwd=TREE,
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() or None


def check_out(ref: str, folder: Path) -> None:
    """The files of a commit, without a repository around them."""
    folder.mkdir()
    archive = subprocess.run(["git", "archive", ref], cwd=TREE, capture_output=True, check=True)
    subprocess.run(["tar", "-x"], cwd=folder, input=archive.stdout, check=True)


async def upgrade_and_back(setup: Setup, folder: Path, old: Path, log: EventLog) -> list[str]:
    """Carry it out; what was broken, one sentence each."""
    with Receiver() as receiver:
        settings = {**SETTINGS, **KEYS, "outgoing_ports": str(receiver.port)}
        with Cluster(folder, settings, 2, "always", tree=old) as cluster:
            urls = [f"http://127.0.0.1:{port}" for port in cluster.ports]
            async with httpx.AsyncClient(timeout=30) as http:
                session = await Session.begin(cluster, http, urls, receiver.url(), log, frames=10)
                wrong = await _under_load(setup, cluster, session, old)
                left = await asyncio.to_thread(settle, cluster, session.kept(), 120.0)
                await session.look_at_all(setup.clients)
            return [*wrong, *session.broken(receiver), *left, *cluster.ended()]


async def _under_load(setup: Setup, cluster: Cluster, session: Session, old: Path) -> list[str]:
    """New processes for old ones and back, while clients go on; what did not end as it should."""
    over, plans, wrong = asyncio.Event(), _plans(setup.seed), list[str]()

    async def one_after_another() -> None:
        while not over.is_set():
            await session.run(next(plans))
            await asyncio.sleep(setup.pause_s)

    async with asyncio.TaskGroup() as group:
        for _ in range(setup.clients):
            group.create_task(one_after_another())
        for tree, word in ((TREE, "new"), (old, "old")):
            for process in cluster.processes:
                await asyncio.sleep(setup.rest_s)
                wrong += await asyncio.to_thread(_replace, cluster, process, tree)
                session.log.note("replaced", process=process.name, by=word)
                # What either version wrote so far is read by both.
                await session.look_at_all(setup.clients, NEWEST)
        await asyncio.sleep(setup.rest_s)
        over.set()
    return wrong


def _plans(seed: int) -> Iterator[Plan]:
    jobs, batches = iter(jobs_of(seed, MOST_JOBS)), batches_of(seed, MOST_JOBS // JOBS_TO_A_BATCH)
    for batch in batches:
        yield from islice(jobs, JOBS_TO_A_BATCH)
        yield batch


def _replace(cluster: Cluster, process: Process, tree: Path) -> list[str]:
    """Stop a process as a supervisor does and start it from another tree; wait until it serves."""
    before = set(cluster.live())
    code = process.stop(STOP_S)
    process.tree = tree
    process.start()
    if process in cluster.workers:
        until("the worker beats", lambda: set(cluster.live()) - before, READY_S)
    if process in cluster.gateways:
        port = cluster.ports[cluster.gateways.index(process)]
        until("the gateway is ready", lambda: _ready(port), READY_S)
    return [f"{process.name} ended with {code} at SIGTERM"] if code else []


def _ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).status_code == 200
    except httpx.HTTPError:
        time.sleep(0.1)
        return False


def report(ref: str, log: EventLog, broken: list[str]) -> list[str]:
    """Lines to print."""
    ends = {e.job: e.data for e in log.of_kind("seen") if "digest" in e.data}
    states = Counter(data["status"] for data in ends.values())
    batches = {e.job for e in log.of_kind("batch accepted")}
    silent = Counter(e.data["error"] for e in log.of_kind("no answer"))
    turned = Counter(f"{e.data['status']} {e.data['type']}" for e in log.of_kind("turned away"))
    replaced = [f"{e.data['process']} by {e.data['by']}" for e in log.of_kind("replaced")]
    return [
        f"from {ref} to this tree and back: {', '.join(replaced)}",
        f"{len(ends)} jobs, {len(batches)} batches among them: {dict(states)}; "
        f"{sum(data['attempt'] > 1 for data in ends.values())} in more than one attempt",
        f"requests without an answer: {dict(silent)}; turned away: {dict(turned)}",
        *(f"BROKEN {wrong}" for wrong in broken),
        f"{len(broken)} promises broken",
    ]


if __name__ == "__main__":
    sys.exit(main())
