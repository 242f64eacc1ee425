"""A job followed over server-sent events, across connections that break."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import httpx
from httpx_sse import ServerSentEvent, SSEError, connect_sse

from deepfake_client.errors import ApiError, ServerUnreachable
from deepfake_client.job import Job

SILENCE_S = 45.0  # the service says something every 15 s
RECONNECT_S = 1.0


def follow(
    http: httpx.Client, job_id: str, max_retries: int, refusal: Callable[[httpx.Response], ApiError]
) -> Iterator[Job]:
    """See :meth:`deepfake_client.Client.events`."""
    last_id, failures = "", 0
    while True:
        try:
            for job, event_id in _jobs(http, job_id, last_id, refusal):
                last_id, failures = event_id, 0
                yield job
                if job.done:
                    return
        except (httpx.TransportError, SSEError) as error:
            failures += 1
            if failures > max_retries:
                raise ServerUnreachable(str(http.base_url), str(error) or repr(error)) from error
        except ApiError as error:
            failures += 1
            if error.retry_after_s is None or failures > max_retries:
                raise
            time.sleep(error.retry_after_s)
        time.sleep(RECONNECT_S)  # a service that stops ends its streams: another one goes on


def _jobs(
    http: httpx.Client, job_id: str, last_id: str, refusal: Callable[[httpx.Response], ApiError]
) -> Iterator[tuple[Job, str]]:
    """What one connection tells of the job, each time with the id of the event."""
    for event in _events(http, job_id, last_id, refusal):
        if event.event == "gone":
            raise ApiError(404, _gone(job_id))
        if event.event == "job":
            yield Job.from_json(event.json()), event.id


def _events(
    http: httpx.Client, job_id: str, last_id: str, refusal: Callable[[httpx.Response], ApiError]
) -> Iterator[ServerSentEvent]:
    """The events of one connection, from the one after ``last_id`` on."""
    headers = {"Last-Event-ID": last_id} if last_id else {}
    timeout = httpx.Timeout(http.timeout.connect, read=SILENCE_S)
    path = f"/v1/jobs/{job_id}/events"
    with connect_sse(http, "GET", path, headers=headers, timeout=timeout) as source:
        if source.response.status_code != 200:
            source.response.read()
            raise refusal(source.response)
        yield from source.iter_sse()


def _gone(job_id: str) -> dict[str, object]:
    return {
        "type": "/problems/job_not_found",
        "detail": f"Job {job_id} was deleted, or has expired.",
    }
