"""Measures the ranges of INT8 of a packed detector, so that it can be assembled with INT8 too."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.model import preprocess
from core.model.bundle import MANIFEST, Manifest, RuntimeName, SelfTest, write_manifest
from core.model.detector import self_test_tensor
from core.model.runtimes import load_detector
from training.data.progress import tracked
from training.export import openvino as export
from training.export.int8_difference import Difference
from training.frozen.packed import head_on, int8_of
from training.frozen.ranges import RANGES, Ranges
from training.frozen.tower import BATCH, Tower

METRIC = "int8_on_training_crops"
_SELF_TEST_TOLERANCE = 0.05  # logits: roundings to 8 bits fall otherwise on other processors


def add_ranges(name: str, tower: Tower, crops: Sequence[bytes], root: Path) -> Difference:
    """Measure on training crops (JPEG), and write the ranges and INT8's own self-test.

    ``crops`` are cut as the detector's ``model.json`` says. Raises
    :class:`core.errors.ConfigurationError` for another tower.
    """
    folder, whole = root / name, head_on(name, tower, root)
    manifest = Manifest.model_validate_json((folder / MANIFEST).read_text())
    tensor = preprocess.from_jpegs(crops, size=tower.size, scaling=tower.scaling)
    ranges = Ranges.measure(tower, tensor)
    exact = _logits(whole.graph(), tensor, "float32")
    rounded = _logits(int8_of(whole, ranges), tensor, "INT8")
    found = Difference.between(exact, rounded)
    ranges.save(folder / RANGES)
    changed = manifest.model_copy(
        update={
            "self_test": _self_test(manifest, int8_of(whole, ranges)),
            "metrics": {**manifest.metrics, METRIC: found.to_json()},
        }
    )
    text = json.dumps(changed.model_dump(mode="json"), indent=2) + "\n"
    (folder / MANIFEST).write_text(text)
    return found


def _logits(graph: Any, tensor: NDArray[np.float32], label: str) -> NDArray[np.float64]:
    starts = list(range(0, len(tensor), BATCH))
    parts = [
        export.run_openvino(graph, tensor[start : start + BATCH])
        for start in tracked(starts, f"logits in {label}")
    ]
    return np.concatenate(parts).astype(np.float64)


def _self_test(manifest: Manifest, graph: Any) -> SelfTest | None:
    """That of the manifest, with the answer of INT8 beside that of float32."""
    stored = manifest.self_test
    if stored is None:
        return None
    fields = manifest.model_dump(mode="json", exclude={"schema_version", "artifacts"})
    with tempfile.TemporaryDirectory() as work:
        files = export.save_openvino(graph, Path(work), export.INT8)
        bundle = write_manifest(Path(work), fields, {RuntimeName.OPENVINO_INT8: files})
        detector = load_detector(bundle, runtime=RuntimeName.OPENVINO_INT8)
        tensor = self_test_tensor(bundle, stored.seed)
        answer = round(float(detector.runtime.predict(tensor).raw[0]), 5)
    tolerance = round(_SELF_TEST_TOLERANCE + abs(answer - stored.raw_output) / 10, 3)
    answers = {RuntimeName.OPENVINO_INT8: answer}
    return stored.model_copy(update={"answers": answers, "tolerance": tolerance})
