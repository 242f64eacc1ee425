"""From an upload to a queued job: blob, then record, or nothing at all; then a bell."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial

from fastapi import Request
from pydantic import ValidationError

from api.errors import invalid_parameters
from api.gateway import Gateway
from api.schemas import SubmitOptions
from api.upload.blob import incoming
from api.upload.body import UploadBody
from api.upload.replay import check_same_file, check_same_options, read_again
from core.errors import FileQuarantined, QueueFull, StoreError
from core.store.records import Job, JobOptions, MediaRef
from core.telemetry.context import carried

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose request it is, and the idempotency key that it carries."""

    tenant: str
    key: str | None


@dataclass(frozen=True, slots=True)
class Submission:
    """The job, and whether an idempotency key found it rather than made it."""

    job: Job
    replayed: bool


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
    known = await _find(gateway, caller)
    with gateway.slots.take(caller.tenant):
        if known is None:
            return await _take(gateway, caller, options, body)
        sent = await read_again(body, known)
        merged = _merge(options, body)
        check_same_options(known, merged, gateway.settings, all_of_them=sent)
        return Submission(known, replayed=True)


async def _find(gateway: Gateway, caller: Caller) -> Job | None:
    if caller.key is None:
        return None
    return await gateway.store(gateway.jobs.find_idempotent, caller.tenant, caller.key)


async def _take(
    gateway: Gateway, caller: Caller, options: SubmitOptions, body: UploadBody
) -> Submission:
    await _check_queues(gateway)
    async with incoming(
        gateway.blobs,
        gateway.store,
        tenant=caller.tenant,
        limit_bytes=gateway.settings.max_upload_bytes,
        expected_bytes=body.most_bytes,
    ) as blob:
        async for chunk in body:
            await blob.write(chunk)
        media = await blob.finish()
        merged = _merge(options, body)
        job = await _queue(gateway, caller, _job(gateway, caller, media, merged))
        blob.taken = job.media.blob_id == blob.id
    if not blob.taken:
        check_same_file(job, media.sha256)
        check_same_options(job, merged, gateway.settings)
    return Submission(job, replayed=not blob.taken)


async def _check_queues(gateway: Gateway) -> None:
    counts = await gateway.store(gateway.jobs.counts)
    queued, limit = sum(counts.queued.values()), gateway.settings.max_queued_jobs
    if queued >= limit:
        raise QueueFull(queued=queued, limit=limit)


def _merge(options: SubmitOptions, body: UploadBody) -> SubmitOptions:
    """Form fields count like query parameters, and win over them; an empty one is not given."""
    fields: dict[str, object] = {}
    for name, values in body.fields.items():
        if given := [value for value in values if value]:
            fields[name] = given if name == "tag" or len(given) > 1 else given[0]
    try:
        return SubmitOptions.model_validate({**options.model_dump(exclude_unset=True), **fields})
    except ValidationError as error:
        raise invalid_parameters(error) from error


def _job(gateway: Gateway, caller: Caller, media: MediaRef, options: SubmitOptions) -> Job:
    settings = gateway.settings
    return Job.new(
        media=media,
        tenant=caller.tenant,
        queue=options.queue,
        options=JobOptions(
            frames=options.frames or settings.frames,
            sampling=options.sampling or settings.sampling,
            evidence=options.evidence,
        ),
        tags=tuple(options.tag),
        traceparent=carried(),
    )


async def _queue(gateway: Gateway, caller: Caller, wanted: Job) -> Job:
    """Store the job and wake a worker; the job that the key made, when that is another.

    A key can make its job while this upload is under way: the quarantine does not hide it.
    """
    try:
        await gateway.store(gateway.jobs.quarantine.check, caller.tenant, wanted.media.sha256)
    except FileQuarantined:
        if known := await _find(gateway, caller):
            return known
        raise
    try:
        job = await gateway.store(gateway.jobs.create, wanted, idempotency_key=caller.key)
        if job.id == wanted.id:
            await _ring(gateway, job)
    except BaseException:
        if caller.key is None:  # nobody could ever find the job, if there is one
            _undo(gateway, wanted)
        raise
    return job


async def _ring(gateway: Gateway, job: Job) -> None:
    """Wake a worker. The job is queued whatever happens here, and is found at the next look."""
    try:
        await gateway.broker(gateway.doorbell.ring, job.queue)
    except StoreError as error:
        logger.warning("%s waits without a bell: %s", job.id, error.message)
    except Exception:
        logger.exception("%s waits without a bell", job.id)


def _undo(gateway: Gateway, job: Job) -> None:
    """Take back a job that may or may not be stored, or may be stored a moment later.

    A job is not created without its bytes, so they go first.
    """
    gateway.store.chore(
        partial(gateway.blobs.discard, job.media.blob_id),
        partial(gateway.jobs.delete, job.id, job.tenant),
    )
