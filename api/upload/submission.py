"""From the bytes of a file to a queued job."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol, TypeVar

from fastapi import Request
from pydantic import ValidationError

from api.gateway import Gateway
from api.http.errors import invalid_parameters
from api.schemas import SubmitOptions
from api.upload.blob import incoming
from api.upload.body import UploadBody
from api.upload.queueing import (
    Caller,
    Submission,
    check_queues,
    find_known,
    new_job,
    queue_job,
)
from api.upload.replay import check_same_file, check_same_options, read_again
from core.store.records import BatchPlace

Options = TypeVar("Options", bound=SubmitOptions)


class FileBytes(Protocol):
    """The bytes of one file as they arrive; ``most_bytes`` is None where nobody knows."""

    @property
    def most_bytes(self) -> int | None: ...

    def __aiter__(self) -> AsyncIterator[bytes]: ...


async def submit(
    request: Request, gateway: Gateway, caller: Caller, options: SubmitOptions
) -> Submission:
    """Take the upload of ``request`` and queue a job for it.

    A key that has made a job gives that job again, before anything is stored and before the
    file's quarantine is looked at. Otherwise, whatever goes wrong on the way, and also when
    the client goes away, the bytes are discarded and nothing stays queued; but for a job with
    a key that Redis stored without our hearing of it: the next request with that key finds it.
    """
    body = UploadBody(request, gateway.settings)
    known = await find_known(gateway, caller)
    with gateway.slots.take(caller.tenant):
        if known is None:
            return await take(gateway, caller, body, partial(merge, options, body.fields))
        sent = await read_again(body, known)
        merged = merge(options, body.fields)
        check_same_options(known, merged, gateway.settings, all_of_them=sent)
        return Submission(known, replayed=True)


async def take(
    gateway: Gateway,
    caller: Caller,
    source: FileBytes,
    options: Callable[[], SubmitOptions],
    *,
    url_sha256: str | None = None,
    batch: BatchPlace | None = None,
) -> Submission:
    """Store the file and queue its job; ``options`` is called when all bytes have come.

    A job that Redis stored without our hearing of it stays where it can be found: by the caller's
    key, or in its batch.
    """
    await check_queues(gateway)
    async with incoming(
        gateway.blobs,
        gateway.store,
        tenant=caller.tenant,
        limit_bytes=gateway.settings.max_upload_bytes,
        expected_bytes=source.most_bytes,
    ) as blob:
        async for chunk in source:
            await blob.write(chunk)
        media = await blob.finish()
        merged = options()
        wanted = replace(new_job(gateway, caller, media, merged, url_sha256), batch=batch)
        job = await queue_job(gateway, caller, wanted, findable=batch is not None)
        blob.taken = job.media.blob_id == blob.id
    if not blob.taken:
        check_same_file(job, media.sha256)
        check_same_options(job, merged, gateway.settings)
    return Submission(job, replayed=not blob.taken)


def merge(options: Options, fields: Mapping[str, Sequence[str]]) -> Options:
    """Form fields count like query parameters, and win over them; an empty one is not given."""
    chosen: dict[str, object] = {}
    for name, values in fields.items():
        if given := [value for value in values if value]:
            chosen[name] = given if name == "tag" or len(given) > 1 else given[0]
    try:
        return type(options).model_validate({**options.model_dump(exclude_unset=True), **chosen})
    except ValidationError as error:
        raise invalid_parameters(error) from error
