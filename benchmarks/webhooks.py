"""Webhooks through receivers that work, fail, hang, reset and stay dead: what arrives, and when.

Starts a real Redis and a real sender process, whose pauses between tries are scaled down. Jobs end
as when a worker ends them, one after another, with a bell after each; each has five receivers. The
same jobs with only the receiver that works come first, to compare with.

    python -m benchmarks.webhooks --jobs 200 --every-ms 50
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from celery import Celery
from redis import Redis

from core.store.doorbell import broker_settings
from core.store.outbox import Outbox
from core.store.webhook_records import Delivery
from tests.core.store.webhooks import ended, endpoint
from tests.redis_server import RedisServer
from tests.worker.webhooks.receiver import Receiver
from worker.webhook_bell import WebhookBell

RETRIES_S = "0.2,0.5,1,2,3,4,5,6,7"
TIMEOUT_S = 1.0
BAD_S = 8.0  # until those that recover do


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--jobs", type=int, default=200)
    arguments.add_argument("--every-ms", type=float, default=50.0, help="between two jobs")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="df-") as folder, RedisServer(Path(folder)) as server:
        for bad in ((), ("fail", "hang", "reset", "dead")):
            server.client().flushall()
            print(f"\nbeside a receiver that works: {', '.join(bad) or 'none'}")
            measure(server.url, server.client(), ("works", *bad), options)


def measure(url: str, redis: Redis, kinds: tuple[str, ...], options: argparse.Namespace) -> None:
    jobs, started = options.jobs, time.monotonic()
    app = Celery("benchmark", set_as_current=False)
    app.conf.update(broker_settings(url))
    bell = WebhookBell(app, Outbox(redis))

    def behave(kind: str) -> str:
        recovered = kind != "dead" and time.monotonic() - started > BAD_S
        return "ok" if kind == "works" or recovered else {"dead": "fail"}.get(kind, kind)

    with ExitStack() as stack:
        receivers = {kind: stack.enter_context(Receiver(behave)) for kind in kinds}
        hooks = {kind: endpoint(redis, receivers[kind].url(kind)).id for kind in kinds}
        ports = [receiver.port for receiver in receivers.values()]
        log = stack.enter_context(tempfile.NamedTemporaryFile("r"))
        with sender_process(url, ports, log.name):
            started = time.monotonic()
            spent = [end_job(redis, bell, options.every_ms / 1000) for _ in range(jobs)]
            deliveries = await_all(redis, jobs * len(kinds))
        print(f"{log.read().count('is given up')} deliveries are given up in the log")
    print(f"jobs end in p50 {1000 * median(spent):.1f} ms, p99 {1000 * p99(spent):.1f} ms each")
    for kind, hook in hooks.items():
        mine = [delivery for delivery in deliveries if delivery.endpoint == hook]
        report(kind, mine, receivers[kind], jobs)


def end_job(redis: Redis, bell: WebhookBell, pause_s: float) -> float:
    began = time.monotonic()
    ended(redis)
    spent_s = time.monotonic() - began
    bell.ring()
    time.sleep(max(0.0, began + pause_s - time.monotonic()))
    return spent_s


def await_all(redis: Redis, number: int) -> list[Delivery]:
    outbox, limit = Outbox(redis), time.monotonic() + 180
    while True:
        keys: Any = redis.keys("df:webhook-deliveries:job_*")
        ids = [key.decode().rpartition(":")[2] for key in keys]
        found = [delivery for subject in ids for delivery in outbox.deliveries(subject)]
        waiting = [delivery for delivery in found if delivery.over_at is None]
        if not waiting or time.monotonic() > limit:
            print(f"{number} deliveries made, {len(waiting)} neither delivered nor given up")
            return found
        time.sleep(0.5)


def report(kind: str, deliveries: list[Delivery], receiver: Receiver, jobs: int) -> None:
    states = Counter(delivery.state.value for delivery in deliveries)
    ids = Counter(request.headers["webhook-id"] for request in receiver.received)
    waits = [
        (delivery.over_at - delivery.created_at).total_seconds()
        for delivery in deliveries
        if delivery.over_at is not None
    ]
    # An endpoint's log holds its newest hundred.
    told = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
    print(
        f"{kind:6} {len(ids)} of {jobs} came in {ids.total()} requests; {told} in its log; "
        f"over after p50 {median(waits):.2f} s, p99 {p99(waits):.2f} s"
    )


def p99(values: list[float]) -> float:
    return quantiles(values, n=100)[98]


@contextmanager
def sender_process(redis_url: str, ports: list[int], log: str) -> Iterator[None]:
    settings = {
        "REDIS_URL": redis_url,
        "OUTGOING_PORTS": ",".join(map(str, ports)),
        "OUTGOING_PRIVATE_NETWORKS": "127.0.0.0/8",
        "WEBHOOK_RETRIES_S": RETRIES_S,
        "WEBHOOK_TIMEOUT_S": str(TIMEOUT_S),
        "LOG_LEVEL": "WARNING",
    }
    environment = {f"DEEPFAKE_{name}": value for name, value in settings.items()}
    with Path(log).open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "worker.webhooks.main"],
            env={**os.environ, **environment},
            stderr=stderr,
        )
    while "ready" not in Path(log).read_text():
        time.sleep(0.05)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
