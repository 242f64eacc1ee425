"""A job for a resumable upload that has all its bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from itertools import islice
from time import monotonic
from typing import Final

from api.gateway import Gateway
from api.http.problems import InvalidParameter
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

# In one call, which has a deadline; a chunk that is an object may take a tenth of a second.
CHUNKS_AT_ONCE: Final = 8
READ_S: Final = 0.1
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
        try:
            media = await _media(gateway, caller.tenant, upload_id)
            wanted = new_job(gateway, caller, media, options)
            job = await queue_job(gateway, caller, wanted, findable=True)
        except BlobMissing as error:  # another request made a job of it, it expired, or it is lost
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
    reading = _Reading(gateway.blobs.read(upload_id))
    while await gateway.store(reading.go_on):
        pass
    if reading.size != size:
        raise UploadNotFound(upload_id)
    form = sniff(reading.head)
    return MediaRef(upload_id, reading.digest.hexdigest(), size, form.kind.value, form.name)


class _Reading:
    """What is known of a file so far whose chunks are read one after the other."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self.digest = sha256()
        self.head = b""
        self.size = 0

    def go_on(self) -> bool:
        """Read some chunks, for about 20 ms or one that takes longer; False at the end.

        Raises UnsupportedMedia as soon as the first bytes tell: the rest need not be read.
        """
        before, until = self.size, monotonic() + READ_S
        for chunk in islice(self._chunks, CHUNKS_AT_ONCE):
            if len(self.head) < HEAD_BYTES:
                self.head += chunk[: HEAD_BYTES - len(self.head)]
                if len(self.head) == HEAD_BYTES:
                    sniff(self.head)
            self.digest.update(chunk)
            self.size += len(chunk)
            if monotonic() >= until:
                break
        return self.size > before
