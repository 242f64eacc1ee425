"""What every import ends with: a folder that appears whole, and a self-test that holds."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BundleInvalid
from core.model.bundle import Bundle, RuntimeName, SelfTest, write_manifest
from core.model.detector import Detector, self_test_tensor
from core.model.runtimes import load_detector

if TYPE_CHECKING:
    from training.export.int8_difference import Int8Difference

SELF_TEST_SEED = 20
NO_MAP = "The model cannot show where in a face it looks (deepfake explain): {}."
# How far two runtimes may differ in the raw output. Float32 runtimes differ by about 1e-6;
# TF32 on a GPU and bfloat16 on a CPU by up to 1e-2 of a logit.
TOLERANCE = {"probability": 0.01, "logit": 0.05}


@dataclass(frozen=True, slots=True)
class Imported:
    """A new bundle, what was measured on the way, and what deserves a second look."""

    bundle: Bundle
    compared: str  # what answered the same pictures; empty where there was nothing to compare
    parity: float | None  # the largest difference of their raw outputs
    warnings: tuple[str, ...]
    int8: Int8Difference | None = None  # None: the bundle has no INT8


def check_free(target: Path, *, replace: bool) -> None:
    """Raise :class:`BundleInvalid` where the folder is there already and may not be replaced."""
    if target.exists() and not replace:
        raise BundleInvalid(f"{target} exists already; choose another --name, or use --replace.")


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """An empty folder that becomes ``target`` when the block ends, and nothing when it raises."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as work:
        folder = Path(work) / target.name
        folder.mkdir()
        yield folder
        if target.exists():
            shutil.rmtree(target)
        folder.chmod(0o755)
        folder.rename(target)


def write_self_tested(
    folder: Path, fields: dict[str, Any], artifacts: dict[RuntimeName, list[str]]
) -> list[Detector]:
    """Write ``model.json`` with what the first runtime answers; returns a detector of each."""
    bundle = write_manifest(folder, fields, artifacts)
    detectors = [load_detector(bundle, runtime=name) for name in artifacts]
    stored = self_test_of(detectors, TOLERANCE[fields["output"]])
    write_manifest(folder, {**fields, "self_test": stored}, artifacts)
    return detectors


def self_test_of(detectors: Sequence[Detector], tolerance: float) -> SelfTest:
    """The answer of the first runtime, and INT8's own, which differs but not by processor.

    ``tolerance`` is of float32. Measured of lite0-faces-v1: INT8 is 0.456 off Keras without VNNI,
    0.46 with it.
    """
    tensor = self_test_tensor(detectors[0].bundle, SELF_TEST_SEED)
    answers = {each.runtime.name: float(answer(each, tensor)[0]) for each in detectors}
    raw_output = next(iter(answers.values()))
    own = {name: answers[name] for name in (RuntimeName.OPENVINO_INT8,) if name in answers}
    spread = max((abs(value - raw_output) for value in own.values()), default=0.0)
    return SelfTest(
        seed=SELF_TEST_SEED,
        raw_output=raw_output,
        tolerance=round(tolerance + spread / 10, 4),
        answers=own,
    )


def answer(detector: Detector, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, size, size, 3) → (n,) raw; raises unless each is one finite number in its range."""
    raw = detector.runtime.predict(tensor).raw
    detector.fake_logit(raw)
    return raw
