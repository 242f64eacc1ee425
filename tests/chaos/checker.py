"""Reads the log of a run and says which promises were broken; an empty list is the proof."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from tests.chaos.events import Event

CANCELED: Final = "canceled"
Answer = Mapping[str, Any]


def broken_promises(events: Iterable[Event], expected: Mapping[int, Answer]) -> list[str]:
    """What is wrong, one sentence each.

    ``expected`` has for each job of the plan the answer that its file gets in an undisturbed run.
    """
    by_job: dict[int, list[Event]] = defaultdict(list)
    for event in events:
        by_job[event.job].append(event)
    return [
        f"job {number}: {wrong}"
        for number, answer in expected.items()
        for wrong in _wrong_with(by_job[number], answer)
    ]


def _wrong_with(events: Sequence[Event], expected: Answer) -> list[str]:
    ids = {event.data["id"] for event in events if event.kind == "accepted"}
    if not ids:
        told = [event.data for event in events if event.kind == "refused"]
        # A file of a batch that Redis was away for: its client was told to send it again.
        if told and all(told_to_retry(each) for each in told):
            return []
        return [f"it was never accepted: {told[:1]}"]
    ends = [event for event in events if event.kind == "seen" and "digest" in event.data]
    if not ends:
        return ["its end was never seen"]
    wrong = [] if len(ids) == 1 else [f"one Idempotency-Key made several jobs: {sorted(ids)}"]
    if not all(event.data["whole"] for event in events if event.kind == "accepted"):
        wrong.append("its file is not the one that was sent")
    return [
        *wrong,
        *_wrong_end(events, ends),
        *_wrong_answer(events, ends[-1].data["answer"], expected),
        *_wrong_messages(events, ends[-1]),
    ]


def told_to_retry(refusal: Mapping[str, Any]) -> bool:
    """Whether a file was refused for no fault of its own."""
    told = refusal.get("told", {})
    return told.get("code") == "store_unavailable" and told.get("retryable") is True


def _wrong_end(events: Sequence[Event], ends: Sequence[Event]) -> list[str]:
    """A job ends once, stays as it ended, and stays where it can be read."""
    wrong = []
    if len({end.data["digest"] for end in ends}) > 1:
        wrong.append(f"it ended in several ways: {[end.data for end in ends]}")
    seen = [event for event in events if event.kind == "seen"]
    if any("digest" not in event.data for event in seen[seen.index(ends[0]) :]):
        wrong.append("it went on after its end")
    deleted = any(event.kind == "delete" for event in events)
    gone = any(event.kind == "gone" for event in events)
    if gone and not deleted:
        wrong.append("it was gone although nobody had deleted it")
    if deleted and not gone:
        wrong.append("it was still there after it had been deleted")
    return wrong


def _wrong_answer(events: Sequence[Event], answer: Answer, expected: Answer) -> list[str]:
    if answer == expected:
        return []
    asked = any(event.kind == "cancel" for event in events)
    if answer["status"] == CANCELED and asked:
        return []
    return [f"it got {dict(answer)}, and an undisturbed run of its file {dict(expected)}"]


def _wrong_messages(events: Sequence[Event], end: Event) -> list[str]:
    """A webhook tells of the end at least once, always the same, and can be verified."""
    messages = [event for event in events if event.kind == "webhook"]
    wrong = [f"a webhook was not genuine: {m.data}" for m in messages if not m.data["genuine"]]
    told = {(m.data["message"], m.data["type"], m.data["finished_at"]) for m in messages}
    if len(told) > 1:
        wrong.append(f"webhooks contradict each other: {sorted(told)}")
    if any(kind != f"job.{end.data['status']}" for _, kind, _ in told):
        wrong.append(f"webhooks tell of another end than {end.data['status']}: {sorted(told)}")
    if not messages and not any(event.kind == "delete" for event in events):
        wrong.append("no webhook told of its end")
    return wrong
