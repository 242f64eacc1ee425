"""What a worker writes must be what the gateway can show: a mismatch would be a 500."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from core.model.rules import Rules, Thresholds
from core.pipeline.report import result_of
from core.provenance import Credentials, CredentialState, Provenance
from core.result import ExpectedError, Model
from core.store.attempts import Attempts
from core.store.records import JobStatus
from core.verdict import Verdict, decide
from tests.api.gateway import MP4
from tests.core.evidence_factory import crop, evidence, scored

MODEL = Model(name="lite0", version="1", sha256="ab" * 32, runtime="openvino-int8")
RULES = Rules(None, Thresholds(fake=0.8, real=0.2))
ERROR = ExpectedError(rate=0.05, low=0.023, high=0.105, files=120, of="videos")


def written(verdict: Verdict, timings_ms: Mapping[str, float]) -> dict[str, Any]:
    return result_of(
        verdict, model=MODEL, calibrated=True, expected_error=ERROR, timings_ms=timings_ms
    ).to_json()


@pytest.mark.parametrize("faces", [0, 2])
def test_a_verdict_of_core_is_shown_as_the_worker_wrote_it(
    client: httpx.Client, attempts: Attempts, faces: int
) -> None:
    frames = [[crop(identity=n) for n in range(faces)]] * 3
    verdict = decide(evidence(frames), scored([0.9] * (3 * faces)), RULES)
    timings = {"queued": 1, "fetch": 2, "decode": 3, "faces": 4, "infer": 5}
    result = written(verdict, timings)
    job_id = client.post("/v1/jobs", content=MP4).json()["id"]
    attempts.take("w1")
    attempts.finish(job_id, 1, status=JobStatus.SUCCEEDED, result=result)
    answer = client.get(f"/v1/jobs/{job_id}")
    assert answer.status_code == 200
    assert answer.json()["result"] == json.loads(json.dumps(result))


def test_the_document_names_every_field_of_a_result(client: httpx.Client) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    of_result = set(schemas["Result"]["properties"])
    assert {"frames_decoded", "frames_scored", "expected_error"} <= of_result
    assert {"rate", "low", "high", "files", "of"} == set(schemas["ExpectedError"]["properties"])
    assert {"identity", "width_px"} <= set(schemas["Face"]["properties"])
    assert {"frames_total", "covered_s", "notes"} <= set(schemas["Media"]["properties"])


def test_a_provenance_is_shown_beside_the_result(client: httpx.Client, attempts: Attempts) -> None:
    found = Provenance(c2pa=Credentials(state=CredentialState.VALID, issuer="Newsroom"), claims=[])
    job_id = client.post("/v1/jobs", content=MP4).json()["id"]
    assert client.get(f"/v1/jobs/{job_id}").json()["provenance"] is None
    attempts.take("w1")
    error = {"code": "too_long", "message": "It lasts too long.", "retryable": False}
    attempts.finish(job_id, 1, status=JobStatus.FAILED, error=error, provenance=found.to_json())
    shown = client.get(f"/v1/jobs/{job_id}").json()
    assert shown["result"] is None
    assert shown["provenance"] == found.to_json()


@pytest.mark.parametrize("change", ["a newer worker wrote more", "an older worker wrote less"])
def test_a_result_of_another_version_is_shown(
    client: httpx.Client, attempts: Attempts, change: str
) -> None:
    verdict = decide(evidence([[crop()]]), scored([0.9]), RULES)
    result = written(verdict, {})
    media = {"codec": "h264"}
    if change.startswith("a newer"):
        result = {**result, "reasons": ["of_tomorrow"], "rating": {"stars": 5}}
        media["shutter"] = "1/100"
    else:
        del result["frames_decoded"], result["expected_error"]
        del result["frames"][0]["faces"][0]["width_px"]
    job_id = client.post("/v1/jobs", content=MP4).json()["id"]
    attempts.take("w1")
    attempts.finish(job_id, 1, status=JobStatus.SUCCEEDED, result=result, media_info=media)
    shown = client.get(f"/v1/jobs/{job_id}").json()
    assert (shown["result"]["verdict"], shown["media"]["codec"]) == ("fake", "h264")
    assert shown["media"]["notes"] == []
