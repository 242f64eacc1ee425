"""What it costs to judge one film: processor time of all threads, by what it is spent on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from core.evidence import Evidence, ExtractOptions
from core.faces.detector import load_face_detector
from core.faces.face import Face, FaceDetector
from core.faces.tracking import track
from core.model.bundle import find_bundle, load_bundle
from core.model.detector import Detector
from core.model.runtimes import load_detector
from core.options import Sampling
from core.pipeline.extraction import extract
from core.pipeline.judgement import judge

TRACKINGS: Final = 20  # in a row, because one is too short for the clock


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one film. Seconds of the processor, and ``wall_s`` of the clock."""

    decoding_s: float  # opening the file, and all that is no other part
    detecting_s: float
    cutting_s: float  # the crops out of the frames, and their JPEGs
    tracking_s: float
    judging_s: float
    wall_s: float
    crops: int

    @property
    def cpu_s(self) -> float:
        parts = (self.decoding_s, self.detecting_s, self.cutting_s)
        return sum(parts) + self.tracking_s + self.judging_s

    @classmethod
    def medians(cls, costs: Sequence[Cost]) -> Self:
        """Of each part by itself."""

        def of(part: Callable[[Cost], float]) -> float:
            return median(part(cost) for cost in costs)

        return cls(
            decoding_s=of(lambda cost: cost.decoding_s),
            detecting_s=of(lambda cost: cost.detecting_s),
            cutting_s=of(lambda cost: cost.cutting_s),
            tracking_s=of(lambda cost: cost.tracking_s),
            judging_s=of(lambda cost: cost.judging_s),
            wall_s=of(lambda cost: cost.wall_s),
            crops=costs[-1].crops,
        )


class Watched:
    """A face detector that notes the processor time of its calls, and of what follows them."""

    def __init__(self, faces: FaceDetector) -> None:
        self._faces = faces
        self._ended = 0.0
        self.detecting_s = self.cutting_s = 0.0

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        began = time.process_time()
        found = self._faces.detect(pixels)
        self._ended = time.process_time()
        self.detecting_s += self._ended - began
        return found

    def on_frame(self, _done: int) -> None:
        """The frame is cut up."""
        self.cutting_s += time.process_time() - self._ended


class Judge:
    """One process with its networks loaded."""

    def __init__(self, faces: FaceDetector, detector: Detector) -> None:
        self._faces, self._detector = faces, detector

    @classmethod
    def load(cls) -> Self:
        return cls(load_face_detector(), load_detector(load_bundle(find_bundle())))

    def cost(self, data: bytes, sampling: Sampling, rounds: int) -> Cost:
        """Medians of so many rounds, after one that is not counted."""
        return Cost.medians([self._once(data, sampling) for _ in range(rounds + 1)][1:])

    def _once(self, data: bytes, sampling: Sampling) -> Cost:
        manifest, runtime = self._detector.bundle.manifest, self._detector.runtime.name
        options = ExtractOptions(
            sampling=sampling, crop_size=manifest.input.size, crop_margin=manifest.input.margin
        )
        watched, wall, began = Watched(self._faces), time.perf_counter(), time.process_time()
        evidence = extract(data, options, watched, watched.on_frame)
        extracted = time.process_time()
        judge(evidence, self._detector, self._detector.bundle, runtime, {})
        judged, wall_s = time.process_time(), time.perf_counter() - wall
        tracking_s = tracking_cost_s(faces_of(evidence))
        known_s = watched.detecting_s + watched.cutting_s + tracking_s
        return Cost(
            decoding_s=extracted - began - known_s,
            detecting_s=watched.detecting_s,
            cutting_s=watched.cutting_s,
            tracking_s=tracking_s,
            judging_s=judged - extracted,
            wall_s=wall_s,
            crops=sum(1 for _ in evidence.crops),
        )


def faces_of(evidence: Evidence) -> list[list[Face]]:
    return [
        [Face(crop.box, crop.detection_score) for crop in frame.faces] for frame in evidence.frames
    ]


def tracking_cost_s(frames: Sequence[Sequence[Face]]) -> float:
    """Of numbering the faces of these frames."""
    began = time.process_time()
    for _ in range(TRACKINGS):
        track(frames)
    return (time.process_time() - began) / TRACKINGS
