"""Keeps what a job was judged by, where its client asked for it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import StoreFull
from core.evidence import Evidence, ExtractOptions
from core.model import explain
from core.model.crop_scores import CropScores
from core.pipeline.judgement import Scorer
from core.store.evidence import EvidenceStore, frame_name, heatmap_name
from core.store.records import Job, KeptEvidence
from worker.lease import LeaseLost, RunningJob
from worker.outcome import Outcome

logger = logging.getLogger(__name__)

PREVIEW_SIDE: Final = 1280  # pixels on the longer side of a frame
PREVIEW_SHARE: Final = 0.75  # of the bytes of a job; the rest is for heat maps
NOT_KEPT, NO_HEATMAPS = "evidence_not_kept", "heatmaps_not_available"  # notes on a medium


class MapScorer:
    """A scorer that asks for heat maps, and holds what came back last."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self.scores = CropScores.none()

    def score(self, jpegs: Sequence[bytes], *, maps: bool = False) -> CropScores:  # noqa: ARG002
        self.scores = self._scorer.score(jpegs, maps=True)
        return self.scores


class EvidenceKeeper:
    """Makes the pictures of a job and keeps them. What does not fit is left out, and said so."""

    def __init__(self, store: EvidenceStore, job_bytes: int) -> None:
        self._store = store
        self._job_bytes = job_bytes

    def wanted(self, job: Job) -> bool:
        """Whether this job has pictures; a service may be set to keep none."""
        return job.options.evidence and self._store.limits.max_bytes > 0

    def asking(self, options: ExtractOptions) -> ExtractOptions:
        """The options of a job, with a preview of each frame."""
        room = int(self._job_bytes * PREVIEW_SHARE) // options.frames
        return replace(options, preview_side=PREVIEW_SIDE, preview_bytes=room)

    def keep(
        self, running: RunningJob, evidence: Evidence, scores: CropScores, outcome: Outcome
    ) -> None:
        """Keep the pictures of a job that was judged; ``outcome`` tells what is kept.

        Never fails the job: raises :class:`LeaseLost` alone.
        """
        try:
            outcome.evidence = self._keep(running, evidence, scores)
        except LeaseLost:
            raise
        except StoreFull as error:
            logger.warning("%s: its evidence is left out: %s", running.job.id, error)
        except Exception:
            logger.exception("%s: its evidence is left out", running.job.id)
        if outcome.evidence is None:
            outcome.note(NOT_KEPT)
        elif len(scores) and not outcome.evidence.heatmaps:
            outcome.note(NO_HEATMAPS)

    def _keep(
        self, running: RunningJob, evidence: Evidence, scores: CropScores
    ) -> KeptEvidence | None:
        frames = _frames(evidence)
        limit = None if scores.heat is None or not len(scores) else explain.scale_of(scores.heat)
        maps = {} if limit is None else _heatmaps(evidence, scores.heat, limit)
        pictures = {**frames, **maps}
        size = sum(map(len, pictures.values()))
        if not frames or size > self._job_bytes:
            raise StoreFull(used=0, limit=self._job_bytes, wanted=size)
        expires_at = running.outlast(lambda: self._store.keep(running.job, pictures))
        if expires_at is None:
            raise LeaseLost(running.job.id)
        return KeptEvidence(expires_at, len(frames), len(maps), limit)


def _frames(evidence: Evidence) -> dict[str, bytes]:
    return {
        frame_name(n): frame.preview
        for n, frame in enumerate(evidence.frames)
        if frame.preview is not None
    }


def _heatmaps(
    evidence: Evidence, heat: NDArray[np.float32] | None, limit: float
) -> dict[str, bytes]:
    """One scale for the whole file: a map that hardly matters beside the others stays pale."""
    if heat is None:
        return {}
    names = [
        heatmap_name(n, i)
        for n, frame in enumerate(evidence.frames)
        for i in range(len(frame.faces))
    ]
    return {name: explain.layer(each, limit=limit) for name, each in zip(names, heat, strict=True)}
