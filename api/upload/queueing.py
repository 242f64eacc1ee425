"""From stored bytes to a queued job, or nothing at all; then a bell."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial

from api.gateway import Gateway
from api.schemas import SubmitOptions
from core.errors import FileQuarantined, QueueFull, StoreError
from core.store.records import Job, JobOptions, MediaRef
from core.telemetry.context import carried

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose request it is, and what its headers ask for."""

    tenant: str
    key: str | None  # the idempotency key
    fresh: bool = False  # no stored result answers


@dataclass(frozen=True, slots=True)
class Submission:
    """The job, and whether an idempotency key found it rather than made it."""

    job: Job
    replayed: bool

    @property
    def answered(self) -> bool:
        """Whether there is nothing to wait for because of this request."""
        return self.replayed or self.job.answered_by is not None


async def find_known(gateway: Gateway, caller: Caller) -> Job | None:
    """The job that the caller's idempotency key has made already."""
    if caller.key is None:
        return None
    return await gateway.store(gateway.jobs.find_idempotent, caller.tenant, caller.key)


async def check_queues(gateway: Gateway) -> None:
    """Raises QueueFull when the service has as many waiting jobs as it may."""
    counts = await gateway.store(gateway.jobs.counts)
    queued, limit = sum(counts.queued.values()), gateway.settings.max_queued_jobs
    if queued >= limit:
        raise QueueFull(queued=queued, limit=limit)


def check_callback(gateway: Gateway, options: SubmitOptions) -> None:
    """Raises UrlNotAllowed; its name is resolved, and checked again, when it is called."""
    if options.callback_url is not None:
        gateway.guard.check_url(options.callback_url)


def new_job(
    gateway: Gateway,
    caller: Caller,
    media: MediaRef,
    options: SubmitOptions,
    url_sha256: str | None = None,
) -> Job:
    """A job that is not stored yet, with the server's defaults for what is not chosen.

    Raises UrlNotAllowed where its callback may not be called.
    """
    check_callback(gateway, options)
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
        url_sha256=url_sha256,
        traceparent=carried(),
        callback_url=options.callback_url,
    )


async def queue_job(
    gateway: Gateway, caller: Caller, wanted: Job, *, findable: bool = False
) -> Job:
    """Store the job and wake a worker; the job that the key made, when that is another.

    Where a stored result answers, there is nothing for a worker to do. A key can make its job
    while this upload is under way: the quarantine does not hide it.
    When this fails, a job that nobody could find is taken back: one without a key, unless
    it is ``findable`` in another way.
    """
    try:
        await gateway.store(gateway.jobs.quarantine.check, caller.tenant, wanted.media.sha256)
    except FileQuarantined:
        if known := await find_known(gateway, caller):
            return known
        raise
    try:
        reuse = gateway.settings.reuse_results and not caller.fresh
        job = await gateway.store(
            gateway.jobs.create, wanted, idempotency_key=caller.key, reuse=reuse
        )
        if job.id == wanted.id:
            gateway.metrics.made(job)
        if job.id == wanted.id and job.status.terminal:
            await gateway.ring_for_webhooks()
        elif job.id == wanted.id:
            await _ring(gateway, job)
    except BaseException:
        if caller.key is None and not findable:
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
