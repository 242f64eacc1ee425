"""A job followed over server-sent events, across connections that break."""

from __future__ import annotations

from dataclasses import dataclass

import httpx
from httpx_sse import SSEError

from deepfake_client.effects import Flow, Next, Open, Sleep, Tell
from deepfake_client.errors import ApiError
from deepfake_client.job import Job
from deepfake_client.sending import Sender, refusal

SILENCE_S = 45.0  # the service says something every 15 s
RECONNECT_S = 1.0


@dataclass
class _Course:
    """How far the following has come, over all connections."""

    last_id: str = ""
    failures: int = 0


def follow(sender: Sender, job_id: str) -> Flow[Job]:
    """Tells each state, and returns the last; see :meth:`deepfake_client.Client.events`."""
    course = _Course()
    while True:
        try:
            job = yield from _follow_once(sender, job_id, course)
            if job is not None:
                return job
        except (httpx.TransportError, SSEError) as error:
            course.failures += 1
            if course.failures > sender.max_retries:
                raise sender.unreachable(error) from error
        except ApiError as error:
            course.failures += 1
            if error.retry_after_s is None or course.failures > sender.max_retries:
                raise
            yield Sleep(error.retry_after_s)
        yield Sleep(RECONNECT_S)  # a service that stops ends its streams: another one goes on


def _follow_once(sender: Sender, job_id: str, course: _Course) -> Flow[Job | None]:
    """The job that has ended; None where the connection ended before."""
    yield from _open(sender, job_id, course.last_id)
    while (event := (yield Next())) is not None:
        if event.event == "gone":
            raise ApiError(404, _gone(job_id))
        if event.event != "job":
            continue
        job = Job.from_json(event.json())
        course.last_id, course.failures = event.id, 0
        yield Tell(job)
        if job.done:
            return job
    return None


def _open(sender: Sender, job_id: str, last_id: str) -> Flow[None]:
    """A stream that begins after the event ``last_id``."""
    headers = {"Last-Event-ID": last_id} if last_id else {}
    timeout = httpx.Timeout(sender.timeout_s, read=SILENCE_S)
    options = {"headers": headers, "timeout": timeout}
    response = yield Open(f"/v1/jobs/{job_id}/events", options, events=True)
    if response.status_code != 200:
        raise refusal(response)


def _gone(job_id: str) -> dict[str, object]:
    return {
        "type": "/problems/job_not_found",
        "detail": f"Job {job_id} was deleted, or has expired.",
    }
