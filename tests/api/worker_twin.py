"""A worker for tests that looks at no file: it takes jobs from a real Redis and ends them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

from redis import Redis

from core.store.attempts import Attempts
from core.store.connection import connect
from core.store.evidence import EvidenceStore, frame_name, heatmap_name
from core.store.records import Job, JobStatus, KeptEvidence
from core.store.workers import Heartbeat, ModelIdentity, WorkerRegistry
from tests.browser.bench import FAKE, MEDIA, SIGNED
from tests.core.evidence_factory import preview

_IDLE_S = 0.01
_ME = Heartbeat(
    "twin", "host", 1, ModelIdentity("bench", "1.0", "ab" * 32, "openvino-int8"), 1,
    "2026-01-01T00:00:00Z",
)  # fmt: skip
_HEATMAP = b"\x89PNG\r\n\x1a\n of a face"


@contextmanager
def worker_twin(redis_url: str) -> Iterator[None]:
    """Judge every job ``fake`` meanwhile, with evidence where it is asked for."""
    stopping = threading.Event()
    with connect(redis_url) as redis:
        registry = WorkerRegistry(redis)
        registry._run("beat", _ME.worker_id, json.dumps(asdict(_ME)), 3_600_000)
        thread = threading.Thread(target=_work, args=(redis, stopping), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            thread.join()
            registry.leave(_ME.worker_id)


def _work(redis: Redis, stopping: threading.Event) -> None:
    attempts, store = Attempts(redis), EvidenceStore(redis)
    while not stopping.is_set():
        job = attempts.take(_ME.worker_id)
        if job is None:
            stopping.wait(_IDLE_S)
            continue
        attempts.finish(
            job.id, job.attempt, status=JobStatus.SUCCEEDED, result=FAKE.to_json(),
            media_info=MEDIA, provenance=SIGNED.to_json(),
            evidence=_keep(store, job) if job.options.evidence else None,
        )  # fmt: skip


def _keep(store: EvidenceStore, job: Job) -> KeptEvidence | None:
    pictures = {frame_name(0): preview(0), heatmap_name(0, 0): _HEATMAP}
    expires_at = store.keep(job, pictures)
    if expires_at is None:  # it was deleted meanwhile
        return None
    return KeptEvidence(expires_at, frames=1, heatmaps=1, heatmap_limit=2.0)
