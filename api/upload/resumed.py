"""A job for a resumable upload that has all its bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from typing import Final

from api.gateway import Gateway
from api.problems import InvalidParameter
from api.schemas import SubmitOptions
from api.upload.queueing import (
    Caller,
    Submission,
    check_queues,
    find_known,
    new_job,
    queue_job,
)
from api.upload.replay import check_same_options, check_same_upload
from core.errors import BlobMissing, EmptyMedia, MediaError, UploadIncomplete, UploadNotFound
from core.media.sniff import HEAD_BYTES, sniff
from core.store.records import MediaRef

# The last part of a path or of a whole URL, wherever a proxy serves the gateway.
_NAMED: Final = re.compile(r"(?:.*/v1/uploads/)?(upload_[0-9A-Z]{26})/?")


async def submit_upload(
    gateway: Gateway, caller: Caller, options: SubmitOptions, named: str
) -> Submission:
    """Queue a job that takes the upload over; an upload makes one job only.

    The bytes are read once, to hash them and to detect their format: no gateway has seen them
    all. Bytes that are no media are forgotten, whatever else fails leaves the upload as it is.
    """
    found = _NAMED.fullmatch(named)
    if found is None:
        raise InvalidParameter(f"upload: {named[:60]!r} is not where an upload is.")
    upload_id = found[1]
    if known := await find_known(gateway, caller):
        check_same_upload(known, upload_id)
        check_same_options(known, options, gateway.settings)
        return Submission(known, replayed=True)
    await check_queues(gateway)
    with gateway.slots.take(caller.tenant):
        media = await _media(gateway, caller.tenant, upload_id)
        wanted = new_job(gateway, caller, media, options)
        try:
            job = await queue_job(gateway, caller, wanted, findable=True)
        except BlobMissing as error:  # another request made a job of it, or it expired
            await gateway.store(gateway.uploads.claim, upload_id, caller.tenant)
            raise UploadNotFound(upload_id) from error
    if job.id != wanted.id:
        check_same_upload(job, upload_id)
        check_same_options(job, options, gateway.settings)
    return Submission(job, replayed=job.id != wanted.id)


async def _media(gateway: Gateway, tenant: str, upload_id: str) -> MediaRef:
    upload = await gateway.store(gateway.uploads.claim, upload_id, tenant)
    if not upload.complete:
        raise UploadIncomplete(upload_id, offset=upload.offset, length=upload.length)
    try:
        return await _read(gateway, upload_id, upload.offset)
    except MediaError:
        gateway.store.chore(partial(gateway.uploads.discard, upload_id, tenant))
        raise


async def _read(gateway: Gateway, upload_id: str, size: int) -> MediaRef:
    if size == 0:
        raise EmptyMedia
    chunks, digest, head, seen = gateway.blobs.read(upload_id), sha256(), b"", 0
    while chunk := await gateway.store(_next, chunks):
        if len(head) < HEAD_BYTES:
            head += chunk[: HEAD_BYTES - len(head)]
            if len(head) == HEAD_BYTES:
                sniff(head)  # the rest need not be read where this is no media
        digest.update(chunk)
        seen += len(chunk)
    if seen != size:
        raise UploadNotFound(upload_id)
    form = sniff(head)
    return MediaRef(upload_id, digest.hexdigest(), size, form.kind.value, form.name)


def _next(chunks: Iterator[bytes]) -> bytes:
    return next(chunks, b"")
