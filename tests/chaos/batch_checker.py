"""Reads the log of a run for the promises about batches; their jobs are checked as all jobs are."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.chaos.events import Event


def broken_batches(events: Iterable[Event], batches: Mapping[int, Sequence[int]]) -> list[str]:
    """What is wrong, one sentence each; ``batches`` has the numbers of each batch's jobs."""
    by_number: dict[int, list[Event]] = defaultdict(list)
    for event in events:
        by_number[event.job].append(event)
    return [
        f"batch {number}: {wrong}"
        for number, jobs in batches.items()
        for wrong in _wrong_with(by_number[number], [by_number[job] for job in jobs])
    ]


def _wrong_with(events: Sequence[Event], jobs: Sequence[Sequence[Event]]) -> list[str]:
    ids = {event.data["id"] for event in events if event.kind == "batch accepted"}
    if not ids:
        refused = [event.data for event in events if event.kind == "refused"]
        return [f"it was never accepted: {refused[:1]}"]
    ends = [e for e in events if e.kind == "batch seen" and e.data["status"] != "running"]
    if not ends:
        return ["its end was never seen"]
    wrong = [] if len(ids) == 1 else [f"one Idempotency-Key made several batches: {sorted(ids)}"]
    deleted = any(event.kind == "delete" for event in events)
    gone = any(event.kind == "batch gone" for event in events)
    if gone is not deleted:
        wrong.append("it is gone" if gone else "it was still there after it had been deleted")
    if len({_text(end.data) for end in ends}) > 1:
        wrong.append(f"it ended in several ways: {[end.data for end in ends]}")
    told = [event for event in events if event.kind == "webhook"]
    return [*wrong, *_wrong_counts(ends[-1].data, jobs), *_wrong_messages(told, ends[-1], deleted)]


def _wrong_counts(end: Mapping[str, Any], jobs: Sequence[Sequence[Event]]) -> list[str]:
    """The counts of a batch that has ended are those of its jobs."""
    seen = [_last(job) for job in jobs]
    states = Counter("failed" if one is None else one["status"] for one in seen)
    verdicts = Counter(one["answer"]["verdict"] for one in seen if one is not None)
    counted = {name: number for name, number in end["counts"].items() if number}
    wanted = {"total": len(jobs), **states}
    wrong = [] if counted == wanted else [f"it counts {counted}, and its jobs are {wanted}"]
    found = {name: number for name, number in (end["verdicts"] or {}).items() if number}
    judged = {name: number for name, number in verdicts.items() if name is not None}
    return wrong if found == judged else [*wrong, f"it tells {found}, and its jobs {judged}"]


def _last(job: Sequence[Event]) -> Mapping[str, Any] | None:
    """The end of a job; None for a file that got none."""
    ends = [event.data for event in job if event.kind == "seen" and "digest" in event.data]
    return ends[-1] if ends else None


def _wrong_messages(told: Sequence[Event], end: Event, deleted: bool) -> list[str]:
    if not told:
        return [] if deleted else ["no webhook told of its end"]
    wrong = [f"a webhook was not genuine: {m.data}" for m in told if not m.data["genuine"]]
    ends = {(m.data["message"], m.data["status"], _text(m.data["counts"])) for m in told}
    if len(ends) > 1:
        wrong.append(f"webhooks contradict each other: {sorted(ends)}")
    if any(status != end.data["status"] for _, status, _ in ends):
        wrong.append(f"webhooks tell of another end than {end.data['status']}: {sorted(ends)}")
    return wrong


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
