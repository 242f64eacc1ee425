"""The figures of a run: how much went wrong, and how soon all was well again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from statistics import median, quantiles
from typing import Any

from tests.chaos.checker import told_to_retry
from tests.chaos.events import EventLog
from tests.chaos.run import Outcome


def report(outcome: Outcome) -> list[str]:
    """Lines to print."""
    log = outcome.log
    ends = Counter(
        {e.job: e.data["status"] for e in log.of_kind("seen") if "digest" in e.data}.values()
    )
    attempts = {e.job: e.data["attempt"] for e in log.of_kind("seen") if "digest" in e.data}
    turned = Counter(f"{e.data['status']} {e.data['type']}" for e in log.of_kind("turned away"))
    silent = Counter(e.data["error"] for e in log.of_kind("no answer"))
    slow = Counter(e.data["process"] for e in log.of_kind("no start"))
    messages = [e.data["message"] for e in log.of_kind("webhook")]
    again = {e.job for e in log.of_kind("refused") if told_to_retry(e.data)}
    clocks = Counter(f"{e.data['process']} {e.data['ahead_s']:+g} s" for e in log.of_kind("clock"))
    # Times that Redis tells mean nothing beside those of the log once its clock was set.
    right = not any(e.data["process"] == "redis" for e in log.of_kind("clock"))
    return [
        f"{len(attempts)} jobs in {outcome.seconds:.0f} s: {_counted(ends)}; "
        f"{sum(n > 1 for n in attempts.values())} in more than one attempt, "
        f"{max(attempts.values(), default=0)} at most",
        f"faults: {_counted(Counter(e.data['fault'] for e in log.of_kind('fault')))}; "
        f"{outcome.cuts} connections cut",
        f"clocks set to differ: {_counted(clocks)}",
        f"processes that could not start and were started again: {_counted(slow)}",
        f"requests without an answer: {_counted(silent)}; turned away: {_counted(turned)}",
        f"files of batches to be sent again: {len(again)}",
        f"webhooks: {len(set(messages))} messages in {len(messages)} requests",
        *(_recovery(log) if right else ()),
        _figure("from the first lost answer to the accepted job", resent(log)),
        *([_figure("from the end of a job to its webhook", webhook_delays(log))] if right else ()),
        *(f"BROKEN {wrong}" for wrong in outcome.broken),
        f"{len(outcome.broken)} promises broken",
    ]


def _recovery(log: EventLog) -> list[str]:
    what = "from a fault to the end of the jobs that were at work"
    return [_figure(what, recoveries(log)), *_parts(log)]


def recoveries(log: EventLog) -> list[float]:
    """Seconds from a fault (of Redis: from its end) to the end of each job that it met."""
    return [_seconds(end["finished_at"]) - at for at, _, end in _met(log)]


def _met(log: EventLog) -> Iterator[tuple[float, str, Mapping[str, Any]]]:
    """When and what the fault was, and how the job ended that it met."""
    ends = {e.data["id"]: e.data for e in log.of_kind("seen") if "digest" in e.data}
    for fault in log.of_kind("mended"):
        for job in fault.data["jobs"]:
            if job in ends and _seconds(ends[job]["finished_at"]) >= fault.at:
                yield fault.at, fault.data["fault"], ends[job]


def _parts(log: EventLog) -> list[str]:
    """What recoveries are made of: the time until the job is at work again, and its work."""
    again = [
        (_seconds(end["started_at"]) - at, end)
        for at, _, end in _met(log)
        if end["started_at"] and _seconds(end["started_at"]) >= at
    ]
    work = [_seconds(end["finished_at"]) - _seconds(end["started_at"]) for _, end in again]
    waits = {
        queue: [wait for wait, end in again if end["queue"] == queue]
        for queue in ("interactive", "batch")
    }
    slowest = sorted(_met(log), key=lambda met: met[0] - _seconds(met[2]["finished_at"]))[:5]
    return [
        *(_figure(f"  until an attempt began again, {name}", each) for name, each in waits.items()),
        _figure("  and until that one ended", work),
        *(
            f"  {_seconds(end['finished_at']) - at:.1f} s after {fault}: {end['queue']}, "
            f"attempt {end['attempt']} took {_seconds(end['finished_at']) - _began(end):.1f} s"
            for at, fault, end in slowest
        ),
    ]


def _began(end: Mapping[str, Any]) -> float:
    return _seconds(end["started_at"] or end["finished_at"])


def resent(log: EventLog) -> list[float]:
    """Seconds for which a client had to insist until its job was accepted, where it had to."""
    first, found = dict[int, float](), dict[int, float]()
    for event in log.of_kind("no answer", "turned away", "accepted"):
        if event.kind == "accepted":
            found.setdefault(event.job, event.at)
        elif event.data["method"] == "POST" and event.job not in found:
            first.setdefault(event.job, event.at)
    return [found[job] - at for job, at in first.items() if job in found]


def webhook_delays(log: EventLog) -> list[float]:
    """Seconds from the end of a job to the first request that tells of it."""
    first = dict[int, float]()
    for event in log.of_kind("webhook"):
        if event.job >= 0 and event.data["finished_at"]:
            delay = event.at - _seconds(event.data["finished_at"])
            first[event.job] = min(delay, first.get(event.job, delay))
    return list(first.values())


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counter.most_common()) or "none"


def _figure(what: str, seconds: Sequence[float]) -> str:
    if not seconds:
        return f"{what}: nothing to measure"
    p99 = quantiles(seconds, n=100, method="inclusive")[98] if len(seconds) > 1 else seconds[0]
    return (
        f"{what}: p50 {median(seconds):.1f} s, p99 {p99:.1f} s, "
        f"at most {max(seconds):.1f} s ({len(seconds)} measured)"
    )
