"""What of a job a client notes: that it is the file that was sent, and what may not change."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from tests.chaos.events import EventLog

TERMINAL: Final = ("succeeded", "failed", "canceled")


def note_accepted(log: EventLog, number: int, job: dict[str, Any], body: bytes) -> None:
    """Note the job's id, and whether its file is the one that was sent."""
    media = job["media"]
    whole = media["size"] == len(body) and media["sha256"] == hashlib.sha256(body).hexdigest()
    log.note("accepted", number, id=job["id"], whole=whole)


def note_seen(log: EventLog, number: int, job: dict[str, Any]) -> bool:
    """Note the job as it is; True at its end."""
    ended = job["status"] in TERMINAL
    log.note("seen", number, **(snapshot(job) if ended else {"status": job["status"]}))
    return ended


def snapshot(job: dict[str, Any]) -> dict[str, Any]:
    """What may not change once a job has ended, and in ``digest`` all of its result."""
    result, error = job["result"] or {}, job["error"] or {}
    whole = json.dumps([result, error, job["finished_at"], job["attempt"]], sort_keys=True)
    return {
        "id": job["id"],
        "status": job["status"],
        "queue": job["queue"],
        "started_at": job["started_at"],
        "finished_at": job["finished_at"],
        "attempt": job["attempt"],
        "digest": hashlib.sha256(whole.encode()).hexdigest(),
        "answer": answer_of(job),
    }


def answer_of(job: dict[str, Any]) -> dict[str, Any]:
    """What must be the same for the same file, however often and wherever it is judged."""
    result, error = job["result"] or {}, job["error"] or {}
    names = ("verdict", "reasons", "fake_probability", "logit")
    return {
        "status": job["status"],
        "error": error.get("code"),
        **{name: result.get(name) for name in names},
    }
