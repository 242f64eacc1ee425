from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from numpy.typing import NDArray
from PIL import Image

from core.errors import UnreadableMedia
from core.faces.face import Face
from tests.training.pictures import LANDMARKS, CentreFace
from training.data import cache
from training.data.cache import WHOLE, Sample, load_samples, read_pixels
from training.data.manifest import Split, read_pictures


def test_faces_are_searched_for_once(data_dir: Path, tmp_path: Path) -> None:
    detector = CentreFace()
    pictures = read_pictures(data_dir, Split.TRAIN)
    first = load_samples(pictures, tmp_path, lambda: detector)
    second = load_samples(pictures, tmp_path, lambda: detector)
    assert detector.calls == len(pictures)
    assert first == second
    assert {sample.landmarks for sample in second.samples} == {LANDMARKS}


def test_the_cache_holds_no_pixels(data_dir: Path, tmp_path: Path) -> None:
    load_samples(read_pictures(data_dir, Split.TRAIN), tmp_path, CentreFace)
    assert [file.suffix for file in tmp_path.iterdir()] == [".json"]


def test_another_face_detector_searches_anew(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = CentreFace()
    pictures = read_pictures(data_dir, Split.TRAIN)[:1]
    load_samples(pictures, tmp_path, lambda: detector)
    monkeypatch.setattr(cache, "_detector", lambda: "another")
    load_samples(pictures, tmp_path, lambda: detector)
    assert detector.calls == 2


def test_a_picture_without_a_found_face_is_used_whole(data_dir: Path, tmp_path: Path) -> None:
    class Blind:
        def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:  # noqa: ARG002
            return []

    sample = load_samples(read_pictures(data_dir, Split.TRAIN)[:1], tmp_path, Blind).samples[0]
    assert (sample.box, sample.face_found, sample.landmarks) == (WHOLE, False, ())
    assert np.array_equal(sample.crop(64, 1 / 3), sample.pixels())


def test_a_box_goes_with_the_picture_and_not_with_its_name(data_dir: Path, tmp_path: Path) -> None:
    detector = CentreFace()
    pictures = read_pictures(data_dir, Split.TRAIN)[:2]
    load_samples(pictures, tmp_path, lambda: detector)
    moved = tmp_path / "train" / "elsewhere" / "real" / "x.jpg"
    moved.parent.mkdir(parents=True)
    shutil.copy(pictures[0].path, moved)
    load_samples(read_pictures(tmp_path, Split.TRAIN), tmp_path, lambda: detector)
    assert detector.calls == 2


def test_black_corners_around_a_photograph_are_cut_away(data_dir: Path, tmp_path: Path) -> None:
    picture = replace(read_pictures(data_dir, Split.TRAIN)[0], centre=0.76)
    sample = load_samples([picture], tmp_path, CentreFace).samples[0]
    assert sample.pixels().shape == (48, 48, 3)
    whole = load_samples([replace(picture, centre=1.0)], tmp_path, CentreFace).samples[0]
    assert np.array_equal(whole.pixels()[8:56, 8:56], sample.pixels())
    # A fake blended from it has another source, and still no black corners.
    fake = replace(sample, picture=replace(picture, source="self_blended", fake=True))
    assert np.array_equal(fake.pixels(), sample.pixels())


def test_broken_pictures_are_listed_with_their_flaw(data_dir: Path, tmp_path: Path) -> None:
    whole = read_pictures(data_dir, Split.TRAIN)[0]
    data = whole.path.read_bytes()
    files = {"cut.jpg": data[: len(data) // 2], "empty.jpg": b"", "text.jpg": b"no picture"}
    pictures = [whole, replace(whole, path=tmp_path / "gone.jpg")]
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        pictures.append(replace(whole, path=tmp_path / name))
    for _ in range(2):  # the second time from the cache
        loaded = load_samples(pictures, tmp_path, CentreFace)
        assert [sample.picture for sample in loaded.samples] == [whole]
        names = [broken.picture.path.name for broken in loaded.broken]
        assert names == ["gone.jpg", "cut.jpg", "empty.jpg", "text.jpg"]
        assert all(broken.reason for broken in loaded.broken)
        assert loaded.broken[0].reason == "No such file or directory."


def test_files_beyond_the_limit_of_memory_are_read_at_every_look(
    data_dir: Path, tmp_path: Path
) -> None:
    pictures = read_pictures(data_dir, Split.TRAIN)[:3]
    limit = sum(picture.path.stat().st_size for picture in pictures[:2])
    kept = load_samples(pictures, tmp_path, CentreFace).samples
    some = load_samples(pictures, tmp_path, CentreFace, memory_limit=limit).samples
    assert [sample.data is None for sample in some] == [False, False, True]
    assert all(
        np.array_equal(a.crop(32, 0), b.crop(32, 0)) for a, b in zip(kept, some, strict=True)
    )


def test_a_file_that_was_lost_since_is_named(data_dir: Path, tmp_path: Path) -> None:
    picture = replace(read_pictures(data_dir, Split.TRAIN)[0], path=tmp_path / "gone.jpg")
    with pytest.raises(UnreadableMedia, match=r"gone\.jpg cannot be read"):
        Sample(picture, None, WHOLE, face_found=False).pixels()


def test_bytes_that_are_no_picture_are_named(samples: list[Sample]) -> None:
    with pytest.raises(UnreadableMedia, match="train/dfdc"):
        read_pixels(samples[0].picture, b"no picture")


@pytest.mark.parametrize("suffix", [".jfif", ".tif", ".avif", ".heic"])
def test_every_still_that_serving_takes_is_trained_on(tmp_path: Path, suffix: str) -> None:
    folder = tmp_path / "train" / "real"
    folder.mkdir(parents=True)
    picture = Image.new("RGB", (64, 64), (200, 10, 10))
    if suffix == ".heic":
        pillow_heif.from_pillow(picture).save(folder / "a.heic")
    else:
        picture.save(folder / f"a{suffix}")
    loaded = load_samples(read_pictures(tmp_path, Split.TRAIN), tmp_path / "cache", CentreFace)
    assert [sample.picture.path.suffix for sample in loaded.samples] == [suffix]
