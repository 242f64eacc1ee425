"""The stages beside the model: scores and the verdict."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Protocol

from core.evidence import Evidence
from core.model.bundle import Bundle, RuntimeName
from core.model.crop_scores import CropScores
from core.pipeline.expected_error import expected_error_of
from core.pipeline.report import result_of
from core.result import Model, Result
from core.verdict import decide


class Scorer(Protocol):
    """Scores face crops: a detector, or a queue in front of one."""

    def score(self, jpegs: Sequence[bytes], *, maps: bool = False) -> CropScores:
        """The scores of n JPEGs, in their order, with ``maps`` with their heat; n may be 0."""
        ...


def judge(
    evidence: Evidence,
    scorer: Scorer,
    bundle: Bundle,
    runtime: RuntimeName,
    timings_ms: Mapping[str, int],
) -> Result:
    """Score the crops and decide.

    ``timings_ms`` are the stages before; decode, faces and infer are added here.
    """
    started = time.perf_counter()
    scores = scorer.score([crop.jpeg for crop in evidence.crops])
    infer_ms = (time.perf_counter() - started) * 1000
    decided = decide(evidence, scores, bundle.manifest.rules)
    return result_of(
        decided,
        model=Model(**bundle.reference, runtime=runtime.value),
        calibrated=bundle.manifest.calibration is not None,
        expected_error=expected_error_of(decided, bundle.manifest.expected_error),
        timings_ms={
            **timings_ms,
            "decode": round(evidence.decode_ms),
            "faces": round(evidence.faces_ms),
            "infer": round(infer_ms),
        },
    )
