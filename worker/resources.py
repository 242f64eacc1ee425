"""What a worker process holds for as long as it lives: connections, the model, the threads."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from redis import Redis

from core.errors import StoreUnavailable
from core.media.limits import MediaLimits
from core.model import runtimes
from core.model.bundle import Bundle, RuntimeName, find_bundle, load_bundle
from core.model.detector import Detector
from core.store.blobs import RedisBlobStore
from core.store.connection import connect, store_errors
from core.store.jobs import JobStore
from core.store.workers import HEARTBEAT_TTL_S, Heartbeat, ModelIdentity, beat, stop_beating
from worker import gpu
from worker.batcher import Batcher, BatchLimits
from worker.decoder.pool import DecoderPool
from worker.job_runner import JobRunner, Model, RunnerLimits
from worker.lease import RENEW_S, Leases
from worker.periodic import Periodic
from worker.reaper import Publish, Reaper
from worker.settings import WorkerSettings

logger = logging.getLogger(__name__)

REPUBLISH_S, JITTER = 30.0, 0.2


@dataclass(slots=True)
class WorkerRuntime:
    """The resources of one worker process; made by :meth:`load`, ended by :meth:`close`."""

    worker_id: str
    redis: Redis
    store: JobStore
    detector: Detector
    decoders: DecoderPool
    leases: Leases
    batcher: Batcher
    runner: JobRunner
    periodics: Sequence[Periodic]
    gpu: gpu.GpuLease | None

    @classmethod
    def load(cls, settings: WorkerSettings, decoders: DecoderPool, publish: Publish) -> Self:
        """Connect, load and warm up the model, wait for the decoders.

        Raises a :class:`core.errors.DeepfakeError` that says what is missing.
        """
        worker_id = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        redis = connect(settings.redis_url)
        _await_redis(redis, settings)
        bundle = load_bundle(find_bundle(settings.model))
        lease = _claim_gpu(redis, settings, bundle, worker_id)
        detector = runtimes.load_detector(
            bundle,
            runtime=settings.runtime,
            threads=settings.model_threads,
            gpu=lease is not None,
        )
        detector.warm_up()
        store = JobStore(
            redis,
            ttl_s=settings.job_ttl_s,
            lease_s=settings.lease_s,
            max_attempts=settings.max_attempts,
        )
        blobs, leases = RedisBlobStore(redis), Leases(store)
        batcher = Batcher(detector, _batch_limits(settings), jobs_at_work=lambda: len(leases))
        model = Model(batcher, bundle, detector.runtime.name)
        runner = JobRunner(
            store, blobs, leases, decoders, model, _runner_limits(settings), worker_id=worker_id
        )
        heartbeat = _heartbeat(settings, detector, worker_id)
        reaper = Reaper(store, publish)
        periodics = [
            Periodic("leases", min(settings.lease_s / 3, RENEW_S), leases.renew),
            Periodic("heartbeat", HEARTBEAT_TTL_S / 3, lambda: beat(redis, heartbeat)),
            Periodic("reaper", settings.lease_s / 4, reaper.reap, jitter=JITTER),
            Periodic("lost messages", REPUBLISH_S, reaper.republish, jitter=JITTER),
        ]
        if lease is not None:
            periodics.append(Periodic("GPU lease", gpu.LEASE_MS / 3000, lease.renew))
        decoders.wait_ready()
        return cls(
            worker_id, redis, store, detector, decoders, leases, batcher, runner, periodics, lease
        )

    def start(self) -> None:
        """Begin the heartbeats and the recovery of other workers' jobs."""
        for periodic in self.periodics:
            periodic.start()

    def close(self) -> None:
        """Stop everything; jobs should have ended before."""
        for periodic in self.periodics:
            periodic.stop()
        self.decoders.close()
        try:
            stop_beating(self.redis, self.worker_id)
            if self.gpu is not None:
                self.gpu.release()
        except StoreUnavailable as error:
            logger.warning("the worker's keys stay until they expire: %s", error)


def _await_redis(redis: Redis, settings: WorkerSettings) -> None:
    """Redis often starts together with the worker; a wrong address is still found out."""
    patient_until = time.monotonic() + settings.redis_wait_s
    while True:
        try:
            with store_errors():
                redis.ping()
            return
        except StoreUnavailable as error:
            if time.monotonic() > patient_until:
                raise
            logger.warning("waiting for Redis: %s", error)
            time.sleep(1.0)


def _claim_gpu(
    redis: Redis, settings: WorkerSettings, bundle: Bundle, worker_id: str
) -> gpu.GpuLease | None:
    usable = RuntimeName.TENSORFLOW in bundle.manifest.artifacts
    if not usable or settings.runtime not in (runtimes.AUTO, RuntimeName.TENSORFLOW):
        return None
    return gpu.claim_gpu(redis, gpu.gpu_uuids(settings.cuda_visible_devices), worker_id)


def _batch_limits(settings: WorkerSettings) -> BatchLimits:
    return BatchLimits(settings.max_batch, settings.max_wait_ms, settings.inference_limit_s)


def _runner_limits(settings: WorkerSettings) -> RunnerLimits:
    media = MediaLimits(
        max_bytes=settings.max_upload_bytes,
        max_duration_s=settings.max_duration_s,
        max_pixels=settings.max_pixels,
    )
    return RunnerLimits(media, settings.decode_deadline_s)


def _heartbeat(settings: WorkerSettings, detector: Detector, worker_id: str) -> Heartbeat:
    return Heartbeat(
        worker_id=worker_id,
        host=socket.gethostname(),
        pid=os.getpid(),
        model=ModelIdentity(**detector.bundle.reference, runtime=detector.runtime.name.value),
        concurrency=settings.concurrency,
        started_at=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    )
