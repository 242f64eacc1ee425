"""The asynchronous Python client of the HTTP API, docs/http-api.md."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
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
from deepfake_client.upload import Media, Rest, Upload, read_in_threads

T = TypeVar("T")


class AsyncClient:
    """The same as :class:`deepfake_client.Client`, for asyncio; each call does the same there."""

    def __init__(
        self,
        server: str = DEFAULT_SERVER,
        *,
        api_key: str | None = None,
        timeout_s: float = 30.0,
        max_retries: int = MAX_RETRIES,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        address = Address.of(server)
        self.server = address.url
        self._calls = Calls(Sender(shown(address.url), max_retries, timeout_s))
        self._http = httpx.AsyncClient(
            base_url=address.url,
            headers=headers_of(api_key),
            auth=address.auth,
            timeout=timeout_s,
            transport=transport,
        )

    async def submit(self, media: Media, **options: Unpack[SubmitOptions]) -> Job:
        return await self._run(self._calls.submit(media, options))

    async def detect(
        self,
        media: Media,
        *,
        timeout_s: float | None = None,
        on_change: Callable[[Job], object] | None = None,
        **options: Unpack[SubmitOptions],
    ) -> Job:
        return await self._run(self._calls.detect(media, timeout_s, on_change, options))

    async def upload(
        self, media: Media, *, on_progress: Callable[[int], None] | None = None
    ) -> str:
        return await self._run(self._calls.upload(media, on_progress))

    async def get(self, job_id: str, *, wait_s: float = 0) -> Job:
        return await self._run(self._calls.get(job_id, wait_s))

    async def wait(self, job_id: str, timeout_s: float | None = None) -> Job:
        return await self._run(self._calls.wait(job_id, timeout_s))

    def events(self, job_id: str) -> AsyncIterator[Job]:
        return self._each(self._calls.events(job_id))

    def list(self, **filters: Any) -> AsyncIterator[ListedJob]:
        return self._each(self._calls.list(filters))

    async def cancel(self, job_id: str) -> Job:
        return await self._run(self._calls.cancel(job_id))

    async def delete(self, job_id: str) -> None:
        await self._run(self._calls.delete(f"/v1/jobs/{job_id}"))

    async def batch(self, *files: Media, **options: Unpack[JobOptions]) -> Batch:
        return await self._run(self._calls.batch(files, options))

    async def get_batch(self, batch_id: str, *, wait_s: float = 0) -> Batch:
        return await self._run(self._calls.get_batch(batch_id, wait_s))

    async def wait_batch(self, batch_id: str, timeout_s: float | None = None) -> Batch:
        return await self._run(self._calls.wait_batch(batch_id, timeout_s))

    def batch_results(self, batch_id: str) -> AsyncIterator[BatchItem]:
        return self._each(self._calls.batch_results(batch_id))

    async def cancel_batch(self, batch_id: str) -> Batch:
        return await self._run(self._calls.cancel_batch(batch_id))

    async def delete_batch(self, batch_id: str) -> None:
        await self._run(self._calls.delete(f"/v1/batches/{batch_id}"))

    async def give_feedback(
        self, job_id: str, label: str, *, comment: str | None = None, media: bool = False
    ) -> None:
        said = {"label": label, "comment": comment, "media": media}
        await self._run(self._calls.give_feedback(job_id, said))

    def feedback_entries(self, *, media: bool = False) -> AsyncIterator[dict[str, Any]]:
        return self._each(self._calls.feedback_entries(media=media))

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        return await self._run(self._calls.call(method, path, body))

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def _run(self, flow: Flow[T]) -> T:
        turns = Turns(flow)
        async for _ in self._told(turns):
            pass
        return turns.result

    def _each(self, flow: Flow[Any]) -> AsyncIterator[Any]:
        return self._told(Turns(flow))

    async def _told(self, turns: Turns[Any]) -> AsyncIterator[Any]:
        """What the flow tells, while all else is carried out."""
        async with _Exchange(self._http) as exchange:
            effect = turns.next()
            while effect is not None:
                if isinstance(effect, Tell):
                    yield effect.value
                    effect = turns.next()
                    continue
                try:
                    answer = await exchange.perform(effect)
                except (httpx.HTTPError, httpx.InvalidURL, SSEError, OSError) as error:
                    effect = turns.next(error=error)
                else:
                    effect = turns.next(answer)


class _Exchange:
    """Carries effects out; it holds the one answer that is read bit by bit."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._opened: httpx.Response | None = None
        self._items: AsyncIterator[Any] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._close()

    async def perform(self, effect: Effect) -> Any:
        match effect:
            case Send(method, path, options):
                return await self._http.send(self._request(method, path, options))
            case Open(path, options, events):
                return await self._open(path, options, events=events)
            case Next():
                return None if self._items is None else await anext(self._items, None)
            case Sleep(seconds):
                return await asyncio.sleep(seconds)
        raise TypeError(effect)

    def _request(self, method: str, path: str, options: Mapping[str, Any]) -> httpx.Request:
        content, files = options.get("content"), options.get("files")
        if isinstance(content, Rest):
            options = {**options, "content": content.awaited()}
        request = self._http.build_request(method, path, **options)
        if files is not None:
            parts = files.values() if isinstance(files, Mapping) else [part for _, part in files]
            request.stream = _Form(request.stream, [upload for _, upload, _ in parts])
        return request

    async def _open(self, path: str, options: Mapping[str, Any], *, events: bool) -> httpx.Response:
        await self._close()
        request = self._http.build_request("GET", path, **options)
        response = self._opened = await self._http.send(request, stream=True)
        if response.status_code >= 300:
            await response.aread()
        self._items = EventSource(response).aiter_sse() if events else response.aiter_lines()
        return response

    async def _close(self) -> None:
        if self._opened is not None:
            await self._opened.aclose()


class _Form(httpx.AsyncByteStream):
    """A form whose files httpx would read in the event loop."""

    def __init__(self, form: Any, uploads: Sequence[Upload]) -> None:
        self._form = form  # httpx's stream of the form, which can be iterated over either way
        self._uploads = uploads

    def __aiter__(self) -> AsyncIterator[bytes]:
        return read_in_threads(self._form, self._uploads)
