"""The Python client of the HTTP API, docs/http-api.md."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

import httpx
from httpx_sse import EventSource, SSEError

from deepfake_client import DEFAULT_SERVER
from deepfake_client.address import Address, shown
from deepfake_client.batch import Batch, BatchItem
from deepfake_client.calls import Calls
from deepfake_client.effects import Effect, Flow, Next, Open, Send, Sleep, Tell, Turns
from deepfake_client.job import Job, ListedJob
from deepfake_client.options import JobOptions, SubmitOptions
from deepfake_client.sending import MAX_RETRIES, Sender, headers_of
from deepfake_client.upload import Media

T = TypeVar("T")


class Client:
    """Talks to one service; safe to share between threads.

    A request that met 409, 429 or 503 with ``Retry-After`` is repeated up to ``max_retries`` times.
    Where a connection broke, reads are repeated, and submissions of a file or URL by their
    idempotency key, so that each makes one job.

    Parameters
    ----------
    server
        The address of the service, like ``http://127.0.0.1:8000``.
    api_key
        Sent as a bearer token, without blanks around it.
    timeout_s
        For connecting, and between two pieces of an answer.

    Raises :class:`ServerUnreachable` for an address that cannot be one, and
    :class:`ClientError` for a key that cannot be one.
    """

    def __init__(
        self,
        server: str = DEFAULT_SERVER,
        *,
        api_key: str | None = None,
        timeout_s: float = 30.0,
        max_retries: int = MAX_RETRIES,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        address = Address.of(server)
        self.server = address.url
        self._calls = Calls(Sender(shown(address.url), max_retries, timeout_s))
        self._http = httpx.Client(
            base_url=address.url,
            headers=headers_of(api_key),
            auth=address.auth,
            timeout=timeout_s,
            transport=transport,
        )

    def submit(self, media: Media, **options: Unpack[SubmitOptions]) -> Job:
        """Send a file (a path, its bytes, or an open binary file) or a URL, and return its job.

        A file above 8 MB is sent resumably: after a broken connection it goes on where it stands.
        Raises :class:`ApiError`, :class:`ServerUnreachable`, and OSError when the file cannot be
        read.
        """
        return self._run(self._calls.submit(media, options))

    def detect(
        self,
        media: Media,
        *,
        timeout_s: float | None = None,
        on_change: Callable[[Job], object] | None = None,
        **options: Unpack[SubmitOptions],
    ) -> Job:
        """Submit, wait, and return the job that has ended.

        ``on_change`` hears of each state on the way, where no ``timeout_s`` is set.
        """
        return self._run(self._calls.detect(media, timeout_s, on_change, options))

    def upload(self, media: Media, *, on_progress: Callable[[int], None] | None = None) -> str:
        """Send a file resumably; the place that ``{"upload": …}`` of ``POST /v1/jobs`` takes."""
        return self._run(self._calls.upload(media, on_progress))

    def get(self, job_id: str, *, wait_s: float = 0) -> Job:
        """The job as it is, or as it is when it is done or ``wait_s`` (at most 30) are over."""
        return self._run(self._calls.get(job_id, wait_s))

    def wait(self, job_id: str, timeout_s: float | None = None) -> Job:
        """Return the job when it is done; raises :class:`WaitTimeout` when it is not in time."""
        return self._run(self._calls.wait(job_id, timeout_s))

    def events(self, job_id: str) -> Iterator[Job]:
        """Yield the job now and after every change, until it is done; the last one is.

        A stream that breaks off is taken up where it was, by whichever gateway answers. Raises
        :class:`ApiError` (404 when the job is deleted meanwhile), and :class:`ServerUnreachable`
        after ``max_retries`` tries in a row that told nothing.
        """
        return self._each(self._calls.events(job_id))

    def list(self, **filters: Any) -> Iterator[ListedJob]:
        """Yield the jobs of this key's tenant, the newest first, without their frames.

        ``filters`` are ``status``, ``verdict``, ``tag``, ``created_after``, ``created_before``, and
        ``limit``, the entries of a page.
        """
        return self._each(self._calls.list(filters))

    def cancel(self, job_id: str) -> Job:
        """Ask for the job to be stopped; :class:`ApiError` 409 when it is done already."""
        return self._run(self._calls.cancel(job_id))

    def delete(self, job_id: str) -> None:
        """Remove the job, its media and its result."""
        self._run(self._calls.delete(f"/v1/jobs/{job_id}"))

    def batch(self, *files: Media, **options: Unpack[JobOptions]) -> Batch:
        """Send many files, one ZIP archive, or many URLs as one."""
        return self._run(self._calls.batch(files, options))

    def get_batch(self, batch_id: str, *, wait_s: float = 0) -> Batch:
        """The batch as it is, or as it is when it is done or ``wait_s`` (at most 30) are over."""
        return self._run(self._calls.get_batch(batch_id, wait_s))

    def wait_batch(self, batch_id: str, timeout_s: float | None = None) -> Batch:
        """Return the batch when all its files have ended; raises :class:`WaitTimeout`."""
        return self._run(self._calls.wait_batch(batch_id, timeout_s))

    def batch_results(self, batch_id: str) -> Iterator[BatchItem]:
        """Yield the files of a batch in the order in which they were sent."""
        return self._each(self._calls.batch_results(batch_id))

    def cancel_batch(self, batch_id: str) -> Batch:
        """Ask for what has not ended to be stopped; :class:`ApiError` 409 when all has."""
        return self._run(self._calls.cancel_batch(batch_id))

    def delete_batch(self, batch_id: str) -> None:
        """Remove the batch with all its jobs."""
        self._run(self._calls.delete(f"/v1/batches/{batch_id}"))

    def give_feedback(
        self, job_id: str, label: str, *, comment: str | None = None, media: bool = False
    ) -> None:
        """Say that a file is ``fake`` or ``real``; with ``media`` its frames are kept too."""
        said = {"label": label, "comment": comment, "media": media}
        self._run(self._calls.give_feedback(job_id, said))

    def feedback_entries(self, *, media: bool = False) -> Iterator[dict[str, Any]]:
        """Everything that this key's tenant said, the oldest first; with ``media`` its frames."""
        return self._each(self._calls.feedback_entries(media=media))

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Any other call of the API, such as those of webhooks; its answer as it came."""
        return self._run(self._calls.call(method, path, body))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self, flow: Flow[T]) -> T:
        turns = Turns(flow)
        for _ in self._told(turns):
            pass
        return turns.result

    def _each(self, flow: Flow[Any]) -> Iterator[Any]:
        return self._told(Turns(flow))

    def _told(self, turns: Turns[Any]) -> Iterator[Any]:
        """What the flow tells, while all else is carried out."""
        with _Exchange(self._http) as exchange:
            effect = turns.next()
            while effect is not None:
                if isinstance(effect, Tell):
                    yield effect.value
                    effect = turns.next()
                    continue
                try:
                    answer = exchange.perform(effect)
                except (httpx.HTTPError, httpx.InvalidURL, SSEError, OSError) as error:
                    effect = turns.next(error=error)
                else:
                    effect = turns.next(answer)


class _Exchange:
    """Carries effects out; it holds the one answer that is read bit by bit."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self._opened: httpx.Response | None = None
        self._items: Iterator[Any] = iter(())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def perform(self, effect: Effect) -> Any:
        match effect:
            case Send(method, path, options):
                return self._http.request(method, path, **options)
            case Open(path, options, events):
                return self._open(path, options, events=events)
            case Next():
                return next(self._items, None)
            case Sleep(seconds):
                return time.sleep(seconds)
        raise TypeError(effect)

    def _open(self, path: str, options: Mapping[str, Any], *, events: bool) -> httpx.Response:
        self._close()
        request = self._http.build_request("GET", path, **options)
        response = self._opened = self._http.send(request, stream=True)
        if response.status_code >= 300:
            response.read()
        self._items = EventSource(response).iter_sse() if events else response.iter_lines()
        return response

    def _close(self) -> None:
        if self._opened is not None:
            self._opened.close()
