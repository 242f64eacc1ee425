"""How a job is answered, by every call that does so."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path, Request

from api.schemas import JobView
from api.waiting.snapshot import Snapshot

JobId = Annotated[str, Path(examples=["job_01JD8ZK3V5T8M2Q9W4R7X6Y1AB"], max_length=64)]
POLLING_HEADERS: Final[dict[str, Any]] = {
    "Retry-After": {"description": "Seconds to the next look.", "schema": {"type": "integer"}},
    "ETag": {"description": "For If-None-Match.", "schema": {"type": "string"}},
}
PLACE_HEADERS: Final[dict[str, Any]] = {
    "Location": {"schema": {"type": "string"}},
    "Operation-Location": {"schema": {"type": "string"}},
    **POLLING_HEADERS,
}


def headers_of(snapshot: Snapshot) -> dict[str, str]:
    """What tells a client whether, and when, to look again."""
    headers = {"ETag": snapshot.etag, "Cache-Control": "private, no-cache"}
    if snapshot.retry_after_s is not None:
        headers["Retry-After"] = str(snapshot.retry_after_s)
    return headers


def view_of(request: Request, snapshot: Snapshot) -> JobView:
    """The job, with links below the prefix of the proxy."""
    return JobView.of(snapshot, str(request.scope.get("root_path", "")))
