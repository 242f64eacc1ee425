"""A submission whose JSON body says where the file is, instead of holding it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from hashlib import sha256

from fastapi import Request

from api.gateway import Gateway
from api.http.problems import Forbidden, InvalidParameter, MalformedRequest
from api.http.small_body import read_json
from api.schemas import FileReference, SubmitOptions
from api.upload.fetch import RemoteFile
from api.upload.queueing import Caller, Submission, find_known
from api.upload.replay import check_same_options, check_same_url
from api.upload.resumed import submit_upload
from api.upload.submission import take
from core.errors import MediaTooLarge

NO_URLS = (
    "This gateway fetches no URLs. Send the file itself, or set DEEPFAKE_FETCH_URLS=true where "
    "the gateway is started."
)
_NO_FILE = "The JSON body has to name either the 'url' of a file or an 'upload' that is complete."


async def submit_reference(
    request: Request, gateway: Gateway, caller: Caller, options: SubmitOptions
) -> Submission:
    """Queue a job for the file that the body of ``request`` names.

    Options in the body win over those of the query. A key that has made a job for the same
    URL or upload gives that job again, and nothing is fetched.
    """
    given = await read_json(request, FileReference)
    chosen = {**_given(options), **_given(given)}
    chosen = {name: value for name, value in chosen.items() if name not in ("url", "upload")}
    merged = SubmitOptions.model_validate(chosen)
    if given.upload is not None and given.url is None:
        return await submit_upload(gateway, caller, merged, given.upload)
    if given.url is None or given.upload is not None:
        raise InvalidParameter(_NO_FILE)
    return await _submit_url(request, gateway, caller, merged, given.url)


def _given(options: SubmitOptions) -> dict[str, object]:
    return options.model_dump(exclude_unset=True)


async def _submit_url(
    request: Request, gateway: Gateway, caller: Caller, options: SubmitOptions, text: str
) -> Submission:
    if not gateway.settings.fetches_urls:
        raise Forbidden(NO_URLS)
    url = gateway.fetcher.check(text)
    url_sha256 = sha256(str(url).encode()).hexdigest()
    if known := await find_known(gateway, caller):
        check_same_url(known, url_sha256)
        check_same_options(known, options, gateway.settings)
        return Submission(known, replayed=True)
    with gateway.slots.take(caller.tenant):
        async with gateway.fetcher.open(url) as remote:
            _check_size(remote, gateway.settings.max_upload_bytes)
            source = _WhileAwaited(request, remote)
            return await take(gateway, caller, source, lambda: options, url_sha256=url_sha256)


class _WhileAwaited:
    """The bytes of a remote file, until the client that asked for it goes away."""

    def __init__(self, request: Request, remote: RemoteFile) -> None:
        self._request = request
        self._remote = remote
        self.most_bytes = remote.most_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._remote:
            if await self._request.is_disconnected():
                raise MalformedRequest("The client went away before the file was fetched.")
            yield chunk


def _check_size(remote: RemoteFile, limit: int) -> None:
    if remote.most_bytes is not None and remote.most_bytes > limit:
        raise MediaTooLarge(size=remote.most_bytes, limit=limit)
