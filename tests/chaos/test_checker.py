"""The checker finds what it is there to find: a proof that cannot fail is none."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chaos.checker import broken_promises
from tests.chaos.events import Event

REAL = {"status": "succeeded", "verdict": "real"}
MESSAGE = {"genuine": True, "message": "msg_1", "type": "job.succeeded", "finished_at": "then"}


def end(digest: str = "a", answer: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
    answer = answer or REAL
    return "seen", {"digest": digest, "status": answer["status"], "answer": answer}


def wrong(*told: tuple[str, dict[str, Any]]) -> list[str]:
    events = [Event(float(at), kind, 0, data) for at, (kind, data) in enumerate(told)]
    return broken_promises(events, {0: REAL})


ACCEPTED = ("accepted", {"id": "job_1", "whole": True})
WEBHOOK = ("webhook", MESSAGE)


def test_a_job_that_ended_once_and_was_told_of_keeps_all_promises() -> None:
    assert wrong(ACCEPTED, ("seen", {"status": "queued"}), end(), WEBHOOK, WEBHOOK, end()) == []


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ([("refused", {"status": 422})], "never accepted"),
        ([ACCEPTED, WEBHOOK], "end was never seen"),
        ([ACCEPTED, ("accepted", {**ACCEPTED[1], "id": "job_2"}), end(), WEBHOOK], "several jobs"),
        ([("accepted", {"id": "job_1", "whole": False}), end(), WEBHOOK], "not the one"),
        ([ACCEPTED, end("a"), end("b"), WEBHOOK], "ended in several ways"),
        ([ACCEPTED, end(), ("seen", {"status": "processing"}), WEBHOOK], "went on after its end"),
        ([ACCEPTED, end(), WEBHOOK, ("gone", {"status": 404})], "nobody had deleted it"),
        ([ACCEPTED, end(), WEBHOOK, ("delete", {"status": 204})], "still there"),
        ([ACCEPTED, end("a", {"status": "failed"}), WEBHOOK], "undisturbed run"),
        ([ACCEPTED, end("a", {"status": "canceled"}), WEBHOOK], "undisturbed run"),
        ([ACCEPTED, end()], "no webhook"),
        ([ACCEPTED, end(), ("webhook", {**MESSAGE, "genuine": False})], "not genuine"),
        ([ACCEPTED, end(), WEBHOOK, ("webhook", {**MESSAGE, "message": "2"})], "contradict"),
        ([ACCEPTED, end(), ("webhook", {**MESSAGE, "type": "job.failed"})], "another end"),
    ],
)
def test_each_broken_promise_is_told(told: list[tuple[str, dict[str, Any]]], words: str) -> None:
    assert any(words in sentence for sentence in wrong(*told)), wrong(*told)


def test_a_job_whose_cancel_was_asked_for_may_end_as_canceled() -> None:
    canceled = {"status": "canceled"}
    message = ("webhook", {**MESSAGE, "type": "job.canceled"})
    assert wrong(ACCEPTED, ("cancel", {"status": 202}), end("a", canceled), message) == []


def test_a_deleted_job_needs_no_webhook() -> None:
    assert wrong(ACCEPTED, end(), ("delete", {"status": 204}), ("gone", {"status": 404})) == []


def test_a_file_of_a_batch_may_be_refused_where_it_is_to_be_sent_again() -> None:
    away = {"code": "store_unavailable", "retryable": True}
    assert wrong(("refused", {"told": away})) == []
    assert wrong(("refused", {"told": {**away, "retryable": False}})) != []
