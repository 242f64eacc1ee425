"""Jobs that a worker has judged, with evidence, for tests of the gateway."""

from __future__ import annotations

import httpx
from redis import Redis

from core.model.rules import Rules, Thresholds
from core.pipeline.report import media_facts_of, result_of
from core.provenance import Provenance
from core.result import ExpectedError, Model
from core.store.attempts import Attempts
from core.store.evidence import EvidenceLimits, EvidenceStore, frame_name, heatmap_name
from core.store.jobs import JobStore
from core.store.records import Job, JobStatus, KeptEvidence
from core.verdict import decide
from tests.api.gateway import MP4
from tests.core.evidence_factory import crop, evidence, preview, scored

MODEL = Model(name="lite0", version="1", sha256="ab" * 32, runtime="openvino-int8")
ERROR = ExpectedError(rate=0.05, low=0.023, high=0.105, files=120, of="videos")
HEATMAP = b"\x89PNG\r\n\x1a\n of a face"


def judged(
    client: httpx.Client,
    redis: Redis,
    *,
    query: str = "evidence=true",
    headers: dict[str, str] | None = None,
    ttl_s: float = 3600.0,
    limits: EvidenceLimits | None = None,
    provenance: Provenance | None = None,
) -> Job:
    """Submit a film and judge it as a worker does: two frames with a face each, fake."""
    client.post(f"/v1/jobs?{query}", content=MP4, headers=headers or {}).raise_for_status()
    attempts, store = Attempts(redis), EvidenceStore(redis, limits or EvidenceLimits(ttl_s=ttl_s))
    job = attempts.take("w1")
    assert job is not None
    found = evidence([[crop()], [crop()]], previews=True)
    verdict = decide(found, scored([0.9, 0.95]), Rules(None, Thresholds(fake=0.8, real=0.2)))
    result = result_of(
        verdict, model=MODEL, calibrated=True, expected_error=ERROR, timings_ms={"infer": 5}
    )
    kept = _keep(store, job) if job.options.evidence else None
    attempts.finish(
        job.id,
        job.attempt,
        status=JobStatus.SUCCEEDED,
        result=result.to_json(),
        media_info=media_facts_of(found).to_json(),
        provenance=None if provenance is None else provenance.to_json(),
        evidence=kept,
    )
    return JobStore(redis).get(job.id)


def _keep(store: EvidenceStore, job: Job) -> KeptEvidence:
    pictures = {
        **{frame_name(n): preview(n) for n in range(2)},
        **{heatmap_name(n, 0): HEATMAP for n in range(2)},
    }
    expires_at = store.keep(job, pictures)
    assert expires_at is not None
    return KeptEvidence(expires_at, frames=2, heatmaps=2, heatmap_limit=2.0)
