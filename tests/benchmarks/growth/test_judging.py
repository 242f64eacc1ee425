from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from benchmarks.growth.films import Film
from benchmarks.growth.judging import Cost, Judge, Watched
from core.faces.detector import load_face_detector
from core.faces.face import Face
from core.model.bundle import load_bundle
from core.model.runtimes import load_detector
from core.options import Sampling
from tests.core.bundle_factory import write_bundle


def busy(seconds: float) -> None:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


class Slow:
    """Finds nobody, and takes a while."""

    def detect(self, _pixels: object) -> list[Face]:
        busy(0.05)
        return []


def test_medians_are_of_each_part_by_itself() -> None:
    costs = [Cost(1, 2, 3, 4, 5, 9, 10), Cost(9, 1, 3, 4, 5, 9, 10), Cost(5, 1.5, 3, 4, 5, 9, 10)]
    seen = Cost.medians(costs)
    assert (seen.decoding_s, seen.detecting_s, seen.crops) == (5, 1.5, 10)


def test_detecting_and_cutting_are_told_apart() -> None:
    watched = Watched(Slow())
    for frame in range(2):
        watched.detect(np.zeros((1, 1, 3), np.uint8))
        busy(0.02)
        watched.on_frame(frame)
        busy(0.03)  # decoding
    assert watched.detecting_s >= 0.1
    assert 0.04 <= watched.cutting_s < 0.09  # so decoding is none of it


def test_a_film_is_judged_with_a_crop_for_each_face_in_ten_frames(tmp_path: Path) -> None:
    bundle = load_bundle(write_bundle(tmp_path / "tiny").path)
    judging = Judge(load_face_detector(threads=1), load_detector(bundle))
    film = Film(2, (640, 352), faces=3).encoded()
    cost = judging.cost(film, Sampling.EXACT, rounds=1)
    assert cost.crops == 10 * 3
    parts = (cost.decoding_s, cost.detecting_s, cost.cutting_s, cost.tracking_s, cost.judging_s)
    assert min(parts) > 0
    assert sum(parts) == pytest.approx(cost.cpu_s)
