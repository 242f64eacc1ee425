"""A real gateway on a real Redis where the test itself is the worker, and so holds each state."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
from redis import Redis

from api.access.auth import new_key
from api.app import create_app
from api.settings import GatewaySettings
from core.provenance import (
    Credentials,
    CredentialState,
    MetadataClaim,
    Provenance,
    SignedAction,
)
from core.result import ExpectedError, Face, Label, Model, Result, ScoredFrame, Thresholds
from core.store.attempts import Attempts
from core.store.connection import connect
from core.store.records import JobStatus
from core.store.workers import Heartbeat, ModelIdentity, WorkerRegistry
from tests.api.gateway import MP4, DoorbellTwin, serve

MODEL = Model(name="bench", version="1.0", sha256="ab" * 32, runtime="openvino-int8")
MEDIA = {
    "codec": "h264", "duration_s": 12.4, "width": 1280, "height": 720, "frames_total": 310,
    "covered_s": 11.2, "notes": ["audio_not_checked", "duration_corrected"],
}  # fmt: skip
SIGNED = Provenance(
    c2pa=Credentials(
        state=CredentialState.UNTRUSTED, issuer="Newsroom", signer="Desk 4",
        claim_generator="test camera 1.0", digital_source_types=["trainedAlgorithmicMedia"],
        actions=[SignedAction(action="c2pa.created", software="painter 2")],
        failures=["signingCredential.untrusted"],
    ),
    claims=[
        MetadataClaim(
            kind="generator_parameters", source="png:parameters", generator="Stable Diffusion",
            value="a face, portrait Steps: 20, Sampler: Euler a, Model: Stable Diffusion 1.5",
        )
    ],
)  # fmt: skip
UNSIGNED = Provenance(c2pa=Credentials(state=CredentialState.NONE), claims=[])
_WORKER = Heartbeat(
    "w1", "host", 1, ModelIdentity("bench", "1.0", "ab" * 32, "openvino-int8"), 1,
    "2026-01-01T00:00:00Z",
)  # fmt: skip


@dataclass
class Bench:
    """The gateway's address, and what a worker does."""

    http: httpx.Client
    redis: Redis
    attempts: Attempts
    running: ExitStack

    @property
    def address(self) -> str:
        return str(self.http.base_url)

    @contextmanager
    def ready(self) -> Iterator[None]:
        """A worker lives meanwhile."""
        self._beat()
        try:
            yield
        finally:
            self._leave()

    @contextmanager
    def away(self) -> Iterator[None]:
        """The worker is away meanwhile."""
        self._leave()
        try:
            yield
        finally:
            self._beat()

    def _beat(self) -> None:
        """One heartbeat that lasts: a busy machine beats late."""
        registry = WorkerRegistry(self.redis)
        registry._run("beat", _WORKER.worker_id, json.dumps(asdict(_WORKER)), 3_600_000)

    def _leave(self) -> None:
        WorkerRegistry(self.redis).leave(_WORKER.worker_id)

    def stop(self) -> None:
        """End the gateway; Redis and its jobs stay."""
        self.running.close()

    def post(self, *, fresh: bool = True) -> str:
        judged_again = {"Cache-Control": "no-cache"} if fresh else {}  # all are of the same bytes
        return str(self.http.post("/v1/jobs", content=MP4, headers=judged_again).json()["id"])

    def take(self) -> str:
        """Take the next job that waits; its id."""
        taken = self.attempts.take("w1")
        assert taken is not None
        return taken.id

    def finish(self, job_id: str, result: Result) -> None:
        self.attempts.finish(
            job_id, 1, status=JobStatus.SUCCEEDED, result=result.to_json(), media_info=MEDIA,
            provenance=(SIGNED if result.verdict is Label.FAKE else UNSIGNED).to_json(),
        )  # fmt: skip

    def fail(self, job_id: str, code: str, message: str) -> None:
        error = {"code": code, "message": message, "retryable": False}
        self.attempts.finish(job_id, 1, status=JobStatus.FAILED, error=error)

    def judged(self, result: Result) -> str:
        """A job that has this result."""
        self.post()
        job_id = self.take()
        self.finish(job_id, result)
        return job_id


@contextmanager
def bench(url: str, *, empty: bool = True, **settings: Any) -> Iterator[Bench]:
    """Everything up, on an emptied Redis unless it is to go on as it is."""
    given = {"fetch_urls": True, **settings}
    app = create_app(GatewaySettings(redis_url=url, **given), doorbell=DoorbellTwin())
    with connect(url) as redis, ExitStack() as running:
        if empty:
            redis.flushall()
        http = running.enter_context(serve(app, port=settings.get("port", 0)))
        yield Bench(http, redis, Attempts(redis), running)


@contextmanager
def locked(url: str, folder: Path, *, empty: bool = False) -> Iterator[tuple[Bench, str]]:
    """A gateway that asks for a key, and such a key."""
    key, keys = new_key("someone"), folder / "keys"
    keys.write_text(f"{key.entry}\n")
    with bench(url, empty=empty, api_keys_file=keys) as found:
        yield found, key.secret


def result(
    scores: Sequence[Sequence[float]],
    verdict: Label,
    probability: float | None,
    *reasons: str,
    measured: bool = False,
) -> Result:
    """A result with ``scores`` of the people in each frame."""
    frames = [_frame(n, people) for n, people in enumerate(scores)]
    error = ExpectedError(
        rate=0.05, low=0.023, high=0.105, files=120, of="videos with faces at least 90 px wide"
    )
    sure = None if probability is None else max(probability, 1 - probability)
    return Result(
        verdict=verdict,
        reasons=list(reasons),
        fake_probability=probability,
        confidence=sure,
        calibrated=True,
        thresholds=Thresholds(fake=0.869, real=0.123),
        expected_error=error if measured else None,
        frames_requested=10,
        frames_decoded=len(frames),
        frames_scored=sum(bool(people) for people in scores),
        frames=frames,
        model=MODEL,
        timings_ms={"queued": 4, "fetch": 3, "decode": 61, "faces": 130, "infer": 52},
    )


def _frame(n: int, people: Sequence[float]) -> ScoredFrame:
    faces = [
        Face(
            box=[0.12 + 0.4 * i + 0.01 * n, 0.2, 0.18, 0.45], identity=i, width_px=230,
            detection_score=0.98, fake_probability=score,
        )
        for i, score in enumerate(people)
    ]  # fmt: skip
    return ScoredFrame(
        index=31 * n,
        timestamp_s=0.6 + 1.15 * n,
        keyframe=n % 3 == 0,
        fake_probability=max(people, default=None),
        faces=faces,
    )


FAKE = result(
    [(0.95,), (0.97,), (0.91,), (0.93,), (0.98,), (), (0.88,), (0.94,), (0.96,), (0.92,)],
    Label.FAKE, 0.951, measured=True,
)  # fmt: skip
REAL = result([(0.02,), (0.05,), (0.03,), (0.11,), (0.01,)] * 2, Label.REAL, 0.034)
UNSURE = result(
    [(0.91, 0.05), (0.42, 0.08), (0.07, 0.11), (0.95, 0.04), (0.5, 0.07)] * 2,
    Label.INCONCLUSIVE, 0.52, "frames_disagree", "near_threshold",
)  # fmt: skip
NO_FACE = result([()] * 10, Label.INCONCLUSIVE, None, "no_face")
