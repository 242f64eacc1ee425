"""Turns what a receiver of webhooks got into events, each verified as receivers should."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from deepfake_client import WebhookRejected, verify_webhook
from tests.chaos.events import Event, EventLog
from tests.worker.webhooks.receiver import Received

TOLERANCE_S = 24 * 3600.0  # they are verified at the end of the run


def note_messages(
    log: EventLog, received: Iterable[Received], secret: str, accepted: Mapping[int, str]
) -> None:
    """Add an event for every request, also for those to which the receiver answered badly.

    A request that hung or was reset was read all the same, so it may not contradict the others.
    """
    numbers = {job_id: number for number, job_id in accepted.items()}
    for request in received:
        genuine, message = True, dict[str, Any]()
        try:
            message = verify_webhook(request.headers, request.body, secret, tolerance_s=TOLERANCE_S)
        except WebhookRejected:
            genuine = False
        job = message.get("data", {})
        told = {
            "genuine": genuine,
            "message": request.headers.get("webhook-id"),
            "type": message.get("type"),
            "finished_at": job.get("finished_at"),
            "status": job.get("status"),
            "counts": job.get("counts"),
        }
        log.events.append(Event(request.wall, "webhook", numbers.get(job.get("id", ""), -1), told))
