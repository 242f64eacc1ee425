"""The calls about one job, but for the look at it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from api.documents import problems, upload_body
from api.gateway import CurrentGateway, CurrentPrincipal, CurrentTenant
from api.jobs.answers import PLACE_HEADERS, JobId, headers_of, view_of
from api.schemas import JobView, SubmitOptions
from api.upload.body import media_type_of
from api.upload.queueing import Caller, check_callback
from api.upload.reference import submit_reference
from api.upload.submission import submit
from api.waiting.polling import snapshot_of
from core.scopes import Scope

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="The same key within 24 h gives the same job again, with 200.",
    ),
]
CacheControl = Annotated[
    str | None, Header(description="`no-cache`: judge the file, also when a result is stored.")
]


@router.post(
    "",
    status_code=202,
    summary="Submit an image or a video",
    responses={
        202: {"description": "Queued", "headers": PLACE_HEADERS},
        200: {
            "description": "The job of an earlier call with this key, or a new one that a stored "
            "result answers (`cached`)",
            "model": JobView,
        },
        **problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 429),
    },
    openapi_extra=upload_body(),
)
async def create_job(
    request: Request,
    response: Response,
    gateway: CurrentGateway,
    principal: CurrentPrincipal,
    options: Annotated[SubmitOptions, Query()],
    idempotency_key: IdempotencyKey = None,
    cache_control: CacheControl = None,
) -> JobView:
    """Stream a file in, or name a URL, and get a job that says how it went.

    The file goes to memory, never to a disk, and is deleted when the job ends. The same bytes
    with the same options are answered by the result that is stored, if the model is the same.
    """
    await gateway.rates.submit(request, principal.tenant)
    check_callback(gateway, options)  # before the file is read
    named = media_type_of(request) == "application/json"
    take = submit_reference if named else submit
    caller = Caller(principal.tenant, idempotency_key, fresh=wants_fresh(cache_control))
    submission = await take(request, gateway, caller, options)
    if submission.answered:
        response.status_code = 200
    snapshot = await snapshot_of(gateway, submission.job)
    view = view_of(request, snapshot)
    response.headers.update(headers_of(snapshot))
    response.headers["Location"] = response.headers["Operation-Location"] = view.links.self
    return view if Scope.READ in principal.scopes else view.without_result()


@router.post(
    "/{job_id}/cancel",
    status_code=202,
    summary="Cancel a job",
    responses={
        202: {"description": "Canceled, or will be"},
        **problems(401, 403, 404, 409, 410, 422),
    },
)
async def cancel_job(
    request: Request,
    response: Response,
    gateway: CurrentGateway,
    tenant: CurrentTenant,
    job_id: JobId,
) -> JobView:
    """A waiting job ends at once; a running one at its next stage."""
    job = await gateway.store(gateway.jobs.request_cancel, job_id, tenant)
    if job.status.terminal:
        await gateway.ring_for_webhooks()
    snapshot = await snapshot_of(gateway, job)
    response.headers.update(headers_of(snapshot))
    return view_of(request, snapshot)


@router.delete(
    "/{job_id}",
    status_code=204,
    summary="Delete a job with its media, its evidence and its result",
    responses=problems(401, 403, 404, 410, 422),
)
async def delete_job(gateway: CurrentGateway, tenant: CurrentTenant, job_id: JobId) -> None:
    """Everything about the job is gone when this answers, even if it was running."""
    await gateway.store(gateway.jobs.delete, job_id, tenant)


def wants_fresh(cache_control: str | None) -> bool:
    """Whether the request refuses a stored answer (RFC 9111, section 5.2.1.4)."""
    directives = (part.strip().lower() for part in (cache_control or "").split(","))
    return "no-cache" in directives
