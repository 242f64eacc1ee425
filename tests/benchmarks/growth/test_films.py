"""Films for the tables of growth, at tiny sizes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.growth import shelf as shelves
from benchmarks.growth.films import NAMES, Film
from benchmarks.growth.shelf import Shelf
from core.faces.detector import load_face_detector
from core.media.frames import open_media
from core.options import Sampling

TINY = (320, 176)


@pytest.mark.parametrize("codec", [codec for codec in NAMES if codec != "libx265"])
def test_a_film_has_its_length_and_a_keyframe_at_each_step(codec: str) -> None:
    with open_media(Film(6, TINY, codec, keyframe_s=2).encoded()) as media:
        assert media.info.duration_s == pytest.approx(6, abs=0.2)
        frames = list(media.frames(3, Sampling.KEYFRAMES))
        assert [round(frame.timestamp_s) % 2 for frame in frames] == [0, 0, 0]
        assert all(frame.keyframe for frame in frames)


@pytest.mark.parametrize("faces", [0, 1, 8])
def test_a_picture_has_as_many_faces_as_were_asked_for(faces: int) -> None:
    detector = load_face_detector(threads=1)
    with open_media(Film(2, (640, 352), faces=faces).encoded()) as media:
        (frame,) = media.frames(1, Sampling.KEYFRAMES)
    found = detector.detect(np.ascontiguousarray(frame.pixels))
    assert len(found) == faces


@pytest.mark.parametrize(
    ("wrong", "told"),
    [({"faces": 9}, "9 faces"), ({"seconds": 3}, "no multiple of 2 s")],
    ids=["nine-faces", "odd-length"],
)
def test_what_no_film_can_be_is_refused(wrong: dict[str, int], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Film(**wrong)  # type: ignore[arg-type]


def test_each_film_has_a_name_of_its_own() -> None:
    films = [Film(), Film(60), Film(pixels=TINY), Film(codec="libx265"), Film(faces=2)]
    films.append(Film(keyframe_s=5))
    assert len({film.file_name for film in films}) == len(films)


def test_a_film_is_encoded_once_in_a_process_of_its_own(tmp_path: Path) -> None:
    said: list[str] = []
    shelf, film = Shelf(tmp_path / "films", said.append), Film(2, TINY, "libx265")
    shelf.prepare([film, film])
    assert shelf.read(film) == (tmp_path / "films" / film.file_name).read_bytes()
    assert len(said) == 1


def test_an_encoder_that_crashes_is_tried_again_and_leaves_no_film(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = tmp_path / "tried"
    crash = f"open({str(tried)!r}, 'a').write('x'); import os; os.abort()  # {{film!r}}"
    monkeypatch.setattr(shelves, "_ENCODE", crash)
    with pytest.raises(RuntimeError, match=r"ended 3 times, at last with -6"):
        Shelf(tmp_path, print).read(Film(2, TINY))
    assert tried.read_text() == "xxx"
    assert list(tmp_path.iterdir()) == [tried]
