"""The Python client of the HTTP API, docs/http-api.md."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import httpx

from deepfake_client import DEFAULT_SERVER
from deepfake_client.errors import ApiError, ClientError, ServerUnreachable, WaitTimeout
from deepfake_client.following import follow
from deepfake_client.job import Job
from deepfake_client.upload import Upload

LONG_POLL_S = 20.0  # the service holds a request up to 30 s
MAX_RETRIES = 5
MAX_RETRY_AFTER_S = 60.0
BUSY = (429, 503)  # the key's own share is used up, or the whole service is


class Client:
    """Talks to one service; safe to share between threads.

    A request that met 429 or 503 with ``Retry-After`` is repeated up to ``max_retries`` times, an
    upload with its idempotency key, so that it makes one job. Where no connection was
    made, or it broke, only reads are repeated.

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
        self.server = server.rstrip("/")
        self._max_retries = max_retries
        headers = {"Authorization": f"Bearer {_checked(api_key)}"} if api_key else {}
        try:
            _ = httpx.URL(self.server).host  # raises when it is no host name
            self._http = httpx.Client(
                base_url=self.server, headers=headers, timeout=timeout_s, transport=transport
            )
        except (httpx.InvalidURL, UnicodeError) as error:
            raise ServerUnreachable(self.server, str(error)) from error

    def submit(  # noqa: PLR0913  # the options of a submission
        self,
        media: str | Path | bytes | BinaryIO,
        *,
        frames: int | None = None,
        sampling: str | None = None,
        queue: str | None = None,
        evidence: bool = False,
        callback_url: str | None = None,
        tags: Sequence[str] = (),
        idempotency_key: str | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> Job:
        """Upload a file (a path, its bytes, or an open binary file) and return its job.

        ``callback_url`` hears of the job's end, see :func:`deepfake_client.verify_webhook`.
        The file is streamed; ``on_progress`` is called with the number of bytes that went
        out since the call before. Raises :class:`ApiError`, :class:`ServerUnreachable`,
        and OSError when the file cannot be read.
        """
        options = {"frames": frames, "sampling": sampling, "queue": queue}
        options["callback_url"] = callback_url
        fields: dict[str, Any] = {k: str(v) for k, v in options.items() if v is not None}
        if evidence:
            fields["evidence"] = "true"
        if tags:
            fields["tag"] = list(tags)
        headers = {"Idempotency-Key": idempotency_key or uuid.uuid4().hex}
        with ExitStack() as stack:
            upload = Upload.open(media, stack, on_progress)
            return Job.from_json(
                self._send(
                    "POST",
                    "/v1/jobs",
                    headers=headers,
                    data=fields,
                    files=lambda: {"file": upload.restart()},
                )
            )

    def get(self, job_id: str, *, wait_s: float = 0) -> Job:
        """The job as it is, or as it is when it is done or ``wait_s`` (at most 30) are over."""
        timeout = httpx.Timeout(self._http.timeout.connect, read=wait_s + 15)
        params = {"wait": f"{wait_s:g}"} if wait_s else {}
        path = f"/v1/jobs/{job_id}"
        return Job.from_json(self._send("GET", path, params=params, timeout=timeout))

    def wait(self, job_id: str, timeout_s: float | None = None) -> Job:
        """Return the job when it is done; raises :class:`WaitTimeout` when it is not in time."""
        started = time.monotonic()
        while True:
            left_s = LONG_POLL_S
            if timeout_s is not None:
                left_s = min(left_s, max(0.0, started + timeout_s - time.monotonic()))
            asked = time.monotonic()
            job = self.get(job_id, wait_s=left_s)
            if job.done:
                return job
            if timeout_s is not None and time.monotonic() - started >= timeout_s:
                raise WaitTimeout(job_id, job.status, timeout_s=timeout_s)
            if time.monotonic() - asked < 0.5:  # a proxy that does not hold requests
                time.sleep(0.5)

    def events(self, job_id: str) -> Iterator[Job]:
        """Yield the job now and after every change, until it is done; the last one is.

        A stream that breaks off is taken up where it was, by whichever gateway answers. Raises
        :class:`ApiError` (404 when the job is deleted meanwhile), and :class:`ServerUnreachable`
        after ``max_retries`` tries in a row that told nothing.
        """
        return follow(self._http, job_id, self._max_retries, _refusal)

    def cancel(self, job_id: str) -> Job:
        """Ask for the job to be stopped; :class:`ApiError` 409 when it is done already."""
        return Job.from_json(self._send("POST", f"/v1/jobs/{job_id}/cancel"))

    def delete(self, job_id: str) -> None:
        """Remove the job, its media and its result."""
        self._send("DELETE", f"/v1/jobs/{job_id}")

    def give_feedback(
        self, job_id: str, label: str, *, comment: str | None = None, media: bool = False
    ) -> None:
        """Say that a file is ``fake`` or ``real``; with ``media`` its frames are kept too."""
        said = {"label": label, "comment": comment, "media": media}
        self._send("POST", f"/v1/jobs/{job_id}/feedback", json=said)

    def feedback_entries(self, *, media: bool = False) -> Iterator[dict[str, Any]]:
        """Everything that this key's tenant said, the oldest first; with ``media`` its frames."""
        params = {"media": "true"} if media else {}
        try:
            with self._http.stream("GET", "/v1/feedback", params=params) as response:
                if response.status_code >= 300:
                    response.read()
                    raise _refusal(response)
                for line in response.iter_lines():
                    yield json.loads(line)
        except httpx.HTTPError as error:
            raise ServerUnreachable(self.server, str(error) or repr(error)) from error

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Any other call of the HTTP API; returns the decoded answer, None where there is none."""
        request = {} if body is None else {"json": body}
        return self._send(method, path, **request)

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

    def _send(
        self,
        method: str,
        path: str,
        *,
        files: Callable[[], Mapping[str, Any]] | None = None,
        **request: Any,
    ) -> Any:
        """Send, repeat where that is allowed, and return the decoded answer."""
        for attempt in range(self._max_retries + 1):
            last = attempt == self._max_retries
            try:
                body = None if files is None else files()
                response = self._http.request(method, path, files=body, **request)
            except httpx.HTTPError as error:
                if last or method != "GET" or not isinstance(error, httpx.TransportError):
                    raise ServerUnreachable(self.server, str(error) or repr(error)) from error
                time.sleep(min(2.0**attempt / 4, 4.0))
                continue
            except httpx.InvalidURL as error:
                raise ServerUnreachable(self.server, str(error)) from error
            if response.status_code < 300:
                return _document(response)
            refusal = _refusal(response)
            if last or refusal.status not in BUSY or refusal.retry_after_s is None:
                raise refusal
            time.sleep(min(refusal.retry_after_s, MAX_RETRY_AFTER_S))
        raise AssertionError("the last attempt returns or raises")


def _checked(api_key: str) -> str:
    key = api_key.strip()
    if not re.fullmatch(r"[\x21-\x7e]+", key):
        raise ClientError("The API key is empty, or holds a character that no key has.")
    return key


def _refusal(response: httpx.Response) -> ApiError:
    """Where the answer has no problem document, its title says what it is."""
    problem, title = _document(response), response.reason_phrase
    if response.has_redirect_location:
        title = f"{title} to {response.headers['Location']}; name that server"
    after = response.headers.get("Retry-After", "")
    return ApiError(
        response.status_code,
        problem if isinstance(problem, dict) else {"title": title},
        retry_after_s=float(after) if after.isdigit() else None,
    )


def _document(response: httpx.Response) -> Any:
    """The decoded body; None where it is not JSON."""
    try:
        return response.json()
    except ValueError:
        return None
