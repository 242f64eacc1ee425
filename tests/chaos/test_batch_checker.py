"""The checker of batches finds what it is there to find."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chaos.batch_checker import broken_batches
from tests.chaos.events import Event

Told = tuple[str, dict[str, Any]]
COUNTS = {"total": 2, "queued": 0, "succeeded": 1, "failed": 1}
END = {"status": "partially_failed", "counts": COUNTS, "verdicts": {"real": 1, "fake": 0}}
ACCEPTED = ("batch accepted", {"id": "batch_1"})
MESSAGE = {"genuine": True, "message": "msg_1", "status": "partially_failed", "counts": COUNTS}
WEBHOOK = ("webhook", MESSAGE)
SEEN = ("batch seen", END)
JOBS: list[Told] = [
    ("seen", {"digest": "a", "status": "succeeded", "answer": {"verdict": "real"}}),
    ("seen", {"digest": "b", "status": "failed", "answer": {"verdict": None}}),
]


def wrong(*told: Told, jobs: list[Told] = JOBS) -> list[str]:
    events = [Event(float(at), kind, 0, data) for at, (kind, data) in enumerate(told)]
    events += [Event(9.0, kind, number, data) for number, (kind, data) in enumerate(jobs, 1)]
    return broken_batches(events, {0: [1, 2]})


def test_a_batch_that_ended_once_and_counts_its_jobs_keeps_all_promises() -> None:
    running = ("batch seen", {**END, "status": "running"})
    assert wrong(ACCEPTED, running, SEEN, WEBHOOK, WEBHOOK, SEEN) == []
    assert wrong(ACCEPTED, SEEN, ("delete", {"status": 204}), ("batch gone", {})) == []


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ([("refused", {"status": 422})], "never accepted"),
        ([ACCEPTED, WEBHOOK], "end was never seen"),
        ([ACCEPTED, ("batch accepted", {"id": "batch_2"}), SEEN, WEBHOOK], "several batches"),
        ([ACCEPTED, SEEN, ("batch seen", {**END, "verdicts": {}}), WEBHOOK], "several ways"),
        ([ACCEPTED, SEEN, WEBHOOK, ("batch gone", {})], "it is gone"),
        ([ACCEPTED, SEEN, WEBHOOK, ("delete", {"status": 204})], "still there"),
        ([ACCEPTED, SEEN], "no webhook"),
        ([ACCEPTED, SEEN, ("webhook", {**MESSAGE, "genuine": False})], "not genuine"),
        ([ACCEPTED, SEEN, WEBHOOK, ("webhook", {**MESSAGE, "counts": {}})], "contradict"),
        ([ACCEPTED, SEEN, ("webhook", {**MESSAGE, "status": "failed"})], "another end"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_broken_promise_is_told(told: list[Told], words: str) -> None:
    assert any(words in sentence for sentence in wrong(*told)), wrong(*told)


def test_counts_and_verdicts_that_are_not_those_of_the_jobs_are_told() -> None:
    both = [JOBS[0], JOBS[0]]
    found = wrong(ACCEPTED, SEEN, WEBHOOK, jobs=both)
    assert ["it counts" in found[0], "it tells" in found[1]] == [True, True]
