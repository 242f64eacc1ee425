"""A job runner with a real Redis around it, and twins of the two expensive parts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from redis import Redis

from core.errors import BlobMissing
from core.evidence import Evidence, ExtractOptions
from core.media.limits import MediaLimits
from core.media.sniff import Kind
from core.model.bundle import Bundle, RuntimeName
from core.model.crop_scores import CropScores
from core.pipeline.judges import Judge, Judges
from core.provenance import Provenance
from core.store.attempts import Attempts
from core.store.blobs import RedisBlobStore
from core.store.evidence import EvidenceLimits, EvidenceStore
from core.store.jobs import JobStore
from core.store.records import Job, JobOptions, JobStatus, MediaRef
from tests.core.evidence_factory import crop, evidence, scored
from worker.evidence import EvidenceKeeper
from worker.job_runner import JobRunner, RunnerLimits
from worker.lease import Leases
from worker.observer import JobObserver

UPLOAD = b"not really a film"
Check = Callable[[], None]


class Decoders:
    """The twin of a decoder pool: reads the upload, then does as told, one call after another."""

    def __init__(self) -> None:
        self.acts: list[Callable[[Check], object]] = []
        self.uploads: list[bytes] = []
        self.options: list[ExtractOptions] = []
        self.kind = Kind.VIDEO  # that files turn out to be of
        self.provenance: Provenance | None = None

    def extract(
        self,
        chunks: Iterator[bytes],
        size: int,  # noqa: ARG002
        options: ExtractOptions,
        *,
        deadline_s: float,  # noqa: ARG002
        check: Check,
        on_frame: Callable[[int], None] = lambda _: None,
        on_provenance: Callable[[Provenance], None] | None = None,
    ) -> Evidence:
        if on_provenance is not None and self.provenance is not None:
            on_provenance(self.provenance)
        self.uploads.append(b"".join(chunks))
        self.options.append(options)
        if self.acts:
            self.acts.pop(0)(check)
        for done in range(1, 3):
            on_frame(done)
        frames, shown = [[crop()], [crop()]], bool(options.preview_side)
        return evidence(frames, requested=options.frames, previews=shown, kind=self.kind)


class Detector:
    """The twin of a detector."""

    def __init__(self) -> None:
        self.act: Callable[[], object] = lambda: None
        self.has_maps = True
        self.asked_for_maps: list[bool] = []

    def score(self, jpegs: Sequence[bytes], *, maps: bool = False) -> CropScores:
        self.act()
        self.asked_for_maps.append(maps)
        scores = scored([0.9] * len(jpegs))
        heat = np.full((len(jpegs), 7, 7), 2, np.float32) if maps and self.has_maps else None
        return replace(scores, heat=heat)


class Bench:
    """A runner with everything around it."""

    def __init__(
        self,
        redis: Redis,
        bundle: Bundle,
        limits: EvidenceLimits | None = None,
        videos: Bundle | None = None,
        observer: JobObserver | None = None,
    ) -> None:
        self.store = JobStore(redis, max_attempts=2)
        self.attempts = Attempts(redis, max_attempts=2)
        self.blobs = RedisBlobStore(redis)
        self.leases = Leases(self.attempts, "worker-1")
        self.evidence = EvidenceStore(redis, limits)
        self.decoders, self.scorer, self.video_scorer = Decoders(), Detector(), Detector()
        runtime = RuntimeName.OPENVINO_FP32
        judge = None if videos is None else Judge(self.video_scorer, videos, runtime)
        self.runner = JobRunner(
            self.attempts,
            self.blobs,
            self.decoders,
            Judges(Judge(self.scorer, bundle, runtime), judge),
            RunnerLimits(MediaLimits(), decode_deadline_s=10),
            EvidenceKeeper(self.evidence, 8 * 1024**2),
            observer,
        )

    def submit(
        self, *, keeps_evidence: bool = False, kind: str = "video", container: str = "mp4"
    ) -> str:
        self.blobs.open("blob_1", tenant="local")
        self.blobs.append("blob_1", UPLOAD[:5])
        self.blobs.append("blob_1", UPLOAD[5:])
        digest = hashlib.sha256(UPLOAD).hexdigest()
        media = MediaRef("blob_1", digest, len(UPLOAD), kind, container)
        options = JobOptions(evidence=keeps_evidence)
        return self.store.create(Job.new(media=media, options=options)).id

    def serve(self) -> None:
        """Run the next job, which has to be there, as a slot of the worker does."""
        with self.leases.take() as running:
            assert running is not None
            self.runner.run(running)

    def run(self, *, keeps_evidence: bool = False) -> Job:
        job_id = self.submit(keeps_evidence=keeps_evidence)
        self.serve()
        return self.store.get(job_id)

    def code(self) -> str:
        job = self.run()
        assert job.status is JobStatus.FAILED
        assert job.error is not None
        assert job.result is None
        return str(job.error["code"])

    def bytes_are_gone(self) -> bool:
        try:
            list(self.blobs.read("blob_1"))
        except BlobMissing:
            return True
        return False


def fail(error: BaseException) -> Callable[..., object]:
    def act(*_: object) -> None:
        raise error

    return act
