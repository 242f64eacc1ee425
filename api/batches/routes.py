"""The calls about batches of files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from api.access.auth import Principal
from api.batches.view import BatchPageView, BatchView, ItemView
from api.documents import batch_body, problems
from api.gateway import CurrentGateway, CurrentPrincipal, CurrentTenant, Gateway
from api.jobs.cursor import Cursor, PageSize, cursor_of, place_of
from api.jobs.listed import PageLinks
from api.jobs.listing import next_page
from api.jobs.look import WaitSeconds
from api.jobs.routes import CacheControl, IdempotencyKey, wants_fresh
from api.schemas import BatchOptions, JobView
from api.upload.batch import find_batch, submit_batch, submit_urls
from api.upload.body import media_type_of
from api.upload.queueing import Caller
from api.waiting.admission import check_again
from api.waiting.snapshot import Snapshot
from core.scopes import Scope
from core.store.batches import Batch

router = APIRouter(prefix="/v1/batches", tags=["batches"])

LOOK_S: Final = 1.0  # between two looks at a batch that a client waits for
ITEMS_AT_ONCE: Final = 20  # of the results; each may hold 100 kB
BatchId = Annotated[str, Path(examples=["batch_01JD8ZK3V5T8M2Q9W4R7X6Y1AB"], max_length=64)]


@router.post(
    "",
    status_code=202,
    summary="Submit many files as one",
    responses={
        200: {"description": "The batch of an earlier call with this key", "model": BatchView},
        **problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 429),
    },
    openapi_extra=batch_body(),
)
async def create_batch(
    request: Request,
    response: Response,
    gateway: CurrentGateway,
    principal: CurrentPrincipal,
    options: Annotated[BatchOptions, Query()],
    idempotency_key: IdempotencyKey = None,
    cache_control: CacheControl = None,
) -> BatchView:
    """Stream files in, as parts of a form or as a ZIP archive, or name URLs.

    Each file becomes a job with the options of the batch. A file that is refused is noted, and the
    others go on. While there is no room, the upload is slowed down.
    """
    caller = Caller(principal.tenant, idempotency_key, fresh=wants_fresh(cache_control))
    named = media_type_of(request) == "application/json"
    if (batch := await find_batch(request, gateway, caller, options)) is not None:
        response.status_code = 200
    else:
        batch = await (submit_urls if named else submit_batch)(request, gateway, caller, options)
    view = _view(request, response, batch)
    response.headers["Location"] = response.headers["Operation-Location"] = view.links.self
    return _allowed(view, principal)


@router.get("", summary="List batches", responses=problems(401, 403, 422))
async def list_batches(
    request: Request,
    gateway: CurrentGateway,
    tenant: CurrentTenant,
    cursor: Annotated[Cursor, Query()] = None,
    limit: Annotated[PageSize, Query()] = 20,
) -> BatchPageView:
    """The caller's own batches, the newest first."""
    page = await gateway.store(gateway.batches.page, tenant, after=place_of(cursor), limit=limit)
    next_cursor = cursor_of(page.next)
    return BatchPageView(
        batches=[BatchView.of(batch, _root(request)) for batch in page.batches],
        next_cursor=next_cursor,
        links=PageLinks(next=next_page(request, next_cursor)),
    )


@router.get(
    "/{batch_id}",
    summary="Look at a batch, or wait for it",
    responses=problems(401, 403, 404, 422),
)
async def read_batch(
    request: Request,
    response: Response,
    gateway: CurrentGateway,
    tenant: CurrentTenant,
    batch_id: BatchId,
    wait_s: Annotated[WaitSeconds, Query(alias="wait")] = 0,
) -> BatchView:
    """How many files are where, and what was found. It costs the same however many there are."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + wait_s
    batch = await gateway.store(gateway.batches.get, batch_id, tenant)
    while not batch.status.terminal and not gateway.watches.stopping and clock() < deadline:
        await asyncio.sleep(min(LOOK_S, deadline - clock()))
        await check_again(request, gateway)
        batch = await gateway.store(gateway.batches.get, batch_id, tenant)
    return _view(request, response, batch)


@router.get(
    "/{batch_id}/results",
    summary="All files of a batch",
    response_class=StreamingResponse,
    responses={
        200: {"description": "One JSON object a line", "content": {"application/x-ndjson": {}}},
        **problems(401, 403, 404, 422),
    },
)
async def read_results(
    request: Request, gateway: CurrentGateway, tenant: CurrentTenant, batch_id: BatchId
) -> StreamingResponse:
    """In the order in which they were sent, each with its job as it is now."""
    batch = await gateway.store(gateway.batches.get, batch_id, tenant)
    numbers, root_path = await gateway.store(gateway.batches.numbers, batch_id), _root(request)

    async def lines() -> AsyncIterator[bytes]:
        for first in range(0, len(numbers), ITEMS_AT_ONCE):
            some = numbers[first : first + ITEMS_AT_ONCE]
            for item in await _items(gateway, batch, some, root_path):
                yield item.model_dump_json().encode() + b"\n"

    return StreamingResponse(lines(), media_type="application/x-ndjson")


@router.post(
    "/{batch_id}/cancel",
    status_code=202,
    summary="Cancel a batch",
    responses=problems(401, 403, 404, 409, 422),
)
async def cancel_batch(
    request: Request,
    response: Response,
    gateway: CurrentGateway,
    principal: CurrentPrincipal,
    batch_id: BatchId,
) -> BatchView:
    """Jobs that wait end at once; those that run, at their next stage."""
    batch = await gateway.store(gateway.batches.cancel, batch_id, principal.tenant)
    return _allowed(_view(request, response, batch), principal)


@router.delete(
    "/{batch_id}",
    status_code=204,
    summary="Delete a batch with all its jobs",
    responses=problems(401, 403, 404, 422),
)
async def delete_batch(gateway: CurrentGateway, tenant: CurrentTenant, batch_id: BatchId) -> None:
    """Everything about it is gone when this answers, even if it was running."""
    await gateway.store(gateway.batches.delete, batch_id, tenant)


async def _items(
    gateway: Gateway, batch: Batch, numbers: Sequence[int], root_path: str
) -> list[ItemView]:
    items = await gateway.store(gateway.batches.items, batch.id, numbers)
    job_ids = [item.job_id for item in items if item.job_id is not None]
    seen = dict(zip(job_ids, await gateway.looks.look(job_ids), strict=True))
    views = []
    for item in items:
        found = seen.get(item.job_id) if item.job_id is not None else None
        mine = found is not None and found[0].tenant == batch.tenant
        job = JobView.of(Snapshot(*found), root_path) if found is not None and mine else None
        views.append(ItemView.of(item, job))
    return views


def _view(request: Request, response: Response, batch: Batch) -> BatchView:
    response.headers["Cache-Control"] = "private, no-cache"
    if not batch.status.terminal:
        response.headers["Retry-After"] = "2"
    return BatchView.of(batch, _root(request))


def _allowed(view: BatchView, principal: Principal) -> BatchView:
    return view if Scope.READ in principal.scopes else view.without_result()


def _root(request: Request) -> str:
    return str(request.scope.get("root_path", ""))
