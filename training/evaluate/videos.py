"""Whole clips through extraction and judgement, as ``deepfake scan`` does it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import MediaError
from core.evidence import ExtractOptions
from core.faces.face import FaceDetector
from core.model.detector import Detector
from core.pipeline.extraction import extract
from core.pipeline.judgement import judge
from training.evaluate import metrics, resampling
from training.evaluate.progress import tracked

LABELS = ("real", "fake", "noface")
MIN_CLIPS = 5  # of each class; an AUC over fewer says nothing


def find_clips(data_dir: Path) -> list[tuple[Path, str]]:
    """``videos/{real,fake,noface}/*`` with their labels, sorted; none where there is no folder."""
    return [
        (path, label)
        for label in LABELS
        for path in sorted((data_dir / "videos" / label).glob("*"))
        if path.is_file()
    ]


def measure_videos(
    clips: Sequence[tuple[Path, str]], detector: Detector, faces: FaceDetector
) -> dict[str, Any]:
    """Every clip with its verdict, and the AUC over clips where there are enough."""
    rows = [_judge(path, label, detector, faces) for path, label in tracked(clips, "videos")]
    return {"clips": rows, **_auc(rows)}


def _judge(path: Path, label: str, detector: Detector, faces: FaceDetector) -> dict[str, Any]:
    options = ExtractOptions(crop_size=detector.bundle.manifest.input.size)
    try:
        evidence = extract(path.read_bytes(), options, faces)
    except MediaError as error:
        return {"file": path.name, "label": label, "error": error.message}
    result = judge(evidence, detector, detector.bundle, detector.runtime.name, {})
    wanted = (
        "verdict", "reasons", "fake_probability", "confidence", "frames_scored", "frames_decoded",
    )  # fmt: skip
    shown = result.to_json()
    return {"file": path.name, "label": label, **{name: shown[name] for name in wanted}}


def _auc(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    scored = [
        row
        for row in rows
        if row["label"] in ("real", "fake") and row.get("fake_probability") is not None
    ]
    fake = np.array([row["label"] == "fake" for row in scored], np.bool_)
    p = np.array([row["fake_probability"] for row in scored], np.float64)
    told = {"real": int((~fake).sum()), "fake": int(fake.sum()), "needed": MIN_CLIPS}
    if min(told["real"], told["fake"]) < MIN_CLIPS:
        return {**told, "auc": None, "auc_interval": None}
    weights = resampling.draw(fake.astype(np.int64))
    pair = resampling.interval(resampling.auc(fake, p, weights))
    return {**told, "auc": round(metrics.auc(fake, p), 4), "auc_interval": pair}
