"""The call that is made most: a look at one job, which may wait for its end."""

from __future__ import annotations

import re
from typing import Annotated, Final

from fastapi import FastAPI, Header, Query, Request, Response
from fastapi.routing import APIRoute
from starlette.types import Receive, Send
from starlette.types import Scope as AsgiScope

from api.documents import problems
from api.gateway import CurrentGateway, CurrentTenant, Gateway, caller_of
from api.http.conditional import KnownTags
from api.jobs.answers import POLLING_HEADERS, JobId, headers_of, view_of
from api.schemas import JobView
from api.waiting.polling import wait
from core.scopes import Scope

WaitSeconds = Annotated[
    float,
    Query(
        ge=0,
        le=30,
        description="Seconds to wait for the job's end, or, with If-None-Match, for any change.",
    ),
]
IfNoneMatch = Annotated[
    str | None, Header(description="ETags that the client knows, or `*`; compared weakly.")
]
# A query and an id that need no validation: 0 to 30 whole seconds, and what ids are made of.
_PLAIN_QUERY: Final = re.compile(rb"(?:wait=(?P<wait_s>[0-9]|[12][0-9]|30))?")
_PLAIN_ID: Final = re.compile(r"[A-Za-z0-9_]{1,64}")


class LookRoute(APIRoute):
    """Answers plain requests by itself, since FastAPI's way costs more than the look.

    Requests in any other form, such as ``wait=2.5`` or one out of bounds, go FastAPI's way, and
    the call is documented by it too. Both ways end in :func:`answer`.
    """

    async def handle(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        query = _PLAIN_QUERY.fullmatch(scope["query_string"])
        job_id = scope["path_params"]["job_id"]
        if query is None or not _PLAIN_ID.fullmatch(job_id) or scope["method"] != "GET":
            await super().handle(scope, receive, send)
            return
        request = Request(scope, receive, send)
        gateway: Gateway = scope["state"]["gateway"]
        caller = await caller_of(request, gateway)
        caller.require(Scope.READ)
        wait_s = int(query["wait_s"] or 0)
        response = await answer(request, gateway, caller.tenant, job_id, wait_s)
        await response(scope, receive, send)


def install_look(app: FastAPI) -> None:
    """Add the call. Routes are asked in turn which one it is, so this one comes first."""
    app.router.add_api_route(
        "/v1/jobs/{job_id}",
        read_job,
        methods=["GET"],
        tags=["jobs"],
        summary="Look at a job, or wait for it",
        response_model=JobView,
        responses={
            200: {"description": "The job as it is", "headers": POLLING_HEADERS},
            304: {"description": "Unchanged since the ETag of If-None-Match"},
            **problems(401, 403, 404, 410, 422),
        },
        route_class_override=LookRoute,
    )


async def read_job(
    request: Request,
    gateway: CurrentGateway,
    tenant: CurrentTenant,
    job_id: JobId,
    wait_s: Annotated[WaitSeconds, Query(alias="wait")] = 0,
    if_none_match: IfNoneMatch = None,  # noqa: ARG001  # for OpenAPI; it may come in several lines
) -> Response:
    """The only place where a job's state and result are read."""
    return await answer(request, gateway, tenant, job_id, wait_s)


async def answer(
    request: Request, gateway: Gateway, tenant: str, job_id: str, wait_s: float
) -> Response:
    """200 with the job, or 304 where the client knows it as it is; raises as :func:`wait` does."""
    known = KnownTags.of(request.headers)
    snapshot = await wait(request, gateway, job_id, tenant, wait_s=wait_s, known=known)
    headers = headers_of(snapshot)
    if known.matches(headers["ETag"]):
        return Response(status_code=304, headers=headers)
    body = view_of(request, snapshot).model_dump_json()
    return Response(body, headers=headers, media_type="application/json")
