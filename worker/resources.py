"""What a worker process holds for as long as it lives: connections, the model, the threads."""

from __future__ import annotations

import logging
import os
import secrets
import socket
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Self

from celery import Celery
from redis import Redis

from core.errors import StoreUnavailable
from core.media.limits import MediaLimits
from core.store.attempts import Attempts
from core.store.blobs import RedisBlobStore
from core.store.connection import connect
from core.store.doomed import DoomedObjects
from core.store.evidence import EvidenceLimits, EvidenceStore
from core.store.jobs import JobStore
from core.store.objects import Objects
from core.store.outbox import Outbox
from core.store.workers import HEARTBEAT_TTL_S, Heartbeat, WorkerRegistry
from core.telemetry.traces import Traces
from worker.batcher import BatchLimits
from worker.decoder.pool import DecoderPool
from worker.doorbell import Doorbell
from worker.evidence import EvidenceKeeper
from worker.gpu import GpuLease, claim_gpu, gpu_uuids
from worker.job_runner import JobRunner, RunnerLimits
from worker.lease import RENEW_S, Leases, RunningJob
from worker.metrics import WorkerMetrics
from worker.models import Batchers, ChosenModels, LoadedModels
from worker.observer import JobObserver
from worker.patience import await_redis
from worker.periodic import Periodic
from worker.settings import WorkerSettings
from worker.telemetry import Telemetry
from worker.webhook_bell import WebhookBell

logger = logging.getLogger(__name__)

LOOK_S, JITTER = 2.0, 0.2


@dataclass(slots=True)
class Resources:
    """What one worker process holds; made by :meth:`load`, ended by :meth:`close`."""

    worker_id: str
    models: LoadedModels
    decoders: DecoderPool
    workers: WorkerRegistry
    leases: Leases
    batchers: Batchers
    runner: JobRunner
    doorbell: Doorbell
    webhook_bell: WebhookBell
    periodics: Sequence[Periodic]
    gpu: GpuLease | None
    traces: Traces

    @classmethod
    def load(
        cls, settings: WorkerSettings, decoders: DecoderPool, app: Celery, telemetry: Telemetry
    ) -> Self:
        """Connect, load and try the models, wait for the decoders.

        Raises a :class:`core.errors.DeepfakeError` that says what is missing.
        """
        worker_id = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        redis = connect(settings.redis_url)
        await_redis(redis, settings.redis_wait_s)
        chosen = ChosenModels.of(settings)
        with ExitStack() as on_failure:
            lease = _claim_gpu(redis, settings, chosen, worker_id)
            if lease is not None:
                on_failure.callback(lease.release)
            models = chosen.load(settings, on_gpu=lease is not None)
            decoders.wait_ready()
            held = models, decoders, lease
            resources = cls._around(settings, redis, worker_id, held, app, telemetry)
            on_failure.pop_all()
        return resources

    @classmethod
    def _around(
        cls,
        settings: WorkerSettings,
        redis: Redis,
        worker_id: str,
        held: tuple[LoadedModels, DecoderPool, GpuLease | None],
        app: Celery,
        telemetry: Telemetry,
    ) -> Self:
        """Everything else around detectors and decoders that are ready."""
        (models, decoders, lease), metrics = held, telemetry.metrics
        ttl_s, max_attempts = settings.job_ttl_s, settings.max_attempts
        attempts = Attempts(
            redis,
            ttl_s=ttl_s,
            lease_s=settings.lease_s,
            max_attempts=max_attempts,
            tenant_running=settings.tenant_running_jobs,
        )
        jobs = JobStore(redis, ttl_s=ttl_s, max_attempts=max_attempts)
        leases, workers = Leases(attempts, worker_id, settings.queues), WorkerRegistry(redis)
        doorbell = Doorbell(
            app, jobs, settings.queues, idle_slots=lambda: settings.concurrency - len(leases)
        )
        batchers = Batchers.before(
            models,
            _batch_limits(settings),
            jobs_at_work=lambda: len(leases),
            on_batch=metrics.batch,
        )
        metrics.holds(models.identities)
        metrics.watch(
            slots=settings.concurrency,
            at_work=lambda: len(leases),
            decoders_replaced=lambda: decoders.replaced,
        )
        observer = JobObserver(metrics, telemetry.traces)
        objects = Objects.at(settings.blob_url)
        blobs, keeper = RedisBlobStore(redis, objects=objects), _keeper(redis, settings)
        limits = _runner_limits(settings)
        heartbeat = _heartbeat(settings, models, worker_id)
        reap = partial(_reap, attempts, metrics)
        return cls(
            worker_id=worker_id,
            models=models,
            decoders=decoders,
            workers=workers,
            leases=leases,
            batchers=batchers,
            runner=JobRunner(attempts, blobs, decoders, batchers.judges, limits, keeper, observer),
            doorbell=doorbell,
            webhook_bell=WebhookBell(app, Outbox(redis)),
            periodics=[
                Periodic("leases", min(settings.lease_s / 3, RENEW_S), leases.renew),
                Periodic("heartbeat", HEARTBEAT_TTL_S / 3, lambda: workers.beat(heartbeat)),
                Periodic("reaper", settings.lease_s / 4, reap, jitter=JITTER),
                Periodic("queues", LOOK_S, doorbell.ring_for_idle_slots, jitter=JITTER),
                *_deleting(redis, objects),
            ],
            gpu=lease,
            traces=telemetry.traces,
        )

    def run(self, running: RunningJob) -> None:
        """Run a job, and let the senders of webhooks know that it has ended."""
        self.runner.run(running)
        self.webhook_bell.ring()

    def start(self) -> None:
        """Begin the heartbeats, the looks at the queues and the recovery of others' jobs."""
        for periodic in self.periodics:
            periodic.start()

    def close(self) -> None:
        """Stop everything; jobs have ended or were given back before."""
        for periodic in self.periodics:
            periodic.stop()
        self.decoders.close()
        if not len(self.leases):  # else its thread may be in the network, for long
            self.batchers.close()
        self.traces.close()
        try:
            self.workers.leave(self.worker_id)
            if self.gpu is not None:
                self.gpu.release()
        except StoreUnavailable as error:
            logger.warning("the worker's keys stay until they expire: %s", error)


def _claim_gpu(
    redis: Redis, settings: WorkerSettings, chosen: ChosenModels, worker_id: str
) -> GpuLease | None:
    if not chosen.may_use_gpu:
        return None
    return claim_gpu(redis, gpu_uuids(settings.cuda_visible_devices), worker_id)


def _deleting(redis: Redis, objects: Objects | None) -> list[Periodic]:
    if objects is None:
        return []
    return [Periodic("objects", LOOK_S, DoomedObjects(redis, objects).sweep, jitter=JITTER)]


def _reap(attempts: Attempts, metrics: WorkerMetrics) -> None:
    """Requeue or end every job whose worker was lost; the look at the queues rings for them."""
    for reaped in attempts.reap():
        logger.warning("%s lost its worker: %s", reaped.job_id, reaped.action)
        metrics.reaped(reaped.action)


def _batch_limits(settings: WorkerSettings) -> BatchLimits:
    return BatchLimits(settings.max_batch, settings.max_wait_ms, settings.inference_limit_s)


def _runner_limits(settings: WorkerSettings) -> RunnerLimits:
    media = MediaLimits(
        max_bytes=settings.max_upload_bytes,
        max_duration_s=settings.max_duration_s,
        max_pixels=settings.max_pixels,
    )
    return RunnerLimits(media, settings.decode_deadline_s, crops_at_once=settings.max_batch)


def _keeper(redis: Redis, settings: WorkerSettings) -> EvidenceKeeper:
    limits = EvidenceLimits(
        ttl_s=min(settings.evidence_ttl_s, settings.job_ttl_s),
        max_bytes=settings.max_evidence_bytes,
        tenant_share=settings.tenant_share,
    )
    return EvidenceKeeper(EvidenceStore(redis, limits), settings.evidence_job_bytes)


def _heartbeat(settings: WorkerSettings, models: LoadedModels, worker_id: str) -> Heartbeat:
    images, videos = models.identities
    return Heartbeat(
        worker_id=worker_id,
        host=socket.gethostname(),
        pid=os.getpid(),
        model=images,
        video_model=videos,
        concurrency=settings.concurrency,
        queues=settings.queues,
        started_at=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    )
