from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import UnreadableMedia
from core.faces import Face
from tests.training.pictures import CentreFace
from training.data.cache import WHOLE, Sample, load_samples, read_pixels
from training.data.manifest import Picture, Split, read_pictures


def test_faces_are_searched_for_once(data_dir: Path, tmp_path: Path) -> None:
    detector = CentreFace()
    pictures = read_pictures(data_dir, Split.TRAIN)
    first = load_samples(pictures, tmp_path, lambda: detector)
    second = load_samples(pictures, tmp_path, lambda: detector)
    assert detector.calls == len(pictures)
    assert first == second


def test_the_cache_holds_no_pixels(data_dir: Path, tmp_path: Path) -> None:
    load_samples(read_pictures(data_dir, Split.TRAIN), tmp_path, CentreFace)
    assert [file.name for file in tmp_path.iterdir()] == ["faces.json"]


def test_a_picture_without_a_found_face_is_used_whole(data_dir: Path, tmp_path: Path) -> None:
    class Blind:
        def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:  # noqa: ARG002
            return []

    sample = load_samples(read_pictures(data_dir, Split.TRAIN)[:1], tmp_path, Blind)[0]
    assert (sample.box, sample.face_found) == (WHOLE, False)
    assert np.array_equal(sample.crop(64), sample.pixels())


def test_the_black_corners_of_lfw_are_cut_away(samples: list[Sample]) -> None:
    known = samples[0]
    picture = Picture(known.picture.path, "k", Split.TRAIN, "lfw", fake=False, group="g")
    assert read_pixels(picture, known.data).shape == (48, 48, 3)


def test_a_broken_picture_is_named(samples: list[Sample]) -> None:
    with pytest.raises(UnreadableMedia, match="train/dfdc"):
        read_pixels(samples[0].picture, b"no picture")
