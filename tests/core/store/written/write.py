"""Writes a record of each kind by the code of some version, and prints all of Redis as JSON.

    git archive REF | tar -x -C /tmp/old
    PYTHONPATH=/tmp/old:/tmp/old/clients/python python tests/core/store/written/write.py REF \
        > tests/core/store/written/REF.json

The stores are imported from PYTHONPATH, so this file uses only what all versions have.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from redis import Redis

from core.errors import EmptyMedia
from core.result import Label
from core.scopes import Scope
from core.store.api_keys import ApiKeyStore
from core.store.attempts import Attempts
from core.store.audit import Actor
from core.store.batches import BatchStore
from core.store.endpoints import EndpointStore
from core.store.evidence import EvidenceLimits, EvidenceStore, frame_name
from core.store.feedback import FeedbackStore
from core.store.jobs import JobStore
from core.store.records import BatchPlace, Job, JobOptions, JobStatus, KeptEvidence
from core.store.resumable import ResumableStore
from core.store.webhook_records import Event
from tests.core.store.uploads import upload
from tests.redis_server import RedisServer

TENANT = "acme"
LONG_S = 3e8  # ten years: what was written once is loaded at any later time
RESULT: dict[str, Any] = {
    "verdict": "fake",
    "reasons": [],
    "fake_probability": 0.95,
    "confidence": 0.95,
    "logit": 2.9,
    "calibrated": True,
    "thresholds": {"fake": 0.8, "real": 0.2},
    "expected_error": None,
    "frames_requested": 1,
    "frames_decoded": 1,
    "frames_scored": 1,
    "frames": [
        {"index": 0, "timestamp_s": 0.0, "keyframe": True, "fake_probability": 0.95, "faces": []}
    ],
    "model": {"name": "lite0", "version": "1", "sha256": "ab" * 32, "runtime": "openvino-int8"},
    "timings_ms": {"queued": 4, "infer": 52},
}
ERROR = {"code": "unreadable_media", "message": "It is damaged.", "retryable": False}


class Writer:
    """Makes records by name, which the tests look for."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.jobs = JobStore(redis, ttl_s=LONG_S)
        self.attempts = Attempts(redis, ttl_s=LONG_S)
        self.names: dict[str, str] = {}

    def job(self, name: str, place: BatchPlace | None = None, **options: Any) -> Job:
        wanted = Job.new(
            media=upload(self.redis, TENANT),
            tenant=TENANT,
            options=JobOptions(frames=20, sampling="exact", evidence=bool(options)),
            tags=("a tag",),
        )
        self.redis.zadd("df:upload-expiries", {wanted.media.blob_id: 9e15}, xx=True)
        job = self.jobs.create(replace(wanted, batch=place), idempotency_key=f"key of {name}")
        self.names[name] = job.id
        return job

    def take(self) -> Job:
        taken = self.attempts.take("worker-of-old")
        assert taken is not None
        self.attempts.set_stage(taken.id, taken.attempt, "decode", total=20)
        return taken

    def end(self, name: str, status: JobStatus, place: BatchPlace | None = None) -> None:
        self.job(name, place)
        taken, good = self.take(), status is JobStatus.SUCCEEDED
        told = {"result": RESULT, "media_info": {"width": 8}} if good else {"error": ERROR}
        assert self.attempts.finish(taken.id, taken.attempt, status=status, **told)

    def end_with_evidence(self) -> None:
        job = self.job("with evidence", evidence=True)
        store, taken = EvidenceStore(self.redis, EvidenceLimits(ttl_s=LONG_S)), self.take()
        expires_at = store.keep(taken, {frame_name(0): b"a picture"})
        assert expires_at is not None
        kept = KeptEvidence(expires_at, frames=1, heatmaps=0)
        assert self.attempts.finish(
            job.id, 1, status=JobStatus.SUCCEEDED, result=RESULT, evidence=kept
        )
        FeedbackStore(self.redis).give(self.jobs.get(job.id), Label.REAL, "It is my own.")

    def batch(self) -> None:
        batches = BatchStore(self.redis, ttl_s=LONG_S)
        name = batches.open("batch_1", TENANT, ("a tag",), idempotency_key="key of the batch")
        self.end("first of the batch", JobStatus.SUCCEEDED, BatchPlace(name, 0, "a.jpg"))
        batches.refuse(BatchPlace(name, 1, "empty.jpg"), EmptyMedia())
        self.names["batch"] = batches.complete(name).id

    def uploads(self) -> None:
        store = ResumableStore(self.redis, ttl_s=LONG_S)
        half = store.append(store.open(TENANT, length=6, metadata="filename YQ=="), b"abc")
        self.names["half an upload"] = half.id

    def everything(self) -> None:
        key = ApiKeyStore(self.redis).create(
            TENANT, {Scope.SUBMIT, Scope.READ}, actor=Actor("operator", "here"), label="a key"
        )
        self.names["key"] = key.key.id
        hook = EndpointStore(self.redis).create(TENANT, "https://example.org/hook", tuple(Event))
        self.names["webhook"] = hook.id
        self.end("succeeded", JobStatus.SUCCEEDED)
        self.end("failed", JobStatus.FAILED)
        self.end_with_evidence()
        self.batch()
        self.jobs.request_cancel(self.job("canceled").id, TENANT)
        self.job("processing")
        self.take()
        self.job("queued")
        self.uploads()


def dumped(redis: Any) -> dict[str, Any]:
    """Every key with its type and what it holds; bytes are characters of Latin-1."""

    def text(value: Any) -> Any:
        if isinstance(value, bytes):
            return value.decode("latin-1")
        if isinstance(value, dict):
            return {text(key): text(held) for key, held in value.items()}
        return [text(held) for held in value] if isinstance(value, (list, tuple, set)) else value

    readers = {
        b"string": redis.get,
        b"hash": redis.hgetall,
        b"list": lambda key: redis.lrange(key, 0, -1),
        b"set": redis.smembers,
        b"zset": lambda key: redis.zrange(key, 0, -1, withscores=True),
    }
    found = {}
    for key in sorted(redis.keys("df:*")):
        kind = redis.type(key)
        if kind in readers:  # streams are news, and not records
            found[key.decode()] = {"type": kind.decode(), "holds": text(readers[kind](key))}
    return found


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="df-") as folder, RedisServer(Path(folder)) as server:
        writer = Writer(server.client())
        writer.everything()
        told = {"by": sys.argv[1], "names": writer.names, "keys": dumped(writer.redis)}
    print(json.dumps(told, indent=1, sort_keys=True))


if __name__ == "__main__":
    main()
