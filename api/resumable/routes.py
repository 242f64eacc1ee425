"""The calls of resumable uploads."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request, Response
from fastapi.routing import APIRoute

from api.documents import problems
from api.gateway import CurrentGateway, Gateway, SubmittingTenant
from api.http.errors import rendered
from api.http.problems import MalformedRequest, UnsupportedTusVersion
from api.resumable.append import append_all
from api.resumable.dialect import (
    DRAFT_BODY,
    TUS_BODY,
    TUS_VERSION,
    Intent,
    check_body_type,
    described,
    offered,
    read_intent,
    speaks_tus,
)
from api.resumable.documents import request_of
from api.upload.body import check_encoding, declared_length, media_type_of
from api.upload.pace import Pace, paced
from core.errors import (
    DeepfakeError,
    MediaTooLarge,
    StoreUnavailable,
    UploadLengthMismatch,
    UploadOffsetMismatch,
)
from core.store.ids import new_id
from core.store.resumable import Upload

UploadId = Annotated[str, Path(examples=["upload_01JD8ZK3V5T8M2Q9W4R7X6Y1AB"], max_length=64)]
_STANDS: Final[dict[str, Any]] = {
    name: {"schema": {"type": "string"}}
    for name in ("Upload-Offset", "Upload-Length", "Upload-Expires", "Upload-Complete")
}


class UploadRoute(APIRoute):
    """Adds to every answer, errors too, what the dialects want in it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                response = await handle(request)
            except DeepfakeError as error:
                response = rendered(request, error)
                _explain(response, error, request.state.gateway)
            if speaks_tus(request.headers):
                response.headers["Tus-Resumable"] = TUS_VERSION
            return response

        return answer


router = APIRouter(prefix="/v1/uploads", tags=["uploads"], route_class=UploadRoute)


@router.options(
    "", status_code=204, summary="What resumable uploads may be", responses=problems(401, 403)
)
async def offer(
    gateway: CurrentGateway,
    tenant: SubmittingTenant,  # noqa: ARG001  # only who may upload hears of it
    response: Response,
) -> None:
    """What both dialects tell before an upload begins."""
    response.headers.update(offered(gateway.settings.max_upload_bytes))


@router.post(
    "",
    status_code=201,
    summary="Begin a resumable upload",
    responses={
        201: {"description": "Begun", "headers": {"Location": {"schema": {"type": "string"}}}},
        **problems(400, 401, 403, 408, 412, 413, 415, 429),
    },
    openapi_extra=request_of(TUS_BODY, "application/octet-stream", offset=False),
)
async def begin(
    request: Request, response: Response, gateway: CurrentGateway, tenant: SubmittingTenant
) -> None:
    """The body may be empty, or hold the first bytes; `Location` is where the rest goes.

    tus 1.0: `Tus-Resumable: 1.0.0` and `Upload-Length`. The IETF's draft: `Upload-Complete`.
    """
    intent = _intent(request)
    if intent.tus and intent.length is None:
        raise MalformedRequest("tus needs the Upload-Length when an upload begins.")
    if intent.tus and declared_length(request) and media_type_of(request) != TUS_BODY:
        check_body_type(intent, media_type_of(request))
    with gateway.slots.take(tenant):
        upload = await _open(gateway, tenant, intent)
        root_path = str(request.scope.get("root_path", ""))
        response.headers["Location"] = f"{root_path}/v1/uploads/{upload.id}"
        try:
            upload = await _append(request, gateway, intent, upload)
        except BaseException:  # its client has not heard where it is, and never will
            gateway.store.chore(partial(gateway.uploads.discard, upload.id, tenant))
            raise
    _describe(response, gateway, intent, upload)


@router.get(
    "/{upload_id}",
    status_code=204,
    summary="Where a resumable upload stands",
    responses={
        204: {"description": "It goes on there", "headers": _STANDS},
        **problems(401, 403, 404, 422),
    },
)
async def stand(
    request: Request,
    response: Response,
    gateway: CurrentGateway,
    tenant: SubmittingTenant,
    upload_id: UploadId,
) -> None:
    """A request that still appends is stopped, so that the offset stays true."""
    upload = await gateway.store(gateway.uploads.claim, upload_id, tenant)
    tus = speaks_tus(request.headers)
    most = gateway.settings.max_upload_bytes
    response.headers.update(described(upload, tus=tus, max_bytes=most))


@router.patch(
    "/{upload_id}",
    status_code=204,
    summary="Go on with a resumable upload",
    responses={
        204: {"description": "Stored", "headers": _STANDS},
        **problems(400, 401, 403, 404, 408, 409, 412, 413, 415, 422, 429),
    },
    openapi_extra=request_of(TUS_BODY, DRAFT_BODY, offset=True),
)
async def go_on(
    request: Request,
    response: Response,
    gateway: CurrentGateway,
    tenant: SubmittingTenant,
    upload_id: UploadId,
) -> None:
    """Append the body at `Upload-Offset`, which has to be where the upload stands."""
    intent = _intent(request)
    check_body_type(intent, media_type_of(request))
    if intent.offset is None:
        raise MalformedRequest("The Upload-Offset is missing; HEAD tells it.")
    with gateway.slots.take(tenant):
        upload = await gateway.store(
            gateway.uploads.claim, upload_id, tenant, offset=intent.offset, length=intent.length
        )
        upload = await _append(request, gateway, intent, upload)
    _describe(response, gateway, intent, upload)


@router.delete(
    "/{upload_id}",
    status_code=204,
    summary="Give a resumable upload up",
    responses=problems(401, 403, 404, 422),
)
async def give_up(gateway: CurrentGateway, tenant: SubmittingTenant, upload_id: UploadId) -> None:
    """Its bytes are gone when this answers."""
    await gateway.store(gateway.uploads.discard, upload_id, tenant)


def _intent(request: Request) -> Intent:
    check_encoding(request)
    return read_intent(request.headers, body=declared_length(request))


async def _open(gateway: Gateway, tenant: str, intent: Intent) -> Upload:
    upload_id = new_id("upload")
    try:
        return await gateway.store(
            gateway.uploads.open,
            tenant,
            length=intent.length,
            metadata=intent.metadata,
            upload_id=upload_id,
        )
    except StoreUnavailable:  # Redis may have reserved its bytes all the same
        gateway.store.chore(partial(gateway.uploads.discard, upload_id, tenant))
        raise


async def _append(request: Request, gateway: Gateway, intent: Intent, upload: Upload) -> Upload:
    settings = gateway.settings
    size = upload.offset + (declared_length(request) or 0)
    if upload.length is not None and size > upload.length:
        raise UploadLengthMismatch(upload.id, length=upload.length)
    if size > settings.max_upload_bytes:
        raise MediaTooLarge(size=size, limit=settings.max_upload_bytes)
    pace = Pace(
        idle_s=settings.upload_idle_s,
        least_bytes_s=settings.upload_least_bytes_s,
        limit_s=settings.upload_limit_s,
    )
    upload = await append_all(gateway, upload, paced(request, pace))
    if intent.ends:
        upload = await gateway.store(gateway.uploads.finish, upload)
    return upload


def _describe(response: Response, gateway: Gateway, intent: Intent, upload: Upload) -> None:
    most = gateway.settings.max_upload_bytes
    response.headers.update(described(upload, tus=intent.tus, max_bytes=most))


def _explain(response: Response, error: DeepfakeError, gateway: Gateway) -> None:
    if isinstance(error, UploadOffsetMismatch):
        response.headers["Upload-Offset"] = str(error.offset)
    if isinstance(error, MediaTooLarge):
        response.headers["Upload-Limit"] = f"max-size={gateway.settings.max_upload_bytes}"
    if isinstance(error, UnsupportedTusVersion):
        response.headers["Tus-Version"] = TUS_VERSION
