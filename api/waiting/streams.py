"""A job as a stream of server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.documents import problems
from api.gateway import CurrentGateway, CurrentTenant, Gateway
from api.http.problems import Unauthorized
from api.jobs.answers import JobId
from api.schemas import JobView
from api.waiting.admission import news_of
from api.waiting.polling import read
from api.waiting.snapshot import Snapshot
from api.waiting.watching import Watch
from core.errors import JobNotFound

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

RETRY_MS: Final = 1000  # what a browser waits before it connects again
LastEventId = Annotated[
    str | None,
    Header(description="The id of the last event that was heard: what it told is not told again."),
]


@dataclass(frozen=True, slots=True)
class Stream:
    """One client that follows one job: what it was told last, and how it hears of more."""

    request: Request
    gateway: Gateway
    watch: Watch
    first: Snapshot
    root_path: str

    async def events(self, last_event_id: str | None) -> AsyncIterator[ServerSentEvent]:
        """The job now and after every change, until it has ended.

        A client that is slower than the changes hears of the newest one only. ``last_event_id``
        keeps a state from being told again that the client has seen, unless the job has ended.
        The stream ends within seconds of the client's key.
        """
        shown = self.first
        if shown.job.status.terminal or shown.token != last_event_id:
            yield self._event(shown)
        while not shown.job.status.terminal and not self.gateway.watches.stopping:
            try:
                news = await news_of(self.request, self.gateway, self.watch)
            except Unauthorized:  # the client connects again, and is told why not
                return
            if isinstance(news, JobNotFound):
                yield ServerSentEvent(event="gone", data={"id": shown.job.id})
                return
            # A Redis that is away for a while is no news of the job: the client waits on.
            if isinstance(news, Snapshot) and news.follows(shown):
                shown = news
                yield self._event(shown)

    def _event(self, snapshot: Snapshot) -> ServerSentEvent:
        view = JobView.of(snapshot, self.root_path)
        return ServerSentEvent(event="job", data=view, id=snapshot.token, retry=RETRY_MS)


async def _open_stream(
    request: Request, gateway: CurrentGateway, tenant: CurrentTenant, job_id: JobId
) -> AsyncIterator[Stream]:
    """A place, a watch and a first look, all of which are let go when the client goes away.

    What is to be refused is refused here, before the answer begins.
    """
    with gateway.event_slots.take(tenant), gateway.watches.watch(job_id) as watch:
        first = await read(gateway, job_id, tenant)
        yield Stream(request, gateway, watch, first, str(request.scope.get("root_path", "")))


@router.get(
    "/{job_id}/events",
    summary="Follow a job",
    response_class=EventSourceResponse,
    responses={
        200: {"description": "`job` events, whose data is a job as `GET /v1/jobs/{id}` shows it"},
        **problems(401, 403, 404, 410, 422, 429),
    },
)
async def follow_job(
    stream: Annotated[Stream, Depends(_open_stream)], last_event_id: LastEventId = None
) -> AsyncIterator[ServerSentEvent]:
    """The job now and at every change, until it has ended; then the stream closes.

    A stream that broke off goes on with any gateway: send the id of the last event in
    `Last-Event-ID`, as browsers do. When the job is deleted, the last event is `gone`.
    """
    async for event in stream.events(last_event_id):
        yield event
