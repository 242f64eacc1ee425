"""The body of a message: ``{"type", "timestamp", "data"}``, the same at every try."""

from __future__ import annotations

import json
from typing import Any, Final

from pydantic_core import to_jsonable_python

from core.result import Failure, MediaFacts, Result
from core.store.records import Job, JsonObject
from core.store.webhook_records import Message

MOST_BYTES: Final = 20_000
_ERROR_CHARACTERS: Final = 1000
_VERDICT: Final = {"verdict", "reasons", "fake_probability", "confidence", "expected_error"}


def body_of(message: Message, root_path: str = "") -> str:
    """JSON of at most ``MOST_BYTES``; ``data.truncated`` is true where something was left out."""
    data = message.data or {}
    if message.job is not None:
        data = _job(message.job, root_path)
    body = _render(message, data)
    if len(body.encode()) <= MOST_BYTES:
        return body
    return _render(message, _shortened(data))


def _render(message: Message, data: JsonObject) -> str:
    whole = {"type": message.type, "timestamp": message.at, "data": data}
    return json.dumps(to_jsonable_python(whole), ensure_ascii=False, separators=(",", ":"))


def _job(job: Job, root_path: str) -> JsonObject:
    """The job as ``GET /v1/jobs/{id}`` shows it, without frames and timings."""
    path = f"{root_path}/v1/jobs/{job.id}"
    return {
        "id": job.id,
        "status": job.status,
        "attempt": job.attempt,
        "queue": job.queue,
        "cancel_requested": job.cancel_requested,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
        "expires_at": job.expires_at,
        "tags": list(job.tags),
        "batch": None if job.batch is None else job.batch.batch_id,
        "media": _media(job),
        "result": None if job.summary is None else _result(job.summary),
        "error": None if job.error is None else Failure.model_validate(job.error).to_json(),
        "links": {"self": path, "events": f"{path}/events"},
    }


def _media(job: Job) -> JsonObject:
    facts = {"kind": job.media.kind, "container": job.media.container, **(job.media_info or {})}
    return {
        **MediaFacts.model_validate(facts).to_json(),
        "sha256": job.media.sha256,
        "size": job.media.size,
        "deleted_at": job.media_deleted_at,
    }


def _result(summary: JsonObject) -> dict[str, Any]:
    result = Result.model_validate({"frames": [], "timings_ms": {}, **summary})
    return result.model_dump(mode="json", exclude={"frames", "timings_ms"})


def _shortened(data: JsonObject) -> JsonObject:
    """What fits in any case: the verdict, and where to read the rest."""
    kept: JsonObject = {name: data[name] for name in ("id", "status", "links") if name in data}
    if error := data.get("error"):
        kept["error"] = {**error, "message": error["message"][:_ERROR_CHARACTERS]}
    result = data.get("result")
    if result is not None:
        kept["result"] = {name: part for name, part in result.items() if name in _VERDICT}
    return {**kept, "truncated": True}
