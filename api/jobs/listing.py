"""The call that lists a tenant's jobs."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from api.documents import problems
from api.gateway import CurrentGateway, CurrentTenant
from api.jobs.cursor import Cursor, PageSize, cursor_of, place_of
from api.jobs.listed import JobPage, ListedJob, PageLinks
from api.schemas import Tag
from core.result import Label
from core.store.listing import JobFilter
from core.store.records import JobStatus

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])


def _is_rfc_3339(value: object) -> object:
    """Pydantic would take a number for seconds since 1970."""
    if isinstance(value, str) and not re.match(r"[0-9]{4}-", value):
        raise ValueError("write it as RFC 3339 does, such as 2026-01-31T12:00:00Z")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_is_rfc_3339)]


class ListQuery(BaseModel):
    """Which jobs, and which page of them."""

    model_config = ConfigDict(extra="forbid")

    status: JobStatus | None = None
    verdict: Label | None = None
    tag: Tag | None = None
    created_after: Moment | None = Field(
        None, description="RFC 3339 with an offset, such as `2026-01-31T12:00:00Z`."
    )
    created_before: Moment | None = Field(None, description="The same.")
    cursor: Cursor = None
    limit: PageSize = 20

    def filter(self) -> JobFilter:
        """What the jobs have in common."""
        return JobFilter(
            self.status, self.verdict, self.tag, self.created_after, self.created_before
        )


@router.get("", summary="List jobs", responses=problems(401, 403, 422))
async def list_jobs(
    request: Request,
    gateway: CurrentGateway,
    tenant: CurrentTenant,
    query: Annotated[ListQuery, Query()],
) -> JobPage:
    """The caller's own jobs, the newest first, without their frames.

    A job that appears or goes between two pages makes neither repeat or leave out another.
    """
    place = place_of(query.cursor)
    page = await gateway.store(
        gateway.lists.page, tenant, query.filter(), after=place, limit=query.limit
    )
    next_cursor = cursor_of(page.next)
    root_path = str(request.scope.get("root_path", ""))
    return JobPage(
        jobs=[ListedJob.of(job, root_path) for job in page.jobs],
        next_cursor=next_cursor,
        links=PageLinks(next=next_page(request, next_cursor)),
    )


def next_page(request: Request, next_cursor: str | None) -> str | None:
    """The path of the next page: this request with another cursor."""
    if next_cursor is None:
        return None
    kept = [pair for pair in request.query_params.multi_items() if pair[0] != "cursor"]
    query = urlencode([*kept, ("cursor", next_cursor)])
    return f"{request.scope['path']}?{query}"
