"""From an upload to a queued job: blob, then record, then message, or nothing at all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from fastapi import Request
from pydantic import ValidationError

from api.blob_writer import BlobWriter
from api.errors import invalid_parameters
from api.gateway import Gateway
from api.problems import IdempotencyConflict
from api.schemas import SubmitOptions
from api.uploads import Upload, receive
from core.errors import FileQuarantined, StoreError
from core.store.jobs import Job, JobOptions


@dataclass(frozen=True, slots=True)
class Submission:
    """The job, and whether an idempotency key found it rather than made it."""

    job: Job
    replayed: bool


async def submit(
    request: Request, gateway: Gateway, *, tenant: str, options: SubmitOptions, key: str | None
) -> Submission:
    """Take the upload of ``request`` and queue a job for it.

    Whatever goes wrong on the way, and also when the client goes away, the bytes are
    discarded and nothing stays queued; but for a job that Redis stored without our hearing
    of it. That one has its bytes, and runs: a request with the same key finds it.
    """
    with gateway.slots.take():
        writer = BlobWriter(
            gateway.blobs, gateway.store, limit_bytes=gateway.settings.max_upload_bytes
        )
        try:
            upload = await receive(request, writer, gateway.settings)
            wanted = _job(gateway, tenant, upload, _merge(options, upload))
            submission = await _enqueue(gateway, wanted, key)
        except BaseException:
            writer.discard()
            raise
        if submission.replayed:
            writer.discard()
        return submission


def _merge(options: SubmitOptions, upload: Upload) -> SubmitOptions:
    """Form fields count like query parameters, and win over them."""
    fields: dict[str, object] = {
        name: values if name == "tag" or len(values) > 1 else values[0]
        for name, values in upload.fields.items()
    }
    try:
        return SubmitOptions.model_validate({**options.model_dump(exclude_unset=True), **fields})
    except ValidationError as error:
        raise invalid_parameters(error) from error


def _job(gateway: Gateway, tenant: str, upload: Upload, options: SubmitOptions) -> Job:
    settings = gateway.settings
    return Job.new(
        media=upload.media,
        tenant=tenant,
        queue=options.queue,
        options=JobOptions(
            frames=options.frames or settings.frames,
            sampling=options.sampling or settings.sampling,
        ),
        tags=tuple(options.tag),
    )


async def _enqueue(gateway: Gateway, wanted: Job, key: str | None) -> Submission:
    sha256 = wanted.media.sha256
    if await gateway.store(gateway.jobs.quarantined, sha256):
        crashes = await gateway.store(gateway.jobs.crashes, sha256)
        raise FileQuarantined(sha256=sha256, crashes=crashes)
    job = await gateway.store(gateway.jobs.create, wanted, idempotency_key=key)
    if job.id != wanted.id:
        _check_same_request(job, wanted)
        return Submission(job, replayed=True)
    try:
        await gateway.broker(gateway.queue.publish, job.id, job.queue)
    except StoreError:
        # The message may have gone out all the same; without a record no worker takes it.
        gateway.store.chore(partial(gateway.jobs.delete, job.id, job.tenant))
        raise
    return Submission(job, replayed=False)


def _check_same_request(known: Job, wanted: Job) -> None:
    if _substance(known) != _substance(wanted):
        raise IdempotencyConflict(
            f"The Idempotency-Key was used within 24 h for job {known.id}, which is about another "
            "file or has other options; use a new key."
        )


def _substance(job: Job) -> tuple[object, ...]:
    return job.media.sha256, job.options, job.queue, job.tags
