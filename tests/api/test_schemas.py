"""What a worker writes must be what the gateway can show: a mismatch would be a 500."""

from __future__ import annotations

import json

import httpx
import pytest

from core.model.bundle import Thresholds
from core.store.jobs import JobStatus, JobStore
from core.verdict import decide, to_json
from tests.api.gateway import MP4
from tests.core.evidence_factory import crop, evidence

MODEL = {"name": "lite0", "version": "1", "sha256": "ab" * 32, "runtime": "openvino-int8"}


@pytest.mark.parametrize("faces", [0, 2])
def test_a_verdict_of_core_is_shown_as_the_worker_wrote_it(
    client: httpx.Client, jobs: JobStore, faces: int
) -> None:
    frames = [[crop(identity=n) for n in range(faces)]] * 3
    verdict = decide(evidence(frames), [0.9] * (3 * faces), Thresholds(fake=0.8, real=0.2))
    timings = {"queued": 1, "fetch": 2, "decode": 3, "faces": 4, "infer": 5}
    result = to_json(verdict, model=MODEL, calibrated=True, timings_ms=timings)
    job_id = client.post("/v1/jobs", content=MP4).json()["id"]
    jobs.claim(job_id, "w1")
    jobs.finish(job_id, 1, status=JobStatus.SUCCEEDED, result=result)
    answer = client.get(f"/v1/jobs/{job_id}")
    assert answer.status_code == 200
    assert answer.json()["result"] == json.loads(json.dumps(result))
