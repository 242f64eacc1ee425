"""The calls by which a tenant says that a verdict was right or wrong."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from api.documents import json_body, problems
from api.gateway import CurrentGateway, CurrentTenant, Gateway
from api.http.small_body import read_json
from api.jobs.answers import JobId
from core.result import Label
from core.store.records import JsonObject

router = APIRouter(prefix="/v1", tags=["feedback"])

MAX_COMMENT = 1000  # characters


class Feedback(BaseModel):
    """What a file really is, by what its sender knows."""

    model_config = ConfigDict(extra="forbid")

    label: Literal["fake", "real"]
    comment: str | None = Field(None, max_length=MAX_COMMENT)
    media: bool = Field(
        False,
        description="Keep the frames with it, as long as the feedback lives: of evidence that "
        "is still there, and where they fit. Without it no byte of the file is kept.",
    )


@router.post(
    "/jobs/{job_id}/feedback",
    status_code=204,
    summary="Say what a file really is",
    responses=problems(400, 401, 403, 404, 408, 409, 410, 422, 429),
    openapi_extra=json_body(Feedback),
)
async def give_feedback(
    request: Request, gateway: CurrentGateway, tenant: CurrentTenant, job_id: JobId
) -> None:
    """The hash of the file, the score and the label are kept; deleting the job leaves them.

    Said again, it replaces what was said before.
    """
    said = await read_json(request, Feedback)
    job = await gateway.store(gateway.jobs.get, job_id, tenant=tenant)
    label = Label(said.label)
    await gateway.store(gateway.feedback.give, job, label, said.comment, media=said.media)


@router.delete(
    "/jobs/{job_id}/feedback",
    status_code=204,
    summary="Take back what was said",
    responses=problems(401, 403, 404, 422),
)
async def withdraw_feedback(gateway: CurrentGateway, tenant: CurrentTenant, job_id: JobId) -> None:
    """Also of a job that is gone; the frames that were kept with it go too."""
    await gateway.store(gateway.feedback.withdraw, job_id, tenant)


@router.get(
    "/feedback",
    summary="Everything that was said",
    response_class=StreamingResponse,
    responses={
        200: {"description": "One JSON object a line", "content": {"application/x-ndjson": {}}},
        **problems(401, 403, 422),
    },
)
async def read_feedback(
    gateway: CurrentGateway,
    tenant: CurrentTenant,
    media: Annotated[
        bool, Query(description="With the frames that were kept, as base64 in `frames`.")
    ] = False,
) -> StreamingResponse:
    """The caller's own feedback, the oldest first."""
    pages = gateway.feedback.entries(tenant)
    first = await gateway.store(_next, pages)  # a store that is away is a 503, not half a file

    async def lines() -> AsyncIterator[bytes]:
        page = first
        while page:
            for entry in page:
                yield await _line(gateway, entry, media=media)
            page = await gateway.store(_next, pages)

    return StreamingResponse(lines(), media_type="application/x-ndjson")


def _next(pages: Iterator[list[JsonObject]]) -> list[JsonObject]:
    return next(pages, [])


async def _line(gateway: Gateway, entry: JsonObject, *, media: bool) -> bytes:
    if media:
        frames = await gateway.store(gateway.feedback.frames, entry["job"])
        shown = [{"n": n, "jpeg": b64encode(data).decode()} for n, data in sorted(frames.items())]
        entry = {**entry, "frames": shown}
    return json.dumps(entry).encode() + b"\n"
