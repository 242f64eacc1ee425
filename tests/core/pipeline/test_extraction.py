from __future__ import annotations

import gc
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from av.container import InputContainer
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from core import jpeg
from core.errors import UnsupportedMedia
from core.evidence import Cut, Evidence, ExtractOptions
from core.faces.detector import crop_face, load_face_detector
from core.faces.face import FaceDetector
from core.media.frames import open_media
from core.model.bundle import RuntimeName
from core.model.crop_scores import CropScores
from core.pipeline.extraction import extract
from core.pipeline.judgement import judge
from tests.core.bundle_factory import write_bundle
from tests.core.evidence_factory import scored
from tests.e2e.films import face_image, face_video, landscape

OPTIONS = ExtractOptions(frames=4, crop_size=64)


@pytest.fixture(scope="module")
def faces() -> FaceDetector:
    return load_face_detector()


def png(pixels: NDArray[np.uint8]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


class Fixed:
    """A scorer that gives every crop the same probability and remembers how many it saw."""

    def __init__(self, probability: float) -> None:
        self.probability = probability
        self.seen: list[int] = []

    def score(self, jpegs: Sequence[bytes], *, maps: bool = False) -> CropScores:  # noqa: ARG002
        self.seen.append(len(jpegs))
        return scored([self.probability] * len(jpegs))


def test_no_decoder_is_left_when_a_video_is_judged(faces: FaceDetector) -> None:
    film = face_video()
    gc.collect()
    before = _open_containers()  # other tests keep packets, and with them their files
    gc.disable()
    try:
        extract(film, OPTIONS, faces)
        assert _open_containers() == before
    finally:
        gc.enable()


def _open_containers() -> int:
    return sum(isinstance(each, InputContainer) for each in gc.get_objects())


def test_a_video_becomes_one_crop_a_frame_with_one_identity(faces: FaceDetector) -> None:
    evidence = extract(face_video(), OPTIONS, faces)
    assert [len(frame.faces) for frame in evidence.frames] == [1, 1, 1, 1]
    assert {crop.identity for crop in evidence.crops} == {0}
    for crop in evidence.crops:
        assert jpeg.decode(crop.jpeg, size=64).shape == (64, 64, 3)
        assert 40 < crop.width_px < 512


@pytest.mark.parametrize("margin", [0.0, 1.0])
def test_faces_are_cut_with_the_margin_that_is_asked_for(
    faces: FaceDetector, margin: float
) -> None:
    options = ExtractOptions(crop_size=64, crop_margin=margin)
    (crop,) = extract(face_image(), options, faces).crops
    with open_media(face_image()) as media:
        (frame,) = media.frames(1)
    expected = crop_face(frame.pixels, crop.box, size=64, margin=margin)
    assert crop.jpeg == jpeg.encode(expected)


def test_faces_of_videos_and_of_images_are_cut_each_in_their_own_way(faces: FaceDetector) -> None:
    options = ExtractOptions(frames=1, crop_size=64, video_cut=Cut(96, 0.0))
    (still,) = extract(face_image(), options, faces).crops
    (moving,) = extract(face_video(), options, faces).crops
    assert jpeg.decode(still.jpeg, size=64).shape == (64, 64, 3)
    assert jpeg.decode(moving.jpeg, size=96).shape == (96, 96, 3)


def test_two_people_in_a_picture_are_two_identities(faces: FaceDetector) -> None:
    pair = np.hstack([data.astronaut()[:300, 50:450], data.astronaut()[:300, 50:450]])
    evidence = extract(png(pair), OPTIONS, faces)
    assert sorted(crop.identity for crop in evidence.crops) == [0, 1]


def test_faces_beyond_the_eighth_are_told(faces: FaceDetector) -> None:
    face = data.astronaut()[:256, 100:356]
    evidence = [extract(png(np.tile(face, (2, columns, 1))), OPTIONS, faces) for columns in (4, 5)]
    assert [len(list(each.crops)) for each in evidence] == [8, 8]
    assert [each.media.notes for each in evidence] == [(), ("more_faces_ignored",)]


def test_a_picture_without_a_face_gives_a_frame_without_crops(faces: FaceDetector) -> None:
    evidence = extract(landscape(), OPTIONS, faces)
    assert len(evidence.frames) == 1
    assert list(evidence.crops) == []


def test_text_is_refused_before_a_decoder_sees_it(faces: FaceDetector) -> None:
    with pytest.raises(UnsupportedMedia):
        extract(b"hello, world", OPTIONS, faces)


def test_evidence_is_judged_the_same_after_it_crossed_the_pipe(
    faces: FaceDetector, tmp_path: Path
) -> None:
    evidence = extract(face_image(), OPTIONS, faces)
    bundle, scorer = write_bundle(tmp_path), Fixed(0.9)
    there = judge(evidence, scorer, bundle, RuntimeName.OPENVINO_FP32, {"queued": 3})
    back = Evidence.from_wire(evidence.to_wire())
    here = judge(back, scorer, bundle, RuntimeName.OPENVINO_FP32, {"queued": 3})
    assert there.verdict == "fake"
    assert there.model.sha256 == bundle.sha256
    assert there.calibrated is False
    assert there.model_copy(update={"timings_ms": {}}) == here.model_copy(update={"timings_ms": {}})
    assert scorer.seen == [1, 1]
