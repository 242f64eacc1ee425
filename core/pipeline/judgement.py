"""The stages beside the model: scores and the verdict."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.evidence import Evidence
from core.model.bundle import Bundle, RuntimeName
from core.pipeline.report import result_of
from core.result import Model, Result
from core.verdict import decide


class Scorer(Protocol):
    """P(fake) of face crops: a detector, or a queue in front of one."""

    def score(self, jpegs: Sequence[bytes]) -> NDArray[np.float64]:
        """(n,) float64 in [0, 1]."""
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
    probabilities = scorer.score([crop.jpeg for crop in evidence.crops])
    infer_ms = (time.perf_counter() - started) * 1000
    decided = decide(evidence, probabilities.tolist(), bundle.manifest.thresholds)
    return result_of(
        decided,
        model=Model(**bundle.reference, runtime=runtime.value),
        calibrated=bundle.manifest.calibration is not None,
        timings_ms={
            **timings_ms,
            "decode": round(evidence.decode_ms),
            "faces": round(evidence.faces_ms),
            "infer": round(infer_ms),
        },
    )
